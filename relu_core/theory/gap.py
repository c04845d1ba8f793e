"""How much larger a shallower network must be: lower bounds from counting pieces, and the gap theorem as numbers."""

from dataclasses import dataclass
from fractions import Fraction

from relu_core import arguments
from relu_core.errors import ArgumentError


@dataclass(frozen=True)
class Gap:
    """Sizes (hidden units) of the hard function of (k, w) with `hidden_layers` hidden layers instead of k.

    pieces: w^k. deep_size: w k, with k hidden layers. lower_bound: no network with at most `hidden_layers` hidden
    layers is smaller (counting, sharper than the theorem). theorem_bound: (1/2) k' w^(k/k') - 1 of Theorem 3.1.
    representable_size: a network with `hidden_layers` hidden layers that is known to compute it.
    ratio: lower_bound / deep_size.
    """

    k: int
    w: int
    hidden_layers: int
    pieces: int
    deep_size: int
    lower_bound: int
    theorem_bound: float
    representable_size: int
    ratio: float


def shallow_size_lower_bound(pieces: int, hidden_layers: int) -> int:
    """The smallest number of hidden units that can make `pieces` pieces on an interval in that many hidden layers.

    A layer of n units cuts each piece it is given into at most n + 1, so widths n_1, ..., n_k' give at most
    prod (n_l + 1) pieces; the product is largest for equal widths, and the answer is the smallest sum that reaches
    `pieces` (a layer has at least one unit). Departs from the paper, whose count of 2 n_l a layer gives
    (1/2) k' p^(1/k') - 1: never below that bound.
    Refuses: numbers below 1. Source: Arora et al. 2018, Theorem 3.1, with the count of Serra et al. 2018.
    """
    pieces = arguments.positive_integer(pieces, "pieces")
    layers = arguments.positive_integer(hidden_layers, "hidden_layers")
    low, high = 0, pieces
    while low < high:
        middle = (low + high) // 2
        if most_pieces(middle, layers) >= pieces:
            high = middle
        else:
            low = middle + 1
    return max(low, layers)


def most_pieces(size: int, hidden_layers: int) -> int:
    """The most pieces `size` units in `hidden_layers` layers can make on a line: prod (n_l + 1), widths nearly equal.

    Source: Serra et al. 2018, exact for one input.
    """
    share, rest = divmod(size, hidden_layers)
    return (share + 2) ** rest * (share + 1) ** (hidden_layers - rest)


def theorem_bound(pieces: int, hidden_layers: int) -> float:
    """(1/2) k' p^(1/k') - 1, the size bound as the paper states it (Arora et al. 2018, Theorem 3.1)."""
    return 0.5 * hidden_layers * float(pieces) ** (1.0 / hidden_layers) - 1.0


def gap(k: int, w: int, hidden_layers: int) -> Gap:
    """What the hard function of k hidden layers of width w costs with only `hidden_layers` hidden layers.

    A network of that kind that does compute it joins neighbouring layers: w^j units replace j layers of w.
    Refuses: k < 1, w < 2, hidden_layers outside 1..k. Source: Arora et al. 2018, Theorem 3.1.
    """
    k = arguments.positive_integer(k, "k")
    layers = arguments.positive_integer(hidden_layers, "hidden_layers")
    if arguments.positive_integer(w, "w") < 2:
        raise ArgumentError(f"w is {w!r}; the hard functions need a width of at least 2")
    if layers > k:
        raise ArgumentError(f"hidden_layers is {layers} where the hard function has k = {k}; ask for at most k")
    share, rest = divmod(k, layers)
    representable = rest * w ** (share + 1) + (layers - rest) * w**share
    lower = shallow_size_lower_bound(w**k, layers)
    ratio = float(Fraction(lower, w * k))
    return Gap(k, w, layers, w**k, w * k, lower, theorem_bound(w**k, layers), representable, ratio)


def gap_table(k: int, w: int) -> list[Gap]:
    """`gap` for every number of hidden layers from 1 to k: the rows of a table, the points of a plot."""
    return [gap(k, w, layers) for layers in range(1, arguments.positive_integer(k, "k") + 1)]


def super_exponential_gap(k: int) -> Gap:
    """k^2 hidden layers and size k^3 against k hidden layers and size at least (1/2) k^(k+1) - 1.

    `gap` with k^2 layers of width k. Refuses: k < 2. Source: Arora et al. 2018, abstract; Theorem 3.1 with w = k.
    """
    if arguments.positive_integer(k, "k") < 2:
        raise ArgumentError(f"k is {k!r}; the corollary needs a width k of at least 2")
    return gap(k * k, k, k)
