"""Laws of count_regions: known counts, invariances, bounds, limits and refusals."""

import json
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork, count_regions, hard_function, upper_bound_regions
from relu_core.regions.slices import restricted
from tests.strategies import make_network, networks

CASES = Path(__file__).parents[4] / "shared" / "cases" / "regions"
EXPECTED = json.loads((CASES / "expected.json").read_text())["cases"] if CASES.exists() else {}
SMALL = [name for name, case in EXPECTED.items() if case["activation_regions"] < 30_000]
LARGE = [name for name in EXPECTED if name not in SMALL]
LINEAR = {"d2_zerobias_12x2": 52, "d2_duplicate_12x2": 111, "d2_integer_10x2": 71}


def cube(n: int) -> tuple[np.ndarray, np.ndarray]:
    return -np.ones(n), np.ones(n)


def count(network: ReluNetwork, **options: object) -> int:
    return count_regions(network, *cube(network.input_dim), **options).count


def case(name: str) -> ReluNetwork:
    path = CASES / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path.name} is not stored")
    with np.load(path) as arrays:
        layers = range(len(arrays.files) // 2)
        return ReluNetwork([arrays[f"W{i}"] for i in layers], [arrays[f"b{i}"] for i in layers])


@pytest.mark.skipif(not EXPECTED, reason="the measured cases are not on this machine")
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_the_measured_cases(name: str, exact: bool) -> None:
    found = count_regions(network := case(name), *cube(network.input_dim), exact=exact)
    assert (found.count, found.complete) == (EXPECTED[name]["activation_regions"], True)
    assert found.per_layer[-1] == found.count
    assert list(found.per_layer) == sorted(found.per_layer)


@pytest.mark.skipif(not EXPECTED, reason="the measured cases are not on this machine")
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", LINEAR)
def test_linear_regions_of_the_degenerate_cases(name: str, exact: bool) -> None:
    assert count(case(name), kind="linear", exact=exact) == LINEAR[name]


@pytest.mark.long
@pytest.mark.skipif(not EXPECTED, reason="the measured cases are not on this machine")
@pytest.mark.parametrize("name", LARGE)
def test_the_large_measured_cases(name: str) -> None:
    assert count(case(name)) == EXPECTED[name]["activation_regions"]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_one_generic_layer_reaches_zaslavskys_number(n: int) -> None:
    chance = np.random.default_rng(n)
    network = ReluNetwork([chance.normal(size=(9, n)), np.ones((1, 9))], [chance.normal(size=9), np.zeros(1)])
    wide = 1e5 * np.ones(n)
    assert count_regions(network, -wide, wide).count == sum(comb(9, j) for j in range(n + 1))


@pytest.mark.parametrize("n", [3, 4, 5])
@pytest.mark.parametrize("exact", [False, True])
def test_cells_of_coordinate_planes_and_their_copies(n: int, exact: bool) -> None:
    weight = np.vstack([np.eye(n), -2.0 * np.eye(n), np.eye(n)])
    biases = np.concatenate([np.zeros(2 * n), 0.5 * np.ones(n)])
    network = ReluNetwork([weight, np.ones((1, 3 * n))], [biases, np.zeros(1)])
    assert count(network, exact=exact) == 3**n  # per axis: copies of x = 0, and x = -1/2


@pytest.mark.parametrize("exact", [False, True])
def test_braid_arrangement_has_as_many_cells_as_there_are_orders(exact: bool) -> None:
    pairs = [(i, j) for i in range(4) for j in range(i)]
    weight = np.array([np.eye(4)[i] - np.eye(4)[j] for i, j in pairs])
    network = ReluNetwork([weight, np.ones((1, 6))], [np.zeros(6), np.zeros(1)])
    assert count(network, exact=exact) == 24


@pytest.mark.parametrize("k, w", [(2, 3), (3, 2), (3, 4), (4, 3)])
def test_hard_functions_have_every_piece_the_theorem_promises(k: int, w: int) -> None:
    network = hard_function([np.linspace(0, 1, w + 1)[1:-1]] * k, 1.0)
    for kind in ("activation", "linear"):
        assert count_regions(network, [0.0], [1.0], kind=kind).count == w**k


def test_cells_with_more_sides_than_a_word_has_bits() -> None:
    angles = 2 * np.pi * np.arange(67) / 67
    tangents = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    built = ReluNetwork([tangents, np.ones((1, 67)), [[1.0]]], [-np.ones(67), [1.0], [0.0]])
    counted = ReluNetwork([tangents, np.ones((1, 67))], [-np.ones(67), [0.0]])
    for network, method in ((built, "rational arithmetic"), (counted, "convex cells")):
        found = count_regions(network, [-60.0, -60.0], [60.0, 60.0])
        assert (found.count, found.method) == (1 + 67 + comb(67, 2), method)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(), st.integers(0, 10**6))
def test_the_order_and_the_scale_of_units_do_not_matter(network: ReluNetwork, seed: int) -> None:
    chance = np.random.default_rng(seed)
    weights, biases = [w.copy() for w in network.weights], [b.copy() for b in network.biases]
    for layer, width in enumerate(network.hidden_widths):
        order, scale = chance.permutation(width), 2.0 ** chance.integers(-3, 4, width)
        weights[layer] = weights[layer][order] * scale[:, None]
        biases[layer] = biases[layer][order] * scale
        weights[layer + 1] = weights[layer + 1][:, order] / scale
    changed = ReluNetwork(weights, biases)
    for kind in ("activation", "linear"):
        assert count(changed, kind=kind) == count(network, kind=kind)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(kinds=("generic",), inputs=(2, 3, 4), largest=5), st.floats(-0.7, 0.7))
