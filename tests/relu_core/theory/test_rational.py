"""Rational arithmetic: exact values, proven error bounds, and an honest word when float64 breaks down."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork, hard_function
from relu_core.theory import compose, evaluate_exactly, float64_check, float64_error_bound, side_by_side, tent_power
from tests.strategies import networks


@given(networks(layers=(0, 1, 2, 3), outputs=2), st.integers(0, 2**32), st.sampled_from([1e-8, 1.0, 1e8]))
@settings(deadline=None, max_examples=80, derandomize=True)
def test_float64_values_lie_within_the_proven_bound_of_the_exact_ones(
    network: ReluNetwork, seed: int, scale: float
) -> None:
    X = np.random.default_rng(seed).normal(size=(4, network.input_dim)) * scale
    bound = float64_error_bound(network, X)
    for row, exact, limit in zip(network(X), evaluate_exactly(network, X), bound, strict=True):
        for value, truth, largest in zip(row, exact, limit, strict=True):
            assert abs(Fraction(float(value)) - truth) <= Fraction(float(largest))
            assert largest <= 1e-9 * (1 + abs(scale)) * 100


def test_a_dyadic_function_is_carried_until_its_pieces_are_finer_than_the_inputs() -> None:
    assert float64_check(tent_power(20), [0.0], [1.0]).holds
    broken = float64_check(tent_power(52), [0.0], [1.0])
    assert not broken.holds
    assert broken.error == 0.0
    assert broken.jump >= 0.25
    assert broken.sentence.startswith("the pieces are finer than float64 inputs: the next number is ")
    assert broken.sentence.endswith(" of the range away; pass fractions to evaluate_exactly, count with count_pieces")


def test_rounding_breaks_a_deep_hard_function_and_the_check_says_so() -> None:
    chance = np.random.default_rng(0)
    breakpoints = [np.sort(chance.uniform(0, 1, 2)) for _ in range(30)]
    assert float64_check(hard_function(breakpoints[:5], 1.0), [0.0], [1.0]).sentence.startswith("float64 holds here")
    broken = float64_check(hard_function(breakpoints, 1.0), [0.0], [1.0])
    assert not broken.holds
    assert broken.sentence.startswith("float64 breaks down here: its values are wrong by up to ")


def test_exact_evaluation_takes_the_place_of_float64_at_any_number_of_layers() -> None:
    k = 200
    x = Fraction(3, 2**k)
    assert evaluate_exactly(tent_power(k), [[x], [x / 3]]) == [(Fraction(1),), (Fraction(1),)]
    assert evaluate_exactly(tent_power(k), [[Fraction(1, 3)]]) == [(Fraction(2, 3),)]


@given(networks(inputs=(2,), outputs=2), networks(inputs=(2,), outputs=3), st.integers(0, 1000))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_composition_and_stacking_are_what_they_say(inner: ReluNetwork, outer: ReluNetwork, seed: int) -> None:
    X = np.random.default_rng(seed).normal(size=(50, 2))
    assert np.allclose(compose(outer, inner)(X), outer(inner(X)), atol=1e-9)
    both = side_by_side([outer, outer])
    assert np.allclose(both(X), np.concatenate([outer(X), outer(X)], axis=1), atol=1e-12)


def test_refusals_name_the_argument() -> None:
    network = tent_power(2)
    with pytest.raises(ArgumentError) as refused:
        evaluate_exactly(network, [[1, 2]])
    assert str(refused.value) == "X[0] has 2 entries where the network takes 1 inputs; pass as many"
    with pytest.raises(ArgumentError) as refused:
        compose(ReluNetwork([np.ones((1, 2))], [[0.0]]), network)
    assert str(refused.value) == "inner gives 1 values where outer takes 2; make them equal"
    with pytest.raises(ArgumentError) as refused:
        side_by_side([network, tent_power(3)])
    assert str(refused.value) == "networks differ in (inputs, hidden layers): [(1, 2), (1, 3)]; make them equal"
    with pytest.raises(ArgumentError) as refused:
        side_by_side([])
    assert str(refused.value) == "networks is empty; pass at least one"
