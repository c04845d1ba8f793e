"""Writes the stream of items to MLflow: once for each key, complete or not at all."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import httpx
import requests
from mlflow.entities import Dataset, DatasetInput, InputTag, RunTag
from mlflow.entities import Metric as MlflowMetric
from mlflow.entities import Param as MlflowParam
from mlflow.entities import Run as MlflowRun
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from flows.errors import ServiceError
from flows.places import Place
from flows.tracking import view
from flows.tracking.items import (
    TAG_LIMIT,
    VERDICT_RUN,
    DatasetItem,
    File,
    Item,
    Metric,
    Param,
    Run,
    Tag,
    Text,
    curve_metric,
    items,
)
from relu_core.comparison.evidence import sign_of
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import Verdict

KEY, STATE, QUESTION = "depthcase.key", "depthcase.state", "depthcase.question"
STARTED, COMPLETED = "started", "completed"
PARAMS_A_BATCH, METRICS_A_BATCH = 100, 500


@dataclass(frozen=True)
class TrackedRun:
    """Where an evaluation was recorded.

    url: the verdict run. curves_url, models_url, history_url: its chart pages. report_url: the decision page in it.
    """

    experiment_id: str
    run_id: str
    url: str
    curves_url: str = ""
    models_url: str = ""
    history_url: str = ""
    report_url: str = ""


@dataclass
class _Bundle:
    """All items of one run, sorted by how they travel."""

    run: Run
    params: list[MlflowParam] = field(default_factory=list)
    metrics: list[MlflowMetric] = field(default_factory=list)
    tags: list[RunTag] = field(default_factory=list)
    datasets: list[DatasetItem] = field(default_factory=list)
    files: list[Text | File] = field(default_factory=list)


def record(
    comparison: Comparison,
    verdict: Verdict,
    *,
    tracking_uri: str,
    charter_yaml: str,
    artifacts: Mapping[str, Place] | None = None,
    key: str,
    note: str = "",
    pages: str = "",
    question: str = "",
    more: Iterable[Item] = (),
) -> TrackedRun:
    """Record one evaluation in MLflow and return where it stands.

    tracking_uri: address of the server, or a sqlite:/// file. artifacts: files by the name they get in the verdict run.
    key: what makes this record unique (`items.evaluation_key`); a completed record with the same key is returned as it
    is, an unfinished one is removed and written again. note: markdown shown on the verdict run.
    pages: where people open the server, where that is not tracking_uri.
    question: what was asked of which data, so that the answer is found again. more: further items of the verdict run.
    Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    with service_errors(tracking_uri):
        client = MlflowClient(tracking_uri)
        experiment = _experiment(client, comparison.poc)
        completed = _completed_or_cleared(client, experiment, key)
        if completed is None:
            stream = items(comparison, verdict, charter_yaml=charter_yaml, artifacts=artifacts, note=note)
            completed = _write(client, experiment, key, chain(stream, more))
            _write_views(client, experiment, comparison, verdict, key)
            shown = note.replace("{run_id}", completed) or f"## {verdict.kind}\n\n{verdict.reason}"
            client.set_experiment_tag(experiment, "mlflow.note.content", shown[:TAG_LIMIT])
            client.set_tag(completed, STATE, COMPLETED)
            client.set_terminated(completed)
        if question:
            client.set_tag(completed, QUESTION, question)
    return _tracked(pages or tracking_uri, experiment, completed, key)


