"""Slow and obviously right: the tree of activation patterns, every branch checked by a linear program.

It shares no geometry with the fast counters and exists to check them. A pattern counts if a ball of more than `radius`
fits into its set of inputs inside the box.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from relu_core.arguments import Floats
from relu_core.network import ReluNetwork


def patterns_by_linear_programs(
    network: ReluNetwork, lower: Floats, upper: Floats, *, radius: float = 1e-9
) -> Iterator[NDArray[np.bool_]]:
    """The activation patterns (size,) whose inputs in the box lower, upper (n,) hold a ball of more than `radius`."""
    n = len(lower)
    box = np.block([[np.eye(n), -lower[:, None]], [-np.eye(n), upper[:, None]]])
    yield from _branches(network, box, (), radius)


def _branches(
    network: ReluNetwork, halfspaces: Floats, pattern: tuple[bool, ...], radius: float
) -> Iterator[NDArray[np.bool_]]:
    if len(pattern) == network.size:
        yield np.array(pattern, dtype=bool)
        return
    form = _pre_activation(network, pattern)
    length = float(np.linalg.norm(form[:-1]))
    if length < radius:
        yield from _branches(network, halfspaces, (*pattern, bool(form[-1] >= -radius)), radius)
        return
    for on in (True, False):
        half = np.vstack([halfspaces, form / length if on else -form / length])
        if inscribed_radius(half) > radius:
            yield from _branches(network, half, (*pattern, on), radius)


def _pre_activation(network: ReluNetwork, pattern: tuple[bool, ...]) -> Floats:
    """The next undecided unit as an affine function (n + 1,) of the input, the earlier ones on or off as told."""
    n = network.input_dim
    forms, begin = np.eye(n + 1)[:n], 0
    for weight, bias in zip(network.weights, network.biases, strict=True):
        forms = weight @ forms
        forms[:, n] += bias
        if begin + len(weight) > len(pattern):
            return forms[len(pattern) - begin]
        forms = forms * np.array(pattern[begin : begin + len(weight)])[:, None]
        begin += len(weight)
    raise AssertionError("all units are decided")


def inscribed_radius(halfspaces: Floats) -> float:
    """Radius of the largest ball with a . x + b >= |a| r for all rows (a, b) of halfspaces (c, n + 1)."""
    normals, offsets = halfspaces[:, :-1], halfspaces[:, -1]
    rows = np.hstack([-normals, np.linalg.norm(normals, axis=1, keepdims=True)])
    cost = np.zeros(rows.shape[1])
    cost[-1] = -1.0
    answer = linprog(cost, A_ub=rows, b_ub=offsets, bounds=[(None, None)] * (rows.shape[1] - 1) + [(0, None)])
    return float(answer.x[-1]) if answer.status == 0 else -1.0
