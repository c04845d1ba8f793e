"""A network made the best of its pattern and of those next to it: good optima have data rows on a unit's hyperplane.

Squared loss with every row on its side of every unit is one quadratic program. Where a row's side binds, the row is put
on the other side and the program solved again, as long as one such move helps.
"""

import daqp
import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.incumbent import Incumbent
from relu_core.exact.incumbents_kernels import descend, keep_incumbent
from relu_core.exact.relaxation import Task, unknowns
from relu_core.exact.scratch import Work
from relu_core.exact.whitening_kernels import matrix_product

RIDGE = 1e-10
# Moves that must gain at least this share of the loss; how many are tried at most, and numbers that all of them read.
LEAST_GAIN, MOST_MOVES, MOST_NUMBERS = 1e-9, 200, 2e6


class Polish:
    """The programs of one shape of network: [bias, affine part, v_1 .. v_units], positive units first."""

    def __init__(self, task: Task, best: Incumbent, work: Work) -> None:
        self.task, self.best, self.work = task, best, work
        self.units, self.positive, self.affine = (int(v) for v in best.shape)
        self.free = task.bias + self.affine * (len(task.x) - 1)

    def improve(self) -> None:
        """Polishes the incumbent in place."""
        M, D = self.task.x.shape
        p = self.free + self.units * M
        weights = self.best.weights[:p].copy()
        on = matrix_product(weights[self.free :].reshape(self.units, M), self.task.x) > 0.0
        weights, binding = self._solve(on, weights)
        known, moves = self._value(weights), 0
        most = min(MOST_MOVES, int(MOST_NUMBERS / (self.units * D * p)))
        while binding.size and moves < most:
            unit, row = divmod(int(binding[0]), D)
            binding, moves = binding[1:], moves + 1
            on[unit, row] ^= True
            moved, binding_then = self._solve(on, weights)
            if (value := self._value(moved)) < known * (1.0 - LEAST_GAIN):
                weights, known, binding = moved, value, binding_then
            else:
                on[unit, row] ^= True

    def _solve(self, on: NDArray[np.bool_], near: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """Best weights whose units are on for these rows (units, D), and the sides that bind, the strongest first."""
        task, free, units = self.task, self.free, self.units
        M, D = task.x.shape
        signs = np.where(np.arange(units) < self.positive, 1.0, -1.0)
        columns = np.concatenate([task.x[M - 1 :][: task.bias], task.x[: free - task.bias]])
        columns = np.concatenate([columns, (signs[:, None, None] * on[:, None] * task.x[None]).reshape(units * M, D)])
        heavy = columns * (2.0 * task.weight)
        hessian, linear = matrix_product(heavy, columns.T), matrix_product(heavy, task.y[:, None])[:, 0]
        ridge = RIDGE * max(float(np.trace(hessian)) / len(hessian), 1e-8)
        sides = np.zeros((units, D, free + units * M))
        for j in range(units):
            sides[j, :, free + j * M : free + (j + 1) * M] = task.x.T * np.where(on[j], 1.0, -1.0)[:, None]
        solved, _, _, info = daqp.solve(
            hessian + ridge * np.eye(len(hessian)), -(linear + ridge * near), sides.reshape(units * D, -1),
            np.full(units * D, 1e30), np.zeros(units * D), np.zeros(units * D, dtype=np.int32),
        )  # fmt: skip
        strength = np.abs(np.asarray(info["lam"]))
        order = np.argsort(-strength, kind="stable")
        return np.asarray(solved), order[strength[order] > 1e-12]

    def _value(self, weights: Floats) -> float:
        """The true objective; a better network than the incumbent is kept."""
        room = np.zeros(unknowns(self.task))
        room[: len(weights)] = weights
        shape = len(weights), self.free, self.units, self.positive
        value = float(descend(self.task, room, *shape, 0, self.work))
        keep_incumbent(self.best, room, len(weights), value, self.units, self.positive, self.affine)
        return value
