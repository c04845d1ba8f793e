"""convex_bound: a lower bound for every width, by the convex program of all units and a dual that is checked.

With a weight decay and as many units as it likes, the best network solves a convex program over all unit directions.
Units are added where they gain most; the bound needs more: an upper limit on what *any* unit could gain. Scaled by it,
multipliers of the rows are feasible for the dual of every width. For few inputs the multipliers are the network's and
the limit comes from a branch and bound over cones of directions; from four on the program over pieces gives both, too.
"""

import time
from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.exact.ball_limit import gain_over_ball
from relu_core.exact.certificate import relative_gap
from relu_core.exact.piece_bound import BestDual, can_be_split, improve_by_pieces, scaled_dual
from relu_core.exact.piece_program import RowsProblem
from relu_core.exact.problem import Problem, make_problem
from relu_core.exact.quadratic_kernels import nonnegative_quadratic
from relu_core.exact.unit_kernels import most_gain, widest_edge
from relu_core.network import ReluNetwork

ROUNDS, STARTS, ADDED = 60, 64, 8
# Inputs and the bias up to which cells of directions may limit a gain, and from which on pieces of the sphere may.
CELLS_UP_TO, PIECES_FROM = 7, 5


@dataclass(frozen=True, eq=False)
class ConvexBound:
    """lower <= best objective of every width <= upper, the objective of `network`; both are mean loss + penalty.

    gap: relative, as in GlobalFit. dual (D,): the rows' multipliers that prove `lower`, before `gain` scales them.
    gain, gain_found: proven and found limit of what one unit gains against the dual, over weight_decay.
    """

    lower: float
    upper: float
    gap: float
    network: ReluNetwork
    gain: float
    gain_found: float
    dual: Floats
    seconds: float


def convex_bound(
    X: ArrayLike,
    y: ArrayLike,
    *,
    weight_decay: float,
    output_bias: bool = True,
    sample_weight: ArrayLike | None = None,
    gap: float = 1e-3,
    time_limit: float = 60.0,
    seed: int = 0,
) -> ConvexBound:
    """Bounds on the least mean squared error + weight_decay * sum of unit norms, over networks of every width.

    X (D, n), y (D,); norms as in fit_global, so `lower` also bounds fit_global with this weight_decay at any width.
    gap: relative distance of the bounds at which the search may stop. time_limit: seconds. seed: of the starts.
    Comes back: a ConvexBound. The lower bound holds however early the search stops; where weight_decay is small and the
    inputs are many it may stay far below, since no unit's gain can be limited sharply there. Uses one thread.
    Refuses what cannot be used, and a weight_decay of 0: then a wide enough network fits distinct rows exactly.
    Source: Pilanci, Ergen 2020 (the convex program); Bach 2017, section 2 (units as an infinite dictionary).
    Departs from the first: gates are not sampled, and no bound rests on units that were not looked at.
    """
    start = time.perf_counter()
    if not arguments.not_negative(weight_decay, "weight_decay") > 0:
        raise ArgumentError("weight_decay is 0, where every width has the trivial bound 0; pass a number above 0")
    problem = make_problem(
        X, y, 1, loss="squared", output_bias=output_bias, weight_decay=weight_decay, sample_weight=sample_weight
    )
    rows, to_unit = _unit_norm_rows(problem)
    # the matrices are small: threads that wait for each other cost more than they do
    with threadpool_limits(1):
        units, signs, lengths, bias = _generate_units(problem, rows, start + 0.5 * time_limit, seed)
        outputs = bias + np.maximum(rows @ units.T, 0.0) @ (signs * lengths)
        upper = float(problem.weight @ (outputs - problem.y) ** 2 + problem.weight_decay * lengths.sum())
        best, found = _best_dual(problem, rows, units, outputs, upper, gap, start + time_limit, seed)
    lower = max(0.0, best.lower)
    network = replace(problem, width=max(1, len(signs))).network(signs, (units * lengths[:, None]) @ to_unit, bias)
    scale = problem.loss_scale
    return ConvexBound(
        lower=min(scale * lower, scale * upper),
        upper=scale * upper,
        gap=relative_gap(scale * lower, scale * upper, scale * problem.constant_value),
        network=network,
        gain=best.limit / problem.weight_decay,
        gain_found=found / problem.weight_decay,
        dual=best.dual,
        seconds=time.perf_counter() - start,
    )


