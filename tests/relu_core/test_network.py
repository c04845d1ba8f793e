"""ReluNetwork: evaluation against the formula, counts, scaling, bytes, and whole sentences for what is refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, ReluNetwork


def draw_network(seed: int, sizes: tuple[int, ...]) -> ReluNetwork:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(after, before)) for before, after in itertools.pairwise(sizes)]
    return ReluNetwork(weights, [rng.normal(size=after) for after in sizes[1:]])


networks = st.builds(
    draw_network, st.integers(0, 10_000), st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)
)


@given(networks, st.integers(0, 1000))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_evaluation_is_the_formula_unit_by_unit(network: ReluNetwork, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=network.input_dim)
    values = list(x)
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        values = [sum(w * v for w, v in zip(row, values, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
        if layer < network.hidden_layers:
            values = [max(0.0, v) for v in values]
    assert np.allclose(network(x[None]), [values], rtol=1e-12, atol=1e-12)


@given(networks)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_bytes_are_the_same_every_time_and_come_back_bit_for_bit(network: ReluNetwork) -> None:
    data = network.to_bytes()
    assert all(network.to_bytes() == data for _ in range(5))
    again = ReluNetwork.from_bytes(data)
    for before, after in zip(network.weights + network.biases, again.weights + again.biases, strict=True):
        assert np.array_equal(before, after)


@given(networks, st.integers(0, 1000))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_folded_scaling_takes_raw_values_and_gives_raw_values(network: ReluNetwork, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mean, scale = rng.normal(size=network.input_dim), rng.uniform(0.1, 5, network.input_dim)
    X = rng.normal(size=(7, network.input_dim))
    folded = network.fold_scaling(mean, scale, 3.0, 2.0)
    assert np.allclose(folded(X), 3.0 + 2.0 * network((X - mean) / scale), rtol=1e-9, atol=1e-9)
    assert folded.parameters == network.parameters


def test_counts_are_those_of_the_words() -> None:
    network = draw_network(0, (4, 8, 8, 1))
    assert (network.hidden_layers, network.hidden_widths, network.size) == (2, (8, 8), 16)
    assert network.parameters == 4 * 8 + 8 + 8 * 8 + 8 + 8 + 1
    assert network.flops == 2 * (32 + 64 + 8)
    assert repr(network) == "ReluNetwork(4-8-8-1)"


def test_float32_weights_are_kept_exactly_and_nothing_can_be_changed() -> None:
    weight = np.array([[0.1]], dtype=np.float32)
    network = ReluNetwork([weight], [[0.0]])
    assert network.weights[0][0, 0] == float(np.float32(0.1))
    with pytest.raises(ValueError, match="read-only"):
        network.weights[0][0, 0] = 1.0


@pytest.mark.parametrize(
    ("weights", "biases", "sentence"),
    [
        ([], [], "there are 0 weights and 0 biases; pass one of each a layer, at least one"),
        ([[[1.0]]], [[1.0, 2.0]], "biases[0] has 2 entries, weights[0] 1 rows; make them equal"),
        ([[[1.0]], [[1.0, 2.0]]], [[0.0], [0.0]], "weights[1] has 2 columns, layer 0 gives 1; make them equal"),
        ([[[np.nan]]], [[0.0]], "weights[0] holds 1 missing or infinite values; impute or drop them first"),
        ([[1.0]], [[0.0]], "weights[0] has shape (1,); pass a matrix that is not empty"),
    ],
)
def test_what_is_no_network_is_refused_in_a_sentence(weights: list, biases: list, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        ReluNetwork(weights, biases)
    assert str(caught.value) == sentence


def test_rows_with_other_columns_and_other_bytes_are_refused_in_a_sentence() -> None:
    network = draw_network(0, (2, 3, 1))
    with pytest.raises(ArgumentError) as caught:
        network([[1.0]])
    assert str(caught.value) == "X has 1 columns where 2 are needed; pass those it was built for"
    with pytest.raises(ArgumentError, match=r"data is no safetensors file .*; pass the bytes of ReluNetwork.to_bytes"):
        ReluNetwork.from_bytes(b"\x80\x04pickle")
