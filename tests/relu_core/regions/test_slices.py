"""Laws of regions_on_segment and regions_on_slice: the pieces are the network's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork, count_regions, regions_on_segment, regions_on_slice
from relu_core.regions import rational
from relu_core.regions.slices import restricted
from tests.strategies import make_network, networks


def area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(inputs=(1, 2, 5), layers=(1, 2, 3), outputs=2), st.integers(0, 10**6))
def test_pieces_of_segments_are_the_network(network: ReluNetwork, seed: int) -> None:
    start, end = np.random.default_rng(seed).uniform(-1, 1, (2, 3, network.input_dim))
    found = regions_on_segment(network, start, end)
    for s in range(3):
        times = np.linspace(0, 1, 57)
        piece = np.searchsorted(found.breakpoints[s], times)
        expected = network(start[s] + times[:, None] * (end[s] - start[s]))
        np.testing.assert_allclose(
            found.intercepts[s][piece] + found.slopes[s][piece] * times[:, None], expected, atol=1e-9
        )
        assert ((found.breakpoints[s] > 0) & (found.breakpoints[s] < 1)).all()
        assert (np.diff(found.breakpoints[s]) > 0).all()
        assert len(found.slopes[s]) == len(found.intercepts[s]) == found.counts[s] == len(found.breakpoints[s]) + 1


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(inputs=(1, 2, 3), layers=(1, 2, 3)), st.integers(0, 10**6))
def test_segments_have_as_many_pieces_as_integers_find(network: ReluNetwork, seed: int) -> None:
    start, end = np.random.default_rng(seed).integers(-4, 5, (2, network.input_dim)) / 4.0
    end = end if (start != end).any() else start + 1.0
    flat = restricted(network, start, (end - start)[:, None])
    expected = sum(1 for _ in rational.exact_regions(flat, np.zeros(1), np.ones(1)))
    assert regions_on_segment(network, start, end).counts.tolist() == [expected]


def test_a_segment_over_the_whole_line_is_the_count() -> None:
    network = make_network("generic", (1, 20, 20, 1), 3)
    assert regions_on_segment(network, [-1.0], [1.0]).counts[0] == count_regions(network, [-1.0], [1.0]).count


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(inputs=(2,), layers=(1, 2, 3)))
def test_a_slice_through_two_inputs_is_the_full_count(network: ReluNetwork) -> None:
    found = regions_on_slice(network, np.zeros(2), [1.0, 0.0], [0.0, 1.0], 1.0)
    assert len(found.polygons) == count_regions(network, [-1.0, -1.0], [1.0, 1.0]).count


@settings(max_examples=20, derandomize=True, deadline=None)
@given(networks(kinds=("generic", "duplicate"), inputs=(2, 4), outputs=2), st.integers(0, 10**6))
def test_polygons_tile_the_extent_and_carry_their_maps(network: ReluNetwork, seed: int) -> None:
    origin, u, v = np.random.default_rng(seed).normal(size=(3, network.input_dim))
    found = regions_on_slice(network, origin, u, v, (-1.0, 2.0, -0.5, 1.0))
    assert sum(map(area, found.polygons)) == pytest.approx(4.5, rel=1e-9)
    assert min(map(area, found.polygons)) > 0
    middles = np.array([polygon.mean(axis=0) for polygon in found.polygons])
    inputs = origin + middles @ np.stack([u, v])
    values = np.einsum("pmk,pk->pm", found.maps, np.hstack([middles, np.ones((len(middles), 1))]))
    np.testing.assert_allclose(values, network(inputs), atol=1e-9)
    np.testing.assert_array_equal(found.patterns, network.activation_pattern(inputs))


def test_a_slice_of_an_affine_network_is_its_extent() -> None:
    found = regions_on_slice(ReluNetwork([[[1.0, 2.0, 3.0]]], [[4.0]]), np.zeros(3), np.eye(3)[0], np.eye(3)[2], 2.0)
    assert [polygon.tolist() for polygon in found.polygons] == [[[-2, -2], [2, -2], [2, 2], [-2, 2]]]
    np.testing.assert_allclose(found.maps, [[[1.0, 3.0, 4.0]]])
    assert found.patterns.shape == (1, 0)
    assert found.extent.tolist() == [-2, 2, -2, 2]


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda n: regions_on_segment(n, [0, 0], [0, 0]), "segment 0 has length 0; its end must differ from its start"),
        (
            lambda n: regions_on_segment(n, [[0, 0]], [[1, 1], [2, 2]]),
            "start has shape (1, 2) and end (2, 2); pass one end a start",
        ),
        (
            lambda n: regions_on_slice(n, [0, 0], [1, 2], [2, 4]),
            "u and v lie on one line; pass two directions that span a plane",
        ),
        (
            lambda n: regions_on_slice(n, [0, 0, 0], [1, 0], [0, 1]),
            "origin has shape (3,); the network takes 2 inputs, pass (2,)",
        ),
        (
            lambda n: regions_on_slice(n, [0, 0], [1, 0], [0, 1], -1.0),
            "extent is -1.0; pass a positive half-width or (s from, s to, t from, t to)",
        ),
    ],
)
def test_what_they_refuse(call: object, sentence: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        call(make_network("generic", (2, 3, 1), 0))
    assert str(refusal.value) == sentence
