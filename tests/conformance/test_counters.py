"""One contract, all counters: float64 with ties taken as zero, exact=True, integers throughout, linear programs."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings

from relu_core import ReluNetwork, count_regions
from relu_core.regions.rational import exact_regions
from relu_core.regions.reference import patterns_by_linear_programs
from tests.strategies import KINDS, make_network, networks

Counter = Callable[[ReluNetwork, np.ndarray, np.ndarray], int]

COUNTERS: dict[str, Counter] = {
    "float64": lambda network, lower, upper: count_regions(network, lower, upper).count,
    "exact": lambda network, lower, upper: count_regions(network, lower, upper, exact=True).count,
    "integers": lambda network, lower, upper: sum(1 for _ in exact_regions(network, lower, upper)),
    "linear programs": lambda network, lower, upper: sum(1 for _ in patterns_by_linear_programs(network, lower, upper)),
}
counters = pytest.mark.parametrize("count", COUNTERS.values(), ids=COUNTERS)


def cube(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The box [-1, 1]^n."""
    return -np.ones(n), np.ones(n)


@counters
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_parallel_units_cut_the_box_into_slabs(count: Counter, n: int) -> None:
    weight = np.zeros((4, n))
    weight[:, 0] = [1.0, -2.0, 3.0, 1.0]
    network = ReluNetwork([weight, np.ones((1, 4))], [np.array([0.5, 0.0, 0.0, -0.5]), np.zeros(1)])
    assert count(network, *cube(n)) == 4  # two of the four units switch at x = 0


@counters
@pytest.mark.parametrize("n", [2, 3])
def test_a_fan_of_units_through_the_origin(count: Counter, n: int) -> None:
    network = make_network("zero bias", (n, 6, 1), seed=n)
    assert count(network, *cube(n)) == {2: 12, 3: 2 * (1 + 5 + 10)}[n]


@counters
def test_the_units_of_a_product_multiply(count: Counter) -> None:
    weight = np.kron(np.eye(3), np.ones((2, 1)))
    network = ReluNetwork([weight, np.ones((1, 6))], [np.array([0.5, -0.5] * 3), np.zeros(1)])
    assert count(network, *cube(3)) == 27


@counters
@pytest.mark.parametrize("kind", KINDS)
def test_a_second_layer_that_repeats_the_first_adds_nothing(count: Counter, kind: str) -> None:
    first = make_network(kind, (2, 4, 1), seed=3)
    network = ReluNetwork([first.weights[0], np.eye(4), np.ones((1, 4))], [first.biases[0], np.zeros(4), np.zeros(1)])
    assert count(network, *cube(2)) == count(first, *cube(2))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(networks(inputs=(1, 2, 3), largest=5))
def test_float64_and_integers_agree_on_every_kind_of_network(network: ReluNetwork) -> None:
    box = cube(network.input_dim)
    expected = COUNTERS["integers"](network, *box)
    assert COUNTERS["float64"](network, *box) == expected
    assert COUNTERS["exact"](network, *box) == expected


@settings(max_examples=10, derandomize=True, deadline=None)
@given(networks(inputs=(2, 3), largest=3))
def test_linear_programs_agree_with_integers(network: ReluNetwork) -> None:
    box = cube(network.input_dim)
    assert COUNTERS["linear programs"](network, *box) == COUNTERS["integers"](network, *box)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(networks(inputs=(4, 5), largest=4, layers=(2,)))
def test_float64_and_integers_agree_in_four_and_five_dimensions(network: ReluNetwork) -> None:
    box = cube(network.input_dim)
    assert COUNTERS["float64"](network, *box) == COUNTERS["integers"](network, *box)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(networks(inputs=(1, 2, 3), largest=4, layers=(2, 3)))
def test_linear_regions_agree_between_float64_and_integers(network: ReluNetwork) -> None:
    from relu_core.regions.count import _count_rational

    box = cube(network.input_dim)
    expected = _count_rational(network, *box, "linear", None)[0]
    assert count_regions(network, *box, kind="linear").count == expected
