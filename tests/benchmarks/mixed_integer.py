"""Peers of exact training: the same problem as a mixed-integer program, inside a box on the weights.

Each sign count is one program: binary a_ij says whether row i is on at unit j, big-M ties it to relu. The box is given
as a user without the answer would guess it; what it proves holds inside the box only.
"""

import time

import highspy
import numpy as np

BOX = 20.0


def highs_milp(X: np.ndarray, y: np.ndarray, width: int, loss: str, limit: float) -> float:
    """CPU seconds of HiGHS over all sign counts, absolute or hinge loss; stops at the limit."""
    start, best = time.process_time(), np.inf
    for positive in range(width + 1):
        left = limit - (time.process_time() - start)
        if left <= 0:
            break
        best = min(best, _one_sign_count(X, y, np.where(np.arange(width) < positive, 1.0, -1.0), loss, left, best))
    return time.process_time() - start


def _one_sign_count(X: np.ndarray, y: np.ndarray, signs: np.ndarray, loss: str, limit: float, cutoff: float) -> float:
    rows = np.column_stack([X, np.ones(len(X))])
    (D, M), w = rows.shape, len(signs)
    large = BOX * np.abs(rows).sum(axis=1)
    model = highspy.Highs()
    for name, value in (("output_flag", False), ("time_limit", limit), ("threads", 1), ("mip_rel_gap", 1e-6)):
        model.setOptionValue(name, value)
    v = [[model.addVariable(lb=-BOX, ub=BOX) for _ in range(M)] for _ in range(w)]
    bias = model.addVariable(lb=-highspy.kHighsInf)
    errors = [model.addVariable(lb=0.0) for _ in range(D)]
    for i in range(D):
        outputs = bias
        for j in range(w):
            on, height = model.addBinary(), model.addVariable(lb=0.0)
            z = sum(float(rows[i, a]) * v[j][a] for a in range(M))
            model.addConstr(height >= z)
            model.addConstr(height <= z + float(large[i]) * (1 - on))
            model.addConstr(height <= float(large[i]) * on)
            outputs = outputs + float(signs[j]) * height
        if loss == "absolute":
            model.addConstr(errors[i] >= outputs - float(y[i]))
            model.addConstr(errors[i] >= float(y[i]) - outputs)
        else:
            model.addConstr(errors[i] >= 1 - float(y[i]) * outputs)
    if np.isfinite(cutoff):
        model.setOptionValue("objective_bound", cutoff * len(X))
    model.minimize(sum(errors))
    return float(model.getInfo().objective_function_value) / D


def scip_miqp(X: np.ndarray, y: np.ndarray, width: int, limit: float) -> float | None:
    """CPU seconds of SCIP over all sign counts, squared loss; None where pyscipopt is not installed."""
    try:
        from pyscipopt import Model, quicksum
    except ImportError:
        return None
    rows = np.column_stack([X, np.ones(len(X))])
    (D, M), start = rows.shape, time.process_time()
    large = BOX * np.abs(rows).sum(axis=1)
    for positive in range(width + 1):
        left = limit - (time.process_time() - start)
        if left <= 0:
            break
        model = Model()
        model.hideOutput()
        model.setParam("limits/time", left)
        model.setParam("limits/gap", 1e-6)
        v = [[model.addVar(lb=-BOX, ub=BOX) for _ in range(M)] for _ in range(width)]
        bias, total, residuals = model.addVar(lb=None), model.addVar(lb=0.0), []
        for i in range(D):
            outputs = bias
            for j in range(width):
                on, height = model.addVar(vtype="B"), model.addVar(lb=0.0)
                z = quicksum(float(rows[i, a]) * v[j][a] for a in range(M))
                model.addCons(height >= z)
                model.addCons(height <= z + float(large[i]) * (1 - on))
                model.addCons(height <= float(large[i]) * on)
                outputs = outputs + (1.0 if j < positive else -1.0) * height
            residuals.append(outputs - float(y[i]))
        model.addCons(quicksum(r * r for r in residuals) / D <= total)
        model.setObjective(total)
        model.optimize()
    return time.process_time() - start


def gurobi_miqp(X: np.ndarray, y: np.ndarray, width: int, limit: float) -> float | None:
    """CPU seconds of Gurobi over all sign counts, squared loss; None without gurobipy or a licence that suffices."""
    try:
        import gurobipy
    except ImportError:
        return None
    rows = np.column_stack([X, np.ones(len(X))])
    (D, M), start = rows.shape, time.process_time()
    large = BOX * np.abs(rows).sum(axis=1)
    try:
        for positive in range(width + 1):
            model = gurobipy.Model()
            for name, value in (("OutputFlag", 0), ("Threads", 1), ("MIPGap", 1e-6), ("TimeLimit", limit)):
                model.setParam(name, value)
            v = model.addMVar((width, M), lb=-BOX, ub=BOX)
            bias, on = model.addVar(lb=-gurobipy.GRB.INFINITY), model.addMVar((width, D), vtype="B")
            heights = model.addMVar((width, D))
            for j in range(width):
                model.addConstr(heights[j] >= rows @ v[j])
                model.addConstr(heights[j] <= rows @ v[j] + large * (1 - on[j]))
                model.addConstr(heights[j] <= large * on[j])
            signs = [1.0 if j < positive else -1.0 for j in range(width)]
            residuals = [sum(signs[j] * heights[j, i] for j in range(width)) + bias - float(y[i]) for i in range(D)]
            model.setObjective(sum(r * r for r in residuals) / D)
            model.optimize()
    except gurobipy.GurobiError:
        return None
    return time.process_time() - start
