"""How well one column alone, or the place of a row alone, tells the target: on rows the small model has not seen."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

_MOST_ROWS = 20_000


def numbers_of(values: pd.Series) -> NDArray[np.float64]:
    """(D,) a column as numbers for a tree: codes for text, a far value for missing cells."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.astype("int64").to_numpy(dtype=np.float64)
    if pd.api.types.is_numeric_dtype(values):
        column = values.to_numpy(dtype=np.float64, na_value=np.nan)
        low = np.nanmin(column) if np.isfinite(column).any() else 0.0
        return np.where(np.isfinite(column), column, low - 1.0 - abs(low))
    return values.astype("category").cat.codes.to_numpy(dtype=np.float64)


def score_alone(x: NDArray[np.float64], y: NDArray[np.float64], task: str, *, seed: int = 0) -> float:
    """AUC (classes; one against the rest, averaged) or R2 (a number) of a small tree on x (D,), on the unseen half.

    y (D,): class numbers or values. nan where the halves do not hold every class or too few rows.
    """
    order = np.random.default_rng([seed, len(y)]).permutation(len(y))[:_MOST_ROWS]
    half = len(order) // 2
    if half < 20:
        return float("nan")
    fit, test = order[:half], order[half:]
    leaf = max(5, half // 200)
    if task == "regression":
        tree = DecisionTreeRegressor(min_samples_leaf=leaf, random_state=0).fit(x[fit, None], y[fit])
        return float(r2_score(y[test], tree.predict(x[test, None]))) if np.ptp(y[test]) > 0 else float("nan")
    if len(np.unique(y[fit])) < 2 or set(np.unique(y[fit])) != set(np.unique(y[test])):
        return float("nan")
    tree = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0).fit(x[fit, None], y[fit])
    chances = tree.predict_proba(x[test, None])
    if chances.shape[1] == 2:
        return float(roc_auc_score(y[test], chances[:, 1]))
    return float(roc_auc_score(y[test], chances, multi_class="ovr"))


def lower_share(hits: int, rows: int) -> float:
    """Lower end of the 99 % Wilson interval of hits / rows."""
    if rows == 0:
        return 0.0
    z = 2.3263
    share = hits / rows
    spread = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return float((share + z * z / (2 * rows) - spread) / (1 + z * z / rows))
