"""The bound of one node: never above the loss of a network in its cells, from whatever weights its search begins."""

import numpy as np
import pytest
from numba import njit

from relu_core.exact.cones import Cells, root_cells
from relu_core.exact.cones_kernels import classify_cell
from relu_core.exact.newton_kernels import bound_node
from relu_core.exact.problem import Problem, make_problem
from relu_core.exact.relaxation import make_task, make_work
from relu_core.exact.scratch import MOVED, POINT, THETA, Work
from relu_core.exact.verify_kernels import SQUARED, proved_bound

BIAS, UNKNOWNS = 1, 7


@njit
def bounded(task, cells, start, cutoff, work):
    for a in range(len(start)):
        work.vector[THETA, a] = start[a]
    return bound_node(task, cells, np.arange(2), 2, 1, 0, cutoff, True, work)[0]


def jump(chance: np.random.Generator, noise: float) -> Problem:
    """Targets that jump where the first input changes its sign: two units of one direction and endless length."""
    X = chance.standard_normal((40, 2))
    X[:, 0] += 0.3 * np.sign(X[:, 0])
    y = np.where(X[:, 0] > 0, 1.0 + X[:, 1], 0.0) + noise * chance.standard_normal(40)
    return make_problem(X, y, 2, loss="squared")


def cells_around_the_jump(problem: Problem, width: float, chance: np.random.Generator) -> Cells:
    """A cone for each unit, turned at random, with the jump's hyperplane inside."""
    x = np.ascontiguousarray(problem.rows.T)
    cells, along = root_cells(x, 16), problem.forward.T @ np.array([1.0, 0.0, 0.0])
    along /= np.linalg.norm(along)
    across, corners = np.linalg.svd(along[None])[2][1:], np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]])
    for cell in range(2):
        turned = corners @ np.linalg.qr(chance.standard_normal((2, 2)))[0]
        generators = along + width * turned @ across
        cells.generator[cell] = generators / np.linalg.norm(generators, axis=1)[:, None]
        classify_cell(cells, cell, x)
    return cells


def node_bound(seed: int, noise: float) -> tuple[float, float, Problem, Cells, Work]:
    """The search's bound and the cutoff it was asked for, from starts of any length."""
    chance = np.random.default_rng(seed)
    problem = jump(chance, noise)
    task = make_task(problem)
    cells, work = cells_around_the_jump(problem, 10.0 ** chance.uniform(-6.0, -0.5), chance), make_work(task)
    start = np.append(0.0, 10.0 ** chance.uniform(2.0, 8.0) * chance.uniform(0.0, 2.0, UNKNOWNS - 1))
    cutoff = 10.0 ** chance.uniform(-7.0, -1.0)
    return bounded(task, cells, start, cutoff, work), cutoff, problem, cells, work


def test_no_bound_lies_above_the_loss_of_a_network_in_the_cells() -> None:
    """The Gram matrix's rounding once did it: with units that nearly cancel a loss of 0 was bounded by 1.99."""
    assert max(node_bound(seed, noise=0.0)[0] for seed in range(1200)) <= 1e-9


@pytest.mark.long
def test_the_recheck_reads_the_bound_off_the_dual_point_of_long_units() -> None:
    for seed in range(300):
        bound, cutoff, problem, cells, work = node_bound(seed, noise=0.3)
        needed = min(bound, cutoff)
        if needed > 0.0:
            assert reading(problem, cells, work, needed) >= needed * (1.0 - 1e-6), seed


def reading(problem: Problem, cells: Cells, work: Work, needed: float) -> float:
    """The best of what verify tries first."""
    point, moved = work.vector[POINT, : UNKNOWNS + 1].copy(), work.vector[MOVED, : UNKNOWNS + 1].copy()
    return max(
        proved_bound(
            np.ascontiguousarray(problem.rows.T), problem.y, problem.weight, cells.generator[:2].copy(), 1, BIAS, BIAS,
            SQUARED, problem.delta, 0.05, np.zeros(UNKNOWNS), 0.0, point, shift, split, 0.0, needed,
        )
        for shift in (moved, 0.0 * moved)
        for split in (True, False)
    )  # fmt: skip
