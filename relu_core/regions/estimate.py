"""estimate_regions: an interval where counting is hopeless."""

import time
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.interval import Interval
from relu_core.network import ReluNetwork
from relu_core.regions.bounds import upper_bound_in_box

LEVEL = 0.95
NORMAL_QUANTILE = 1.96
RESAMPLES = 1000


def estimate_regions(
    network: ReluNetwork,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    time_limit: float,
    max_descents: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Number of activation regions in the box, estimated from random descents in the tree of activation patterns.

    lower, upper: (n,) corners of the box. time_limit: seconds. max_descents: stop after so many; with a limit that is
    reached before the time the answer depends on the seed only.
    Returns the mean with an approximate 95 % interval, never below the patterns met nor above the proven bound; with
    fewer than two descents in the time, the value is nan and the interval the proven one. It is no count: descents
    scatter by orders of magnitude, and the interval is wide for good reason.
    Source: Knuth 1975, "Estimating the efficiency of backtrack programs": a leaf stands for the product of the branch
    numbers on its way. Whether a unit cuts the current cell is a linear program.
    Refuses: an empty box, a time limit or a number of descents that is not positive.
    """
    low, high = arguments.box(lower, upper, network.input_dim)
    limit = arguments.not_negative(time_limit, "time_limit")
    most = arguments.positive_integer(max_descents, "max_descents")
    chance, deadline = np.random.default_rng([seed, network.size]), time.perf_counter() + limit
    exponents: list[int] = []
    patterns: set[tuple[bool, ...]] = set()
    while len(exponents) < most and time.perf_counter() < deadline:
        branchings, pattern = _descend(network, low, high, chance)
        exponents.append(branchings)
        patterns.add(pattern)
    ceiling = _as_float(upper_bound_in_box(network, low, high))
    floor = float(max(len(patterns), 1))
    if len(exponents) < 2:
        return Interval(float("nan"), floor, ceiling, 1.0, "proven bounds only, no time for descents")
    value, bottom, top = _mean_interval(np.array(exponents) * np.log(2.0), chance)
    value = min(max(value, floor), ceiling)
    method = f"estimate from {len(exponents)} random descents, not a count"
    return Interval(value, min(max(bottom, floor), value), max(min(top, ceiling), value), LEVEL, method)


def _mean_interval(logs: Floats, chance: np.random.Generator) -> tuple[float, float, float]:
    """Mean of exp(logs) with an interval: the wider of the bootstrap's and that of a log-normal law [Cox]."""
    shift = logs.max()
    weights = np.exp(logs - shift)
    means = weights[chance.integers(0, len(logs), (RESAMPLES, len(logs)))].mean(axis=1)
    bottom, top = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    variance, count = float(logs.var(ddof=1)), len(logs)
    half = NORMAL_QUANTILE * np.sqrt(variance / count + variance**2 / (2 * (count - 1)))
    centre = float(logs.mean()) - shift + variance / 2
    scale = float(np.exp(shift))
    return (
        float(weights.mean()) * scale,
        min(float(bottom), float(np.exp(centre - half))) * scale,
        max(float(top), float(np.exp(centre + half))) * scale,
    )


def _descend(
    network: ReluNetwork, lower: Floats, upper: Floats, chance: np.random.Generator
) -> tuple[int, tuple[bool, ...]]:
    """Number of branchings on the way to one leaf, and the leaf's pattern."""
    cell, n = _Cell.of_box(lower, upper), len(lower)
    forms, branchings, pattern = np.hstack([np.eye(n), np.zeros((n, 1))]), 0, []
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        forms = weight @ forms
        forms[:, n] += bias
        signs = np.ones(len(forms), dtype=bool)
        for k, form in enumerate(forms):
            below, above = cell.sides(form)
            signs[k] = above
            if below and above:
                branchings += 1
                signs[k] = chance.random() < 0.5
                cell.keep(form if signs[k] else -form)
        pattern += signs.tolist()
        forms = forms * signs[:, None]
    return branchings, tuple(pattern)


class _QuietModel(highspy.Highs):
    """A HiGHS model that says nothing; the usual way of making one prints a banner before any option can be set."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)
        self.setOptionValue("threads", 1)


@dataclass
class _Cell:
    """A polytope as a linear program, with points of it met so far (k, n), which save many programs."""

    model: highspy.Highs
    points: Floats

    # Cells thinner than this part of the box are not told from flat ones.
    THINNEST = 1e-8

    @staticmethod
    def of_box(lower: Floats, upper: Floats) -> "_Cell":
        model = _QuietModel()
        model.addVars(len(lower), lower, upper)
        return _Cell(model, np.stack([lower, upper]))

    def sides(self, form: Floats) -> tuple[bool, bool]:
        """Whether form . (x, 1) is below, and above, 0 somewhere in the cell."""
        thin = self.THINNEST * float(np.abs(form).sum())
        values = self.points @ form[:-1] + form[-1]
        below, above = bool((values < -thin).any()), bool((values > thin).any())
        if not below:
            below = self._least(form) < -thin
        if not above:
            above = self._least(-form) < -thin
        return below, above

    def keep(self, form: Floats) -> None:
        """Cuts away where form . (x, 1) < 0."""
        used = np.flatnonzero(form[:-1])
        self.model.addRow(-form[-1], highspy.kHighsInf, len(used), used.astype(np.int32), form[used])
        self.points = self.points[self.points @ form[:-1] + form[-1] >= 0.0]

    def _least(self, form: Floats) -> float:
        n = len(form) - 1
        self.model.changeColsCost(n, np.arange(n, dtype=np.int32), form[:-1])
        self.model.run()
        point = np.array(self.model.getSolution().col_value)
        self.points = np.vstack([self.points, point])
        return float(point @ form[:-1] + form[-1])


def _as_float(bound: int) -> float:
    return float(bound) if bound.bit_length() < 1000 else float("inf")
