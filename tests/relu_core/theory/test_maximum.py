"""The maximum: right on ties, in the promised number of hidden layers; the formulas for five and six are proven."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, maximum
from relu_core.theory import evaluate_exactly, maximum_hidden_layers, shallow_maximum
from relu_core.theory.maximum_formulas import Formula, of_five, of_six, of_two


@given(st.integers(1, 64), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_maximum_is_exact_on_integers_with_many_ties(n: int, seed: int) -> None:
    X = np.random.default_rng(seed).integers(-2, 3, (200, n)).astype(float)
    network = maximum(n)
    assert (network(X)[:, 0] == X.max(axis=1)).all()
    assert network.hidden_layers == (ceil(log2(n)) if n > 1 else 0)


@given(st.integers(2, 64), st.floats(-1e12, 1e12), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_maximum_of_equal_numbers_is_that_number(n: int, value: float, seed: int) -> None:
    X = np.full((1, n), value)
    lower = np.random.default_rng(seed).choice(n, n // 2, replace=False)
    assert maximum(n)(X)[0, 0] == value
    X[0, lower[1:]] -= abs(value) + 1.0
    assert abs(maximum(n)(X)[0, 0] - value) <= 1e-15 * ceil(log2(n)) * (abs(value) + 1.0)


@given(st.integers(2, 20), st.lists(st.fractions(-50, 50, max_denominator=30), min_size=20, max_size=20))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_maximum_is_the_maximum_in_fractions(n: int, numbers: list[Fraction]) -> None:
    assert evaluate_exactly(maximum(n), [numbers[:n]]) == [(max(numbers[:n]),)]


@pytest.mark.parametrize("formula", [of_two(), of_five(), of_six()], ids=["two", "five", "six"])
def test_the_formulas_are_proven_and_the_proof_notices_a_wrong_weight(formula: Formula) -> None:
    assert formula.is_proven()
    weight, left, right = formula.terms[0]
    wrong = replace(formula, terms=((weight + Fraction(1, 10**6), left, right), *formula.terms[1:]))
    assert not wrong.is_proven()
    assert not replace(formula, terms=formula.terms[1:]).is_proven()


@given(st.sampled_from([5, 6]), st.lists(st.integers(-3, 3), min_size=6, max_size=6))
@settings(deadline=None, max_examples=200, derandomize=True)
def test_the_formulas_give_the_maximum_term_by_term(n: int, numbers: list[int]) -> None:
    formula, x = of_five() if n == 5 else of_six(), numbers[:n]

    def side(maxima: tuple[tuple[int, ...], ...]) -> int:
        return sum(max(x[i] for i in inner) for inner in maxima)

    assert sum(c * max(side(a), side(b)) for c, a, b in formula.terms) == max(x)


def test_five_and_six_numbers_take_two_hidden_layers() -> None:
    assert [shallow_maximum(n).hidden_layers for n in range(1, 8)] == [0, 1, 2, 2, 2, 2, 3]


@pytest.mark.parametrize("n", [*range(2, 16), 20, 27])
def test_shallow_maximum_is_right_and_never_deeper_than_the_paper_says(n: int) -> None:
    network = shallow_maximum(n)
    X = np.random.default_rng(n).integers(-9, 10, (300, n)).astype(float)
    assert np.allclose(network(X)[:, 0], X.max(axis=1), atol=1e-10)
    assert network.hidden_layers == maximum_hidden_layers(n) <= maximum(n).hidden_layers
    if n >= 4:
        paper = next(k for k in range(1, 10) if n - 2 <= 3 ** (k - 1))
        assert network.hidden_layers <= paper


def test_the_recursion_triples_what_one_more_hidden_layer_takes() -> None:
    reached = [max(n for n in range(1, 200) if maximum_hidden_layers(n) == k) for k in range(5)]
    assert reached == [1, 2, 6, 18, 54]


def test_maxima_name_the_number_they_refuse() -> None:
    with pytest.raises(ArgumentError) as refused:
        maximum(0)
    assert str(refused.value) == "n is 0; pass a whole number of at least 1"
    with pytest.raises(ArgumentError) as refused:
        shallow_maximum(31)
    assert str(refused.value) == "n is 31, above 30: too many weights; use maximum(n), deeper and far smaller"
