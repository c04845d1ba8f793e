"""Bounds and estimates: hand-computed values, order, and the truth between them."""

from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import (
    ArgumentError,
    ReluNetwork,
    count_regions,
    estimate_regions,
    lower_bound_regions,
    upper_bound_regions,
)
from relu_core.regions import expected_regions, upper_bound_in_box
from relu_core.regions.bounds import arrangement_regions
from tests.strategies import make_network, networks

widths = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def cube(n: int) -> tuple[np.ndarray, np.ndarray]:
    return -np.ones(n), np.ones(n)


@given(widths, st.integers(1, 5))
@settings(derandomize=True, deadline=None)
def test_sharper_upper_bounds_are_smaller(hidden: list[int], n: int) -> None:
    serra, montufar, naive = (upper_bound_regions(hidden, n, method=m) for m in ("serra", "montufar", "naive"))
    assert 1 <= serra <= montufar <= naive == 2 ** sum(hidden)


@given(st.lists(st.integers(2, 9), min_size=1, max_size=4))
@settings(derandomize=True, deadline=None)
def test_one_input_has_at_most_the_product_of_widths_plus_one(hidden: list[int]) -> None:
    assert upper_bound_regions(hidden, 1) == prod(w + 1 for w in hidden)


def test_bounds_computed_by_hand() -> None:
    assert arrangement_regions(5, 2) == 1 + 5 + 10
    assert upper_bound_regions([5], 2) == 16
    # Dimension 2 into two units: j = 0, 1, 2 off leave dimension 2, 1, 0 in 1, 2, 1 regions; then two units again.
    assert upper_bound_regions([2, 2], 2) == 1 * 4 + 2 * 3 + 1 * 1
    assert lower_bound_regions([4, 4], 2) == 2**2 * (1 + 4 + 6)
    assert lower_bound_regions([6, 6], 2, method="serra") == 4**2 * (1 + 6 + 15)
    assert lower_bound_regions([6, 3, 2], 2, method="arora") == 2 * (1 + 2) * 3 * 2


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 3))
@settings(derandomize=True, deadline=None)
def test_no_lower_bound_is_above_an_upper_bound(factors: list[int], n: int) -> None:
    hidden = [3 * n * factor for factor in factors]
    for method in ("montufar", "serra", "arora"):
        assert lower_bound_regions(hidden, n, method=method) <= upper_bound_regions(hidden, n)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(networks(layers=(1, 2, 3)))
def test_the_bound_in_the_box_lies_between_the_count_and_the_bound(network: ReluNetwork) -> None:
    box = cube(network.input_dim)
    bound = upper_bound_in_box(network, *box)
    assert count_regions(network, *box).count <= bound <= upper_bound_regions(network.hidden_widths, network.input_dim)


def test_units_that_never_switch_do_not_count() -> None:
    network = ReluNetwork([np.ones((4, 2)), np.ones((1, 4))], [[5.0, -5.0, 0.0, 0.5], [0.0]])
    assert upper_bound_in_box(network, *cube(2)) == 1 + 2 + 1


def test_expected_regions_grow_with_the_power_of_the_dimension() -> None:
    assert expected_regions(100, 2) == pytest.approx(100**2 / 2)
    assert expected_regions(3, 5) == 8.0


@pytest.mark.parametrize("seed", range(4))
def test_an_estimate_holds_the_count(seed: int) -> None:
    network = make_network("generic", (4, 10, 8, 1), seed)
    found = estimate_regions(network, *cube(4), time_limit=60.0, max_descents=80, seed=seed)
    assert found.low <= count_regions(network, *cube(4)).count <= found.high
    assert found.method == "estimate from 80 random descents, not a count"
    assert found.level == 0.95
    assert estimate_regions(network, *cube(4), time_limit=60.0, max_descents=80, seed=seed) == found


def test_the_mean_of_many_estimates_is_the_count() -> None:
    network = make_network("generic", (2, 6, 5, 1), 1)
    truth = count_regions(network, *cube(2)).count
    found = estimate_regions(network, *cube(2), time_limit=60.0, max_descents=1500, seed=3)
    assert found.value == pytest.approx(truth, rel=0.1)


def test_without_time_only_the_proven_interval_is_left() -> None:
    network = make_network("generic", (12, 20, 20, 1), 0)
    found = estimate_regions(network, *cube(12), time_limit=0.0)
    assert np.isnan(found.value)
    assert (found.low, found.level) == (1.0, 1.0)
    assert found.high <= upper_bound_regions((20, 20), 12)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: upper_bound_regions([3, 0], 2), "hidden_widths[1] is 0; pass a whole number of at least 1"),
        (lambda: upper_bound_regions([3], 0), "input_dim is 0; pass a whole number of at least 1"),
        (
            lambda: upper_bound_regions([3], 2, method="best"),
            "method is 'best'; choose one of serra, montufar, naive",
        ),
        (
            lambda: lower_bound_regions([3, 1], 2),
            "the narrowest hidden layer has 1 units; method 'montufar' needs 2 units",
        ),
        (
            lambda: lower_bound_regions([3, 1], 2, method="arora"),
            "the first hidden layer has 3 units; method 'arora' needs 4 or more",
        ),
    ],
)
def test_what_they_refuse(call: object, sentence: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        call()
    assert str(refusal.value) == sentence


def test_zaslavsky_is_reached_by_one_layer() -> None:
    assert upper_bound_regions([9], 3) == sum(comb(9, j) for j in range(4))
