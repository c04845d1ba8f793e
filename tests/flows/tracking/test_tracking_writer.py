"""A result is recorded once, whole, and an attempt that was cut off is never left beside it."""

import json
import socket
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from flows.errors import ServiceError
from flows.tracking import view, writer
from flows.tracking.items import evaluation_key
from flows.tracking.reader import recorded_evaluations
from flows.tracking.writer import TrackedRun, record
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import decide
from tests.comparisons import EXAMPLES, all_collapsed, nothing_at_all, press_line

CHARTER = "poc_name: press-line-7\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tracking database of this module's own; its artifacts lie beside it."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        # A database file without a server puts artifacts below the working directory.
        patch.chdir(folder)
        yield f"sqlite:///{folder / 'mlflow.db'}"


def write(store: str, comparison: Comparison, **given: object) -> TrackedRun:
    key = evaluation_key(comparison, CHARTER)
    return record(comparison, decide(comparison), tracking_uri=store, charter_yaml=CHARTER, key=key, **given)  # type: ignore[arg-type]


def runs_of(store: str, experiment: str) -> list[Run]:
    return list(MlflowClient(store).search_runs([experiment], max_results=500))


@pytest.fixture(scope="module")
def recorded(store: str, tmp_path_factory: pytest.TempPathFactory) -> TrackedRun:
    picture = tmp_path_factory.mktemp("figures") / "made_here.svg"
    picture.write_text("<svg/>")
    note = "![](get-artifact?path=figures/size.svg&run_uuid={run_id})"
    return write(store, press_line(), artifacts={"figures/size.svg": picture}, note=note)


def test_a_second_record_with_the_same_key_writes_nothing(store: str, recorded: TrackedRun) -> None:
    before = {run.info.run_id for run in runs_of(store, recorded.experiment_id)}
    assert write(store, press_line()) == recorded
    assert {run.info.run_id for run in runs_of(store, recorded.experiment_id)} == before


def test_every_family_baseline_and_size_is_a_run(store: str, recorded: TrackedRun) -> None:
    comparison, roles = press_line(), [run.data.tags["role"] for run in runs_of(store, recorded.experiment_id)]
    assert roles.count("verdict") == 1 and roles.count("yardstick") == 1
    assert roles.count("curve") == len(comparison.families) + len(comparison.baselines) + len(("target", "kill"))
    assert roles.count("model") == sum(len(family.points) for family in comparison.families)


def test_the_verdict_run_holds_promise_verdict_data_and_files(store: str, recorded: TrackedRun) -> None:
    client = MlflowClient(store)
    run = client.get_run(recorded.run_id)
    assert run.info.status == "FINISHED" and run.info.end_time
    assert run.data.tags["depthcase.verdict"] == "DEPTH_PAYS"
    assert run.data.params["target"] == "0.8" and run.data.params["cost_of_miss"] == "120"
    assert run.data.metrics["parameter_ratio"] == press_line().ratio.value.value  # type: ignore[union-attr]
    assert run.inputs.dataset_inputs[0].dataset.name == "press-line-7"
    assert run.data.tags["mlflow.note.content"].endswith(f"run_uuid={recorded.run_id})")
    assert {"charter.yaml", "comparison.json", "figures"} == {f.path for f in client.list_artifacts(recorded.run_id)}
    assert [f.path for f in client.list_artifacts(recorded.run_id, "figures")] == ["figures/size.svg"]


def test_the_newest_note_heads_the_experiment(store: str, recorded: TrackedRun) -> None:
    experiment = MlflowClient(store).get_experiment(recorded.experiment_id)
    assert experiment.tags["mlflow.note.content"].endswith(f"run_uuid={recorded.run_id})")


def test_a_curve_can_be_read_back_as_a_curve(store: str, recorded: TrackedRun) -> None:
    client, family = MlflowClient(store), press_line().families[1]
    run = next(r for r in runs_of(store, recorded.experiment_id) if r.info.run_name == "2 hidden layers")
    history = client.get_metric_history(run.info.run_id, "balanced_accuracy_at_parameters")
    assert [(m.step, m.value) for m in history] == [(p.parameters, p.metric.value) for p in family.points]
    assert run.data.tags["mlflow.parentRunId"] == recorded.run_id


def test_an_attempt_that_was_cut_off_is_removed_and_written_again(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison, batches = press_line(poc="cut-off"), []
    whole = writer._write_bundle

    def cut_off(*arguments: object) -> None:
        batches.append(arguments)
        if len(batches) == 5:
            raise KeyboardInterrupt
        whole(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writer, "_write_bundle", cut_off)
        with pytest.raises(KeyboardInterrupt):
            write(store, comparison)
    experiment = MlflowClient(store).get_experiment_by_name("cut-off").experiment_id
    left = runs_of(store, experiment)
    assert len(left) == 5 and {run.data.tags.get("depthcase.state") for run in left} == {"started", None}
    tracked = write(store, comparison)
    there = runs_of(store, experiment)
    assert not {run.info.run_id for run in left} & {run.info.run_id for run in there}
    assert [r.info.run_id for r in there if r.data.tags.get("depthcase.state") == "completed"] == [tracked.run_id]


def test_another_charter_is_another_record_in_the_same_experiment(store: str, recorded: TrackedRun) -> None:
    comparison = press_line()
    key = evaluation_key(comparison, "poc_name: other\n")
    other = record(comparison, decide(comparison), tracking_uri=store, charter_yaml="poc_name: other\n", key=key)
    assert other.experiment_id == recorded.experiment_id and other.run_id != recorded.run_id


@pytest.mark.parametrize("make", [nothing_at_all, all_collapsed, EXAMPLES["long_names"], EXAMPLES["japanese_names"]])
def test_extreme_results_are_recorded(store: str, make: Callable[[], Comparison]) -> None:
    comparison = make()
    tracked = write(store, comparison)
    client = MlflowClient(store)
    assert client.get_run(tracked.run_id).data.tags["depthcase.verdict"] == decide(comparison).kind


def test_the_saved_views_are_there_and_name_this_evaluation(store: str, recorded: TrackedRun) -> None:
    tags = MlflowClient(store).get_experiment(recorded.experiment_id).tags
    key = evaluation_key(press_line(), CHARTER)
    views = {
        name.removeprefix(view.TAG): json.loads(value) for name, value in tags.items() if name.startswith(view.TAG)
    }
    assert {f"curves-{key[:12]}", f"models-{key[:12]}", "verdicts"} <= set(views)
    assert views[f"curves-{key[:12]}"]["name"].endswith("DEPTH_PAYS")


def test_the_records_of_each_poc_are_read_back_the_newest_first(store: str, recorded: TrackedRun) -> None:
    write(store, press_line(poc="other-poc", champion="trees"))
    write(store, press_line(poc="other-poc", champion="1 hidden layer"))
    found = recorded_evaluations(store)
    others = [comparison for _, comparison in found if comparison.poc == "other-poc"]
    assert [one.champion for one in others] == ["1 hidden layer", "trees"]
    assert others[0].to_json() == press_line(poc="other-poc", champion="1 hidden layer").to_json()
    assert "press-line-7" in {comparison.poc for _, comparison in found}
    assert all(abs((date.today() - day).days) <= 1 for day, _ in found)


def test_a_server_that_does_not_answer_is_named_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServiceError) as refused:
        write(address, press_line())
    assert str(refused.value).startswith(f"The MLflow server at {address} does not answer (")
    assert str(refused.value).endswith("); start it with `depthcase up`, then run again.")
