"""enumerate_global: Theorem 4.1 of Arora et al. as stated. Every dichotomy for every unit, one convex program each."""

import time
from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, product
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.exact.certificate import PROVEN_GAP, GlobalFit, relative_gap
from relu_core.exact.problem import Problem, make_problem
from relu_core.exact.programs import solve_program
from relu_core.interrupts import interruptible

Booleans = NDArray[np.bool_]


@interruptible
def enumerate_global(
    X: ArrayLike,
    y: ArrayLike,
    width: int,
    *,
    loss: str = "squared",
    output_bias: bool = True,
    sample_weight: ArrayLike | None = None,
    max_programs: int = 2_000_000,
    time_limit: float | None = None,
) -> GlobalFit:
    """The global optimum of a network with one hidden layer, by complete enumeration: the reference for small sizes.

    X (D, n), y (D,), -1 or 1 for hinge and logistic loss. width: hidden units. loss: squared, absolute, huber, hinge
    or logistic, a mean over rows. sample_weight (D,). max_programs: refuse above this many convex programs.
    time_limit: seconds; stopped by it, the fit has status "time" and the trivial lower bound 0.
    Refuses what cannot be used, and problems of more than max_programs programs, naming their number.
    Source: Arora, Basu, Mianjy, Mukherjee 2018, Theorem 4.1 and Algorithm 1: O(2^w D^(n w)) convex programs.
    Departs from the paper: interchangeable units are taken in one order only, and an output bias is allowed.
    """
    start = time.perf_counter()
    problem = make_problem(X, y, width, loss=loss, output_bias=output_bias, sample_weight=sample_weight)
    _check_work(problem, arguments.positive_integer(max_programs, "max_programs"))
    best, solution, count, complete = np.inf, np.zeros(0), 0, True
    chosen: tuple[tuple[Booleans, float], ...] = ()
    units = list(product(dichotomies(problem.rows), (1.0, -1.0)))
    for chosen_now in combinations_with_replacement(units, width):
        if time_limit is not None and time.perf_counter() - start > time_limit:
            complete = False
            break
        value, found = solve_program(problem, [p for p, _ in chosen_now], [s for _, s in chosen_now], best)
        count += 1
        if value < best:
            best, solution, chosen = value, found, chosen_now
    return _report(problem, solution, chosen, complete, count, time.perf_counter() - start)


def dichotomies(rows: Floats) -> list[Booleans]:
    """All splits of rows (D, M) by a linear hyperplane, as bool (D,): True where v . row >= 0 on one side.

    Each cell of the arrangement has a corner: a direction v that M - 1 independent rows fix. Rows off its hyperplane
    have their side; the rows on it are split by the same question in one dimension less, so ties need no care.
    """
    if len(rows) == 0:
        return [np.zeros(0, dtype=bool)]
    found = {split.tobytes() for split in _splits(rows)}
    return [np.frombuffer(split, dtype=bool) for split in sorted(found)]


def _splits(rows: Floats) -> Iterator[Booleans]:
    D, rank = rows.shape
    if rank == 1:
        yield from (rows[:, 0] > 0, rows[:, 0] <= 0)
        return
    size = np.linalg.norm(rows, axis=1)
    corners: set[bytes] = set()
    for subset in combinations(range(D), rank - 1):
        _, singular, basis = np.linalg.svd(rows[list(subset)] / size[list(subset), None])
        if singular[-1] < 1e-10:
            continue
        side = rows @ basis[-1]
        on = np.abs(side) <= 1e-10 * size
        if on.tobytes() in corners:
            continue
        corners.add(on.tobytes())
        for inner, above in product(_splits(rows[on] @ basis[:-1].T), (side > 0, side < 0)):
            split = above.copy()
            split[on] = inner
            yield split


def count_programs(D: int, rank: int, width: int) -> int:
    """Convex programs for D rows in general position: unordered choices of (dichotomy, sign) for each unit."""
    splits = 2 * sum(comb(D - 1, i) for i in range(rank))
    return comb(2 * splits + width - 1, width)


def _check_work(problem: Problem, max_programs: int) -> None:
    D, rank = len(np.unique(problem.rows, axis=0)), problem.rows.shape[1]
    programs = count_programs(D, rank, problem.width)
    if programs > max_programs:
        raise ArgumentError(
            f"enumeration of D={D} distinct rows, n={rank - 1}, width={problem.width} takes {programs:.2g} convex "
            f"programs, more than max_programs={max_programs}; use fit_global, fewer rows or a smaller width"
        )


def _report(
    problem: Problem,
    solution: Floats,
    chosen: tuple[tuple[Booleans, float], ...],
    complete: bool,
    count: int,
    seconds: float,
) -> GlobalFit:
    M = problem.rows.shape[1]
    bias = float(solution[0]) if problem.output_bias and len(solution) else 0.0
    signs = np.array([sign for _, sign in chosen])
    units = solution[len(solution) - len(signs) * M :].reshape(-1, M) * signs[:, None]
    upper = problem.loss_scale * problem.value(signs, units, bias)
    constant = problem.loss_scale * problem.constant_value
    lower = upper if complete else 0.0
    gap = relative_gap(lower, upper, constant)
    network = problem.network(signs, units, bias)
    return GlobalFit(
        network=network,
        lower=lower,
        upper=upper,
        gap=gap,
        status="proven" if complete and gap <= PROVEN_GAP else "time",
        nodes=count,
        seconds=seconds,
        max_weight=float(max(np.abs(network.weights[0]).max(initial=0.0), np.abs(network.biases[0]).max())),
        assumptions=(
            "every dichotomy and sign was enumerated",
            "each convex program was solved in float64 to about 1e-8",
        ),
    )
