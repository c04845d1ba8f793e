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
from relu_core.exact.losses import LOSSES
from relu_core.exact.problem import Problem

# Width of the smooth minorant of max(0, z), as a share of the cell's range of z.
SMOOTHING = 0.05
# Height of the barrier that keeps a norm bound, as a share of a constant output's loss: it costs the bound that much.
BARRIER = 1e-7


class Task(NamedTuple):
    """What the loops know of a Problem. x (M, D): rows as columns; loss: its place in LOSSES; bias: 1 with output bias.

    affine: 1 where a unit that is on for all rows may be replaced by a free affine part (no penalty, no norm bound).
    """

    x: Floats
    y: Floats
    weight: Floats
    back: Floats
    loss: int
    delta: float
    weight_decay: float
    max_norm: float
    bias: int
    affine: int
    width: int
    smoothing: float
    barrier: float


class Work(NamedTuple):
    """Scratch of one relaxation; rows of the first R columns are those that the loops still visit.

    q (w, M, D): generators at rows. kind (w, D): -1 off, 0 undecided, 1 on. raised (w, M, D): positive part of q.
    steep, soft (w, D): 1 / width and width of the smooth kink, 0 on decided rows. fixed (w, D): 1 on rows surely on.
    z, u, t, turn (w, D): v . x, the upper envelope, slope and curvature of the lower one; beta (w, D): the lower one's
    multipliers in the dual. low, high, y, weight, side, residual, slope, bend (D,): output interval, target, weight,
    violated side, its size, derivatives of the loss. jacobian (p, D).
    constant (2,): what the norm bound costs the dual; the width over which a loss's corner is rounded.
    gram (p, p), moment (p,): rows that all cells decide, squared loss. norms (w, M, M): Gram of the generators as the
    penalty sees them.
    """

    q: Floats
    kind: NDArray[np.int8]
    row: NDArray[np.int64]
    visited: Floats
    raised: Floats
    steep: Floats
    soft: Floats
    fixed: Floats
    base: Floats
    z: Floats
    u: Floats
    t: Floats
    turn: Floats
    beta: Floats
    low: Floats
    high: Floats
    y: Floats
    weight: Floats
    side: Floats
    residual: Floats
    slope: Floats
    bend: Floats
    dual: Floats
    scaled: Floats
    jacobian: Floats
    gram: Floats
    moment: Floats
    norms: Floats
    hessian: Floats
    linear_hessian: Floats
    factor: Floats
    theta: Floats
    gradient: Floats
    penalty: Floats
    constant: Floats
    trial: Floats
    newton: Floats
    shift: Floats
    kept: Floats
    target: Floats
    passive: NDArray[np.bool_]
    picked: NDArray[np.int64]
    certificate: Floats
    score: Floats
    places: Floats


def make_task(problem: Problem) -> Task:
    """The loops' view of a problem."""
    plain = problem.output_bias and problem.weight_decay == 0 and np.isinf(problem.max_norm)
    return Task(
        x=np.ascontiguousarray(problem.rows.T),
        y=problem.y,
        weight=problem.weight,
        back=np.ascontiguousarray(problem.back),
        loss=LOSSES.index(problem.loss),
        delta=problem.delta,
        weight_decay=problem.weight_decay,
        max_norm=problem.max_norm,
        bias=int(problem.output_bias),
        affine=int(plain),
        width=problem.width,
        smoothing=SMOOTHING,
        barrier=BARRIER * problem.constant_value,
    )


def unknowns(task: Task) -> int:
    """Most unknowns that a node's program can have."""
    M = len(task.x)
    return task.bias + task.affine * (M - 1) + task.width * M


def make_work(task: Task) -> Work:
    """Scratch for one thread."""
    (M, D), w, p = task.x.shape, task.width, unknowns(task)
    # the absolute loss is two losses with one corner, so each row may be visited twice
    most = 2 * D if task.loss == LOSSES.index("absolute") else D
    units, rows, square, vector = np.zeros((w, M, most)), np.zeros(most), np.zeros((p, p)), np.zeros(p)
    return Work(
        q=units.copy(),
        kind=np.zeros((w, D), dtype=np.int8),
        row=np.zeros(most, dtype=np.int64),
        visited=units.copy(),
        raised=units.copy(),
        steep=np.zeros((w, most)),
        soft=np.zeros((w, most)),
        fixed=np.zeros((w, most)),
        base=np.zeros((M, most)),
        z=np.zeros((w, most)),
        u=np.zeros((w, most)),
        t=np.zeros((w, most)),
        turn=np.zeros((w, most)),
        beta=np.zeros((w, most)),
        low=rows.copy(),
        high=rows.copy(),
        y=rows.copy(),
        weight=rows.copy(),
        side=rows.copy(),
        residual=rows.copy(),
        slope=rows.copy(),
        bend=rows.copy(),
        dual=rows.copy(),
        scaled=rows.copy(),
        jacobian=np.zeros((p, most)),
        gram=square.copy(),
        moment=vector.copy(),
        norms=np.zeros((w, M, M)),
        hessian=square.copy(),
        linear_hessian=square.copy(),
        factor=square.copy(),
        theta=vector.copy(),
        gradient=vector.copy(),
        penalty=vector.copy(),
        constant=np.zeros(2),
        trial=vector.copy(),
        newton=vector.copy(),
        shift=vector.copy(),
        kept=vector.copy(),
        target=vector.copy(),
        passive=np.zeros(p, dtype=np.bool_),
        picked=np.zeros(p, dtype=np.int64),
        certificate=np.zeros((2, p + 1)),
        score=np.zeros(w),
        places=rows.copy(),
    )