def record_items(
    stream: Iterable[Item], *, tracking_uri: str, experiment: str, key: str, pages: str = ""
) -> TrackedRun:
    """Record what is no evaluation, given as items: all runs below one with the key VERDICT_RUN, once for each `key`.

    Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    with service_errors(tracking_uri):
        client = MlflowClient(tracking_uri)
        place = _experiment(client, experiment)
        completed = _completed_or_cleared(client, place, key)
        if completed is None:
            completed = _write(client, place, key, iter(stream))
            client.set_tag(completed, STATE, COMPLETED)
            client.set_terminated(completed)
    return TrackedRun(place, completed, view.run_link(pages or tracking_uri, place, completed))


def curves_url(tracking_uri: str, poc: str, key: str, *, pages: str = "") -> str:
    """Where the curves of the evaluation `key` will stand once it is recorded; the experiment is made if need be.

    Raises ServiceError where the server does not answer.
    """
    check_answers(tracking_uri)
    with service_errors(tracking_uri):
        experiment = _experiment(MlflowClient(tracking_uri), poc)
    return view.deep_link(pages or tracking_uri, experiment, f"curves-{key[:12]}")


def check_answers(tracking_uri: str) -> None:
    """Raises ServiceError unless the MLflow server at `tracking_uri` is healthy; a database file always is."""
    if not tracking_uri.startswith("http"):
        return
    try:
        answer = httpx.get(f"{tracking_uri.rstrip('/')}/health", timeout=10.0)
        reason = "" if answer.status_code == 200 else f"it answered with status {answer.status_code}"
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
    if reason:
        raise ServiceError(
            f"The MLflow server at {tracking_uri} does not answer ({reason}); "
            "start it with `depthcase up`, then run again."
        )


@contextmanager
def service_errors(tracking_uri: str) -> Iterator[None]:
    try:
        yield
    except (MlflowException, requests.RequestException) as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise ServiceError(
            f"The MLflow server at {tracking_uri} refused or stopped while a result was recorded ({first_line}); "
            "nothing is lost: check it with `depthcase status`, then run again."
        ) from error


def _experiment(client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        # Without this tag MLflow 3 guesses, and may dress the experiment as a chat application.
        return str(client.create_experiment(name, tags={"mlflow.experimentKind": "custom_model_development"}))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _completed_or_cleared(client: MlflowClient, experiment: str, key: str) -> str | None:
    """Run id of the completed record; without one, whatever an interrupted attempt left is removed."""
    left = list(_runs_of(client, experiment, key))
    for run in left:
        if run.data.tags.get("role") == "verdict" and run.data.tags.get(STATE) == COMPLETED:
            return str(run.info.run_id)
    for run in left:
        client.delete_run(run.info.run_id)
    return None


def _runs_of(client: MlflowClient, experiment: str, key: str) -> Iterator[MlflowRun]:
    token: str | None = None
    while token != "":
        page = client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", max_results=500, page_token=token)
        yield from page
        token = page.token or ""


def _write(client: MlflowClient, experiment: str, key: str, stream: Iterator[Item]) -> str:
    """Write all runs, each after the one it hangs below; returns the id of the verdict run, still open."""
    ids: dict[str, str] = {}
    for bundle in _bundles(stream, int(time.time() * 1000)):
        run = bundle.run
        tags = {"role": run.role, KEY: key, "mlflow.runColor": run.color}
        tags |= {"mlflow.parentRunId": ids[run.parent]} if run.parent else {STATE: STARTED}
        ids[run.key] = str(client.create_run(experiment, run_name=run.name, tags=tags).info.run_id)
        _write_bundle(client, ids[run.key], bundle)
        if run.key != VERDICT_RUN:
            client.set_terminated(ids[run.key], "FAILED" if run.failed else "FINISHED")
    return ids[VERDICT_RUN]


def _bundles(stream: Iterator[Item], now: int) -> list[_Bundle]:
    bundles: dict[str, _Bundle] = {}
    for item in stream:
        if isinstance(item, Run):
            bundles[item.key] = _Bundle(item)
            continue
        bundle = bundles[item.run]
        match item:
            case Param():
                bundle.params.append(MlflowParam(item.name, item.value))
            case Metric():
                bundle.metrics.append(MlflowMetric(item.name, item.value, now, item.step))
            case Tag():
                bundle.tags.append(RunTag(item.name, item.value))
            case DatasetItem():
                bundle.datasets.append(item)
            case _:
                bundle.files.append(item)
    return list(bundles.values())


def _write_bundle(client: MlflowClient, run_id: str, bundle: _Bundle) -> None:
    tags = [RunTag(tag.key, tag.value.replace("{run_id}", run_id)) for tag in bundle.tags]
    rounds = max(1, -(-len(bundle.params) // PARAMS_A_BATCH), -(-len(bundle.metrics) // METRICS_A_BATCH))
    for i in range(rounds):
        params = bundle.params[i * PARAMS_A_BATCH : (i + 1) * PARAMS_A_BATCH]
        metrics = bundle.metrics[i * METRICS_A_BATCH : (i + 1) * METRICS_A_BATCH]
        client.log_batch(run_id, metrics=metrics, params=params, tags=tags if i == 0 else [])
    if bundle.datasets:
        client.log_inputs(run_id, [_dataset_input(item) for item in bundle.datasets])
    if bundle.files:
        _upload(client, run_id, bundle.files)


def _dataset_input(item: DatasetItem) -> DatasetInput:
    dataset = Dataset(item.name, item.digest, "local", item.source, profile=item.profile)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "evaluation")])


def _upload(client: MlflowClient, run_id: str, files: list[Text | File]) -> None:
    """One upload for all files, under the names they get; MLflow would otherwise keep the names of their sources."""
    with tempfile.TemporaryDirectory() as folder:
        for item in files:
            target = Path(folder, item.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(item, Text):
                target.write_text(item.text, encoding="utf-8")
            else:
                target.write_bytes(item.source.read_bytes())
        client.log_artifacts(run_id, folder)


def _write_views(client: MlflowClient, experiment: str, comparison: Comparison, verdict: Verdict, key: str) -> None:
    now, metric = int(time.time() * 1000), curve_metric(comparison)
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(now / 1000))
    title = f"{day} · {verdict.kind}"
    lower = sign_of(comparison.criteria) < 0
    views = {
        f"curves-{key[:12]}": view.curves_view(
            f"Curves · {title}", evaluation=key, metric=metric, lower_is_better=lower, created_ms=now
        ),
        f"models-{key[:12]}": view.models_view(
            f"Networks · {title}", evaluation=key, metric=comparison.criteria.metric, created_ms=now
        ),
        "verdicts": view.verdicts_view(
            "All evaluations of this PoC", metric=comparison.criteria.metric, created_ms=now
        ),
    }
    for name, value in views.items():
        client.set_experiment_tag(experiment, view.TAG + name, value)


def _tracked(pages: str, experiment: str, run_id: str, key: str) -> TrackedRun:
    links = [
        view.deep_link(pages, experiment, name) for name in (f"curves-{key[:12]}", f"models-{key[:12]}", "verdicts")
    ]
    links.append(view.report_link(pages, experiment, run_id))
    return TrackedRun(experiment, run_id, view.run_link(pages, experiment, run_id), *links)
