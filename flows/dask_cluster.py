"""Tasks on a Dask cluster; the only file that needs the extra depthcase[dask]."""

from collections.abc import Mapping
from typing import Any

from prefect_dask import DaskTaskRunner


class ClusterRunner(DaskTaskRunner):
    """Sends tasks to the cluster, each with word of the installation that asks."""

    def __init__(self, address: str, sender: Mapping[str, str]) -> None:
        """address: of the scheduler. sender: as `runners.sender` gives it."""
        super().__init__(address=address)
        self._sender = dict(sender)

    def submit(self, task: Any, parameters: dict[str, Any], wait_for: Any = None, dependencies: Any = None) -> Any:
        """Hand one task to the cluster; gives its future."""
        asked = parameters | {"given": parameters["given"] | {"sender": self._sender}}
        return super().submit(task, asked, wait_for=wait_for, dependencies=dependencies)
