"""Columns that would give the answer away: each suspicion with its evidence.

The line between a leak and a very good sensor: a sensor may separate the classes as well as it likes, it stays (with a
warning); a column is suspected when it takes few values that stand for the target, when it is a function of the target,
when one class leaves it empty, or when it names rows, groups or moments instead of measuring something.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from flows.lake.derive import LIFE_COLUMN, LOOK_ALIKE, UNIT_COLUMN
from flows.lake.target import numeric_target, rows_with_target
from flows.quality.alone import lower_share, numbers_of, score_alone
from flows.quality.finding import Finding, sort_findings
from flows.quality.sentences import found

_FEW_VALUES = 20
_MOST_ROWS = 20_000


def find_leaks(frame: pd.DataFrame, target: str, task: str, *, group: str = "", seed: int = 0) -> list[Finding]:
    """Suspicions about every column of `frame` (D, columns) but `target`, the gravest first.

    task: "binary", "multiclass" or "regression". group: a column that the charter names as the group, known to be no
    input. seed: of the halves on which single columns are tried. Raises DatasetError where the target is unfit.
    """
    frame, _ = rows_with_target(frame, target)
    y = numeric_target(frame, target, task).y
    findings: list[Finding] = []
    for name in frame.columns:
        if name not in (target, group):
            findings += _first_found(str(name), frame[name], y, task, seed)
    findings += _flags_beside(frame, target, findings)
    findings += _marks_of_change(frame, y, task, {target, group} | {one.column for one in findings})
    if task == "regression":
        suspected = {target, group} | {one.column for one in findings}
        findings += _sum_of_columns(frame, target, [name for name in frame.columns if name not in suspected])
    if group:
        findings.append(found("group", "leak", group, remedy="splits_only"))
    return sort_findings(findings)


def _first_found(name: str, values: pd.Series, y: NDArray[np.float64], task: str, seed: int) -> list[Finding]:
    if values.nunique() < 2 and not 0 < values.isna().sum() < len(values):
        return []
    for suspicion in (
        _names_rows(name, values),
        _stands_for_class(name, values, y, task),
        _left_empty(name, values, y, task),
    ):
        if suspicion is not None:
            return [suspicion]
    return _tells_alone(name, values, y, task, seed)


def _names_rows(name: str, values: pd.Series) -> Finding | None:
    if pd.api.types.is_datetime64_any_dtype(values):
        return found("time", "leak", name, remedy="orders_rows")
    filled = values.dropna()
    distinct = filled.nunique()
    if name in ("source_file", "file_label", "sheet"):
        return found("file_name", "leak", name, remedy="left_out_unless")
    if name == LIFE_COLUMN:
        return found("derived", "leak", name, remedy="left_out_unless")
    if name == UNIT_COLUMN:
        return found("unit", "leak", name, remedy="may_split")
    if name == LOOK_ALIKE:
        return found("look_alike.column", "leak", name, remedy="may_split")
    if not pd.api.types.is_numeric_dtype(values):
        if distinct > 0.5 * len(filled) and len(filled) >= 20:
            counts = {"distinct": distinct, "rows": len(filled)}
            return found("identifier.texts", "leak", name, remedy="left_out_unless", **counts)
        return None
    return _counts_rows(name, filled.to_numpy(dtype=np.float64))


def _counts_rows(name: str, numbers: NDArray[np.float64]) -> Finding | None:
    if len(numbers) < 20 or not np.array_equal(numbers, np.floor(numbers)):
        return None
    steps, distinct = np.diff(numbers), np.unique(numbers)
    if len(distinct) == len(numbers) and np.ptp(numbers) <= 1.05 * len(numbers):
        return found("identifier.numbers", "leak", name, remedy="left_out_unless", rows=len(numbers))
    if len(distinct) == len(numbers) and (steps == np.median(steps)).mean() >= 0.95:
        return found("identifier.steps", "leak", name, remedy="left_out_unless", change=float(np.median(steps)))
    begins_anew = steps == distinct[0] - numbers[:-1]
    if len(distinct) >= 5 and (steps == 0).mean() > 0.5 and (np.isin(steps, (0, 1)) | begins_anew).all():
        return found("group_number", "leak", name, remedy="left_out_or_split", times=int((steps == 1).sum()))
    return None


def _stands_for_class(name: str, values: pd.Series, y: NDArray[np.float64], task: str) -> Finding | None:
    """A value of a column with few values that nearly always comes with one class that is rare elsewhere."""
    if task == "regression" or values.nunique(dropna=False) > _FEW_VALUES:
        return None
    cells = values.astype("object").where(values.notna(), "(empty)").to_numpy()
    best: tuple[float, dict[str, float | str]] | None = None
    for value in pd.unique(cells):
        mine = cells == value
        for label in np.unique(y):
            base = float((y == label).mean())
            hits, count = int((y[mine] == label).sum()), int(mine.sum())
            low = lower_share(hits, count)
            outside = float((y[~mine] == label).mean()) if count < len(y) else 1.0
            if count >= 5 and (
                (low >= 0.6 and hits >= 0.9 * count and low >= 5 * base) or (low >= 0.98 and outside < 0.5)
            ):
                facts: dict[str, float | str] = {"value": str(value), "hits": hits, "rows": count, "base_share": base}
                if best is None or low > best[0]:
                    best = (low, facts)
    return None if best is None else found("stands_for_target", "leak", name, remedy="left_out_unless", **best[1])


def _left_empty(name: str, values: pd.Series, y: NDArray[np.float64], task: str) -> Finding | None:
    """One class has one and the same value (or none) nearly always, and the others do not: written after the answer."""
    if task == "regression" or values.nunique() <= _FEW_VALUES:
        return None
    usual = values.isna() if values.isna().mean() > 0.3 else values == values.mode(dropna=True).iloc[0]
    mask = usual.to_numpy(dtype=bool)
    for label in np.unique(y):
        mine, others = mask[y == label], mask[y != label]
        if mine.size >= 20 and mine.mean() >= 0.999 and others.mean() <= 0.5:
            facts: dict[str, float | str] = {"inside_share": float(mine.mean()), "outside_share": float(others.mean())}
            wording = "written_afterwards.empty"
            if values.isna().mean() <= 0.3:
                wording, facts["value"] = "written_afterwards.value", str(values.mode(dropna=True).iloc[0])
            return found(wording, "leak", name, remedy="left_out_unless", **facts)
    return None


def _tells_alone(name: str, values: pd.Series, y: NDArray[np.float64], task: str, seed: int) -> list[Finding]:
    score = score_alone(numbers_of(values), y, task, seed=seed)
    if task == "regression":
        if score >= 0.98 and _is_function(values, y):
            return [found("copy_of_target", "leak", name, remedy="left_out_unless", score=score)]
        return []
    if score >= 0.99:
        return [found("strong_alone", "warning", name, remedy="used_if_before", score=score)]
    return []


def _is_function(values: pd.Series, y: NDArray[np.float64]) -> bool:
    """Whether neighbours in the column are neighbours in the target: the noise between them is next to nothing."""
    column = numbers_of(values)
    order = np.lexsort((y, column))
    jumps = np.diff(y[order])
    noise = 0.5 * float(np.mean(jumps**2))
    return noise < 0.005 * float(np.var(y))


def _flags_beside(frame: pd.DataFrame, target: str, known: Iterable[Finding]) -> list[Finding]:
    """Rare yes/no columns in one block with columns already suspected: a plant writes such marks together."""
    proven = [finding.column for finding in known if finding.code == "stands_for_target"]
    names = [str(name) for name in frame.columns]
    flags = {name for name in names if name != target and _is_rare_flag(frame[name])}
    findings = []
    for name in sorted(flags - set(proven), key=names.index):
        block = _block(name, names, flags)
        beside = [one for one in block if one in proven]
        if len(beside) >= 2 and 2 * len(beside) >= len(block):
            facts: dict[str, float | str] = {"marks": len(block), "leaks": len(beside), "names": ", ".join(beside)}
            findings.append(found("beside_marks", "leak", name, remedy="left_out_unless", **facts))
    return findings


def _is_rare_flag(values: pd.Series) -> bool:
    counts = values.value_counts(normalize=True)
    return len(counts) == 2 and float(counts.iloc[1]) < 0.1


def _block(name: str, names: list[str], flags: set[str]) -> list[str]:
    start = end = names.index(name)
    while start > 0 and names[start - 1] in flags:
        start -= 1
    while end + 1 < len(names) and names[end + 1] in flags:
        end += 1
    return names[start : end + 1]


def _marks_of_change(frame: pd.DataFrame, y: NDArray[np.float64], task: str, known: set[str]) -> list[Finding]:
    """Rare marks that stand where the target changes in the order of the rows."""
    if task == "regression" or len(y) < 50:
        return []
    changes = np.flatnonzero(np.diff(y) != 0)
    near = np.zeros(len(y), dtype=bool)
    for shift in range(-2, 4):
        near[np.clip(changes + shift, 0, len(y) - 1)] = True
    base = float(near.mean())
    findings = []
    for name in frame.columns:
        if name in known or not _is_rare_flag(frame[name]):
            continue
        marked = (frame[name] == frame[name].value_counts().index[1]).to_numpy(dtype=bool)
        hits, count = int(near[marked].sum()), int(marked.sum())
        if count >= 10 and lower_share(hits, count) > max(0.3, 5 * base):
            facts = {"rows": count, "hits": hits, "base_share": base}
            findings.append(found("mark_of_change", "leak", str(name), remedy="left_out_unless", **facts))
    return findings


def _sum_of_columns(frame: pd.DataFrame, target: str, names: Sequence[str]) -> list[Finding]:
    """A warning where the target is an exact weighted sum of number columns: accounting, not a forecast."""
    numeric = [name for name in names if pd.api.types.is_numeric_dtype(frame[name])]
    rows = frame[[*numeric, target]].dropna().iloc[:_MOST_ROWS]
    if not numeric or len(rows) < 10 * (len(numeric) + 1):
        return []
    X, y = rows[numeric].to_numpy(dtype=np.float64), rows[target].to_numpy(dtype=np.float64)
    half = len(rows) // 2
    score = LinearRegression().fit(X[:half], y[:half]).score(X[half:], y[half:])
    if not score >= 0.99999:
        return []
    return [found("sum_of_columns", "warning", remedy="leave_out_parts", target=target, score=float(score))]
