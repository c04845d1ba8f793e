"""A real PostgreSQL on loopback as the historian: asked, never changed, its password never shown."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flows.errors import SourceError
from flows.lake.quarantine import check
from flows.sources.read import read_source
from flows.sources.sql import read_query

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))
pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not (BINARIES / "initdb").exists(), reason="PostgreSQL is not installed on this machine"),
]


def as_server(*command: str) -> None:
    """Run a command of PostgreSQL, which refuses to run as root."""
    drop_rights = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*drop_rights, *command], check=True, capture_output=True, cwd="/", timeout=60)


@pytest.fixture(scope="module")
def historian() -> Iterator[str]:
    """Address of a server with the table "strokes", for a user with a password and all rights."""
    folder = Path(tempfile.mkdtemp(prefix="historian-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    (folder / "password").write_text("secret-7")
    as_server(str(BINARIES / "initdb"), "-D", str(data), "-U", "plant", "-A", "md5", f"--pwfile={folder / 'password'}")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    as_server(str(BINARIES / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        address = f"postgresql+psycopg://plant:secret-7@127.0.0.1:{port}/postgres"
        engine = create_engine(address)
        with engine.begin() as connection:
            connection.execute(text('CREATE TABLE strokes (time timestamptz, "force [kN]" float8, ok bool)'))
            connection.execute(text("CREATE SEQUENCE counter"))
            connection.execute(
                text(
                    "INSERT INTO strokes SELECT timestamptz '2026-03-02 10:00:00+09' + i * interval '1 second', "
                    "i / 3.0::float8, i % 5 = 0 FROM generate_series(0, 999) AS i"
                )
            )
        engine.dispose()
        yield address
    finally:
        as_server(str(BINARIES / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def test_rows_arrive_exactly_and_in_utc(historian: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret-7")
    asked = tmp_path / "ask.sql"
    asked.write_text(f"-- connection: {historian.replace(':secret-7', '')}\nSELECT * FROM strokes ORDER BY time;\n")
    result = check(read_source("ask.sql", root=tmp_path))
    assert len(result.frame) == 1000 and result.units == {"force": "kN"}
    assert result.frame["force"].tolist() == [i / 3.0 for i in range(1000)]
    assert str(result.frame["time"].iloc[0]) == "2026-03-02 01:00:00"
    assert set(result.frame["ok"]) == {"true", "false"}


def test_only_new_rows_since_a_watermark(historian: str) -> None:
    table = read_query(
        historian, "SELECT * FROM strokes", name="ask.sql", watermark="time", since="2026-03-02 10:16:30+09"
    )
    assert len(table.frame) == 9


@pytest.mark.parametrize(
    "question, refusal",
    [
        (
            "WITH gone AS (DELETE FROM strokes RETURNING *) SELECT * FROM gone",
            "DECLARE CURSOR must not contain data-modifying statements in WITH",
        ),
        ("SELECT nextval('counter')", "cannot execute nextval() in a read-only transaction"),
    ],
)
def test_a_question_that_would_write_is_refused_by_the_server(historian: str, question: str, refusal: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_query(historian, question, name="ask.sql")
    assert str(caught.value) == (
        f'the question in "ask.sql" was not answered ({refusal}); check the server, the rights and the names'
    )
    assert len(read_query(historian, "SELECT * FROM strokes", name="ask.sql").frame) == 1000


def test_no_sentence_shows_the_password(historian: str) -> None:
    for address in (historian.replace("secret-7", "wrong-8"), historian.replace("127.0.0.1", "127.0.0.2")):
        with pytest.raises(SourceError) as caught:
            read_query(address, "SELECT 1 AS x", name="ask.sql")
        assert "secret" not in str(caught.value) and "wrong-8" not in str(caught.value)
