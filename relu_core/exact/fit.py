"""fit_global: chooses, stops, reports a GlobalFit."""

import time
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.errors import ArgumentError
from relu_core.exact.certificate import GAP_FLOOR, PROVEN_GAP, GlobalFit, relative_gap
from relu_core.exact.incumbent import Incumbent
from relu_core.exact.incumbents import STARTS_PER_UNIT, Descents, decode, improve_network
from relu_core.exact.knots import KnotOutcome, knots_apply, search_knots
from relu_core.exact.limits import Limits
from relu_core.exact.problem import Problem, make_problem
from relu_core.exact.proof import KnotProof, Proof, store_knot_proof, store_proof
from relu_core.exact.relaxation import Task, make_task
from relu_core.exact.search import Outcome, search
from relu_core.exact.work_estimate import expected_work, first_tuples
from relu_core.interrupts import interruptible
from relu_core.network import ReluNetwork

Callback = Callable[[float, float, int, float], bool | None]
# Tuples of first cells above which no time limit of a person's patience would see the last of them.
MOST_ROOTS = 10**9
# Descents for each unit before a search over knots, which finds good networks by itself.
KNOT_STARTS = 8


@interruptible
def fit_global(
    X: ArrayLike,
    y: ArrayLike,
    width: int,
    *,
    loss: str = "squared",
    output_bias: bool = True,
    weight_decay: float = 0.0,
    max_norm: float | None = None,
    sample_weight: ArrayLike | None = None,
    gap: float = 1e-6,
    time_limit: float = 60.0,
    node_limit: int | None = None,
    warm_start: ReluNetwork | None = None,
    callback: Callback | None = None,
) -> GlobalFit:
    """The proven global optimum of a network with one hidden layer of `width` units, or the best bounds on it in time.

    X (D, n), y (D,), -1 or 1 for hinge and logistic loss. loss: squared, absolute, huber (linear beyond one unit of y),
    hinge or logistic, a mean over rows. weight_decay: times the sum of the units' norms |[v_j, b_j]|, the output weight
    absorbed in v_j. max_norm: bound on each of these norms. sample_weight (D,). gap: relative distance of the bounds at
    which the search may stop. time_limit: seconds. node_limit: cells solved. warm_start: a network of one hidden layer,
    at most `width` units and one output, to start from. callback(lower, upper, nodes, seconds): called first when
    the first incumbent is found, then after each chunk of nodes; one that returns True ends the search.
    Comes back: a GlobalFit; whatever ended the search, both its bounds hold, and no bound on weights is assumed.
    Refuses what cannot be used, and sizes whose first cells alone could not be visited, naming their number.
    Source: Arora, Basu, Mianjy, Mukherjee 2018, Theorem 4.1 (the problem and its finiteness).
    Departs from the paper: branch and bound over cones of directions instead of enumeration, see `relaxation`.
    """
    compile_loops()
    start = time.perf_counter()
    problem = make_problem(
        X,
        y,
        width,
        loss=loss,
        output_bias=output_bias,
        weight_decay=weight_decay,
        max_norm=max_norm,
        sample_weight=sample_weight,
    )
    gap = arguments.not_negative(gap, "gap")
    task = make_task(problem)
    if not (over_knots := knots_apply(problem)):
        _check_size(task)
    best = (descents := Descents(task, starts=KNOT_STARTS if over_knots else STARTS_PER_UNIT)).best
    if warm_start is not None:
        improve_network(problem, descents, warm_start)
    (report := _reporter(callback, problem, start))(0.0, float(best.value[0]), 0)
    limits = Limits(
        gap=0.99 * gap,
        floor=GAP_FLOOR * problem.constant_value,
        deadline=start + time_limit,
        node_limit=np.inf if node_limit is None else node_limit,
        report=report,
    )
    outcome, proof = (_search_knots_first if over_knots else _search_cells)(problem, task, descents, limits)
    return _global_fit(problem, task, best, outcome, proof, gap, time.perf_counter() - start)