def _best_dual(
    problem: Problem,
    rows: Floats,
    units: Floats,
    outputs: Floats,
    upper: float,
    gap: float,
    deadline: float,
    seed: int,
) -> tuple[BestDual, float]:
    """The multipliers that prove most, and the largest gain that a unit was found to have against them."""
    dual = 2.0 * problem.weight * (outputs - problem.y)
    if problem.output_bias:
        dual -= problem.weight * dual.sum()
    found = max(_ascend(rows, sign * dual, units, 0)[1].max(initial=0.0) for sign in (1.0, -1.0))
    now, pieces = time.perf_counter(), rows.shape[1] >= PIECES_FROM and can_be_split(*rows.shape)
    until = now + 0.5 * max(0.0, deadline - now) if pieces else deadline
    limit, found = _gain_limit(rows, dual, max(found, problem.weight_decay), 0.1 * gap, until)
    program = RowsProblem(problem.weight, problem.y, problem.weight_decay, problem.output_bias)
    best = BestDual(dual, limit, scaled_dual(program, dual, problem.weight_decay / max(limit, 1e-300)))
    # the multipliers of a network are the best only where no unit can gain more than its own
    if pieces and best.lower < upper * (1.0 - gap):
        improve_by_pieces(program, rows, best, upper, gap, deadline, seed)
        found = max(_ascend(rows, sign * best.dual, units, 40)[1].max(initial=0.0) for sign in (1.0, -1.0))
    return best, found


def _unit_norm_rows(problem: Problem) -> tuple[Floats, Floats]:
    """Rows (D, M) in coordinates where a unit's norm is the Euclidean one, and the way back to search units."""
    root = np.linalg.cholesky(problem.back.T @ problem.back)
    return np.ascontiguousarray(np.linalg.solve(root, problem.rows.T).T), np.linalg.inv(root)


def _generate_units(problem: Problem, rows: Floats, deadline: float, seed: int) -> tuple[Floats, Floats, Floats, float]:
    """Column generation: units (w, M) of norm 1, signs, lengths (w,) and output bias of a nearly best wide network."""
    rng = np.random.default_rng([seed, 7])
    M = rows.shape[1]
    units, signs = np.zeros((0, M)), np.zeros(0)
    lengths, bias = np.zeros(0), float(problem.weight @ problem.y) if problem.output_bias else 0.0
    for _ in range(ROUNDS):
        outputs = bias + np.maximum(rows @ units.T, 0.0) @ (signs * lengths)
        dual = 2.0 * problem.weight * (outputs - problem.y)
        added = False
        for sign in (1.0, -1.0):
            # a unit of this sign lowers the loss where it meets multipliers of the other one
            starts = np.vstack([rng.standard_normal((STARTS, M)), units[signs == sign]])
            found, gains = _ascend(rows, -sign * dual, starts, 40)
            best = np.argsort(-gains)[:ADDED]
            best = best[gains[best] > problem.weight_decay * (1.0 + 1e-5)]
            units, signs = np.vstack([units, found[best]]), np.append(signs, np.full(len(best), sign))
            added |= len(best) > 0
        if not added:
            break
        lengths, bias = _best_lengths(problem, rows, units, signs)
        kept = lengths > 0
        units, signs, lengths = units[kept], signs[kept], lengths[kept]
        if time.perf_counter() > deadline:
            break
    return units, signs, lengths, bias


