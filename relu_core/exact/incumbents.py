"""Good networks to start from: many descents from random hyperplanes through data rows."""

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.exact.exchange import exchange_units
from relu_core.exact.incumbent import Incumbent
from relu_core.exact.incumbents_kernels import descend, keep_incumbent, kick, multistart, nudge
from relu_core.exact.losses import SQUARED
from relu_core.exact.polish import Polish
from relu_core.exact.problem import Problem
from relu_core.exact.relaxation import Task, make_work, unknowns
from relu_core.exact.whitening_kernels import matrix_product
from relu_core.interrupts import interrupt
from relu_core.network import ReluNetwork

SEEN = 1 << 16
# Descents before the first node, for each unit; after N nodes sqrt(DESCENTS N) more; and steps of each.
STARTS_PER_UNIT, DESCENTS, STEPS, BATCH = 30, 100, 60, 32
# Hyperplanes that a jump is chosen from.
EDGES = 32
# Length of a unit that starts in another's place, so short that it changes nothing yet.
SHORT = 1e-6


class Descents:
    """Looks for better networks while the proof goes on; the same seed and the same nodes give the same networks.

    A third of the descents start anywhere, half of these with a jump; a third from the incumbent with one unit
    replaced; a third from the incumbent with one hyperplane moved a little.
    """

    def __init__(self, task: Task, seed: int = 0, starts: int = STARTS_PER_UNIT) -> None:
        self._starts = starts
        self.task, self.work, self.rng = task, make_work(task), np.random.default_rng([seed, 4])
        self.done, self._weights, self._polished = 0, np.zeros(unknowns(task)), np.inf
        p = unknowns(task)
        self.best = Incumbent(
            np.array([np.inf]), np.zeros(3, dtype=np.int64), np.zeros(p), np.zeros(SEEN, dtype=np.uint64)
        )
        # the constant network comes first, so there always is an incumbent
        constant = float(descend(task, self._weights, 0, 0, 0, 0, 0, self.work))
        keep_incumbent(self.best, self._weights, 0, constant, 0, 0, 0)
        self.keep_up(0)

    def keep_up(self, nodes: int) -> None:
        """Goes on until the descents are as many as `nodes` nodes deserve: often at first, seldom later."""
        due = self._starts * self.task.width + int(np.sqrt(DESCENTS * nodes))
        while self.done < due:
            self._batch(min(BATCH, due - self.done))
        if self.best.value[0] < self._polished:
            self._polish()

    def _batch(self, count: int) -> None:
        task, rng = self.task, self.rng
        M, D = task.x.shape
        kicked, nudged = count // 3, count // 3
        fresh = count - kicked - nudged
        stopped = multistart(
            task, rng.standard_normal((fresh, task.width, M)), rng.integers(D, size=(fresh, task.width)),
            rng.integers(task.width + 1, size=fresh), _rarely(rng, fresh), self._edges(fresh // 2), STEPS,
            self._weights, self.best, self.work,
        )  # fmt: skip
        stopped |= kick(
            task, self._through_rows(rng.standard_normal((kicked, M)), rng.integers(D, size=kicked)),
            rng.integers(task.width, size=kicked), 1 - 2 * rng.integers(2, size=kicked), _rarely(rng, kicked), STEPS,
            self._weights, self.best, self.work,
        )  # fmt: skip
        stopped |= nudge(
            task, rng.standard_normal((nudged, M)), rng.integers(task.width, size=nudged),
            10.0 ** rng.uniform(-3.0, 0.0, size=nudged), STEPS, self._weights, self.best, self.work,
        )  # fmt: skip
        self.done += count
        if stopped:
            interrupt()

    def _edges(self, count: int) -> Floats:
        """Random hyperplanes through data rows, EDGES for each start; none where long units would cost."""
        (M, D), rng = self.task.x.shape, self.rng
        edges = rng.standard_normal((count if self.task.plain else 0, EDGES, M))
        rows = self.task.x[:, rng.integers(D, size=edges.shape[:2])]
        edges[:, :, -1] = -(edges[:, :, :-1] * np.moveaxis(rows[:-1], 0, 2)).sum(axis=2)
        return edges

    def _through_rows(self, planes: Floats, rows: NDArray[np.int64]) -> Floats:
        """Hyperplanes (P, M), each moved so that it passes through a data row."""
        planes[:, -1] = -(planes[:, :-1] * self.task.x[:-1, rows].T).sum(axis=1)
        return SHORT * planes

    def _polish(self) -> None:
        """Makes the incumbent the best of its pattern, then replaces one unit at a time as long as that helps."""
        task, best = self.task, self.best
        fits = task.loss == SQUARED and task.plain
        while fits and best.value[0] < self._polished and best.shape[0]:
            Polish(task, best, self.work).improve()
            self._polished = float(best.value[0])
            exchange_units(task, best, self.rng, self.work)
        self._polished = float(best.value[0])


def _rarely(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    return (rng.random(count) < 0.2).astype(np.int64)


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
        slope[-1] = -float(matrix_product(slope[None, :], task.x).min()) + 1e-3 * float(np.abs(slope).sum())
        vectors, signs, bias = np.vstack([vectors, slope]), np.append(signs, 1.0), bias - slope[-1]
    return problem.network(signs, vectors, bias), signs, vectors, bias


def improve_network(problem: Problem, descents: Descents, network: ReluNetwork) -> None:
    """Descends from a network with one hidden layer; keeps it where it beats the incumbent."""
    task, n = descents.task, len(problem.back) - 1
    if network.hidden_layers != 1 or network.output_dim != 1 or network.input_dim != n:
        raise ArgumentError(f"warm_start is {network}; pass a network {n}-w-1 with one hidden layer and one output")
    if network.size > problem.width:
        raise ArgumentError(f"warm_start has {network.size} units where width is {problem.width}; raise the width")
    outer = network.weights[1][0]
    order = np.argsort(outer < 0, kind="stable")
    user = np.column_stack([network.weights[0], network.biases[0]])[order] * np.abs(outer[order])[:, None]
    units = matrix_product(user / problem.y_scale, problem.forward)
    positive = int((outer >= 0).sum())
    bias = (network.biases[1][0] - problem.y_mean) / problem.y_scale
    weights = np.zeros(unknowns(task))
    weights[: task.bias] = bias
    p = task.bias + units.size
    weights[task.bias : p] = units.ravel()
    value = descend(task, weights, p, task.bias, len(units), positive, STEPS, descents.work)
    keep_incumbent(descents.best, weights, p, value, len(units), positive, 0)
