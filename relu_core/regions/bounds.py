"""upper_bound_regions, lower_bound_regions: proven bounds on the number of activation regions, one theorem a method."""

from collections.abc import Sequence
from math import comb, exp, lgamma, log, prod

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.regions.signs import EXACT_GUARD, rounding_errors

UPPER_METHODS = ("serra", "montufar", "naive")
LOWER_METHODS = ("montufar", "serra", "arora")


def upper_bound_regions(hidden_widths: Sequence[int], input_dim: int, *, method: str = "serra") -> int:
    """No network of these hidden widths and inputs has more activation regions, in any box.

    method: "serra" tracks the dimension left after each layer and is never above the others [Serra, Tjandraatmadja,
    Ramalingam 2018, Theorem 1]; "montufar" takes the smallest width so far as dimension [Montufar 2017]; "naive" is
    2**size. One hidden layer: the sum of C(m, j), j <= n, that m units in general position reach [Zaslavsky 1975].
    Refuses: widths or input_dim below 1, unknown methods.
    """
    widths = arguments.hidden_widths(hidden_widths)
    n = arguments.positive_integer(input_dim, "input_dim")
    arguments.one_of(method, UPPER_METHODS, "method")
    if method == "naive":
        return 1 << sum(widths)
    if method == "montufar":
        return prod(arrangement_regions(w, min(n, *widths[: i + 1])) for i, w in enumerate(widths))
    return _serra_upper(widths, widths, n)


def lower_bound_regions(hidden_widths: Sequence[int], input_dim: int, *, method: str = "montufar") -> int:
    """Some network of these hidden widths and inputs has at least that many linear regions.

    method: "montufar" folds each layer onto itself floor(w / n) times, every width at least n [Montufar, Pascanu, Cho,
    Bengio 2014, Theorem 4]; "serra" folds once more, floor(w / n) + 1 times, every width at least 3 n [Serra et
    al. 2018, section 3]; "arora" is a zonotope of m generators followed by zigzags, first width 2 m
    [Arora et al. 2018, Theorem 3.9].
    Refuses: widths too small for the theorem, unknown methods.
    """
    widths = arguments.hidden_widths(hidden_widths)
    n = arguments.positive_integer(input_dim, "input_dim")
    arguments.one_of(method, LOWER_METHODS, "method")
    if not widths:
        return 1
    if method == "arora":
        return _arora_lower(widths, n)
    least = n if method == "montufar" else 3 * n
    if min(widths) < least:
        raise ArgumentError(
            f"the narrowest hidden layer has {min(widths)} units; method {method!r} needs {least} units"
        )
    if method == "montufar":
        return prod((w // n) ** n for w in widths[:-1]) * arrangement_regions(widths[-1], n)
    return prod((w // n + 1) ** n for w in widths[:-1]) * arrangement_regions(widths[-1], n)


def upper_bound_in_box(network: ReluNetwork, lower: ArrayLike, upper: ArrayLike) -> int:
    """No more activation regions than that in the box lower, upper (n,): units that never switch there do not count.

    Source: Serra, Ramalingam 2020, "Empirical bounds on linear regions of deep rectifier networks"; here interval
    arithmetic finds the units that stay on or off, where they solve mixed-integer programs.
    """
    low, high = arguments.box(lower, upper, network.input_dim)
    errors = rounding_errors(network, low, high, factor=EXACT_GUARD)
    switching, alive = [], []
    for weight, bias, error in zip(network.weights[:-1], network.biases[:-1], errors.values[:-1], strict=True):
        middle, radius = weight @ ((low + high) / 2) + bias, np.abs(weight) @ ((high - low) / 2) + error
        low, high = middle - radius, middle + radius
        switching.append(int(((low <= 0) & (high >= 0)).sum()))
        alive.append(int((high >= 0).sum()))
        low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
    return _serra_upper(switching, alive, network.input_dim)


def expected_regions(size: int, input_dim: int) -> float:
    """Activation regions a random network of `size` units has in a box where each unit bends once: size**n / n!.

    An order of magnitude for networks at initialisation, neither bound nor count; 2**size where that is smaller.
    Source: Hanin, Rolnick 2019, "Deep ReLU networks have surprisingly few activation patterns", Theorem 5.
    """
    units, n = arguments.positive_integer(size, "size"), arguments.positive_integer(input_dim, "input_dim")
    return exp(min(n * log(units) - lgamma(n + 1), units * log(2.0))) if units >= n else 2.0**units


def arrangement_regions(units: int, dim: int) -> int:
    """Regions of `units` hyperplanes in general position in `dim` dimensions [Zaslavsky 1975]."""
    return sum(comb(units, j) for j in range(min(units, dim) + 1))


def _serra_upper(switching: Sequence[int], alive: Sequence[int], n: int) -> int:
    """Sum over the numbers j of units switched off in each layer, of those that switch; `alive` are not always off.

    A region where j units are off has an image of dimension min(d, alive - j) at most. Counting at most C(switching, j)
    regions for each j <= d, the ones with the largest images first, cannot be too few.
    """
    reached = {n: 1}
    for units, living in zip(switching, alive, strict=True):
        after: dict[int, int] = {}
        for dim, number in reached.items():
            for j in range(min(dim, units) + 1):
                left = min(dim, living - j)
                after[left] = after.get(left, 0) + number * comb(units, j)
        reached = after
    return sum(reached.values())


def _arora_lower(widths: Sequence[int], n: int) -> int:
    m = widths[0] // 2
    if m < n:
        raise ArgumentError(f"the first hidden layer has {widths[0]} units; method 'arora' needs {2 * n} or more")
    zonotope = 2 * sum(comb(m - 1, i) for i in range(n))
    return zonotope * prod(widths[1:])
