"""Hypothesis strategies that several tests share."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from relu_core import ReluNetwork

KINDS = ("generic", "zero bias", "duplicate", "integer")


def make_network(kind: str, widths: tuple[int, ...], seed: int) -> ReluNetwork:
    """A random network with the widths (n, hidden..., m): generic, or degenerate in one of three ways."""
    chance = np.random.default_rng([seed, *widths])
    pairs = list(pairwise(widths))
    if kind == "integer":
        weights = [chance.integers(-1, 2, (b, a)).astype(float) for a, b in pairs]
        return ReluNetwork(weights, [chance.integers(-2, 3, b) / 4.0 for _, b in pairs])
    weights = [chance.normal(0.0, np.sqrt(2.0 / a), (b, a)) for a, b in pairs]
    biases = [np.zeros(b) if kind == "zero bias" else chance.normal(0.0, 0.3, b) for _, b in pairs]
    if kind == "duplicate":
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            half = len(weight) // 2
            signs = chance.choice([-1.0, 1.0], half)
            weight[len(weight) - half :] = weight[:half] * signs[:, None]
            bias[len(bias) - half :] = bias[:half] * signs
    return ReluNetwork(weights, biases)


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    kinds: tuple[str, ...] = KINDS,
    inputs: tuple[int, ...] = (1, 2, 3),
    largest: int = 6,
    layers: tuple[int, ...] = (1, 2),
    outputs: int = 1,
) -> ReluNetwork:
    """Small networks of every kind; the seed is drawn, so a failing example can be repeated."""
    kind = draw(st.sampled_from(kinds))
    n = draw(st.sampled_from(inputs))
    hidden = [draw(st.integers(2, largest)) for _ in range(draw(st.sampled_from(layers)))]
    return make_network(kind, (n, *hidden, outputs), draw(st.integers(0, 2**20)))
