"""Any continuous piecewise linear function as a network of the theorem's number of hidden layers."""

from math import ceil, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork, enumerate_regions
from relu_core.theory import LinearRegion, from_cpwl, from_max_affine
from tests.strategies import networks


@given(st.integers(1, 14), st.integers(1, 3), st.booleans(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_max_affine_is_the_maximum_in_few_hidden_layers(N: int, n: int, integers: bool, seed: int) -> None:
    chance = np.random.default_rng(seed)
    # Small integers bring ties, repeated functions and slopes in a plane of lower dimension.
    affine = chance.integers(-1, 2, (N, n + 1)).astype(float) if integers else chance.normal(size=(N, n + 1))
    network = from_max_affine(affine[:, :n], affine[:, n])
    X = chance.normal(size=(300, n)) * 3
    assert np.allclose(network(X)[:, 0], (X @ affine[:, :n].T + affine[:, n]).max(axis=1), atol=1e-9)
    assert network.hidden_layers <= ceil(log2(n + 1))


@given(networks(inputs=(1, 2), largest=3, layers=(1, 2)))
@settings(deadline=None, max_examples=20, derandomize=True)
def test_a_network_is_rebuilt_from_its_regions(network: ReluNetwork) -> None:
    n = network.input_dim
    rebuilt = from_cpwl(enumerate_regions(network, [-1.0] * n, [1.0] * n))
    X = np.random.default_rng(0).uniform(-1, 1, (500, n))
    assert np.allclose(rebuilt(X), network(X), atol=1e-7)
    assert rebuilt.hidden_layers <= ceil(log2(n + 1))


def quarter(first: int, second: int, values: tuple[float, float, float]) -> LinearRegion:
    """The quadrant with those two signs and an affine function on it."""
    halfspaces = np.array([[first, 0.0, 0.0], [0.0, second, 0.0]], dtype=float)
    return LinearRegion(np.array([values]), halfspaces, np.array([first, second], dtype=float))


def saddle() -> list[LinearRegion]:
    """|x| - |y| by its quadrants, on all of the plane."""
    return [quarter(a, b, (float(a), float(-b), 0.0)) for a in (1, -1) for b in (1, -1)]


def test_a_function_that_is_neither_convex_nor_concave_by_its_four_quadrants() -> None:
    X = np.random.default_rng(0).normal(size=(500, 2)) * 100
    network = from_cpwl(saddle())
    assert np.allclose(network(X)[:, 0], np.abs(X[:, 0]) - np.abs(X[:, 1]), atol=1e-9)
    assert network.hidden_layers <= 2


def test_a_jump_is_refused_with_the_regions_named() -> None:
    regions = saddle()
    regions[1] = quarter(1, -1, (1.0, 1.0, 0.5))
    with pytest.raises(ArgumentError) as refused:
        from_cpwl(regions)
    assert str(refused.value) == "the function jumps between regions 0 and 1; pass a continuous one"


def test_an_overlap_is_refused() -> None:
    box = np.array([[1.0, 0.0, -1.0], [-1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [0.0, -1.0, 2.0]])
    regions = [*saddle(), LinearRegion(np.array([[0.0, 0.0, -3.0]]), box, np.array([1.5, 1.5]))]
    with pytest.raises(ArgumentError) as refused:
        from_cpwl(regions)
    assert str(refused.value) == "regions do not cover a convex set, or overlap; pass a subdivision of a convex set"


def test_shapes_are_named() -> None:
    with pytest.raises(ArgumentError) as refused:
        from_cpwl([])
    assert str(refused.value) == "regions is empty; pass at least one"
    with pytest.raises(ArgumentError) as refused:
        from_cpwl([LinearRegion(np.zeros((1, 3)), np.zeros((2, 2)), np.zeros(2))])
    assert str(refused.value) == "regions[0] has a map of shape (1, 3) and halfspaces (2, 2); pass (1, 3) and (c, 3)"
    with pytest.raises(ArgumentError) as refused:
        from_max_affine([[1.0, 2.0]], [1.0, 2.0])
    assert str(refused.value) == ("intercepts has shape (2,) where X has 1 rows; pass one number a row, shape (1,)")
