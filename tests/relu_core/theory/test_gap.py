"""The gap theorem as numbers: bounds that hold, are never below the theorem's, and are met by real networks."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, gap, hard_function, shallow_size_lower_bound
from relu_core.theory import count_pieces, from_pieces, gap_table, super_exponential_gap, to_pieces
from relu_core.theory.composition import compose
from relu_core.theory.gap import theorem_bound
from tests.strategies import networks


@given(st.integers(1, 10**30), st.integers(1, 40))
@settings(deadline=None, max_examples=200, derandomize=True)
def test_the_bound_is_never_below_the_theorems(pieces: int, layers: int) -> None:
    assert shallow_size_lower_bound(pieces, layers) >= theorem_bound(pieces, layers) - 1e-6 * pieces ** (1 / layers)


@given(st.integers(1, 200), st.integers(1, 4))
@settings(deadline=None, max_examples=100, derandomize=True)
def test_the_bound_is_the_smallest_sum_of_widths_whose_product_reaches_the_pieces(pieces: int, layers: int) -> None:
    size = shallow_size_lower_bound(pieces, layers)
    share = size // layers + 2
    widths = [w for w in product(range(1, share + 1), repeat=layers) if sum(w) <= size]
    assert any(np.prod([n + 1 for n in w]) >= pieces for w in widths)
    assert not any(np.prod([n + 1 for n in w]) >= pieces for w in widths if sum(w) < size)


@given(networks(inputs=(1,), layers=(1, 2, 3), largest=5))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_no_network_beats_the_bound(network: object) -> None:
    pieces = to_pieces(network).count
    assert network.size >= shallow_size_lower_bound(pieces, network.hidden_layers)


@given(st.integers(2, 5), st.integers(2, 4), st.data())
@settings(deadline=None, max_examples=30, derandomize=True)
def test_the_representable_size_is_met_by_a_network_of_that_many_layers(k: int, w: int, data: st.DataObject) -> None:
    if w**k > 300:
        return
    layers = data.draw(st.integers(1, k))
    claimed = gap(k, w, layers)
    breakpoints = np.arange(1, w) / w
    share, rest = divmod(k, layers)
    joined = None
    for count in [share + 1] * rest + [share] * (layers - rest):
        deep = to_pieces(hard_function([breakpoints] * count, 1.0))
        flat = from_pieces(deep.breakpoints, deep.values, deep.left_slope, deep.right_slope)
        joined = flat if joined is None else compose(flat, joined)
    assert joined.hidden_layers == layers
    assert joined.size <= claimed.representable_size + layers
    grid = np.random.default_rng(k).uniform(0, 1, (50, 1))
    assert np.allclose(joined(grid), hard_function([breakpoints] * k, 1.0)(grid), atol=1e-6)
    assert claimed.lower_bound <= joined.size


def test_one_hidden_layer_needs_all_pieces() -> None:
    assert gap(10, 2, 1).lower_bound == 1023
    assert gap(10, 2, 1).deep_size == 20
    assert gap(10, 2, 1).representable_size == 1024
    assert gap(10, 2, 10).representable_size == 20


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_the_corollary_is_super_exponential(k: int) -> None:
    found = super_exponential_gap(k)
    assert found.deep_size == k**3
    assert found.theorem_bound == pytest.approx(0.5 * k ** (k + 1) - 1)
    assert found.lower_bound >= found.theorem_bound


def test_the_table_has_a_row_for_every_number_of_hidden_layers() -> None:
    rows = gap_table(6, 3)
    assert [row.hidden_layers for row in rows] == [1, 2, 3, 4, 5, 6]
    assert all(row.lower_bound <= row.representable_size for row in rows)
    assert [row.lower_bound for row in rows] == sorted((row.lower_bound for row in rows), reverse=True)
    assert count_pieces(hard_function([[0.3, 0.6]] * 6, 1.0), 0.0, 1.0) == rows[0].pieces


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((3, 1, 1), "w is 1; the hard functions need a width of at least 2"),
        ((3, 2, 4), "hidden_layers is 4 where the hard function has k = 3; ask for at most k"),
        ((0, 2, 1), "k is 0; pass a whole number of at least 1"),
        ((3, 2, 0), "hidden_layers is 0; pass a whole number of at least 1"),
    ],
)
def test_gap_names_the_broken_condition(arguments: tuple[int, int, int], sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        gap(*arguments)
    assert str(refused.value) == sentence
