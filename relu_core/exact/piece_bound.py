"""A lower bound for every width where directions are too many for cells: pieces of the sphere, split where loose.

Each round solves the convex program over all pieces anew and splits the pieces whose second moments promise most gain
that no unit of the same moments has. The rows' multipliers are checked piece by piece, whatever the round ended with.
"""

import time
from dataclasses import dataclass

import numpy as np

from relu_core.arguments import Floats
from relu_core.exact.piece import Piece, limit_over_piece, make_piece, quadratics
from relu_core.exact.piece_program import PieceState, RowsProblem, solve_pieces

# Share of the pieces that a round splits; sizes above which the tables of one piece would not fit a small machine.
SPLIT, MOST_ROWS, MOST_ENTRIES, MOST_UNKNOWNS = 0.35, 2_000, 500_000, 2_200
# What the first point of a round has: units' length in all, and distance of the program's bounds.
FIRST_MASS, FIRST_DISTANCE = 3.0, 1.0


@dataclass(eq=False)
class BestDual:
    """The best multipliers of the rows so far (D,), the limit on a unit's gain against them, and what they prove."""

    dual: Floats
    limit: float
    lower: float


def scaled_dual(problem: RowsProblem, dual: Floats, most: float) -> float:
    """The dual's value at the best multiple of `dual` that stays feasible: at most `most` times it."""
    curve = float(np.sum(dual**2 / (4.0 * problem.weight)))
    slope = -float(dual @ problem.y)
    share = min(most, slope / (2.0 * curve)) if curve > 0 and slope > 0 else 0.0
    return share * slope - share * share * curve


def can_be_split(D: int, M: int) -> bool:
    """Whether the program over pieces fits: D rows, M inputs with the bias."""
    unknowns = (M + 1) * (M + 2) // 2
    return D <= MOST_ROWS and unknowns <= MOST_UNKNOWNS and D * unknowns <= MOST_ENTRIES


def improve_by_pieces(
    problem: RowsProblem, rows: Floats, best: BestDual, upper: float, gap: float, deadline: float, seed: int
) -> None:
    """Raises `best` until its relative distance to `upper` is at most `gap`, or time.perf_counter() is past `deadline`.

    rows (D, M): in coordinates where a unit's norm is Euclidean. upper: the objective of a network.
    """
    chance = np.random.default_rng([seed, 11])
    M = rows.shape[1]
    pieces = [
        piece
        for sign in (1.0, -1.0)
        if (piece := make_piece(rows, sign, np.zeros((0, M + 1)), np.zeros(M), np.eye(M), chance)) is not None
    ]
    if len(pieces) < 2:
        return
    while True:
        start = time.perf_counter()
        states = _solve_round(problem, rows, pieces, best, upper, gap, deadline)
        now = time.perf_counter()
        if best.lower >= upper * (1.0 - gap) or now >= deadline:
            return
        # one more round must find time for all pieces; it takes a few steps more than the last
        fits = int((deadline - now) / (1.2 * (now - start)) * len(pieces)) - len(pieces)
        count = min(fits, int(np.ceil(SPLIT * len(pieces))))
        if count < 1 or not _split_loosest(pieces, states, rows, best.dual, count, chance):
            return


def _solve_round(
    problem: RowsProblem, rows: Floats, pieces: list[Piece], best: BestDual, upper: float, gap: float, deadline: float
) -> list[PieceState]:
    """Solves the program over the pieces; every dual near the end is checked, and the best is kept."""
    aim = upper * max(0.3 * gap, min(3e-3, 0.1 * (1.0 - best.lower / upper)))
    N = rows.shape[1] + 1
    degree = sum(N + 6 * len(piece.crossing) + len(piece.planes) ** 2 for piece in pieces)
    states = [PieceState(piece, rows, FIRST_MASS / len(pieces), FIRST_DISTANCE / degree) for piece in pieces]
    reached, stale = -np.inf, 0

    def judge(dual: Floats, distance: float) -> bool:
        nonlocal reached, stale
        if distance > 3.0 * aim:
            return False
        if problem.output_bias:
            dual = dual - problem.weight * dual.sum()
        limit = max(limit_over_piece(state.piece, rows, dual, state.certificate()) for state in states)
        lower = scaled_dual(problem, dual, problem.weight_decay / max(limit, 1e-300))
        stale = 0 if lower > reached + 0.2 * aim else stale + 1
        reached = max(reached, lower)
        if lower > best.lower:
            best.dual, best.limit, best.lower = dual, limit, lower
        return best.lower >= upper * (1.0 - gap) or stale > (
            0 if distance < aim and limit < 1.01 * problem.weight_decay else 5
        )

    solve_pieces(problem, states, judge, lambda: time.perf_counter() >= deadline)
    return states


def _split_loosest(
    pieces: list[Piece], states: list[PieceState], rows: Floats, dual: Floats, count: int, chance: np.random.Generator
) -> bool:
    """Replaces the `count` loosest pieces by two halves each; False where none could be halved."""
    loose = [_looseness(state, dual, chance) for state in states]
    order = np.argsort([-value for value in loose], kind="stable")
    done = []
    for index in order:
        halves = _halves(states[index], rows, dual, chance)
        if halves is not None:
            done.append(index)
            pieces.extend(halves)
        if len(done) == count:
            break
    for index in sorted(done, reverse=True):
        del pieces[index]
    return len(done) > 0


def _mean_and_spread(state: PieceState) -> tuple[Floats, Floats]:
    moments = state.moments / state.moments[0, 0]
    return moments[0, 1:], moments[1:, 1:] - np.outer(moments[0, 1:], moments[0, 1:])


def _square_root(spread: Floats) -> Floats:
    bends, axes = np.linalg.eigh(spread)
    return (axes * np.sqrt(np.maximum(bends, 0.0))) @ axes.T


def _looseness(state: PieceState, dual: Floats, chance: np.random.Generator) -> float:
    """How much more the piece's moments gain than units drawn with them do, times how much of them the program uses."""
    mean, spread = _mean_and_spread(state)
    units = chance.standard_normal((200, len(mean))) @ _square_root(spread) + mean
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    gains, amount = -state.piece.sign * dual, state.moments[0, 0]
    met = float(gains @ np.maximum(state.rows @ units.T, 0.0).mean(axis=1))
    return float(gains @ state.outputs(state.moments, state.split)) - amount * met


def _halves(state: PieceState, rows: Floats, dual: Floats, chance: np.random.Generator) -> list[Piece] | None:
    """Two pieces that cover the piece, cut through its mean across the spread that its limit gains most from."""
    mean, spread = _mean_and_spread(state)
    curved = quadratics(state.piece, -state.piece.sign * dual, state.certificate())[:, 2:]
    root = _square_root(spread)
    across = root @ np.linalg.eigh(root @ ((state.heights * curved).T @ state.heights) @ root)[1][:, -1]
    across /= np.linalg.norm(across)
    plane = np.concatenate([[-float(across @ mean)], across])
    halves = []
    for side in (plane, -plane):
        planes = np.vstack([state.piece.planes, side])
        half = make_piece(rows, state.piece.sign, planes, mean, spread, chance)
        if half is None:
            return None
        halves.append(half)
    return halves
