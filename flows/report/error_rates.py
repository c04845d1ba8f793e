"""How often the verdict itself is wrong, measured on problems with a known answer; the table ships with the product."""

import json
from importlib.resources import files
from typing import Any

TABLE = "verdict_error_rates.json"
FALSE, MISSED = "false DEPTH_PAYS, all problems where depth does not help", "missed DEPTH_PAYS, planted ratio 3 or more"


def published_table() -> dict[str, Any]:
    """The table as the calibration published it; empty where none was published with this version."""
    table = files("flows.report") / "templates" / TABLE
    return dict(json.loads(table.read_text(encoding="utf-8"))) if table.is_file() else {}


def published_rates() -> dict[str, float]:
    """What the report says of the table.

    false_rate: share of problems where depth does not help and was said to pay. missed_rate: of those where it helps
    clearly and was not said to. Each with the upper end of its 95 % interval (..._high) and the number of problems
    (..._of). Empty where no table was published.
    """
    rates = published_table().get("rates", {})
    found: dict[str, float] = {}
    for name, key in (("false_rate", FALSE), ("missed_rate", MISSED)):
        if rates.get(key, {}).get("of"):
            found |= {name: rates[key]["rate"], f"{name}_high": rates[key]["high"], f"{name}_of": rates[key]["of"]}
    return found
