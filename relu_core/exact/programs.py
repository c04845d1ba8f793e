"""One convex program of the enumeration: dichotomies and signs fixed, the best weights that respect them."""

import daqp
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from relu_core.arguments import Floats
from relu_core.exact.losses import row_losses
from relu_core.exact.problem import Problem

RIDGE = 1e-10


def solve_program(
    problem: Problem, patterns: list[NDArray[np.bool_]], signs: list[float], best: float
) -> tuple[float, Floats]:
    """Smallest objective with row i on its side of every unit, and its theta = [bias, s_1 v_1, ..., s_w v_w].

    best: an objective already reached; a program that is clearly worse is not polished to the last digit.
    """
    design, sides = _design(problem, patterns), _sides(problem, patterns, signs)
    if problem.loss in ("absolute", "hinge"):
        return _linear(problem, design, sides)
    return _smooth(problem, design, sides, best)


def _design(problem: Problem, patterns: list[NDArray[np.bool_]]) -> Floats:
    columns = [problem.rows * pattern[:, None] for pattern in patterns]
    return np.hstack([np.ones((len(problem.y), int(problem.output_bias))), *columns])


def _sides(problem: Problem, patterns: list[NDArray[np.bool_]], signs: list[float]) -> Floats:
    """Rows g with g . theta >= 0: each row of the data stays on its side of each unit."""
    D, M = problem.rows.shape
    first = int(problem.output_bias)
    sides = np.zeros((len(signs) * D, first + len(signs) * M))
    for j, (pattern, sign) in enumerate(zip(patterns, signs, strict=True)):
        sides[j * D : (j + 1) * D, first + j * M : first + (j + 1) * M] = (
            problem.rows * np.where(pattern, sign, -sign)[:, None]
        )
    return sides


def _smooth(problem: Problem, design: Floats, sides: Floats, best: float) -> tuple[float, Floats]:
    """Newton's method; each step is a quadratic program, and the squared loss needs but one."""
    theta, value = np.zeros(design.shape[1]), np.inf
    for _ in range(1 if problem.loss == "squared" else 200):
        slope, curvature = _derivatives(problem, design @ theta)
        hessian = design.T @ (design * curvature[:, None])
        target, active = _quadratic(hessian, hessian @ theta - design.T @ slope, sides, theta)
        if problem.loss == "squared" and _value(problem, design @ target) < 1.01 * best + 1e-6:
            target = _polish(problem, design, sides, active, target)
        step, moved = 1.0, _value(problem, design @ target)
        while moved > value and step > 1e-8:
            step *= 0.5
            moved = _value(problem, design @ (theta + step * (target - theta)))
        if not moved < value - 1e-13 * (1.0 + abs(moved)):
            return (moved, target) if value == np.inf else (value, theta)
        theta, value = theta + step * (target - theta), moved
    return value, theta


def _value(problem: Problem, outputs: Floats) -> float:
    return float(problem.weight @ row_losses(problem.loss, outputs, problem.y, problem.delta))


def _derivatives(problem: Problem, outputs: Floats) -> tuple[Floats, Floats]:
    if problem.loss == "squared":
        return 2 * problem.weight * (outputs - problem.y), 2 * problem.weight
    if problem.loss == "huber":
        residual = outputs - problem.y
        size = np.maximum(np.abs(residual), 1e-300)
        # a little curvature outside keeps Newton's steps finite where too few rows are near their targets
        curvature = np.where(size <= problem.delta, 1.0, 0.1 * problem.delta / size)
        return problem.weight * np.clip(residual, -problem.delta, problem.delta), problem.weight * curvature
    chance = 1.0 / (1.0 + np.exp(np.clip(problem.y * outputs, -500, 500)))
    return -problem.weight * problem.y * chance, problem.weight * chance * (1.0 - chance)


def _quadratic(hessian: Floats, linear: Floats, sides: Floats, near: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """argmin of 1/2 t' hessian t - linear' t with sides t >= 0, hardly pulled to `near`; and the sides that bind."""
    p, m = len(linear), len(sides)
    ridge = RIDGE * max(np.trace(hessian) / p, 1e-8)
    ridged, linear = hessian + ridge * np.eye(p), linear + ridge * near
    upper, lower = np.full(m, 1e30), np.zeros(m)
    theta, _, _, info = daqp.solve(ridged, -linear, sides, upper, lower, np.zeros(m, dtype=np.int32))
    return np.asarray(theta), np.flatnonzero(np.abs(info["lam"]) > 0)


def _polish(problem: Problem, design: Floats, sides: Floats, active: NDArray[np.intp], theta: Floats) -> Floats:
    """The ridge's solution without its ridge: least squares on the face that it found, if that stays feasible."""
    _, singular, basis = np.linalg.svd(sides[active], full_matrices=True)
    face = basis[int((singular > 1e-9).sum()) :].T
    root = np.sqrt(problem.weight)
    inner = np.linalg.lstsq(design @ face * root[:, None], problem.y * root, rcond=None)[0]
    polished = face @ inner
    if (sides @ polished).min(initial=0.0) < -1e-9 * (1.0 + np.abs(polished).max(initial=0.0)):
        return theta
    return polished if _value(problem, design @ polished) <= _value(problem, design @ theta) else theta


def _linear(problem: Problem, design: Floats, sides: Floats) -> tuple[float, Floats]:
    """Absolute and hinge loss: a linear program in theta and the row losses t."""
    D, p = design.shape
    if problem.loss == "absolute":
        above = np.vstack([np.hstack([-design, np.eye(D)]), np.hstack([design, np.eye(D)])])
        least = np.concatenate([-problem.y, problem.y])
    else:
        above, least = np.hstack([design * problem.y[:, None], np.eye(D)]), np.ones(D)
    rows = np.vstack([above, np.hstack([sides, np.zeros((len(sides), D))])])
    least = np.concatenate([least, np.zeros(len(sides))])
    cost = np.concatenate([np.zeros(p), problem.weight])
    floor = np.concatenate([np.full(p, -np.inf), np.zeros(D)])
    found = linprog(
        cost, A_ub=-rows, b_ub=-least, bounds=np.column_stack([floor, np.full(p + D, np.inf)]), method="highs"
    )
    if found.x is None:
        return np.inf, np.zeros(p)
    theta = found.x[:p]
    return _value(problem, design @ theta), theta
