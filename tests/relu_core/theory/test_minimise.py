"""minimise leaves the function alone and takes away what the weights show to be superfluous."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ReluNetwork
from relu_core.theory import evaluate_exactly, minimise
from tests.strategies import networks


@given(networks(inputs=(1, 2, 3), layers=(1, 2, 3), outputs=2))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_the_function_stays_the_same(network: ReluNetwork) -> None:
    smaller = minimise(network)
    X = np.random.default_rng(0).normal(size=(100, network.input_dim)) * 2
    assert smaller.size <= network.size
    assert smaller.hidden_layers == network.hidden_layers
    assert np.allclose(smaller(X), network(X), atol=1e-10)
    assert minimise(smaller).hidden_widths == smaller.hidden_widths


@given(networks(kinds=("generic",), inputs=(2,), layers=(2,)), st.integers(0, 1000))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_scaled_copies_and_dead_units_disappear_exactly(network: ReluNetwork, seed: int) -> None:
    chance = np.random.default_rng(seed)
    weights, biases = list(network.weights), list(network.biases)
    for layer in range(2):
        width = len(biases[layer])
        factors = 2.0 ** chance.integers(-3, 4, width)
        # Copies in powers of two, read with weight 0 by half of the next layer; a unit that is always off; a constant.
        weights[layer] = np.concatenate(
            [
                weights[layer],
                weights[layer] * factors[:, None],
                -np.abs(weights[layer][:1]) * (layer == 1),
                weights[layer][:1] * 0,
            ]
        )
        biases[layer] = np.concatenate([biases[layer], biases[layer] * factors, [-1.0], [0.0]])
        following = weights[layer + 1]
        weights[layer + 1] = np.concatenate([following, np.zeros((len(following), width + 2))], axis=1)
        weights[layer + 1][0, width:] = 1.0
    grown = ReluNetwork(weights, biases)
    smaller = minimise(grown)
    assert all(a <= b for a, b in zip(smaller.hidden_widths, network.hidden_widths, strict=True))
    X = chance.normal(size=(5, 2))
    before, after = evaluate_exactly(grown, X), evaluate_exactly(smaller, X)
    assert all(
        abs(a - b) < 1e-12 * (1 + abs(a)) for x, y in zip(before, after, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_a_constant_network_keeps_one_unit_a_layer() -> None:
    network = ReluNetwork([np.zeros((3, 2)), np.ones((1, 3))], [np.array([1.0, -1.0, 0.5]), [2.0]])
    smaller = minimise(network)
    assert smaller.hidden_widths == (1,)
    assert (smaller(np.zeros((1, 2))) == 3.5).all()
