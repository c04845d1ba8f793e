"""minimise: the same function with fewer units, by what can be seen from the weights and proven from them."""

from fractions import Fraction

import numpy as np

from relu_core.arguments import Floats
from relu_core.network import ReluNetwork
from relu_core.theory.rational import evaluate_exactly

POINTS = 3


def minimise(network: ReluNetwork) -> ReluNetwork:
    """The network without duplicate and dead units.

    Merged: units of a layer whose weights and bias are equal up to a positive factor (relu(c z) = c relu(z)), compared
    exactly. Removed: units that are constant (no incoming weight, or, behind a relu, no positive weight and no positive
    bias), whose constant goes into the next bias, and units that nothing reads. Repeated until nothing changes.
    The function is the same but for one rounding of each weight that took over another's; it is compared with the
    original in rational arithmetic at a few points before it is returned. A layer keeps at least one unit.
    """
    weights, biases = list(network.weights), list(network.biases)
    changed = True
    while changed:
        changed = False
        for layer in range(len(weights) - 1):
            before = weights[layer].shape[0]
            _fold_constants(weights, biases, layer)
            _merge_duplicates(weights, biases, layer)
            _drop_unread(weights, biases, layer)
            changed |= weights[layer].shape[0] < before
    smaller = ReluNetwork(weights, biases)
    _check_same(network, smaller)
    return smaller


def _fold_constants(weights: list[Floats], biases: list[Floats], layer: int) -> None:
    weight, bias = weights[layer], biases[layer]
    off = ((weight <= 0).all(axis=1) & (bias <= 0)) if layer else np.zeros(len(bias), dtype=bool)
    constant = off | ~weight.any(axis=1)
    biases[layer + 1] = (
        biases[layer + 1] + weights[layer + 1][:, constant] @ np.where(off, 0.0, np.maximum(bias, 0.0))[constant]
    )
    weights[layer + 1] = weights[layer + 1].copy()
    weights[layer + 1][:, constant] = 0.0


def _merge_duplicates(weights: list[Floats], biases: list[Floats], layer: int) -> None:
    rows = np.column_stack([weights[layer], biases[layer]])
    following = weights[layer + 1].copy()
    alike: dict[bytes, list[int]] = {}
    for unit, row in enumerate(rows):
        if not row.any():
            continue
        # Float64 finds candidates, fractions decide: proportional rows agree to far more than nine digits.
        rough = np.round(row / np.abs(row).max(), 9) + 0.0
        keepers = alike.setdefault(rough.tobytes(), [])
        ratio, keeper = next(((r, k) for k in keepers if (r := _ratio(row, rows[k])) is not None), (None, unit))
        if ratio is None:
            keepers.append(unit)
            continue
        for out in np.flatnonzero(following[:, unit]):
            taken = Fraction(float(following[out, unit])) * ratio + Fraction(float(following[out, keeper]))
            following[out, keeper] = float(taken)
        following[:, unit] = 0.0
    weights[layer + 1] = following


def _ratio(row: Floats, kept: Floats) -> Fraction | None:
    """c > 0 with row = c * kept exactly, or None."""
    places = np.flatnonzero(kept)
    if not np.array_equal(places, np.flatnonzero(row)):
        return None
    ratios = {Fraction(float(row[i])) / Fraction(float(kept[i])) for i in places}
    ratio = ratios.pop()
    return ratio if not ratios and ratio > 0 else None


def _drop_unread(weights: list[Floats], biases: list[Floats], layer: int) -> None:
    read = np.flatnonzero(weights[layer + 1].any(axis=0))
    if not read.size:
        read = np.array([0])
    weights[layer], biases[layer] = weights[layer][read], biases[layer][read]
    weights[layer + 1] = weights[layer + 1][:, read]


def _check_same(network: ReluNetwork, smaller: ReluNetwork) -> None:
    points = np.random.default_rng(network.size).normal(size=(POINTS, network.input_dim))
    for before, after in zip(evaluate_exactly(network, points), evaluate_exactly(smaller, points), strict=True):
        for a, b in zip(before, after, strict=True):
            if abs(a - b) > Fraction(1, 10**9) * (1 + abs(a)):
                raise AssertionError(f"minimise changed the function from {float(a)!r} to {float(b)!r}")
