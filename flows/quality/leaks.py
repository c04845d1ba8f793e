"""Columns that would give the answer away: each suspicion with its evidence.

The line between a leak and a very good sensor: a sensor may separate the classes as well as it likes, it stays (with a
warning); a column is suspected when it takes few values that stand for the target, when it is a function of the target,
when one class leaves it empty, or when it names rows, groups or moments instead of measuring something.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from flows.lake.derive import LIFE_COLUMN
from flows.lake.target import numeric_target, rows_with_target
from flows.quality.alone import lower_share, numbers_of, score_alone
from flows.quality.finding import Finding, sort_findings

_FEW_VALUES = 20
_LEFT_OUT = "It is left out; list it under 'Use although suspected' if it is known before the answer."


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
    if group:
        findings.append(Finding("group", "leak", group, f'"{group}" names the group of a row.', "It only splits rows."))
    return sort_findings(findings)


def _first_found(name: str, values: pd.Series, y: NDArray[np.float64], task: str, seed: int) -> list[Finding]:
    if values.nunique() < 2 and not 0 < values.isna().sum() < len(values):
        return []
    for found in (
        _names_rows(name, values),
        _stands_for_class(name, values, y, task),
        _left_empty(name, values, y, task),
    ):
        if found is not None:
            return [found]
    return _tells_alone(name, values, y, task, seed)


def _names_rows(name: str, values: pd.Series) -> Finding | None:
    if pd.api.types.is_datetime64_any_dtype(values):
        return Finding(
            "time", "leak", name, f'"{name}" says when a row was written, not what was measured.',
            "It orders and splits rows and is no input; 'Use although suspected' would turn it into seconds.",
        )  # fmt: skip
    filled = values.dropna()
    distinct = filled.nunique()
    if name in ("source_file", "file_label", "sheet"):
        return Finding("file_name", "leak", name, f'"{name}" comes from the name of the file or sheet.', _LEFT_OUT)
    if name == LIFE_COLUMN:
        return Finding("derived", "leak", name, f'"{name}" is counted back from each unit\'s end.', _LEFT_OUT)
    if not pd.api.types.is_numeric_dtype(values):
        if distinct > 0.5 * len(filled) and len(filled) >= 20:
            evidence = f'"{name}" has {distinct} different texts in {len(filled)} rows: it names rows.'
            return Finding("identifier", "leak", name, evidence, _LEFT_OUT)
        return None
    return _counts_rows(name, filled.to_numpy(dtype=np.float64))


def _counts_rows(name: str, numbers: NDArray[np.float64]) -> Finding | None:
    if len(numbers) < 20 or not np.array_equal(numbers, np.floor(numbers)):
        return None
    steps, distinct = np.diff(numbers), np.unique(numbers)
    if len(distinct) == len(numbers) and np.ptp(numbers) <= 1.05 * len(numbers):
        evidence = f'"{name}" holds {len(numbers)} whole numbers, each once and without great gaps: it counts rows.'
        return Finding("identifier", "leak", name, evidence, _LEFT_OUT)
    if len(distinct) == len(numbers) and (steps == np.median(steps)).mean() >= 0.95:
        evidence = f'"{name}" changes by {np.median(steps):.0f} from row to row: it counts rows.'
        return Finding("identifier", "leak", name, evidence, _LEFT_OUT)
    begins_anew = steps == distinct[0] - numbers[:-1]
    if len(distinct) >= 5 and (steps == 0).mean() > 0.5 and (np.isin(steps, (0, 1)) | begins_anew).all():
        evidence = f'"{name}" stays the same or climbs by one, {int((steps == 1).sum())} times: it numbers groups.'
        return Finding("group_number", "leak", name, evidence, _LEFT_OUT + " It may be the column to split by.")
    return None


def _stands_for_class(name: str, values: pd.Series, y: NDArray[np.float64], task: str) -> Finding | None:
    """A value of a column with few values that nearly always comes with one class that is rare elsewhere."""
    if task == "regression" or values.nunique(dropna=False) > _FEW_VALUES:
        return None
    cells = values.astype("object").where(values.notna(), "(empty)").to_numpy()
    best: tuple[float, str] | None = None
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
                sentence = (
                    f'where "{name}" is {value}, {hits} of {count} rows belong to one class '
                    f"that has {100 * base:.1f} % of all rows."
                )
                if best is None or low > best[0]:
                    best = (low, sentence)
    if best is None:
        return None
    return Finding("stands_for_target", "leak", name, best[1][0].upper() + best[1][1:], _LEFT_OUT)


def _left_empty(name: str, values: pd.Series, y: NDArray[np.float64], task: str) -> Finding | None:
    """One class has one and the same value (or none) nearly always, and the others do not: written after the answer."""
    if task == "regression" or values.nunique() <= _FEW_VALUES:
        return None
    usual = values.isna() if values.isna().mean() > 0.3 else values == values.mode(dropna=True).iloc[0]
    mask = usual.to_numpy(dtype=bool)
    for label in np.unique(y):
        mine, others = mask[y == label], mask[y != label]
        if mine.size >= 20 and mine.mean() >= 0.999 and others.mean() <= 0.5:
            held = "no value" if values.isna().mean() > 0.3 else f"the value {values.mode(dropna=True).iloc[0]}"
            evidence = (
                f'"{name}" has {held} in {100 * mine.mean():.1f} % of the rows of one class and in '
                f"{100 * others.mean():.1f} % of the others: it seems to be written after the answer is known."
            )
            return Finding("written_afterwards", "leak", name, evidence, _LEFT_OUT)
    return None


def _tells_alone(name: str, values: pd.Series, y: NDArray[np.float64], task: str, seed: int) -> list[Finding]:
    score = score_alone(numbers_of(values), y, task, seed=seed)
    if task == "regression":
        if score >= 0.98 and _is_function(values, y):
            evidence = f'"{name}" alone gives R2 {score:.4f} on unseen rows: it is the target in another form.'
            return [Finding("copy_of_target", "leak", name, evidence, _LEFT_OUT)]
        return []
    if score >= 0.99:
        evidence = f'"{name}" alone gives AUC {score:.3f} on unseen rows.'
        action = "It is used; make sure that it is measured before the answer is known."
        return [Finding("strong_alone", "warning", name, evidence, action)]
    return []


def _is_function(values: pd.Series, y: NDArray[np.float64]) -> bool:
    """Whether neighbours in the column are neighbours in the target: the noise between them is next to nothing."""
    column = numbers_of(values)
    order = np.lexsort((y, column))
    jumps = np.diff(y[order])
    noise = 0.5 * float(np.mean(jumps**2))
    return noise < 0.005 * float(np.var(y))


def _flags_beside(frame: pd.DataFrame, target: str, found: Iterable[Finding]) -> list[Finding]:
    """Rare yes/no columns in one block with columns already suspected: a plant writes such marks together."""
    proven = [finding.column for finding in found if finding.code == "stands_for_target"]
    names = [str(name) for name in frame.columns]
    flags = {name for name in names if name != target and _is_rare_flag(frame[name])}
    findings = []
    for name in sorted(flags - set(proven), key=names.index):
        block = _block(name, names, flags)
        beside = [one for one in block if one in proven]
        if len(beside) >= 2 and 2 * len(beside) >= len(block):
            evidence = (
                f'"{name}" stands in a block of {len(block)} rare yes/no marks of which {len(beside)} give the target '
                f"away ({', '.join(beside)})."
            )
            findings.append(Finding("beside_marks", "leak", name, evidence, _LEFT_OUT))
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
            evidence = (
                f'"{name}" is set in {count} rows; {hits} of them lie within 3 rows of a change of the target, '
                f"as do {100 * base:.1f} % of all rows."
            )
            findings.append(Finding("mark_of_change", "leak", str(name), evidence, _LEFT_OUT))
    return findings


def sum_of_columns(frame: pd.DataFrame, target: str, names: Iterable[str]) -> Finding | None:
    """A warning where the target is an exact weighted sum of number columns `names`: accounting, not a forecast."""
    numeric = [name for name in names if pd.api.types.is_numeric_dtype(frame[name])]
    rows = frame[[*numeric, target]].dropna()
    if not numeric or len(rows) < 10 * (len(numeric) + 1):
        return None
    X, y = rows[numeric].to_numpy(dtype=np.float64), rows[target].to_numpy(dtype=np.float64)
    half = len(rows) // 2
    score = LinearRegression().fit(X[:half], y[:half]).score(X[half:], y[half:])
    if score < 0.99999:
        return None
    evidence = f'"{target}" is a weighted sum of other columns (R2 {score:.6f} on unseen rows).'
    return Finding("sum_of_columns", "warning", "", evidence, "Leave out the parts that are known only with the sum.")
