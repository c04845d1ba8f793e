"""The hard functions have the theorem's pieces for every choice of parameters, in exact arithmetic."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork, count_regions
from relu_core.theory import (
    count_pieces,
    evaluate_exactly,
    hard_function,
    tent_power,
    to_pieces,
    zigzag,
    zonotope_cones,
    zonotope_function,
)
from relu_core.theory.line_sweep import sweep


@st.composite
def smooth_family(
    draw: st.DrawFn, *, most_layers: int = 4, widths: tuple[int, ...] = (2, 3, 4)
) -> tuple[list, float, int]:
    """A point of the theorem's family: k layers of breakpoints for one width, the height, and w^k."""
    k, w = draw(st.integers(1, most_layers)), draw(st.sampled_from(widths))
    height = draw(st.sampled_from([1.0, 0.1, 3.0, 1e-3, 7.25e4]))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    return [np.sort(chance.uniform(0.0, height, w - 1)) for _ in range(k)], height, w**k


def ideal_zigzag(x: Fraction, breakpoints: np.ndarray, height: float) -> Fraction:
    """h_a as the theorem writes it, in fractions."""
    points = [Fraction(0), *(Fraction(float(a)) for a in breakpoints), Fraction(height)]
    levels = [Fraction(height) * (i % 2) for i in range(len(points))]
    if x <= 0:
        return Fraction(0)
    i = max(j for j, point in enumerate(points[:-1]) if point <= x)
    return levels[i] + (levels[i + 1] - levels[i]) * (x - points[i]) / (points[i + 1] - points[i])


@given(smooth_family())
@settings(deadline=None, max_examples=60, derandomize=True)
def test_every_member_of_the_smooth_family_has_exactly_w_to_the_k_pieces(member: tuple[list, float, int]) -> None:
    breakpoints, height, pieces = member
    network = hard_function(breakpoints, height)
    assert count_pieces(network, 0.0, height) == pieces
    assert network.hidden_widths == (len(breakpoints[0]) + 1,) * len(breakpoints)


@given(smooth_family(most_layers=3))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_the_function_runs_between_0_and_the_height_and_never_leaves_it(member: tuple[list, float, int]) -> None:
    breakpoints, height, _ = member
    bends, slopes, _ = sweep(hard_function(breakpoints, height), Fraction(0), Fraction(height))
    assert all(0 <= bend.value <= Fraction(height) for bend in bends)
    assert all(before * after < 0 for before, after in pairwise(slopes))
    rounding = Fraction(height) * Fraction(1, 10**8)
    levels = [bend.value for bend in bends]
    assert all(min(level, Fraction(height) - level) < rounding for level in levels)


@given(smooth_family(most_layers=3), st.fractions(-1, 2, max_denominator=997))
@settings(deadline=None, max_examples=80, derandomize=True)
def test_the_network_is_the_composition_of_the_ideal_zigzags(member: tuple[list, float, int], share: Fraction) -> None:
    breakpoints, height, _ = member
    x = share * Fraction(height)
    value = x
    for layer in breakpoints:
        value = ideal_zigzag(value, layer, height)
    [(exact,)] = evaluate_exactly(hard_function(breakpoints, height), [[x]])
    steepness = np.prod([height / np.diff([0.0, *layer, height]).min() for layer in breakpoints])
    assert abs(exact - value) <= Fraction(1e-14 * max(float(steepness), 1.0) * height * max(1.0, abs(float(share))))


def test_layers_of_different_widths_multiply() -> None:
    network = hard_function([[0.3], [0.2, 0.9], [0.1, 0.5, 0.6]], 1.0)
    assert network.hidden_widths == (2, 3, 4)
    assert count_pieces(network, 0.0, 1.0) == 24


@pytest.mark.parametrize(("k", "w"), [(2, 2), (3, 2), (2, 3), (3, 3), (3, 4), (6, 2)])
def test_counting_regions_finds_the_same_number(k: int, w: int) -> None:
    chance = np.random.default_rng([k, w])
    network = hard_function([np.sort(chance.uniform(0, 1, w - 1)) for _ in range(k)], 1.0)
    assert count_regions(network, [0.0], [1.0], kind="linear", exact=True).count == w**k


@pytest.mark.parametrize("k", [1, 2, 5, 10])
def test_tent_power_is_even_and_exact_at_dyadic_points(k: int) -> None:
    network = tent_power(k)
    corners = np.arange(2**k + 1) / 2**k
    assert (network(corners[:, None])[:, 0] == np.arange(2**k + 1) % 2).all()
    pieces = to_pieces(network)
    assert (pieces.breakpoints == corners[: len(pieces.breakpoints)]).all()


