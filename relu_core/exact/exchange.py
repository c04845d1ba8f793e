"""One unit at a time exchanged for the best of many hyperplanes: there are optima that descents miss."""

from itertools import combinations, product
from math import comb

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.exchange_kernels import gains_of_planes
from relu_core.exact.incumbent import Incumbent
from relu_core.exact.incumbents_kernels import kick
from relu_core.exact.relaxation import Task, unknowns
from relu_core.exact.scratch import Work
from relu_core.interrupts import interrupt

# Numbers that one look at hyperplanes may read, descents from the best of them, and inputs up to which they are tried.
OPERATIONS, PROMISING, MOST_INPUTS = 1e6, 16, 4
# Length of a unit that starts in another's place, and steps of the descent from there.
SHORT, STEPS = 1e-6, 60
# How far the rows that a hyperplane passes are put to one side of it, in standard deviations of the inputs.
ASIDE = 1e-5


def exchange_units(task: Task, best: Incumbent, rng: np.random.Generator, work: Work) -> None:
    """Puts hyperplanes that could lower the squared loss most in each unit's place in turn, and descends from there.

    The incumbent is changed in place. One input has a search of its own; more than MOST_INPUTS have too many
    hyperplanes for a look to tell much.
    """
    if not 2 < len(task.x) <= 1 + MOST_INPUTS:
        return
    weights = np.zeros(unknowns(task))
    for unit in range(int(best.shape[0])):
        planes = hyperplanes(task.x, int(OPERATIONS / task.x.size), rng)
        gains, signs = _gains(task, best, unit, planes, work)
        chosen = np.argsort(-gains, kind="stable")[:PROMISING]
        same = np.full(len(chosen), unit)
        if kick(task, SHORT * planes[chosen], same, signs[chosen], 0 * same, STEPS, weights, best, work):
            interrupt()


def _gains(task: Task, best: Incumbent, unit: int, planes: Floats, work: Work) -> tuple[Floats, NDArray[np.int64]]:
    M, D = task.x.shape
    gains, signs = np.zeros(len(planes)), np.zeros(len(planes), dtype=np.int64)
    root, columns, own = np.sqrt(task.weight), np.zeros((unknowns(task), D)), np.zeros((M + 1, D))
    gains_of_planes(task, best, unit, planes, root, columns, own, gains, signs, work)
    return gains, signs


def hyperplanes(x: Floats, most: int, rng: np.random.Generator) -> Floats:
    """Hyperplanes (P, M), both ways round: all through n of the rows x (M, D), with every choice of sides, or about
    `most` random ones where there are more."""
    D, n = x.shape[1], len(x) - 1
    sides = np.array(list(product((-1.0, 1.0), repeat=n)))
    if 2 * comb(D, n) * len(sides) <= most:
        rows = np.array(list(combinations(range(D), n)), dtype=np.int64).reshape(-1, n)
        rows, side = np.repeat(rows, len(sides), axis=0), np.tile(sides, (len(rows), 1))
    else:
        rows = rng.integers(D, size=(max(1, most // 2), n))
        side = sides[rng.integers(len(sides), size=len(rows))]
    points = np.moveaxis(x[:, rows], 0, 2)
    normal = _normals(points)
    points[..., :-1] += ASIDE * side[:, :, None] * normal[:, None, :-1]
    normal = _normals(points)
    return np.concatenate([normal, -normal])


def _normals(points: Floats) -> Floats:
    """(P, M): what is orthogonal to n = M - 1 points of M coordinates each, of length 1 in its first n coordinates."""
    M = points.shape[2]
    columns = [np.delete(points, k, axis=2) for k in range(M)]
    normal = np.stack([(-1.0) ** k * _determinants(columns[k]) for k in range(M)], axis=1)
    length = np.sqrt((normal[:, :-1] ** 2).sum(axis=1, keepdims=True))
    return normal / np.where(length > 0.0, length, 1.0)


def _determinants(square: Floats) -> NDArray[np.float64]:
    """Determinants (P,) of small matrices (P, k, k), by their first rows: no library, so the same bits everywhere."""
    if square.shape[1] == 1:
        return square[:, 0, 0]
    smaller = [np.delete(square[:, 1:], k, axis=2) for k in range(square.shape[1])]
    terms = [(-1.0) ** k * square[:, 0, k] * _determinants(smaller[k]) for k in range(square.shape[1])]
    return np.asarray(sum(terms))
