"""Laws of enumerate_regions: every region is where it says it is."""

import numpy as np
import pytest
from hypothesis import given, settings

from relu_core import ArgumentError, ReluNetwork, count_regions, enumerate_regions
from tests.strategies import make_network, networks


def regions_of(network: ReluNetwork) -> list:
    n = network.input_dim
    return list(enumerate_regions(network, -np.ones(n), np.ones(n)))


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(inputs=(1, 2, 3, 4), largest=4, outputs=2))
def test_regions_tile_the_box_and_know_their_network(network: ReluNetwork) -> None:
    n = network.input_dim
    regions = regions_of(network)
    assert len(regions) == count_regions(network, -np.ones(n), np.ones(n)).count
    assert sum(region.volume for region in regions) == pytest.approx(2.0**n, rel=1e-9)
    for region in regions:
        homogeneous = np.append(region.point, 1.0)
        assert (region.halfspaces @ homogeneous > 0.0).all()
        assert (np.hstack([region.vertices, np.ones((len(region.vertices), 1))]) @ region.halfspaces.T > -1e-9).all()
        np.testing.assert_allclose(np.linalg.norm(region.halfspaces[:, :-1], axis=1), 1.0)
        np.testing.assert_allclose(region.map @ homogeneous, network(region.point[None])[0], atol=1e-9)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(kinds=("generic",), inputs=(1, 2, 3)))
def test_every_pattern_is_reproduced_at_its_point(network: ReluNetwork) -> None:
    for region in regions_of(network):
        np.testing.assert_array_equal(network.activation_pattern(region.point[None])[0], region.pattern)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(networks(inputs=(1, 2, 3), largest=4, layers=(1, 2, 3)))
def test_neighbours_are_regions_and_know_each_other(network: ReluNetwork) -> None:
    neighbours = {region.pattern.tobytes(): {p.tobytes() for p in region.neighbours} for region in regions_of(network)}
    for pattern, others in neighbours.items():
        for other in others:
            assert pattern in neighbours[other]


def test_a_square_cut_in_two() -> None:
    network = ReluNetwork([[[1.0, 0.0]], [[1.0]]], [[-0.5], [0.0]])
    on, off = sorted(regions_of(network), key=lambda region: -region.point[0])
    assert (on.pattern.tolist(), off.pattern.tolist()) == ([True], [False])
    assert (on.volume, off.volume) == pytest.approx((1.0, 3.0))
    np.testing.assert_array_equal(on.halfspaces[0], [1.0, 0.0, -0.5])
    np.testing.assert_array_equal(on.neighbours, [[False]])
    np.testing.assert_array_equal(on.map, [[1.0, 0.0, -0.5]])


def test_volume_is_left_out_above_four_inputs() -> None:
    assert all(np.isnan(region.volume) for region in regions_of(make_network("generic", (5, 3, 1), 0)))


def test_it_refuses_at_the_call_not_at_the_first_region() -> None:
    with pytest.raises(ArgumentError) as refusal:
        enumerate_regions(make_network("generic", (2, 3, 1), 0), [0.0, 0.0], [1.0, -1.0])
    assert str(refusal.value) == "the box is empty in input 1: lower 0 is not below upper -1; widen it"
