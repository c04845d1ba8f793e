"""Two real industrial sets, each from its own charter to a verdict; minutes, so by `make trial-real` alone."""

import shutil
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from flows.charter import make_charter
from flows.operations import runs, services
from flows.operations.servers import read_result
from flows.settings import Settings
from relu_core.comparison import Comparison, Verdict, decide

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
CHARTERS = ROOT / "tests" / "charters"

pytestmark = [
    pytest.mark.services,
    pytest.mark.long,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not on this machine"),
]


def evaluate(settings: Settings, name: str, file: str, folder: Path) -> tuple[Comparison, Verdict]:
    """The whole evaluation of one charter on real servers; what MLflow keeps of it."""
    values = yaml.safe_load((CHARTERS / f"{name}.yaml").read_text(encoding="utf-8"))
    settings.raw.mkdir(parents=True, exist_ok=True)
    shutil.copy(DATA / file, settings.raw / values["data_file"])
    parameters = {"charter": make_charter(values).model_dump(mode="json")}
    run = runs.follow(settings, runs.submit(settings, "Evaluate PoC", "evaluate", parameters), print)
    assert run.state == "COMPLETED", run.message
    assert read_result(run, services.result_storage(settings))
    client = MlflowClient(settings.mlflow_tracking_uri)
    experiment = client.get_experiment_by_name(values["poc_name"])
    (found,) = client.search_runs([experiment.experiment_id], "tags.role = 'verdict'")
    text = Path(client.download_artifacts(found.info.run_id, "comparison.json", str(folder))).read_text(
        encoding="utf-8"
    )
    comparison = Comparison.from_json(text)
    return comparison, decide(comparison)


def best_network(comparison: Comparison, sign: int) -> float:
    """The best mean metric of any network."""
    return sign * max(sign * point.metric.value for family in comparison.families for point in family.points)


def test_ai4i_reaches_its_reference_and_its_leaks_stay_out(deployed_services: Settings, tmp_path: Path) -> None:
    comparison, verdict = evaluate(deployed_services, "ai4i2020", "ai4i2020/ai4i2020.csv", tmp_path)
    leaks = {finding.column for finding in comparison.findings if finding.severity == "leak"}
    assert {"UID", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF"} <= leaks
    assert not {"TWF", "HDF", "PWF", "OSF", "RNF"} & set(comparison.dataset.columns)
    trees = next(one for one in comparison.baselines if one.kind == "trees")
    assert abs(trees.metric.value - 0.975) < 0.015
    assert best_network(comparison, 1) > 0.955
    assert verdict.kind == "SIMPLE_SUFFICES"


def test_ccpp_reaches_its_reference_and_its_sheets_are_one(deployed_services: Settings, tmp_path: Path) -> None:
    comparison, verdict = evaluate(deployed_services, "ccpp", "ccpp/Folds5x2_pp.xlsx", tmp_path)
    assert comparison.dataset.rows == 9568
    assert sum(finding.code == "same_rows_in_sheets" for finding in comparison.findings) == 4
    assert best_network(comparison, -1) < 4.28
    assert verdict.kind == "SIMPLE_SUFFICES"
