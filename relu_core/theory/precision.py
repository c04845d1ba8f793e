"""float64_check: whether float64 still carries a network, found out by comparing with rational arithmetic."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.network import ReluNetwork
from relu_core.theory.rational import evaluate_exactly


@dataclass(frozen=True)
class Float64Check:
    """What float64 is worth for a network on a box, as shares of the range of its exact values at the points tried.

    holds: both shares are within the tolerance. error: largest |float64 value - exact value|. jump: largest exact
    difference between an input and the next float64 number in one coordinate: above the tolerance, the pieces are finer
    than float64 inputs can address. points: how many inputs were tried; nothing is claimed about others.
    sentence: the finding in words, with the remedy.
    """

    holds: bool
    error: float
    jump: float
    points: int
    sentence: str


def float64_check(
    network: ReluNetwork,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    points: int = 50,
    seed: int = 0,
    tolerance: float = 1e-6,
) -> Float64Check:
    """Compares float64 with rational arithmetic at random inputs of the box and at their float64 neighbours.

    lower, upper: (n,) corners. Every fold multiplies errors, so that hard functions lose float64 step by step with the
    number of layers; this says when. Refuses: an empty box, points < 2, a negative tolerance.
    """
    low, high = arguments.box(lower, upper, network.input_dim)
    count = max(arguments.positive_integer(points, "points"), 2)
    arguments.not_negative(tolerance, "tolerance")
    X = np.random.default_rng(seed).uniform(low, high, size=(count, network.input_dim))
    coordinate = np.random.default_rng([seed, 1]).integers(network.input_dim, size=count)
    beside = X.copy()
    beside[np.arange(count), coordinate] = np.nextafter(X[np.arange(count), coordinate], np.inf)
    exact, next_to = evaluate_exactly(network, X), evaluate_exactly(network, beside)
    spread = max(max(column) - min(column) for column in zip(*exact, strict=True)) or Fraction(1)
    measured = [[Fraction(float(v)) for v in row] for row in network(X)]
    error = float(_largest(measured, exact) / spread)
    jump = float(_largest(next_to, exact) / spread)
    return Float64Check(error <= tolerance and jump <= tolerance, error, jump, count, _sentence(error, jump, tolerance))


def _largest(first: list[list[Fraction]] | list[tuple[Fraction, ...]], second: list[tuple[Fraction, ...]]) -> Fraction:
    return max(abs(a - b) for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True))


def _sentence(error: float, jump: float, tolerance: float) -> str:
    if error > tolerance:
        return (
            f"float64 breaks down here: its values are wrong by up to {error:.2g} of the range; use evaluate_exactly "
            "for values and count_pieces for counts"
        )
    if jump > tolerance:
        return (
            f"the pieces are finer than float64 inputs: the next number is {jump:.2g} of the range away; pass "
            "fractions to evaluate_exactly, count with count_pieces"
        )
    return f"float64 holds here: errors up to {error:.2g} of the range at the inputs tried"
