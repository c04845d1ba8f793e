"""nginx on loopback with the project's own configuration: TLS and headers before the real servers."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.operations.processes import any_free_port, port_is_free

TEMPLATE = Path(__file__).parents[1] / "deploy" / "proxy" / "depthcase.conf.template"
only_where_installed = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="nginx is not installed on this machine"
)


@dataclass(frozen=True)
class Proxy:
    """Where it listens. certificate: of the authority that clients must trust."""

    prefect: str
    mlflow: str
    http: str
    certificate: Path


def certificate(folder: Path, *, days: int = 30) -> Path:
    """A certificate for localhost and its key, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", str(days),
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "certificate.pem"


@contextmanager
def proxy(folder: Path, *, prefect_port: int, mlflow_port: int) -> Iterator[Proxy]:
    """The proxy before servers on the two ports of the loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    http, https, https_mlflow = any_free_port(), any_free_port(), any_free_port()
    trusted = certificate(folder / "tls")
    pages = f"https://localhost:{https}"
    filled = TEMPLATE.read_text()
    for name, value in {
        "DEPTHCASE_HOST": "localhost",
        "DEPTHCASE_TLS": str(folder / "tls"),
        "DEPTHCASE_HTTP": f"127.0.0.1:{http}",
        "DEPTHCASE_HTTPS": f"127.0.0.1:{https}",
        "DEPTHCASE_HTTPS_MLFLOW": f"127.0.0.1:{https_mlflow}",
        "DEPTHCASE_PREFECT_PAGES": pages,
        "DEPTHCASE_PREFECT_UPSTREAM": f"127.0.0.1:{prefect_port}",
        "DEPTHCASE_MLFLOW_UPSTREAM": f"127.0.0.1:{mlflow_port}",
    }.items():
        filled = filled.replace(f"${{{name}}}", value)
    assert "${" not in filled
    (folder / "depthcase.conf").write_text(filled)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log; {temporary} include {folder}/depthcase.conf; }}\n"
    )
    if os.geteuid() == 0:
        folder.chmod(0o755)
    process = subprocess.Popen(
        ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")]
    )
    try:
        while port_is_free(https_mlflow):
            assert process.poll() is None, (folder / "error.log").read_text()
        yield Proxy(pages, f"https://localhost:{https_mlflow}", f"http://localhost:{http}", trusted)
    finally:
        process.terminate()
        process.wait(timeout=20)
