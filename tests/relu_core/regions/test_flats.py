"""Counting by flats: the same cells as by cutting, and no answer where hyperplanes are not in general position."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ReluNetwork, count_regions
from relu_core.regions.flat_kernels import count_flats, new_flats


def by_flats(weight: np.ndarray, bias: np.ndarray) -> int:
    """Cells of the hyperplanes that cut the box [-1, 1]^n, from their values at its corners; -1 if in doubt."""
    n = weight.shape[1]
    values = weight @ np.array(list(product([-1.0, 1.0], repeat=n))).T + bias[:, None]
    cutting = np.flatnonzero((values.min(axis=1) < 0) & (values.max(axis=1) > 0))
    errors, names = np.full(len(weight), 1e-13), np.arange(len(cutting))
    room = new_flats(n, max(len(cutting), 1), 1 << n)
    return count_flats(n, len(cutting), errors, np.ascontiguousarray(values[cutting]), names, 1 << n, room)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(2, 5), st.integers(1, 9), st.integers(0, 10**6))
def test_flats_of_a_generic_arrangement_are_as_many_as_its_cells(n: int, units: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    weight, bias = chance.normal(size=(units, n)), chance.normal(size=units)
    cut = count_regions(ReluNetwork([weight, np.ones((1, units))], [bias, [0.0]]), -np.ones(n), np.ones(n))
    assert by_flats(weight, bias) == cut.count


@pytest.mark.parametrize(
    "weight, bias",
    [
        ([[1.0, 0.3, 0.2], [2.0, 0.6, 0.4]], [0.1, 0.2]),  # one plane twice
        ([[1.0, 0.3, 0.2], [0.2, -1.0, 0.4], [1.2, -0.7, 0.6]], [0.1, 0.2, 0.3]),  # three planes through one line
        ([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]], [-0.5, -1.5]),  # two planes that meet on the boundary only
    ],
)
def test_flats_leave_a_degenerate_arrangement_open(weight: list, bias: list) -> None:
    assert by_flats(np.array(weight), np.array(bias)) == -1


@pytest.mark.parametrize("copies", [1, 2])
def test_large_cells_with_and_without_repeated_units(copies: int) -> None:
    weight = np.vstack([np.eye(8)[:6]] * copies)
    network = ReluNetwork([weight, np.ones((1, 6 * copies))], [np.zeros(6 * copies), [0.0]])
    assert count_regions(network, -np.ones(8), np.ones(8)).count == 2**6


def test_large_cells_after_a_layer_that_bends_them() -> None:
    chance = np.random.default_rng(4)
    first, second = chance.normal(size=(3, 8)), chance.normal(size=(3, 3))
    network = ReluNetwork([first, second, np.ones((1, 3))], [0.2 * chance.normal(size=3), [0.3, -0.2, 0.1], [0.0]])
    box = -np.ones(8), np.ones(8)
    assert count_regions(network, *box).count == count_regions(network, *box, kind="linear").per_layer[-1]
