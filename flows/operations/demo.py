"""The demonstration: raw files of a stamping line whose truth is known, and the charter that asks about them."""

from pathlib import Path

from flows.charter import Charter
from flows.demo_plant import TARGET, write_raw_files
from flows.settings import Settings

_FOLDER = "press-line-7"


def demo_charter() -> Charter:
    """Does depth pay in telling which blanks will have a burr? Expected: DEPTH_PAYS, see flows.demo_plant."""
    return Charter.model_validate(
        {
            "poc_name": "press-line-7",
            "dataset": "press-line-7",
            "data_file": _FOLDER,
            "target": TARGET,
            "task": "yes/no",
            "metric": "roc_auc",
            "target_value": 0.96,
            "kill_value": 0.8,
            "cost_of_miss": 40,
            "cost_of_false_alarm": 4,
            "units_per_year": 250_000,
            "project_cost_simple": 15_000,
            "project_cost_shallow": 40_000,
            "project_cost_deep": 60_000,
            "minutes": 5,
            "hidden_layers": [1, 2],
            "ask_between_stages": False,
        }
    )


def prepare(settings: Settings) -> Path:
    """Write the raw files and the charter into the data folder; the charter's path. A charter that is there stays."""
    write_raw_files(settings.raw / _FOLDER)
    path = settings.charters / "press-line-7.yaml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(demo_charter().to_yaml(), encoding="utf-8")
    return path
