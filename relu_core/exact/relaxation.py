"""The lower bound over a tuple of cells, one for each unit.

Over a cell, relu(v . x) lies between max(0, v . x) and sum_k lambda_k relu(V_k . x), and equals both for rows that the
cell puts on one side. The outputs then lie in intervals, convex from below and concave from above in lambda, and the
best loss over the intervals is a convex program in p = [output bias] + [free affine part] + sum of the units' lambdas.

Newton's method works on a smooth minorant of it. The bound is never the program's value: it is read off a dual point,
row multipliers nu with slopes alpha in [0, 1] for max(0, z) >= alpha z, whose homogeneous conditions hold for weights
of any length. No box, no big M: it bounds every network with units in the cells.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.losses import ABSOLUTE, LOSSES
from relu_core.exact.problem import Problem
from relu_core.exact.scratch import Work, make_scratch
from relu_core.exact.whitening_kernels import matrix_product

# Width of the smooth minorant of max(0, z), as a share of the cell's range of z.
SMOOTHING = 0.05
# How fast the multiplier of a norm bound grows where it is broken, as a share of a constant output's loss.
STIFFNESS = 10.0


class Task(NamedTuple):
    """What the loops know of a Problem. x (M, D): rows as columns; loss: its place in LOSSES; bias: 1 with output bias.

    affine: 1 where a unit that is on for all rows may be replaced by a free affine part (no penalty, no norm bound).
    """

    x: Floats
    y: Floats
    weight: Floats
    metric: Floats
    tag: NDArray[np.uint64]
    loss: int
    delta: float
    weight_decay: float
    max_norm: float
    bias: int
    affine: int
    width: int
    smoothing: float
    stiffness: float

    @property
    def plain(self) -> bool:
        """Whether nothing is asked of the units' norms."""
        return self.weight_decay == 0.0 and self.max_norm == np.inf


def make_task(problem: Problem) -> Task:
    """The loops' view of a problem."""
    return Task(
        x=np.ascontiguousarray(problem.rows.T),
        y=problem.y,
        weight=problem.weight,
        metric=matrix_product(problem.back.T, problem.back),
        tag=np.random.default_rng(5).integers(1 << 63, size=len(problem.y), dtype=np.uint64),
        loss=LOSSES.index(problem.loss),
        delta=problem.delta,
        weight_decay=problem.weight_decay,
        max_norm=problem.max_norm,
        bias=int(problem.output_bias),
        affine=int(problem.output_bias and problem.plain),
        width=problem.width,
        smoothing=SMOOTHING,
        stiffness=STIFFNESS * problem.constant_value,
    )


def unknowns(task: Task) -> int:
    """Most unknowns that a node's program can have."""
    M = len(task.x)
    return task.bias + task.affine * (M - 1) + task.width * M


def make_work(task: Task) -> Work:
    """Scratch for one thread."""
    M, D = task.x.shape
    # the absolute loss is two losses with one corner, so each row may be visited twice
    return make_scratch(D, 2 if task.loss == ABSOLUTE else 1, task.width, M, unknowns(task))
