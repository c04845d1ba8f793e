"""Functions of one input: there and back without loss, and the smallest networks."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork, count_regions, from_pieces, to_pieces
from relu_core.theory import count_pieces, evaluate_exactly
from tests.strategies import networks


@st.composite
def dyadic_functions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Breakpoints in 64ths and slopes in 32nds: every slope change is a float64 number."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    p = draw(st.integers(2, 40))
    at = np.cumsum(chance.integers(1, 50, p - 1)) / 64 - draw(st.integers(0, 10))
    slopes = chance.integers(-60, 60, p) / 32
    values = draw(st.integers(-5, 5)) + np.concatenate([[0.0], np.cumsum(np.diff(at) * slopes[1:-1])])
    return at, values, float(slopes[0]), float(slopes[-1])


@given(dyadic_functions())
@settings(deadline=None, max_examples=100, derandomize=True)
def test_the_round_trip_is_exact_where_slopes_are_float64_numbers(function: tuple) -> None:
    at, values, left, right = function
    pieces = to_pieces(from_pieces(at, values, left, right))
    slopes = np.concatenate([[left], np.diff(values) / np.diff(at), [right]])
    bends = np.diff(slopes) != 0
    assert pieces.count == max(bends.sum() + 1, 1)
    if bends.any():
        assert (pieces.breakpoints == at[bends]).all()
        assert (pieces.values == values[bends]).all()
    assert (pieces.left_slope, pieces.right_slope) == (left, right)


@given(dyadic_functions())
@settings(deadline=None, max_examples=60, derandomize=True)
def test_p_pieces_take_at_most_p_units_and_never_fewer_than_p_minus_1(function: tuple) -> None:
    network = from_pieces(*function)
    assert to_pieces(network).count - 1 <= network.size <= to_pieces(network).count
    assert network.hidden_layers <= 1


@given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from([1e-6, 1.0, 1e8]))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_any_float64_function_is_met_within_one_rounding_of_a_slope_a_piece(
    seed: int, count: int, scale: float
) -> None:
    chance = np.random.default_rng(seed)
    at, values = np.sort(chance.normal(size=count)) * scale, chance.normal(size=count)
    if (np.diff(at) == 0).any():
        return
    network = from_pieces(at, values, 0.3, -0.7)
    for i, (value,) in enumerate(evaluate_exactly(network, at[:, None])):
        gap = at[i] - at[i - 1] if i else 0.0
        steepest = np.abs(np.diff(values) / np.diff(at)).max() if count > 1 else 0.0
        # Two slopes of that size meet in one weight; its rounding, times the piece, is all that is lost.
        assert abs(value - Fraction(values[i])) <= Fraction(2 * steepest * gap * 2.0**-52)
    assert (np.isin(at, -network.biases[0] / network.weights[0][:, 0])).all()


def test_ten_thousand_pieces_there_and_back_exactly() -> None:
    chance = np.random.default_rng(0)
    at = np.cumsum(chance.integers(1, 50, 9_999)) / 64
    slopes = np.cumsum(chance.choice([-3, -1, 1, 2, 5], 10_000)) / 32
    values = np.concatenate([[1.0], 1.0 + np.cumsum(np.diff(at) * slopes[1:-1])])
    network = from_pieces(at, values, float(slopes[0]), float(slopes[-1]))
    pieces = to_pieces(network)
    assert network.size <= pieces.count == 10_000
    assert (pieces.breakpoints == at).all()
    assert (pieces.values == values).all()


@given(networks(inputs=(1,), layers=(0, 1, 2, 3)))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_pieces_describe_the_network_they_were_read_off(network: ReluNetwork) -> None:
    pieces = to_pieces(network)
    x = np.concatenate([np.linspace(-4, 4, 101), pieces.breakpoints])
    inside = np.interp(x, pieces.breakpoints, pieces.values)
    left = pieces.left_slope * np.minimum(x - pieces.breakpoints[0], 0)
    right = pieces.right_slope * np.maximum(x - pieces.breakpoints[-1], 0)
    assert np.allclose(inside + left + right, network(x[:, None])[:, 0], atol=1e-9, rtol=1e-9)


@given(networks(inputs=(1,), layers=(1, 2)))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_pieces_and_exact_linear_regions_are_the_same_count(network: ReluNetwork) -> None:
    assert count_pieces(network, -2.0, 2.0) == count_regions(network, [-2.0], [2.0], kind="linear", exact=True).count


@given(networks(inputs=(1,), layers=(1, 2)), st.floats(-1.5, 1.5))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_a_cut_interval_has_the_pieces_of_its_halves(network: ReluNetwork, cut: float) -> None:
    whole, halves = count_pieces(network, -2.0, 2.0), count_pieces(network, -2.0, cut) + count_pieces(network, cut, 2.0)
    assert halves - whole in (0, 1)


def test_an_affine_function_needs_no_unit() -> None:
    network = from_pieces([2.0, 3.0], [5.0, 6.5], 1.5, 1.5)
    assert network.hidden_layers == 0
    assert to_pieces(network).count == 1
    assert (to_pieces(network).breakpoints, to_pieces(network).values) == ([0.0], [2.0])


def test_a_straight_breakpoint_costs_no_unit() -> None:
    assert from_pieces([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], 0.0, 0.0).size == 2


@pytest.mark.parametrize(
    ("breakpoints", "values", "sentence"),
    [
        ([], [], "breakpoints has shape (0,); pass p - 1 numbers, at least one"),
        ([1.0, 1.0], [0.0, 0.0], "breakpoints[1] = 1 is not above breakpoints[0] = 1; sort them, each once"),
        ([1.0, 2.0], [0.0], "values has shape (1,) where breakpoints has (2,); pass one value a breakpoint"),
        ([1.0, float("nan")], [0.0, 1.0], "breakpoints holds 1 missing or infinite values; impute or drop them first"),
        ([0.0, 1e-308], [-1e10, 1e10], "the bend at 0 is steeper than float64 can hold; move breakpoints apart"),
    ],
)
def test_from_pieces_names_what_is_wrong(breakpoints: list[float], values: list[float], sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        from_pieces(breakpoints, values, 0.0, 1.0)
    assert str(refused.value) == sentence


def test_pieces_exist_for_one_input_only() -> None:
    with pytest.raises(ArgumentError) as refused:
        to_pieces(ReluNetwork([np.ones((2, 2)), np.ones((1, 2))], [np.zeros(2), [0.0]]))
    assert str(refused.value) == (
        "the network has 2 inputs and 1 outputs; pieces exist for one input and one output, count regions instead"
    )
