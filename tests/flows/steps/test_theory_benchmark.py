"""The theory benchmark without a server: figures of the paper and of training, in MLflow once."""

import json
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from flows.settings import Settings, read_settings
from flows.steps import theory, theory_record
from relu_core import plots
from relu_core.comparison.intervals import wilson
from relu_core.comparison.json_codec import from_plain, to_plain

# Successes from random weights of three folded tents, measured before by another trainer: width -> (successes, runs).
MEASURED_BEFORE = {2: (0, 50), 8: (49, 100), 16: (98, 100)}


@pytest.fixture(scope="module")
def built() -> theory.Built:
    return theory.build(3, 2, seed=1)


@pytest.fixture(scope="module")
def deep(built: theory.Built) -> tuple[theory.TrainedSize, ...]:
    return theory.train(built, hidden_layers=3, seeds=50, seed=0)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # A database without a server keeps its files beside the process.
    monkeypatch.chdir(tmp_path)
    places = {
        "DEPTHCASE_HOME": tmp_path / "home",
        "DEPTHCASE_DATA": tmp_path,
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/m.db",
    }
    return read_settings({name: str(value) for name, value in places.items()})


def test_the_construction_is_the_one_of_the_paper(built: theory.Built) -> None:
    assert (built.pieces, built.size, built.parameters) == (8, 6, 19)
    assert [(gap.hidden_layers, gap.lower_bound) for gap in built.gaps] == [(1, 7), (2, 4), (3, 3)]


def test_every_theorem_holds_on_this_installation(built: theory.Built) -> None:
    assert [check.name for check in built.checks if not check.passed] == []
    assert len(built.checks) == 4


def test_trained_sizes_agree_with_what_was_measured_before(deep: tuple[theory.TrainedSize, ...]) -> None:
    rates = {trained.point.hidden_widths[0]: trained.point.success_rate for trained in deep}
    for width, (successes, runs) in MEASURED_BEFORE.items():
        before, now = wilson(successes, runs), rates[width]
        assert now is not None
        assert now.low <= before.high
        assert before.low <= now.high


def test_a_trained_network_of_the_constructions_own_size_does_not_find_it(deep: tuple[theory.TrainedSize, ...]) -> None:
    smallest = deep[0]
    assert smallest.point.parameters == 19
    assert smallest.point.success_rate is not None
    assert smallest.point.success_rate.value < 0.1
    assert all(trained.pieces >= 1 for trained in deep)


def test_one_hidden_layer_needs_far_more(built: theory.Built) -> None:
    shallow = theory.train(built, hidden_layers=1, seeds=10, seed=0)
    assert [trained.point.parameters for trained in shallow] == [49, 193, 769]
    assert shallow[0].point.success_rate is not None
    assert shallow[0].point.success_rate.value == 0.0


def test_records_travel_as_plain_json(built: theory.Built, deep: tuple[theory.TrainedSize, ...]) -> None:
    table = theory.show(built, deep)
    plain = to_plain(table)
    assert to_plain(from_plain(theory.GapTable, json.loads(json.dumps(plain, allow_nan=False)))) == plain


def test_the_record_stands_once_with_table_picture_and_curves(
    built: theory.Built, deep: tuple[theory.TrainedSize, ...], settings: Settings
) -> None:
    table = theory.show(built, deep)
    first, second = theory_record.record(table, settings), theory_record.record(table, settings)
    assert first == second
    client = MlflowClient(settings.mlflow_tracking_uri)
    experiment = client.get_experiment_by_name("theory-benchmark")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert sorted(runs) == ["3 hidden layers", "k = 3, w = 2"]
    main, curve = runs["k = 3, w = 2"], runs["3 hidden layers"]
    assert main.data.params["construction_parameters"] == "19"
    assert main.data.tags["depthcase.theorems"] == "hold"
    rates = client.get_metric_history(curve.info.run_id, "success_rate")
    assert [point.step for point in rates] == [19, 53, 169, 593]
    names = {item.path for item in client.list_artifacts(main.info.run_id)}
    assert {"gap.json", "gap.md", "gap_en.svg", "gap_ja.svg"} <= names


def test_the_summary_says_what_is_broken(built: theory.Built) -> None:
    broken = theory.Check("Theorem 3.1, pieces", False, "[7] instead of 8")
    table = theory.show(theory.Built(**{**vars(built), "checks": (broken,)}), ())
    assert not table.complete
    assert "| Theorem 3.1, pieces | **NO** | [7] instead of 8 |" in theory_record.as_markdown(table)


@pytest.mark.parametrize(("language", "word"), [("en", "the construction"), ("ja", "構成法")])
def test_the_picture_names_the_construction(
    built: theory.Built, deep: tuple[theory.TrainedSize, ...], language: str, word: str
) -> None:
    figure = plots.gap_on_one_page(built.gaps, [t.point for t in deep], built.parameters, language=language)
    assert word in plots.to_svg(figure)