def _ascend(rows: Floats, dual: Floats, starts: Floats, steps: int) -> tuple[Floats, Floats]:
    """Units of norm 1 climbing sum_i dual_i relu(u . x_i), and their gains; each step solves the present pattern."""
    units = starts / np.linalg.norm(starts, axis=1, keepdims=True)
    gains = np.maximum(rows @ units.T, 0.0).T @ dual
    for _ in range(steps):
        towards = ((rows @ units.T > 0.0) * dual[:, None]).T @ rows
        moved = towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-300)
        step = np.ones(len(units))
        for _ in range(6):
            trial = units + step[:, None] * (moved - units)
            trial /= np.maximum(np.linalg.norm(trial, axis=1, keepdims=True), 1e-300)
            new = np.maximum(rows @ trial.T, 0.0).T @ dual
            better = new > gains
            units[better], gains[better] = trial[better], new[better]
            step = np.where(better, 0.0, 0.5 * step)
    return units, gains


def _best_lengths(problem: Problem, rows: Floats, units: Floats, signs: Floats) -> tuple[Floats, float]:
    """Lengths of given units and the output bias that minimise loss + weight_decay * sum of lengths."""
    columns = np.maximum(rows @ units.T, 0.0) * signs
    first = int(problem.output_bias)
    design = np.hstack([np.ones((len(rows), first)), columns])
    p = design.shape[1]
    hessian = 2.0 * design.T @ (design * problem.weight[:, None])
    linear = 2.0 * design.T @ (problem.weight * problem.y)
    linear[first:] -= problem.weight_decay
    x, passive, picked = np.zeros(p), np.zeros(p, dtype=np.bool_), np.zeros(p, dtype=np.int64)
    factor, target = np.zeros((p, p)), np.zeros(p)
    shift = 1e-12 * float(np.trace(hessian))
    nonnegative_quadratic(p, first, hessian, linear, shift, np.zeros(p), x, passive, picked, factor, target)
    return x[first:], float(x[0]) if first else 0.0


def _gain_limit(rows: Floats, dual: Floats, found: float, share: float, deadline: float) -> tuple[float, float]:
    """Upper bound on |sum_i dual_i relu(u . x_i)| over all units of norm 1, and the largest that was met.

    found: what is known to be met. The search may stop at a limit that exceeds the largest met by this share.
    """
    x, limit = np.ascontiguousarray(rows.T), 0.0
    for sign in (1.0, -1.0):
        one_sided = gain_over_ball(rows, sign * dual)
        if one_sided > found * (1.0 + share) and len(x) <= CELLS_UP_TO:
            # the second search gets what the first leaves, the first no more than half
            now = time.perf_counter()
            until = deadline if sign < 0 else now + 0.5 * max(0.0, deadline - now)
            limit_of_cells, found = _one_sided_limit(x, sign * dual, found, share, until)
            one_sided = min(one_sided, limit_of_cells)
        limit = max(limit, one_sided)
    return max(limit, found * (1.0 + share)), found


def _one_sided_limit(x: Floats, dual: Floats, found: float, share: float, deadline: float) -> tuple[float, float]:
    M, count = len(x), 0
    heap: list[tuple[float, int, Floats]] = []
    corners = np.vstack([np.eye(M), np.full(M, -1.0 / np.sqrt(M))])
    cones = [np.ascontiguousarray(np.delete(corners, left_out, axis=0)) for left_out in range(M + 1)]
    while True:
        for cone in cones:
            limit, met = most_gain(cone, x, dual)
            # cells shrink towards the unit that gains most, whose gain no limit undercuts
            found = max(found, met)
            heappush(heap, (-limit, count, cone))
            count += 1
        if -heap[0][0] <= found * (1.0 + share) or time.perf_counter() >= deadline:
            return -heap[0][0], found
        _, _, cone = heappop(heap)
        first, second = widest_edge(cone, x, dual)
        middle = cone[first] + cone[second]
        middle /= np.linalg.norm(middle)
        cones = [cone.copy(), cone.copy()]
        cones[0][first], cones[1][second] = middle, middle
