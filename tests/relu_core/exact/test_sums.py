"""Sums over rows: every addition where it is said to be, so that no processor and no compiler changes a result."""

import importlib
import pkgutil

import numpy as np
import pytest
from numba import njit
from numba.core.dispatcher import Dispatcher

import relu_core.exact
from relu_core.exact.sums_kernels import four_sums_of_products, sum_of_products

RNG = np.random.default_rng(3)
# Numbers of very different size: nearly every other order of addition would round otherwise.
LINES = RNG.standard_normal((6, 131)) * 10.0 ** RNG.integers(-6, 7, size=(6, 131))


@njit
def sums_of(a, b, c, rows):
    return sum_of_products((a,), rows), sum_of_products((a, b), rows), sum_of_products((a, b, c), rows)


@njit
def four_sums_of(line, matrix, first, rows):
    return four_sums_of_products(line, matrix, first, rows)


def in_lanes(terms, lanes):
    """Sum in the documented order: row r to lane r mod `lanes`, lanes by halves, rows beyond the last eight at the
    end."""
    full, sums = len(terms) // 8 * 8, [0.0] * lanes
    for r, term in enumerate(terms[:full]):
        sums[r % lanes] += term
    if lanes == 32:
        sums = [(sums[i] + sums[8 + i]) + (sums[16 + i] + sums[24 + i]) for i in range(8)]
    while len(sums) > 1:
        half = len(sums) // 2
        sums = [sums[i] + sums[half + i] for i in range(half)]
    rest = 0.0
    for term in terms[full:]:
        rest += term
    return sums[0] + rest


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 16, 24, 31, 32, 40, 63, 64, 100, 131])
def test_each_sum_has_its_one_order(rows):
    a, b, c = LINES[:3]
    expected = tuple(in_lanes([float(term) for term in terms[:rows]], 32) for terms in (a, a * b, a * b * c))
    assert sums_of(a, b, c, rows) == expected


@pytest.mark.parametrize("rows", [0, 5, 8, 61, 128, 131])
def test_four_sums_at_once_have_their_one_order(rows):
    line, matrix = LINES[0], np.ascontiguousarray(LINES[1:])
    expected = tuple(in_lanes([float(term) for term in (line * matrix[1 + i])[:rows]], 8) for i in range(4))
    assert four_sums_of(line, matrix, 1, rows) == expected


def test_no_loop_of_exact_training_lets_the_compiler_reorder_arithmetic():
    loops = {}
    for module in pkgutil.iter_modules(relu_core.exact.__path__):
        content = vars(importlib.import_module(f"relu_core.exact.{module.name}"))
        loops.update({name: loop for name, loop in content.items() if isinstance(loop, Dispatcher)})
    assert len(loops) > 50
    assert [name for name, loop in loops.items() if loop.targetoptions.get("fastmath")] == []
