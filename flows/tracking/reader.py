"""What was recorded before: the finished evaluations of every PoC, and the last ones of one."""

import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mlflow.entities import Run as MlflowRun
from mlflow.tracking import MlflowClient

from flows.tracking import view
from flows.tracking.writer import COMPLETED, KEY, QUESTION, STATE, check_answers, service_errors
from relu_core import ArgumentError
from relu_core.comparison.schema import Comparison

# Older evaluations of one PoC than these say little about today.
MOST_OF_ONE_POC = 12
_FINISHED = f"tags.role = 'verdict' and tags.`{STATE}` = '{COMPLETED}'"


@dataclass(frozen=True)
class RecordedEvaluation:
    """A finished evaluation. key: of its record; when: local time, as people write it; *_url: its pages."""

    comparison: Comparison
    key: str
    when: str
    url: str
    curves_url: str
    report_url: str


def recorded_evaluations(tracking_uri: str) -> list[tuple[date, Comparison]]:
    """The completed records with the day on which each was made: PoC by PoC, of each the newest first.

    Records of newer schema versions are passed over. Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    found = []
    with service_errors(tracking_uri):
        client = MlflowClient(tracking_uri)
        for experiment in sorted(client.search_experiments(), key=lambda one: str(one.name)):
            for run in client.search_runs([experiment.experiment_id], _FINISHED, max_results=MOST_OF_ONE_POC):
                comparison = _comparison_of(client, run)
                if comparison is not None:
                    found.append((date.fromtimestamp(run.info.start_time / 1000), comparison))
    return found


def latest_evaluation(
    tracking_uri: str, poc: str, *, question: str = "", key: str = "", other_than: str = "", pages: str = ""
) -> RecordedEvaluation | None:
    """The newest finished evaluation of a PoC; None where there is none, or it is of another schema version.

    question: only an answer to this question (`writer.record`). key: only the record with this key; other_than: not it.
    pages: where people open the server, where that is not tracking_uri.
    Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    wanted = _FINISHED + (f" and tags.`{QUESTION}` = '{question}'" if question else "")
    wanted += f" and tags.`{KEY}` = '{key}'" if key else ""
    wanted += f" and tags.`{KEY}` != '{other_than}'" if other_than else ""
    with service_errors(tracking_uri):
        client = MlflowClient(tracking_uri)
        experiment = client.get_experiment_by_name(poc)
        if experiment is None or experiment.lifecycle_stage == "deleted":
            return None
        newest = list(client.search_runs([experiment.experiment_id], wanted, max_results=1))
        comparison = _comparison_of(client, newest[0]) if newest else None
        return None if comparison is None else _recorded(pages or tracking_uri, newest[0], comparison)


def _recorded(pages: str, run: MlflowRun, comparison: Comparison) -> RecordedEvaluation:
    key, experiment = run.data.tags[KEY], run.info.experiment_id
    return RecordedEvaluation(
        comparison=comparison,
        key=key,
        when=time.strftime("%Y-%m-%d %H:%M", time.localtime(run.info.start_time / 1000)),
        url=view.run_link(pages, experiment, run.info.run_id),
        curves_url=view.deep_link(pages, experiment, f"curves-{key[:12]}"),
        report_url=view.report_link(pages, experiment, run.info.run_id),
    )


def _comparison_of(client: MlflowClient, run: MlflowRun) -> Comparison | None:
    with tempfile.TemporaryDirectory() as folder:
        path = client.download_artifacts(run.info.run_id, "comparison.json", folder)
        try:
            return Comparison.from_json(Path(path).read_text(encoding="utf-8"))
        except ArgumentError:
            return None
