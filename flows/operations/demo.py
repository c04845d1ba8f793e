"""The demonstration: raw files of a stamping line whose truth is known, and the charter that asks about them."""

import tempfile
from pathlib import Path
from typing import Any

from flows.places import Place
from flows.settings import Settings
from flows.whole_files import write_whole

NAME = "press-line-7"

# Does depth pay in telling which blanks will have a burr? Expected: DEPTH_PAYS, see flows.demo_plant.
CHARTER: dict[str, Any] = {
    "poc_name": NAME,
    "dataset": NAME,
    "data_file": NAME,
    "target": "Burr",
    "task": "yes/no",
    "metric": "roc_auc",
    "target_value": 0.95,
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


def prepare(settings: Settings) -> Place:
    """Write the raw files and the charter into the data folder; the charter's path. A charter that is there stays."""
    # Imported here: they load the numerical library, and this module is also read by commands that must be quick.
    from flows.charter import make_charter
    from flows.demo_plant import write_raw_files
    from flows.sources.arrival import bring_in

    with tempfile.TemporaryDirectory() as folder:
        write_raw_files(Path(folder, NAME))
        bring_in(Path(folder, NAME), settings.raw, "")
    path = settings.charters / f"{NAME}.yaml"
    if not path.exists():
        write_whole(path, make_charter(CHARTER).to_yaml())
    return path
