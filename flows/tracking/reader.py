"""What was recorded before: the finished evaluations of every PoC."""

import tempfile
from datetime import date
from pathlib import Path

from mlflow.tracking import MlflowClient

from flows.tracking.writer import COMPLETED, STATE, check_answers, service_errors
from relu_core import ArgumentError
from relu_core.comparison.schema import Comparison

# Older evaluations of one PoC than these say little about today.
MOST_OF_ONE_POC = 12


def recorded_evaluations(tracking_uri: str) -> list[tuple[date, Comparison]]:
    """The completed records with the day on which each was made: PoC by PoC, of each the newest first.

    Records of newer schema versions are passed over. Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    found = []
    with service_errors(tracking_uri), tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(tracking_uri)
        for experiment in sorted(client.search_experiments(), key=lambda one: str(one.name)):
            completed = f"tags.role = 'verdict' and tags.`{STATE}` = '{COMPLETED}'"
            for run in client.search_runs([experiment.experiment_id], completed, max_results=MOST_OF_ONE_POC):
                path = client.download_artifacts(run.info.run_id, "comparison.json", folder)
                comparison = _read(Path(path))
                if comparison is not None:
                    found.append((date.fromtimestamp(run.info.start_time / 1000), comparison))
    return found


def _read(path: Path) -> Comparison | None:
    try:
        return Comparison.from_json(path.read_text(encoding="utf-8"))
    except ArgumentError:
        return None
