"""Rational arithmetic on float64 networks: exact values, exact zeros, and weights whose rounding is steered.

A float64 number is a fraction with a power of two below, so every network has exact values at rational points.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork

UNIT_ROUNDOFF = 2.0**-53


def evaluate_exactly(
    network: ReluNetwork, X: Floats | Sequence[Sequence[Fraction | float | int]]
) -> list[tuple[Fraction, ...]]:
    """The network's values at rows X (D, n) of rationals or floats, in rational arithmetic: D tuples of m fractions.

    Refuses: a row with another number of entries than the network has inputs.
    """
    layers = [_terms(weight, bias) for weight, bias in zip(network.weights, network.biases, strict=True)]
    results = []
    for i, row in enumerate(X):
        values = [Fraction(x) if isinstance(x, Fraction | int) else Fraction(float(x)) for x in row]
        if len(values) != network.input_dim:
            raise ArgumentError(
                f"X[{i}] has {len(values)} entries where the network takes {network.input_dim} inputs; pass as many"
            )
        for j, rows in enumerate(layers):
            values = [bias + sum(w * values[k] for k, w in terms if values[k]) for bias, terms in rows]
            if j < len(layers) - 1:
                values = [max(v, Fraction(0)) for v in values]
        results.append(tuple(values))
    return results


def float64_error_bound(network: ReluNetwork, X: ArrayLike) -> Floats:
    """A proven bound (D, m) on |network(X) - exact value| at rows X (D, n), whatever the order of the sums.

    Each product sum of n terms errs by at most n u / (1 - n u) times the sum of the absolute terms, u = 2^-53, and
    passes on the errors of the layer before; relu increases none. Infinite where float64 overflows.
    Source: Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
    """
    values = arguments.rows(X, network.input_dim)
    error = np.zeros_like(values)
    with np.errstate(over="ignore", invalid="ignore"):
        for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
            terms = weight.shape[1] + 2
            growth = terms * UNIT_ROUNDOFF / (1 - terms * UNIT_ROUNDOFF)
            size = np.abs(weight)
            error = error @ size.T * (1 + growth) + growth * (np.abs(values) @ size.T + np.abs(bias))
            values = values @ weight.T + bias
            if i < network.hidden_layers:
                values = np.maximum(values, 0.0)
        # The bound is itself computed in float64: one part in a thousand covers its own rounding and underflow.
        return np.nan_to_num(error * 1.001 + np.finfo(float).tiny, nan=np.inf, posinf=np.inf)


def bend_weights(points: Floats, levels: Floats, *, inside: tuple[float, float] | None = None) -> Floats:
    """Weights c (p,) such that levels[0] + sum_i c_i relu(x - points[i]) takes the value levels[i] at points[i].

    points, levels: (p+1,). Each weight answers the exact value reached so far, so roundings do not add up; with
    `inside` = (low, high) a weight is rounded so that the next value stays in that range.
    """
    value, slope = Fraction(levels[0]), Fraction(0)
    at = [Fraction(float(x)) for x in points]
    weights = np.empty(len(at) - 1)
    for i in range(len(weights)):
        gap = at[i + 1] - at[i]
        weight = _as_float((Fraction(float(levels[i + 1])) - value) / gap - slope, points[i])
        if inside is not None:
            weight = _rounded_inside(weight, value + slope * gap, gap, inside)
        weights[i] = weight
        slope += Fraction(weight)
        value += slope * gap
    return weights


def determinant_is_zero(rows: Floats) -> bool:
    """Whether rows (r, n), r <= n, are linearly dependent, decided exactly where float64 leaves a doubt."""
    size = np.linalg.norm(rows, axis=1)
    if not size.all():
        return True
    if np.linalg.svd(rows / size[:, None], compute_uv=False)[-1] > 1e-8:
        return False
    return rank([[Fraction(float(x)) for x in row] for row in rows]) < len(rows)


def rank(matrix: list[list[Fraction]]) -> int:
    """Rank of a matrix of fractions by elimination; the matrix is used up."""
    found = 0
    for column in range(len(matrix[0]) if matrix else 0):
        pivot = next((i for i in range(found, len(matrix)) if matrix[i][column]), None)
        if pivot is None:
            continue
        matrix[found], matrix[pivot] = matrix[pivot], matrix[found]
        top = matrix[found]
        for row in matrix[found + 1 :]:
            factor = row[column] / top[column]
            if factor:
                row[:] = [x - factor * t for x, t in zip(row, top, strict=True)]
        found += 1
    return found


def _terms(weight: Floats, bias: Floats) -> list[tuple[Fraction, list[tuple[int, Fraction]]]]:
    """Per output: the bias, and (input, weight) where the weight is not 0."""
    return [
        (Fraction(float(b)), [(int(k), Fraction(float(row[k]))) for k in np.flatnonzero(row)])
        for row, b in zip(weight, bias, strict=True)
    ]


def _as_float(slope_change: Fraction, point: float) -> float:
    try:
        return float(slope_change)
    except OverflowError:
        raise ArgumentError(f"the bend at {point:g} is steeper than float64 can hold; move breakpoints apart") from None


def _rounded_inside(weight: float, value: Fraction, gap: Fraction, inside: tuple[float, float]) -> float:
    while value + Fraction(weight) * gap < Fraction(inside[0]):
        weight = float(np.nextafter(weight, np.inf))
    while value + Fraction(weight) * gap > Fraction(inside[1]):
        weight = float(np.nextafter(weight, -np.inf))
    return weight
