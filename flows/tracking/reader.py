"""What was recorded before: the newest finished evaluation of every PoC."""

import tempfile
from pathlib import Path

from mlflow.tracking import MlflowClient

from flows.tracking.writer import COMPLETED, STATE, check_answers, service_errors
from relu_core import ArgumentError
from relu_core.comparison.schema import Comparison


def latest_comparisons(tracking_uri: str) -> list[Comparison]:
    """The newest completed record of each PoC, by the PoC's name; records of other schema versions are passed over.

    Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    found = []
    with service_errors(tracking_uri), tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(tracking_uri)
        for experiment in sorted(client.search_experiments(), key=lambda one: str(one.name)):
            completed = f"tags.role = 'verdict' and tags.`{STATE}` = '{COMPLETED}'"
            newest = client.search_runs([experiment.experiment_id], completed, max_results=1)
            for run in newest:
                path = client.download_artifacts(run.info.run_id, "comparison.json", folder)
                found.append(_read(Path(path)))
    return [comparison for comparison in found if comparison is not None]


def _read(path: Path) -> Comparison | None:
    try:
        return Comparison.from_json(path.read_text(encoding="utf-8"))
    except ArgumentError:
        return None
