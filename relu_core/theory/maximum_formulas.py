"""The maximum of five and of six numbers as weighted sums of max(A, B), where A and B are sums of maxima of pairs.

Each formula is symmetric: a pattern such as max(2 x_0, max(x_1, x_2) + max(x_3, x_4)) stands for the average over all
the different ways to name the numbers. The patterns and their weights were found by a linear program that looks for the
fewest patterns; `Formula.is_proven` is the proof, in rational arithmetic.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import accumulate, permutations

Side = tuple[tuple[int, ...], ...]
"""A sum of maxima: ((0, 1), (2,)) is max(x_0, x_1) + x_2."""


@dataclass(frozen=True)
class Formula:
    """max(x_0, ..., x_{numbers-1}) = sum of coefficient * max(left, right) over `terms`."""

    numbers: int
    terms: tuple[tuple[Fraction, Side, Side], ...]

    @staticmethod
    def averaged(numbers: int, patterns: list[tuple[Fraction, Side, Side]]) -> "Formula":
        """Each pattern stands for the average over all ways to rename the numbers."""
        terms = []
        for weight, left, right in patterns:
            orbit = sorted({_ordered(_renamed(left, p), _renamed(right, p)) for p in permutations(range(numbers))})
            terms += [(weight / len(orbit), a, b) for a, b in orbit]
        return Formula(numbers, tuple(terms))

    def is_proven(self) -> bool:
        """Whether the formula holds for all numbers, decided exactly.

        It is symmetric, so sorted numbers x_0 >= x_1 >= ... are enough; there every inner maximum is its first number,
        and max(A, B) = (A + B + |A - B|) / 2 with A - B linear. |A - B| bends inside the sorted cone exactly when some
        running sums of its coefficients are positive and some negative. Bends along different hyperplanes never cancel,
        so the formula holds iff the weights of each such hyperplane add up to 0 and the linear rest is x_0.
        """
        bends: dict[tuple[Fraction, ...], Fraction] = {}
        rest = [Fraction(0)] * self.numbers
        for weight, left, right in self.terms:
            a, b = self._when_sorted(left), self._when_sorted(right)
            difference = [p - q for p, q in zip(a, b, strict=True)]
            running = list(accumulate(difference))
            sign = 1 if min(running) >= 0 else -1
            if min(running) < 0 < max(running):
                # One name for a hyperplane whichever side is which, and whatever the scale.
                scale = next(c for c in difference if c)
                key = tuple(c / scale for c in difference)
                bends[key] = bends.get(key, Fraction(0)) + weight * abs(scale)
                sign = 0
            rest = [r + weight * (p + q + sign * (p - q)) / 2 for r, p, q in zip(rest, a, b, strict=True)]
        return not any(bends.values()) and rest == [Fraction(1)] + [Fraction(0)] * (self.numbers - 1)

    def _when_sorted(self, side: Side) -> list[Fraction]:
        coefficients = [Fraction(0)] * self.numbers
        for maximum in side:
            coefficients[min(maximum)] += 1
        return coefficients


def _renamed(side: Side, names: tuple[int, ...]) -> Side:
    return tuple(sorted(tuple(sorted(names[i] for i in maximum)) for maximum in side))


def _ordered(a: Side, b: Side) -> tuple[Side, Side]:
    return (a, b) if a <= b else (b, a)


@cache
def of_two() -> Formula:
    """max(x_0, x_1) itself."""
    return Formula(2, ((Fraction(1), ((0,),), ((1,),)),))


@cache
def of_five() -> Formula:
    """Five numbers in 60 terms: what Bakaev et al. 2025 prove possible (their abstract; arXiv 2505.14338)."""
    return Formula.averaged(
        5,
        [
            (Fraction(1, 2), ((0,), (0,)), ((1, 2), (3, 4))),
            (Fraction(1), ((0, 1), (0, 1)), ((2, 3), (2, 3))),
            (Fraction(-1), ((0, 1), (0, 2)), ((1, 2), (3, 4))),
        ],
    )


@cache
def of_six() -> Formula:
    """Six numbers in 495 terms."""
    return Formula.averaged(
        6,
        [
            (Fraction(1), ((0, 1), (0, 1)), ((2, 3), (2, 3))),
            (Fraction(2), ((0, 1), (0, 2)), ((0, 3), (4, 5))),
            (Fraction(-1, 2), ((0, 1), (0, 2)), ((3, 4), (3, 5))),
            (Fraction(-2), ((0, 1), (2, 3)), ((0, 2), (4, 5))),
        ],
    )
