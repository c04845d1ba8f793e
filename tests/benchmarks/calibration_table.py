"""The table of error rates from the lines of `calibrate`: rates, coverage of intervals, sizes, each kind of problem."""

from typing import Any

import numpy as np

from relu_core.comparison import wilson
from relu_core.comparison.curves import crossing

Line = dict[str, Any]
ABOUT_SIZES = ("DEPTH_PAYS", "WIDTH_SUFFICES")
# Sizes are rounded to whole parameters.
ROUNDING = 1.01


def table(lines: list[Line], truths: list[Line]) -> dict[str, Any]:
    """The rates with their Wilson intervals, the coverage of the intervals, and what became of each kind of problem."""
    helps = [line for line in lines if line["expected"] == "DEPTH_PAYS"]
    does_not = [line for line in lines if line["expected"] != "DEPTH_PAYS"]
    width = [line for line in lines if line["expected"] == "WIDTH_SUFFICES"]
    wrong = [line for line in lines if line["verdict"] != line["expected"]]
    open_ones = [line for line in wrong if line["verdict"] == "INCONCLUSIVE"]
    rates = {
        "false DEPTH_PAYS, all problems where depth does not help": _share(does_not, verdict="DEPTH_PAYS"),
        "false DEPTH_PAYS, problems where width suffices": _share(width, verdict="DEPTH_PAYS"),
        "missed DEPTH_PAYS, planted ratio 3 or more": _counted(
            sum(line["verdict"] != "DEPTH_PAYS" for line in helps), len(helps)
        ),
        "wrong answer": _counted(len(wrong) - len(open_ones), len(lines)),
        "no answer where there is one": _counted(len(open_ones), len(lines)),
    }
    names = list(dict.fromkeys(name_of(line) for line in lines))
    kinds = {name: [line for line in lines if name_of(line) == name] for name in names}
    return {
        "rates": rates,
        "coverage of 95 % intervals": _coverage(lines, truths),
        "problems": {name: _outcome(own) for name, own in kinds.items()},
        "count": len(lines),
    }


def name_of(line: Line) -> str:
    """A kind of problem with its circumstances."""
    cell = line["cell"]
    share = f" {cell['positive_share']:.0%} positive" if cell["task"] == "binary" else ""
    return f"{cell['kind']}, {cell['rows']} rows, {cell['task']}{share}"


def _share(lines: list[Line], *, verdict: str) -> dict[str, float]:
    return _counted(sum(line["verdict"] == verdict for line in lines), len(lines))


def _counted(wrong: int, runs: int) -> dict[str, float]:
    interval = wilson(wrong, runs)
    return {"count": wrong, "of": runs, "rate": interval.value, "low": interval.low, "high": interval.high}


def _outcome(lines: list[Line]) -> dict[str, Any]:
    """Verdicts of one kind of problem; parameters that hold the planted function beside those that training needs."""
    verdicts = sorted({line["verdict"] for line in lines})
    outcome: dict[str, Any] = {
        "expected": lines[0]["expected"],
        "verdicts": {kind: sum(line["verdict"] == kind for line in lines) for kind in verdicts},
    }
    if lines[0]["expected"] in ABOUT_SIZES:
        outcome["parameters"] = {
            f"{first['hidden_layers']} hidden layer{'s' * (first['hidden_layers'] > 1)}": _sizes(
                [line["families"][place] for line in lines]
            )
            for place, first in enumerate(lines[0]["families"])
        }
    return outcome


def _sizes(families: list[Line]) -> dict[str, Any]:
    found = [family["smallest"] for family in families if family["smallest"]["reached"] != "not up to high"]
    return {
        "representable": families[0]["representable"] or None,
        "trained, median": round(float(np.median([size["estimate"] for size in found]))) if found else None,
        "reached": len(found),
    }


def _coverage(lines: list[Line], truths: list[Line]) -> dict[str, dict[str, float]]:
    """Share of intervals that hold the truth: the mean of the reference problems of the same kind.

    The planted directions are drawn evenly, so all problems of one kind have the same expected metric at a size; its
    mean over the reference problems is the truth up to a small error, which costs the coverage about half a point. The
    true smallest size is where that mean curve passes the problem's own target.
    """
    hits: dict[str, list[bool]] = {"metric at a size": [], "smallest size": [], "ratio": []}
    for name in dict.fromkeys(name_of(line) for line in truths):
        reference = [truth["curves"] for truth in truths if name_of(truth) == name]
        curves = [_mean_curve([curves[place] for curves in reference]) for place in range(len(reference[0]))]
        for line in lines:
            if name_of(line) == name and line["families"]:
                _check(line, curves, hits)
    return {name: _counted(sum(found), len(found)) for name, found in hits.items() if found}


def _mean_curve(curves: list[list[list[float]]]) -> dict[int, float]:
    means = np.mean(curves, axis=0)
    return {int(parameters): float(value) for parameters, value in means}


def _check(line: Line, curves: list[dict[int, float]], hits: dict[str, list[bool]]) -> None:
    """Whether each interval of one problem holds the truth; ratio and size where the true curve reaches the target."""
    sizes = [crossing(list(curve), list(curve.values()), line["target"]) for curve in curves]
    for family, curve, size in zip(line["families"], curves, sizes, strict=True):
        hits["metric at a size"] += [low <= curve[int(p)] <= high for p, _, low, high in family["points"]]
        if np.isfinite(size):
            found = family["smallest"]
            below = size <= found["high"] * ROUNDING or not found["bounded"]
            hits["smallest size"].append(found["low"] <= size * ROUNDING and below)
    if np.isfinite(sizes).all() and line["ratio"] is not None:
        hits["ratio"].append(line["ratio"][1] <= sizes[0] / sizes[1] <= line["ratio"][2])
