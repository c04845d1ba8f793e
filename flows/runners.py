"""Where tasks run: on the cores of the flow's own machine, or on a Dask cluster that is there already.

A worker of the cluster is told by every task which installation asks: the program's version and the data folder. It
refuses where it is another program or does not see the folder; what it computes is then the same bits that the flow's
own machine would have computed. Rows never travel: tasks carry records, hashes and paths.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from threadpoolctl import threadpool_limits

from flows.errors import ServiceError
from flows.places import place_of
from flows.settings import Settings, settings
from flows.steps.code_version import code_version

# Seconds until a scheduler that does not answer is given up.
_PATIENCE = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class RunnerBySettings(ThreadPoolTaskRunner):
    """What a flow declares; when a run begins, the settings say where its tasks run."""

    def duplicate(self) -> Any:
        """The runner of one run. Raises ServiceError where the cluster that the settings name cannot be used."""
        if settings().dask_address:
            return _on_cluster(settings())
        return super().duplicate()


def sender() -> dict[str, str]:
    """What a task on another machine must know of this installation; nothing secret is among it."""
    return {"code": code_version(), "data": str(settings().data)}


@contextmanager
def working_for(sender: Mapping[str, str]) -> Iterator[Settings]:
    """Compute as the sender's own machine would, in its data folder; sums are made by one thread, in one order.

    Raises ServiceError: another version of the program, or a data folder that is not seen here.
    """
    here = socket.gethostname()
    if sender["code"] != code_version():
        raise ServiceError(
            f"The Dask worker on {here} has version {code_version()} of the program, the flow has {sender['code']}; "
            "install the same version of depthcase on both, then retry."
        )
    theirs = replace(settings(), data=place_of(sender["data"]))
    if not theirs.data.is_dir():
        raise ServiceError(
            f"The Dask worker on {here} does not see the data folder {theirs.data}; "
            "mount it there under the same path, then retry."
        )
    with threadpool_limits(limits=1):
        yield theirs


def _on_cluster(settings: Settings) -> TaskRunner[Any]:
    address = settings.dask_address
    _check_way_back(settings)
    try:
        from flows.dask_cluster import ClusterRunner
    except ImportError:
        raise ServiceError(
            f"DEPTHCASE_DASK names the cluster {address}, but Dask is not installed here; "
            "install it with: pip install 'depthcase[dask]'"
        ) from None
    try:
        socket.create_connection(_host_and_port(address), timeout=_PATIENCE).close()
    except OSError as error:
        raise ServiceError(
            f"The Dask scheduler at {address} does not answer ({error.strerror or error}); "
            "start it, or unset DEPTHCASE_DASK to compute on this machine."
        ) from None
    return ClusterRunner(address, sender())


def _check_way_back(settings: Settings) -> None:
    """Tasks report to the Prefect server: from another machine, an address of this one's loopback leads nowhere."""
    host, _ = _host_and_port(settings.dask_address)
    if host not in _LOOPBACK and urlsplit(settings.prefect_api_url).hostname in _LOOPBACK:
        raise ServiceError(
            f"The Dask cluster at {settings.dask_address} is another machine, which cannot reach the Prefect server at "
            f"{settings.prefect_api_url}; give an address that it can reach, as docs/scale.md describes."
        )


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 0
