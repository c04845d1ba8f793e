"""Good networks to start from: many descents from random hyperplanes through data rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.exact.incumbents_kernels import descend, keep_incumbent, multistart
from relu_core.exact.problem import Problem
from relu_core.exact.relaxation import Task, Work, unknowns
from relu_core.network import ReluNetwork


class Incumbent(NamedTuple):
    """The best network so far, changed in place, search units. value (1,). shape (3,): units, positive ones, affine.

    weights (p,): [output bias] + [affine part] + v_1 .. v_units; the positive units come first.
    """

    value: Floats
    shape: NDArray[np.int64]
    weights: Floats


def find_incumbent(task: Task, work: Work, *, starts: int, seed: int = 0) -> Incumbent:
    """The best of `starts` descents; the same seed gives the same network."""
    best = Incumbent(np.array([np.inf]), np.zeros(3, dtype=np.int64), np.zeros(unknowns(task)))
    rng = np.random.default_rng([seed, 4])
    M, D = task.x.shape
    directions = rng.standard_normal((starts, task.width, M))
    anchors = rng.integers(D, size=(starts, task.width))
    positives = rng.integers(task.width + 1, size=starts)
    affines = (rng.random(starts) < 0.25).astype(np.int64)
    # the constant network comes first, so there always is an incumbent
    keep_incumbent(best, best.weights, 0, _constant(task, work), 0, 0, 0)
    multistart(task, directions, anchors, positives, affines, 60, best, work)
    return best


def _constant(task: Task, work: Work) -> float:
    weights = np.zeros(unknowns(task))
    return float(descend(task, weights, 0, 0, 0, 0, 0, work))


def decode(problem: Problem, task: Task, best: Incumbent) -> tuple[ReluNetwork, Floats, Floats, float]:
    """The incumbent in user units, with its signs (w,), units (w, M) and output bias in search units.

    A free affine part becomes a unit that is on for all rows.
    """
    units, positive, affine = (int(v) for v in best.shape)
    M = len(task.x)
    free = task.bias + affine * (M - 1)
    bias = float(best.weights[0]) if task.bias else 0.0
    vectors = best.weights[free : free + units * M].reshape(units, M).copy()
    signs = np.array([1.0] * positive + [-1.0] * (units - positive))
    if affine:
        slope = np.append(best.weights[task.bias : free], 0.0)
        slope[-1] = -float((slope @ task.x).min()) + 1e-3 * float(np.abs(slope).sum())
        vectors, signs, bias = np.vstack([vectors, slope]), np.append(signs, 1.0), bias - slope[-1]
    return problem.network(signs, vectors, bias), signs, vectors, bias


def improve_network(problem: Problem, task: Task, work: Work, best: Incumbent, network: ReluNetwork) -> None:
    """Descends from a network with one hidden layer; keeps it where it beats the incumbent."""
    n = len(problem.back) - 1
    if network.hidden_layers != 1 or network.output_dim != 1 or network.input_dim != n:
        raise ArgumentError(f"warm_start is {network}; pass a network {n}-w-1 with one hidden layer and one output")
    if network.size > problem.width:
        raise ArgumentError(f"warm_start has {network.size} units where width is {problem.width}; raise the width")
    outer = network.weights[1][0]
    order = np.argsort(outer < 0, kind="stable")
    user = np.column_stack([network.weights[0], network.biases[0]])[order] * np.abs(outer[order])[:, None]
    units = user / problem.y_scale @ problem.forward
    positive = int((outer >= 0).sum())
    bias = (network.biases[1][0] - problem.y_mean) / problem.y_scale
    weights = np.zeros(unknowns(task))
    weights[: task.bias] = bias
    p = task.bias + units.size
    weights[task.bias : p] = units.ravel()
    value = descend(task, weights, p, task.bias, len(units), positive, 60, work)
    keep_incumbent(best, weights, p, value, len(units), positive, 0)