def _search_knots_first(
    problem: Problem, task: Task, descents: Descents, limits: Limits
) -> tuple[Outcome | KnotOutcome, Proof | KnotProof | None]:
    """Where inputs lie too close for programs of knots, cones may still tell them apart; the better proof is kept."""
    known, proof = _search_knots(problem, task, descents, limits)
    proven = limits._replace(gap=PROVEN_GAP).cutoff(float(descents.best.value[0]))
    if known.ended != "complete" or known.lower >= proven:
        return known, proof

    def report(lower: float, upper: float, nodes: int) -> bool:
        return limits.report(max(lower, known.lower), upper, known.nodes + nodes)

    outcome, other = _search_cells(problem, task, descents, limits._replace(report=report))
    better, proof = (outcome, other) if outcome.lower > known.lower else (known, proof)
    return better._replace(nodes=known.nodes + outcome.nodes, ended=outcome.ended), proof


def _search_cells(
    problem: Problem, task: Task, descents: Descents, limits: Limits
) -> tuple[Outcome | KnotOutcome, Proof | KnotProof | None]:
    outcome = search(task, descents, limits)
    return outcome, store_proof(problem, outcome)


def _search_knots(
    problem: Problem, task: Task, descents: Descents, limits: Limits
) -> tuple[Outcome | KnotOutcome, Proof | KnotProof | None]:
    outcome = search_knots(problem, descents.best, limits)
    return outcome, store_knot_proof(problem, outcome)


@cache
def compile_loops() -> None:
    """Solves two tiny problems, so that no later call's time limit pays for the compilation of the loops.

    Only the first call of a fresh installation takes a minute; later processes load the result.
    """
    y, limits = np.array([0.0, 1.0, 0.0, 1.0]), Limits(1e-6, 1e-3, np.inf, np.inf, lambda *bounds: False)
    X = np.array([[0.0, 1.0], [1.0, 3.0], [3.0, 0.0], [4.0, 4.0]])
    for columns, search_all in ((X, _search_cells), (X[:, :1], _search_knots)):
        problem = make_problem(columns, y, 1, loss="squared")
        search_all(problem, task := make_task(problem), Descents(task), limits)


def _check_size(task: Task) -> None:
    roots = first_tuples(len(task.x), task.width, affine=task.affine == 1)
    if roots > MOST_ROOTS:
        raise ArgumentError(
            f"X has {len(task.x) - 1} independent columns and width is {task.width}: the search begins with "
            f"{roots:.1g} tuples of cells, too many for any time limit; pass fewer columns or units"
        )


def _reporter(callback: Callback | None, problem: Problem, start: float) -> Callable[[float, float, int], bool]:
    def report(lower: float, upper: float, nodes: int) -> bool:
        scale, seconds = problem.loss_scale, time.perf_counter() - start
        return callback is not None and bool(callback(scale * lower, scale * upper, nodes, seconds))

    return report


def _global_fit(
    problem: Problem,
    task: Task,
    best: Incumbent,
    outcome: Outcome | KnotOutcome,
    proof: Proof | KnotProof | None,
    gap: float,
    seconds: float,
) -> GlobalFit:
    network, signs, units, bias = decode(problem, task, best)
    upper = problem.loss_scale * problem.value(signs, units, bias)
    lower = min(problem.loss_scale * outcome.lower, upper)
    reached = relative_gap(lower, upper, problem.loss_scale * problem.constant_value)
    if reached <= PROVEN_GAP:
        status = "proven"
    elif reached <= gap or outcome.ended == "complete":
        status = "gap"
    else:
        status = outcome.ended
    return GlobalFit(
        network=network,
        lower=lower,
        upper=upper,
        gap=reached,
        status=status,
        nodes=outcome.nodes,
        seconds=seconds,
        max_weight=float(max(np.abs(network.weights[0]).max(initial=0.0), np.abs(network.biases[0]).max())),
        assumptions=_assumptions(problem, proof),
        proof=proof,
    )


def _assumptions(problem: Problem, proof: Proof | KnotProof | None) -> tuple[str, ...]:
    D, M = problem.rows.shape
    bounded = "each unit's norm is at most max_norm" if np.isfinite(problem.max_norm) else "weights are not bounded"
    return (
        bounded,
        "arithmetic is float64: what rounding leaves of a dual's conditions is charged to its bound, at 100 times the "
        "dual point's own weights",
        "columns that are combinations of others to one part in 1e9 add nothing",
        expected_work(D, max(1, M - 1), problem.width),
        "the dual points are stored, verify() rechecks them"
        if proof is not None
        else "there were too many dual points to store: verify() rechecks the upper bound only",
    )
