"""The maximum of n numbers as a network: the function that decides how many hidden layers every CPWL function needs."""

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.network import ReluNetwork


def maximum(n: int) -> ReluNetwork:
    """max(x_1, ..., x_n) with ceil(log2 n) hidden layers, by pairs: max(a, b) = relu(a - b) + relu(b) - relu(-b).

    Exact where a - b is exact in float64 (ties among them), else right to one rounding a layer. n = 1 has no hidden
    layer. Refuses: n < 1. Source: Arora et al. 2018, Theorem 2.1 and Lemma D.3.
    """
    n = arguments.positive_integer(n, "n")
    weights, combine = [], np.eye(n)
    while len(combine) > 1:
        into, out_of = _pair_off(len(combine))
        weights.append(into @ combine)
        combine = out_of
    weights.append(combine)
    return ReluNetwork(weights, [np.zeros(len(w)) for w in weights])


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
