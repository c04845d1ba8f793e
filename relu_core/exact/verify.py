"""Rechecks a GlobalFit without the search's code: the network's objective, every dual, and that no node is missing.

The tree of cells must cover all directions, the nodes must cover all choices of cells and signs up to exchanges that
change no network, and each leaf's dual must prove its bound. Then the least of these bounds holds for every network.
"""

from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.exact.certificate import PROVEN_GAP, GlobalFit, Verification, relative_gap
from relu_core.exact.coverage import missing_node
from relu_core.exact.losses import LOSSES, row_losses
from relu_core.exact.problem import Problem, make_problem
from relu_core.exact.proof import KnotProof, Proof
from relu_core.exact.solve_again import UnitNorms, solve_again
from relu_core.exact.verify_kernels import penalty_share, proved_bound
from relu_core.exact.verify_knots import check_leaves
from relu_core.network import ReluNetwork

SMOOTHING = 0.05
ROUNDING = 1e-7
# Distances, in standard deviations of the targets, within which rounding may have put a row on its other side.
NEAR = (0.0, 1e-12, 1e-9, 1e-6)


def verify_fit(fit: GlobalFit, X: ArrayLike, y: ArrayLike) -> Verification:
    """See GlobalFit.verify."""
    rows = arguments.rows(X, fit.network.input_dim)
    targets = arguments.targets(y, len(rows))
    proof = fit.proof
    if not isinstance(proof, Proof | KnotProof):
        return Verification(
            fit.upper, 0.0, False, False, 0, "no duals are stored with this fit, so nothing was rechecked"
        )
    problem = make_problem(rows, targets, **proof.options)
    weight = proof.options["sample_weight"]
    counted = np.ones(len(rows), dtype=np.bool_) if weight is None else np.asarray(weight) > 0
    upper = objective(fit.network, problem, rows[counted], targets[counted])
    scale = problem.loss_scale * problem.constant_value
    allowed = ROUNDING * max(upper, PROVEN_GAP * scale) + 1e-9 * scale
    if isinstance(proof, KnotProof):
        needed, leaves = (fit.lower - 0.5 * allowed) / problem.loss_scale, len(proof.leaves.facing)
        missing, least = check_leaves(proof.leaves, problem, needed), needed
    else:
        missing, bounds = missing_node(proof, problem), _proved_bounds(proof, problem, fit.lower / problem.loss_scale)
        leaves, least = int((proof.branched < 0).sum()), float(bounds.min(initial=np.inf))
    lower = 0.0 if missing else max(0.0, min(problem.loss_scale * least, upper))
    same_upper, same_lower = abs(upper - fit.upper) <= allowed, lower >= fit.lower - allowed
    if missing and fit.lower > 0:
        reason = missing
    elif not same_upper:
        reason = f"the network's objective is {upper:.9g} on these rows, not {fit.upper:.9g}"
    elif not same_lower:
        reason = f"the duals prove {lower:.9g}, not {fit.lower:.9g}"
    else:
        reason = f"gap {relative_gap(lower, upper, scale):.2g} confirmed by {leaves} dual points"
    return Verification(upper, lower, same_upper and same_lower, True, leaves, reason)


def objective(network: ReluNetwork, problem: Problem, X: Floats, y: Floats) -> float:
    """Objective in user units of a network with one hidden layer and one output; X, y: the rows of weight above 0."""
    outputs = network(X)[:, 0]
    delta = problem.delta * problem.y_scale
    losses = row_losses(problem.loss, outputs, y, delta)
    units = np.column_stack([network.weights[0], network.biases[0]]) * network.weights[1].T
    decay = problem.weight_decay * problem.loss_scale / problem.y_scale
    return float(problem.weight @ losses + decay * np.linalg.norm(units, axis=1).sum())


def _proved_bounds(proof: Proof, problem: Problem, needed: float) -> Floats:
    """Each leaf's bound: its own dual's, or where that falls short an ancestor's, which holds for all below it."""
    own: dict[int, float] = {}
    x, bounds = np.ascontiguousarray(problem.rows.T), np.full(len(proof.parent), np.inf)
    for leaf in np.flatnonzero(proof.branched < 0):
        node, best = int(leaf), 0.0
        while node >= 0 and best < needed:
            if node not in own:
                own[node] = _own_bound(proof, problem, x, node, needed, again=node == leaf)
            best, node = max(best, own[node]), int(proof.parent[node])
        bounds[leaf] = best
    return bounds


def _own_bound(proof: Proof, problem: Problem, x: Floats, node: int, needed: float, *, again: bool) -> float:
    """What one node's dual proves, read in several ways until one proves what is needed.

    With the multipliers of decided rows of either sign or held to one, with the stored shift or without, with rows at
    their targets on either side of them: each is a proof on its own. again: where all fall short, the node's program
    is solved anew and a dual read off there.
    """
    units, positive, affine = proof.shape[node]
    bias, M = int(problem.output_bias), len(x)
    free = bias + affine * (M - 1)
    cones, (point, shift) = proof.generator[proof.cells[node, :units]], proof.dual[node]
    p = free + units * M

    def read(at: Floats, moved: Floats, pressure: Floats, best: float) -> float:
        penalty, constant = penalty_share(
            cones, problem.back, problem.weight_decay, problem.max_norm, pressure, free, at, p
        )
        # Huber's straight part bent a little, as the search has it, or straight
        corners = (at[-1], 0.0) if problem.loss == "huber" else at[-1:]
        for corner, near, split in product(corners, NEAR, (True, False)):
            if best < needed:
                proved = proved_bound(
                    x, problem.y, problem.weight, cones, positive, free, bias, LOSSES.index(problem.loss),
                    problem.delta, SMOOTHING, penalty, constant, np.append(at[:-1], corner), moved, split, near, needed,
                )  # fmt: skip
                best = max(best, proved)
        return best

    pressure = shift[p : p + units]
    best = read(point, 0.0 * shift, pressure, read(point, shift, pressure, 0.0))
    if again and best < needed and problem.loss in ("squared", "huber", "logistic"):
        columns = np.vstack([np.ones((bias, x.shape[1])), x[: free - bias]])
        norms = UnitNorms(cones @ problem.back.T, problem.weight_decay, problem.max_norm, 10.0 * problem.constant_value)
        for start in (point[:p], np.zeros(p)):
            solved = point.copy()
            solved[:p], pressure = solve_again(
                cones @ x, positive, columns, problem.y, problem.weight, loss=problem.loss, limit=problem.delta,
                smoothing=SMOOTHING, norms=norms, start=start,
            )  # fmt: skip
            best = read(solved, 0.0 * shift, pressure, best)
    return best