def test_counts_add_up_when_the_box_is_split(network: ReluNetwork, cut: float) -> None:
    n = network.input_dim
    low, high = cube(n)
    left, right = high.copy(), low.copy()
    left[0] = right[0] = cut
    on_the_cut = restricted(network, cut * np.eye(n)[0], np.eye(n)[:, 1:])
    halves = count_regions(network, low, left).count + count_regions(network, right, high).count
    assert halves - count(on_the_cut) == count(network)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(networks(layers=(1, 2, 3)))
def test_linear_is_at_most_activation_is_at_most_the_bound(network: ReluNetwork) -> None:
    activation = count(network)
    assert 1 <= count(network, kind="linear") <= activation
    assert activation <= upper_bound_regions(network.hidden_widths, network.input_dim)


def test_a_dead_layer_leaves_one_linear_region() -> None:
    network = ReluNetwork([np.eye(2), -np.ones((1, 2)), np.ones((1, 1))], [np.zeros(2), -np.ones(1), np.zeros(1)])
    assert count(network) == 4
    assert count(network, kind="linear") == 1
    assert count(network, kind="linear", exact=True) == 1


def test_equal_maps_that_do_not_touch_along_a_facet_stay_apart() -> None:
    # |x| - |y| has slopes (1, -1), (-1, -1), ...: all four differ; max(|x|, 1/2) is flat in the middle only.
    network = ReluNetwork([[[1.0], [-1.0]], [[1.0, 1.0]], [[1.0]]], [np.zeros(2), [-0.5], [0.0]])
    assert count(network) == 4
    assert count(network, kind="linear") == 3
    bumps = ReluNetwork([np.ones((4, 1)), [[1.0, -2.0, 2.0, -2.0]]], [[0.8, 0.4, -0.4, -0.8], [0.0]])
    assert count(bumps, kind="linear") == 5


def test_a_network_without_hidden_layers_has_one_region() -> None:
    found = count_regions(ReluNetwork([[[1.0, 2.0]]], [[0.0]]), *cube(2))
    assert (found.count, found.complete, found.per_layer) == (1, True, ())


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["activation", "linear"])
@pytest.mark.parametrize("exact", [False, True])
def test_max_regions_gives_a_lower_bound(n: int, kind: str, exact: bool) -> None:
    network = make_network("generic", (n, 12, 12, 1), 5)
    everything = count(network, kind=kind)
    some = count_regions(network, *cube(n), kind=kind, exact=exact, max_regions=5)
    assert not some.complete
    assert 1 <= some.count <= 5 < everything
    enough = count_regions(network, *cube(n), kind=kind, exact=exact, max_regions=everything)
    assert (enough.count, enough.complete) == (everything, True)


def test_max_regions_bounds_an_integer_count_too() -> None:
    network = make_network("zero bias", (3, 8, 6, 1), 1)
    some = count_regions(network, *cube(3), exact=True, max_regions=7)
    assert (some.count, some.complete, some.method) == (7, False, "rational arithmetic")


def test_a_count_does_not_depend_on_the_size_of_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network("generic", (3, 10, 10, 8, 1), 2)
    expected = count_regions(network, *cube(3)), count(network, kind="linear")
    monkeypatch.setattr("relu_core.regions.cells.CHUNK", 7)
    found = count_regions(network, *cube(3)), count(network, kind="linear")
    assert (found[0].count, found[0].per_layer, found[1]) == (expected[0].count, expected[0].per_layer, expected[1])


def test_float32_weights_are_taken_as_the_numbers_they_are() -> None:
    thirds = np.array([[1 / 3], [np.float32(1 / 3)]])
    network = ReluNetwork([thirds, np.ones((1, 2))], [[-0.1, -0.1], [0.0]])
    assert count(network, exact=True) == 3  # a third in float64 and in float32 switch at different inputs
    single = ReluNetwork([thirds.astype(np.float32), np.ones((1, 2), np.float32)], [[-0.1, -0.1], [0.0]])
    assert count(single, exact=True) == 2


def test_exact_says_how_it_was_decided() -> None:
    assert count_regions(make_network("generic", (2, 5, 1), 0), *cube(2), exact=True).method == (
        "convex cells, no sign in doubt"
    )
    assert count_regions(make_network("zero bias", (2, 5, 1), 0), *cube(2), exact=True).method == "rational arithmetic"


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            {"lower": [0, 0], "upper": [1, 0]},
            "the box is empty in input 1: lower 0 is not below upper 0; widen it",
        ),
        (
            {"lower": [0, np.nan], "upper": [1, 1]},
            "lower holds 1 missing or infinite values; impute or drop them first",
        ),
        (
            {"lower": [0, 0, 0], "upper": [1, 1]},
            "lower has shape (3,) and upper (2,); the network takes (2,)",
        ),
        (
            {"lower": [0, 0], "upper": [1, 1], "kind": "cells"},
            "kind is 'cells'; choose one of activation, linear",
        ),
        (
            {"lower": [0, 0], "upper": [1, 1], "max_regions": 0},
            "max_regions is 0; pass a whole number of at least 1",
        ),
    ],
)
def test_what_it_refuses(arguments: dict, sentence: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        count_regions(make_network("generic", (2, 3, 1), 0), **arguments)
    assert str(refusal.value) == sentence


def test_it_refuses_a_box_with_too_many_corners() -> None:
    with pytest.raises(ArgumentError) as refusal:
        count_regions(make_network("generic", (17, 3, 1), 0), *cube(17))
    assert str(refusal.value) == (
        "the network takes 17 inputs, a box has 2**17 corners and regions to match; count on a slice "
        "(regions_on_slice) or along segments (regions_on_segment), or estimate (estimate_regions)"
    )
