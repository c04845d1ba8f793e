"""Rechecks a proof of one input: every choice of places is ruled out by its lines alone, or stored leaves cover it."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.knot_chains_kernels import ANY_WAY, SLOPE_FREE
from relu_core.exact.knots_scratch import KnotLeaves
from relu_core.exact.problem import Problem
from relu_core.exact.verify_knots_kernels import choices_left, leaf_bounds, least_losses, line_through

Rows = tuple[Floats, Floats, Floats, Floats, float]
Leaf = tuple[int, tuple[int, ...]]


def check_leaves(leaves: KnotLeaves, problem: Problem, needed: float) -> str:
    """One sentence about the first choice of which nothing proves the bound that is needed, or an empty one.

    needed: in search units; each choice's lines must prove it, or its leaves.
    """
    rows = _rows_by_input(problem)
    bounds = np.zeros(len(leaves.facing))
    leaf_bounds(*rows[:3], rows[4], leaves.places, leaves.facing, leaves.sign, leaves.held, needed, bounds)
    stored: dict[bytes, list[Leaf]] = {}
    enough = leaves.chosen(np.flatnonzero(bounds >= needed))
    for places, facing, sign in zip(enough.places, enough.facing, enough.sign, strict=True):
        used = int((places >= 0).sum())
        stored.setdefault(places.tobytes(), []).append((int(facing), tuple(int(s) for s in sign[:used])))
    for places, facing in _choices(rows, problem.width, needed):
        used = int((places >= 0).sum())
        signs = [sign for way, sign in stored.get(places.tobytes(), []) if way in (facing, ANY_WAY)]
        if not _covers(signs, used):
            return f"no leaf proves the bound for knots at {places[:used].tolist()} and units facing {facing}"
    return ""


def _rows_by_input(problem: Problem) -> Rows:
    """x, y, weight (m,) of distinct inputs in their order, running sums (6, m + 1), loss among equal inputs."""
    x, group = np.unique(problem.rows[:, 0], return_inverse=True)
    weight = np.bincount(group, problem.weight).astype(np.float64)
    y = np.bincount(group, problem.weight * problem.y) / weight
    within = float((problem.weight * (problem.y - y[group]) ** 2).sum())
    sums = np.zeros((6, len(x) + 1))
    np.cumsum([weight, weight * x, weight * y, weight * x * x, weight * x * y, weight * y * y], axis=1, out=sums[:, 1:])
    return x, y, weight, sums, within


def _choices(rows: Rows, width: int, needed: float) -> list[tuple[NDArray[np.int64], int]]:
    """Every choice of places and ways of facing whose lines alone do not prove `needed`."""
    x, y, weight, sums, within = rows
    least, found = least_losses(x, y, weight, sums, width + 1), []
    if width == 1 and within + line_through(x, y, weight, sums, 0, len(x))[5] < needed:
        found.append((np.array([-1]), SLOPE_FREE))
    for count in range(max(1, width - 1), width + 1):
        room = 1 << 12
        while True:
            places, facings = np.empty((room, width), np.int64), np.empty(room, np.int64)
            left = choices_left(x, y, weight, sums, within, least, count, count < width, needed, places, facings)
            if left <= room:
                break
            room = left
        found += [(places[i], int(facings[i])) for i in range(left)]
    return found


def _covers(signs: list[tuple[int, ...]], count: int) -> bool:
    """Whether every choice of signs is in one of the sets, each with 0 for both."""
    sets = np.array(signs, dtype=np.int64).reshape(len(signs), 1, count)
    each = np.array(list(product((1, -1), repeat=count)), dtype=np.int64).reshape(1, 1 << count, count)
    return bool((sets * each >= 0).all(axis=2).any(axis=0).all())