@pytest.mark.parametrize(
    ("m", "n", "w", "k"), [(2, 2, 3, 1), (3, 2, 3, 1), (4, 2, 3, 2), (3, 2, 2, 2), (3, 3, 3, 1), (4, 3, 2, 1)]
)
def test_a_zonotope_function_has_the_predicted_number_of_linear_regions(m: int, n: int, w: int, k: int) -> None:
    chance = np.random.default_rng([m, n, w, k])
    network = zonotope_function(chance.normal(size=(m, n)), [np.sort(chance.uniform(0, 1, w - 1)) for _ in range(k)])
    assert network.hidden_widths == (2 * m, *[w] * k)
    # The set gamma <= 1 must lie inside the box; beyond it the cones go on, or all end in one flat region for even w
    # and several layers, where the first zigzag falls below 0 and the next is 0 there.
    beyond = 1 if w % 2 == 0 and k > 1 else 0
    counted = count_regions(network, [-50.0] * n, [50.0] * n, kind="linear", exact=True).count
    assert counted == zonotope_cones(m, n) * w**k + beyond


@given(st.integers(1, 6), st.integers(2, 3), st.integers(0, 1000))
@settings(deadline=None, max_examples=15, derandomize=True)
def test_gamma_has_the_cones_of_an_arrangement_in_general_position(m: int, n: int, seed: int) -> None:
    generators = np.random.default_rng(seed).normal(size=(m, n))
    both = np.concatenate([generators, -generators])
    gamma = ReluNetwork([both, np.ones((1, 2 * m))], [np.zeros(2 * m), [0.0]])
    assert count_regions(gamma, [-1.0] * n, [1.0] * n, kind="linear", exact=True).count == zonotope_cones(m, n)


def test_a_million_points_of_the_hard_function_are_evaluated() -> None:
    X = np.random.default_rng(0).uniform(0, 1, (1_000_000, 1))
    values = tent_power(10)(X)
    expected = np.abs((X[:, 0] * 1024 + 1) % 2 - 1)
    assert np.allclose(values[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("breakpoints", "height", "sentence"),
    [
        ([0.5, 0.5], 1.0, "breakpoints[1] = 0.5 is not above breakpoints[0] = 0.5; sort them, each once"),
        ([0.5, 0.2], 1.0, "breakpoints[1] = 0.2 is not above breakpoints[0] = 0.5; sort them, each once"),
        ([0.0, 0.2], 1.0, "breakpoints holds 0, which is outside (0, 1); keep breakpoints strictly between"),
        ([0.5, 2.0], 2.0, "breakpoints holds 2, which is outside (0, 2); keep breakpoints strictly between"),
        ([], 1.0, "breakpoints has shape (0,); pass w - 1 numbers with w >= 2, at least one"),
        ([0.5], -1.0, "height is -1.0; pass a finite number above 0"),
        ([0.5], float("nan"), "height is nan; pass a finite number above 0"),
        ([1e-320], 1.0, "the bend at 0 is steeper than float64 can hold; move breakpoints apart"),
    ],
)
def test_zigzag_names_the_condition_that_is_broken(breakpoints: list[float], height: float, sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        zigzag(breakpoints, height)
    assert str(refused.value) == sentence


def test_hard_function_names_the_layer() -> None:
    with pytest.raises(ArgumentError) as refused:
        hard_function([[0.5], [0.5, 0.4]], 1.0)
    assert str(refused.value) == (
        "breakpoints_per_layer[1][1] = 0.4 is not above breakpoints_per_layer[1][0] = 0.5; sort them, each once"
    )
    with pytest.raises(ArgumentError) as refused:
        hard_function([], 1.0)
    assert str(refused.value) == "breakpoints_per_layer is empty; pass one array of breakpoints a hidden layer"


@pytest.mark.parametrize(
    ("generators", "sentence"),
    [
        (
            [[1.0, 0.0], [0.0, 1.0], [0.5, 0.0]],
            "generators 0, 2 are linearly dependent; pass generators in general position (any 2 of them independent)",
        ),
        (
            # 0.1 + 0.2 is no longer 0.3 in float64, so only the exact multiple is refused.
            [[0.1, 0.3], [0.2, 0.6], [1.0, 0.0]],
            "generators 0, 1 are linearly dependent; pass generators in general position (any 2 of them independent)",
        ),
        (
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]],
            "generators 0, 1, 2 are linearly dependent; pass generators in general position "
            "(any 3 of them independent)",
        ),
        ([[1.0], [2.0]], "generators has 1 column; a zonotope function needs n >= 2 inputs, use hard_function for one"),
    ],
)
def test_zonotope_names_the_dependent_generators(generators: list[list[float]], sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        zonotope_function(generators, [[0.5]])
    assert str(refused.value) == sentence


def test_nearly_dependent_generators_are_told_from_dependent_ones_exactly() -> None:
    tiny = np.nextafter(1.0, 2.0)
    assert zonotope_function([[1.0, 1.0], [1.0, tiny]], [[0.5]]).hidden_widths == (4, 2)
