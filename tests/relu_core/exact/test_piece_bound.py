"""The bound over pieces: every limit is one, whatever the multipliers, and the program's bounds meet."""

import numpy as np
import pytest

from relu_core import convex_bound
from relu_core.exact.piece import ConeValues, Piece, limit_over_piece, make_piece, reach
from relu_core.exact.piece_bound import BestDual, can_be_split, improve_by_pieces, scaled_dual
from relu_core.exact.piece_cones import (
    SymmetricSpace,
    inverse_hessian,
    inverse_moments,
    scaled_multipliers,
    scaling_moments,
    scaling_of_vectors,
)
from relu_core.exact.piece_program import PieceState, RowsProblem, solve_pieces


def planted(n: int, D: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Two hinges and noise, standardised."""
    chance = np.random.default_rng([1, n, D])
    X = chance.standard_normal((D, n))
    y = np.maximum(X @ chance.standard_normal(n) / np.sqrt(n), 0) + 0.5 * np.abs(X[:, 0])
    y += 0.3 * chance.standard_normal(D)
    return X, (y - y.mean()) / y.std()


def some_piece(rows: np.ndarray, count: int, chance: np.random.Generator, sign: float = 1.0) -> Piece:
    """A piece with `count` planes that are not too deep."""
    M = rows.shape[1]
    normals = chance.standard_normal((count, M))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    # the planes lean towards one direction, so that the piece is not empty
    normals[:, 0] = np.abs(normals[:, 0])
    planes = np.hstack([-chance.uniform(-0.2, 0.2, (count, 1)), normals])
    piece = make_piece(rows, sign, planes, np.eye(M)[0], np.eye(M) / M, chance)
    assert piece is not None
    return piece


def units_of(piece: Piece, M: int, chance: np.random.Generator) -> np.ndarray:
    units = chance.standard_normal((60_000, M)) * chance.choice([0.2, 1.0], (60_000, 1)) + np.eye(M)[0]
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    return units[(np.hstack([np.ones((len(units), 1)), units]) @ piece.planes.T >= 0).all(axis=1)]


def most_met(piece: Piece, rows: np.ndarray, dual: np.ndarray, chance: np.random.Generator) -> float:
    """The largest gain of units drawn in the piece and of ones that climb from the best of them and stay in it."""
    gains, units = -piece.sign * dual, units_of(piece, rows.shape[1], chance)
    values = np.maximum(rows @ units.T, 0.0).T @ gains
    best = values.max()
    units = units[np.argsort(-values)[:50]]
    for _ in range(30):
        units = units + 0.05 * ((rows @ units.T > 0) * gains[:, None]).T @ rows / np.linalg.norm(gains)
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        stays = (np.hstack([np.ones((len(units), 1)), units]) @ piece.planes.T >= 0).all(axis=1)
        best = max(best, (np.maximum(rows @ units[stays].T, 0.0).T @ gains).max(initial=-np.inf))
    return float(best)


@pytest.mark.parametrize(("n", "count"), [(3, 0), (3, 2), (8, 1), (12, 3)])
def test_rows_stay_within_their_reach(n: int, count: int) -> None:
    chance = np.random.default_rng([1, n, count])
    rows = chance.standard_normal((30, n + 1))
    piece = some_piece(rows, count, chance)
    least, most = reach(rows, piece.planes)
    heights = rows @ units_of(piece, n + 1, chance).T
    assert (heights >= least[:, None]).all() and (heights <= most[:, None]).all()
    if count == 0:
        assert most == pytest.approx(np.linalg.norm(rows, axis=1), rel=1e-6)


def test_the_reach_in_one_half_space_is_met() -> None:
    plane = np.array([[-0.5, 1.0, 0.0]])
    angles = np.linspace(-np.pi / 3, np.pi / 3, 20_001)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    rows = np.random.default_rng(2).standard_normal((50, 2))
    least, most = reach(rows, plane)
    assert least == pytest.approx((rows @ circle).min(axis=1), abs=1e-6)
    assert most == pytest.approx((rows @ circle).max(axis=1), abs=1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("n", "count"), [(2, 0), (4, 2), (9, 3)])
def test_any_multipliers_give_a_limit(n: int, count: int, sign: float) -> None:
    chance = np.random.default_rng([3, n, count])
    rows, dual = chance.standard_normal((40, n + 1)), chance.standard_normal(40)
    piece = some_piece(rows, count, chance, sign)
    met = most_met(piece, rows, dual, chance)
    R, pairs = len(piece.crossing), len(piece.pairs[0])
    for size in (0.0, 0.1, 1.0, 10.0):
        multipliers = ConeValues(
            np.eye(n + 2),
            size * chance.standard_normal((R, 3)),
            size * chance.standard_normal((R, 3)),
            size * chance.standard_normal(1 + pairs + 2 * R),
            size * chance.standard_normal((count, n + 2)),
        )
        assert limit_over_piece(piece, rows, dual, multipliers) >= met


@pytest.mark.parametrize(("n", "count"), [(4, 2), (9, 3)])
def test_the_programs_own_limits_are_sharp_and_hold(n: int, count: int) -> None:
    chance = np.random.default_rng([4, n])
    rows, y = np.hstack([chance.standard_normal((60, n)), np.ones((60, 1))]), chance.standard_normal(60)
    problem = RowsProblem(np.full(60, 1 / 60), y - y.mean(), 0.05, True)
    states = [PieceState(some_piece(rows, count, chance, sign), rows, 1.0, 1e-3) for sign in (1.0, -1.0)]
    seen: list[float] = []

    def judge(dual: np.ndarray, distance: float) -> bool:
        limits = [limit_over_piece(state.piece, rows, dual, state.certificate()) for state in states]
        for state, limit in zip(states, limits, strict=True):
            assert limit >= most_met(state.piece, rows, dual, chance) if distance < 1e-2 else True
        seen.append(scaled_dual(problem, dual - dual.mean(), problem.weight_decay / max(limits)))
        return distance < 1e-5

    solve_pieces(problem, states, judge, lambda: False)
    outputs = sum(state.piece.sign * state.outputs(state.moments, state.split) for state in states)
    outputs = outputs + np.mean(problem.y - outputs)
    value = problem.weight @ (outputs - problem.y) ** 2
    value += problem.weight_decay * sum(state.moments[0, 0] for state in states)
    # strong duality up to the room that the cones were given: what is proven meets the program's own value
    assert max(seen) == pytest.approx(value, rel=0.02)


def test_scaling_points_take_moments_to_multipliers() -> None:
    chance = np.random.default_rng(5)
    moments = np.array([[1.0, 0.3, 0.5], [2.0, -1.0, 0.7], [1e-3, 1e-4, 1.0]])
    multipliers = np.array([[0.2, 0.1, 3.0], [1.0, -1.5, 0.9], [5.0, 1e-3, 1e-4]])
    scaling = scaling_moments(moments, multipliers)
    assert scaled_multipliers(scaling, moments) == pytest.approx(multipliers, rel=1e-9)
    assert scaling_moments(moments, inverse_moments(moments)) == pytest.approx(moments, rel=1e-9)
    edge, ratio = np.array([[0.0, 2.0, -1.0]] * 3), np.array([0.5, 1.0, 2.0])
    inverse = inverse_hessian(scaling, edge, ratio)
    change = chance.standard_normal((3, 3))
    through = scaled_multipliers(scaling, change) + edge * (np.sum(edge * change, axis=1) / ratio)[:, None]
    assert np.einsum("iab,ib->ia", inverse, through) == pytest.approx(change, rel=1e-8)
    vectors, others = np.array([[2.0, 0.5, 1.0, -0.3]]), np.array([[1.0, -0.4, 0.2, 0.6]])
    assert scaling_of_vectors(vectors, others)[0] @ vectors[0] == pytest.approx(others[0], rel=1e-9)


def test_symmetric_matrices_and_their_vectors_have_the_same_inner_product() -> None:
    chance, space = np.random.default_rng(6), SymmetricSpace(5)
    vector, left, right = chance.standard_normal(15), chance.standard_normal((3, 5)), chance.standard_normal((3, 5))
    values = np.einsum("ra,ab,rb->r", left, space.matrix(vector), right)
    assert space.forms(left, right) @ vector == pytest.approx(values, rel=1e-12)


def test_it_gives_up_where_the_tables_would_not_fit() -> None:
    assert can_be_split(200, 31) and not can_be_split(200, 101) and not can_be_split(100_000, 5)


def test_no_time_leaves_what_was_known() -> None:
    X, y = planted(8, 40)
    rows = np.hstack([X, np.ones((40, 1))])
    best = BestDual(np.zeros(40), 1.0, 0.0)
    improve_by_pieces(RowsProblem(np.full(40, 1 / 40), y, 0.1, True), rows, best, 1.0, 1e-3, 0.0, 0)
    assert best.lower == 0.0 and not best.dual.any()


@pytest.mark.parametrize(("n", "output_bias"), [(7, True), pytest.param(11, False, marks=pytest.mark.long)])
def test_no_network_is_better_than_the_bound(n: int, output_bias: bool) -> None:
    X, y = planted(n, 60)
    y = y + 0.3
    weights = np.random.default_rng(7).uniform(0.2, 2.0, 60)
    bound = convex_bound(
        X, y, weight_decay=0.1, output_bias=output_bias, sample_weight=weights, gap=0.02, time_limit=5.0
    )
    weights /= weights.sum()
    chance, rows = np.random.default_rng(8), np.hstack([X, np.ones((60, 1))])
    own = np.column_stack([bound.network.weights[0], bound.network.biases[0]])
    signs, bias = bound.network.weights[1][0], bound.network.biases[1][0]
    for start in range(12):
        units = own * chance.uniform(0.5, 1.5, (len(own), 1)) + 0.1 * start / 12 * chance.standard_normal(own.shape)
        for step in range(300):
            active = np.maximum(rows @ units.T, 0.0)
            rest = active @ signs + bias - y
            length = np.linalg.norm(units, axis=1)
            assert bound.lower <= weights @ rest**2 + 0.1 * length.sum()
            pull = ((active > 0) * (2.0 * weights * rest)[:, None] * signs).T @ rows
            units = units - 0.3 / (1 + step / 30) * (pull + 0.1 * units / np.maximum(length, 1e-9)[:, None])
            bias -= 0.3 * output_bias * 2.0 * float(weights @ rest)


def test_ten_inputs_close_to_five_percent_where_the_ball_alone_does_not() -> None:
    X, y = planted(10)
    bounds = [convex_bound(X, y, weight_decay=0.3, gap=0.05, time_limit=120.0) for _ in range(2)]
    assert bounds[0].gap <= 0.05 and bounds[0].seconds < 120.0 and bounds[0].gain >= bounds[0].gain_found
    assert np.mean((bounds[0].network(X)[:, 0] - y) ** 2) < 0.4
    # it ended by itself, so nothing depends on the clock
    assert bounds[0].lower == bounds[1].lower and (bounds[0].dual == bounds[1].dual).all()


@pytest.mark.long
@pytest.mark.parametrize(("n", "weight_decay"), [(10, 0.2), (20, 0.3), (30, 0.3)])
def test_the_sizes_and_decays_that_come_within_five_percent(n: int, weight_decay: float) -> None:
    X, y = planted(n)
    bound = convex_bound(X, y, weight_decay=weight_decay, gap=0.05, time_limit=500.0)
    assert bound.gap <= 0.05 and bound.network.size > 5
