"""The maximum of n numbers as a network: the function that decides how many hidden layers every CPWL function needs."""

from fractions import Fraction
from math import gcd

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.theory.maximum_formulas import Formula, Side, of_five, of_six, of_two

LARGEST = 30
# The least common multiple of the formulas' denominators.
DENOMINATOR = 180


def maximum(n: int) -> ReluNetwork:
    """max(x_1, ..., x_n) with ceil(log2 n) hidden layers, by pairs: max(a, b) = relu(a - b) + relu(b) - relu(-b).

    Exact where a - b is exact in float64 (ties among them), else right to one rounding a layer. n = 1 has no hidden
    layer. Refuses: n < 1. Source: Arora et al. 2018, proof of Theorem 2.1.
    """
    n = arguments.positive_integer(n, "n")
    weights, combine = [], np.eye(n)
    while len(combine) > 1:
        into, out_of = _pair_off(len(combine))
        weights.append(into @ combine)
        combine = out_of
    weights.append(combine)
    return ReluNetwork(weights, [np.zeros(len(w)) for w in weights])


def maximum_hidden_layers(n: int) -> int:
    """Hidden layers of `shallow_maximum(n)`: the smallest k with n <= 2 * 3^(k-1); never above ceil(log3(n-2)) + 1."""
    n, layers, reach = arguments.positive_integer(n, "n"), 0, 1
    while n > reach:
        layers, reach = layers + 1, _reach(layers + 1)
    return layers


def shallow_maximum(n: int) -> ReluNetwork:
    """max(x_1, ..., x_n) in fewer hidden layers than `maximum`: 2 for n up to 6, 3 up to 18, 4 up to 54.

    Five numbers take two hidden layers by Bakaev et al.; the formulas used here, for five and for six numbers, were
    found by a linear program over sums of maxima of pairs and are proven by `Formula.is_proven`. Larger n: the numbers
    are dealt into groups whose pairs are small enough for one hidden layer less. Never more hidden layers than
    ceil(log3(n - 2)) + 1, at the price of many more units than `maximum`. Right to float64 rounding, not bit for bit.
    Refuses: n < 1 and n > 30, where the dense weights would be too many.
    Source: Bakaev, Brunck, Hertrich, Stade, Yehudayoff 2025 (arXiv 2505.14338). Departs from it in the formulas.
    """
    if arguments.positive_integer(n, "n") > LARGEST:
        raise ArgumentError(f"n is {n}, above {LARGEST}: too many weights; use maximum(n), deeper and far smaller")
    layers = [_Layer() for _ in range(maximum_hidden_layers(n))]
    output = _Layers(n, layers).maximum(tuple(range(n)), len(layers))
    widths = [n, *(len(layer.units) for layer in layers), 1]
    matrices = [_matrix(list(layer.units), before) for layer, before in zip(layers, widths, strict=False)]
    scale = Fraction(DENOMINATOR ** len(layers))
    matrices.append(np.array([[float(output.get(unit, 0) / scale) for unit in range(widths[-2])]]))
    return ReluNetwork(matrices, [np.zeros(len(matrix)) for matrix in matrices])


Combination = dict[int, int]
"""A value as a combination of the units of one layer, times DENOMINATOR once for every layer before: whole numbers."""


class _Layer:
    """Units of one hidden layer, each once: its incoming combination and its number."""

    def __init__(self) -> None:
        self.units: dict[tuple[tuple[int, int], ...], int] = {}

    def relu(self, value: Combination) -> Combination:
        """relu(value) as a combination of this layer's units; equal up to a positive factor shares the unit."""
        if not value:
            return {}
        scale = gcd(*value.values())
        key = tuple(sorted((unit, c // scale) for unit, c in value.items()))
        return {self.units.setdefault(key, len(self.units)): scale}

    def carry(self, value: Combination) -> Combination:
        """The value itself behind this layer: relu(v) - relu(-v)."""
        return _sum([(1, self.relu(value)), (-1, self.relu(_sum([(-1, value)])))])


class _Layers:
    """Builds maxima of subsets of the inputs layer by layer; each (subset, layer) once."""

    def __init__(self, n: int, layers: list[_Layer]) -> None:
        self.layers = layers
        self.known: dict[tuple[tuple[int, ...], int], Combination] = {((i,), 0): {i: 1} for i in range(n)}

    def maximum(self, chosen: tuple[int, ...], layer: int) -> Combination:
        """max over the chosen inputs, as a combination of the units of hidden layer `layer` (0: the inputs)."""
        if (chosen, layer) not in self.known:
            self.known[chosen, layer] = self._build(chosen, layer)
        return self.known[chosen, layer]

    def _build(self, chosen: tuple[int, ...], layer: int) -> Combination:
        count, reach = len(chosen), _reach(layer - 1)
        if count <= reach:
            return _sum([(DENOMINATOR, self.layers[layer - 1].carry(self.maximum(chosen, layer - 1)))])
        if count <= 2 * reach:
            return self._apply(of_two(), chosen, layer)
        return self._apply(of_five() if count <= 5 * (reach // 2) else of_six(), chosen, layer)

    def _apply(self, formula: Formula, chosen: tuple[int, ...], layer: int) -> Combination:
        """sum_j c_j max(A_j, B_j) = sum_j c_j relu(A_j - B_j) + sum_j c_j B_j, numbers replaced by groups of inputs."""
        groups = [chosen[i :: formula.numbers] for i in range(formula.numbers)]
        here, parts, straight = self.layers[layer - 1], [], []
        for coefficient, left, right in formula.terms:
            factor = int(coefficient * DENOMINATOR)
            a, b = (self._side(side, groups, layer - 1) for side in (left, right))
            parts.append((factor, here.relu(_sum([(1, a), (-1, b)]))))
            straight.append((factor, b))
        return _sum([*parts, (1, here.carry(_sum(straight)))])

    def _side(self, side: Side, groups: list[tuple[int, ...]], layer: int) -> Combination:
        unions = [tuple(sorted(i for number in inner for i in groups[number])) for inner in side]
        return _sum([(1, self.maximum(union, layer)) for union in unions])


def _reach(hidden_layers: int) -> int:
    """How many numbers `shallow_maximum` takes with that many hidden layers: 1, 2, 6, 18, 54, ..."""
    return 2 * 3 ** (hidden_layers - 1) if hidden_layers else 1


def _sum(parts: list[tuple[int, Combination]]) -> Combination:
    total: Combination = {}
    for factor, value in parts:
        for unit, c in value.items():
            total[unit] = total.get(unit, 0) + factor * c
    return {unit: c for unit, c in total.items() if c}


def _matrix(rows: list[tuple[tuple[int, int], ...]], columns: int) -> Floats:
    matrix = np.zeros((len(rows), columns))
    for i, row in enumerate(rows):
        for unit, c in row:
            matrix[i, unit] = c
    return matrix


def _pair_off(count: int) -> tuple[Floats, Floats]:
    """Weights into and out of one hidden layer that leaves the larger of each pair; an odd last one is passed on."""
    pairs, odd = divmod(count, 2)
    into, out_of = np.zeros((3 * pairs + 2 * odd, count)), np.zeros((pairs + odd, 3 * pairs + 2 * odd))
    for i in range(pairs):
        into[3 * i : 3 * i + 3, 2 * i : 2 * i + 2] = [[1, -1], [0, 1], [0, -1]]
        out_of[i, 3 * i : 3 * i + 3] = [1, 1, -1]
    if odd:
        into[-2:, -1] = [1, -1]
        out_of[-1, -2:] = [1, -1]
    return into, out_of
