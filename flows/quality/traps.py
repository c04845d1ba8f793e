"""What makes an honest test look better than it is: copies, order, groups, drift; and what cannot be learned from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from flows.lake.target import numeric_target, rows_with_target
from flows.quality.alone import numbers_of, score_alone
from flows.quality.clock import find_clock_troubles
from flows.quality.finding import Finding, sort_findings

_MOST_ROWS = 20_000


def find_traps(
    frame: pd.DataFrame,
    target: str,
    task: str,
    *,
    split: str = "chance",
    split_column: str = "",
    columns: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    seed: int = 0,
) -> list[Finding]:
    """Traps of `frame` (D, columns), the gravest first.

    task: "binary", "multiclass" or "regression". split, split_column: "chance", "group" or "time", as the charter says.
    columns: the inputs (default: all but target and split_column). notes: of the manifest; those about sheets are
    repeated as findings. Raises DatasetError where the target is unfit.
    """
    known, unlabelled = rows_with_target(frame, target)
    y = numeric_target(known, target, task).y
    inputs = [str(name) for name in frame.columns if name not in (target, split_column)] if columns is None else columns
    findings = [*_about_rows(known, unlabelled, inputs, target, split), *_about_columns(frame, inputs)]
    findings += _about_order(known.drop(columns=target), y, task, split, split_column, seed)
    findings += _drift(known, inputs)
    findings += find_clock_troubles(known, group=_group_of(known.drop(columns=target), split_column))
    if task != "regression":
        findings += _imbalance(y)
    findings += [
        Finding("same_rows_in_sheets", "info", "", note, "Only one of the sheets is used.")
        for note in notes
        if "holds the same" in note and "sheet" in note.lower()
    ]
    return sort_findings(findings)


def _about_rows(frame: pd.DataFrame, unlabelled: int, inputs: Sequence[str], target: str, split: str) -> list[Finding]:
    findings = []
    if unlabelled:
        evidence = f'{unlabelled} of {unlabelled + len(frame)} rows have no value of "{target}".'
        findings.append(Finding("rows_without_target", "warning", target, evidence, "Those rows are not used."))
    measured = [name for name in inputs if not _names_rows(frame[name])]
    copies = int(frame.duplicated(subset=[*measured, target]).sum()) if measured else 0
    if copies:
        evidence = f"{copies} of {len(frame)} rows repeat an earlier row in every input and the target."
        action = "Equal rows must lie in the same fold." if split == "chance" else "Equal rows count twice."
        findings.append(Finding("duplicate_rows", "warning", "", evidence, action))
    return findings


def _names_rows(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    whole_or_text = not pd.api.types.is_float_dtype(values)
    return bool(whole_or_text and values.nunique() > 0.95 * len(values))


def _about_columns(frame: pd.DataFrame, inputs: Sequence[str]) -> list[Finding]:
    findings = []
    for name in inputs:
        values = frame[name]
        missing = int(values.isna().sum())
        if missing == len(values):
            evidence = f'"{name}" is empty in all {len(values)} rows.'
            findings.append(Finding("empty_column", "warning", name, evidence, "It is left out."))
        elif values.nunique() == 1:
            evidence = f'"{name}" is {values.dropna().iloc[0]} in every row.'
            findings.append(Finding("constant_column", "info", name, evidence, "It is left out."))
        elif missing > 0.3 * len(values):
            evidence = f'"{name}" is empty in {missing} of {len(values)} rows.'
            action = "Empty cells get the median of the training rows and a mark of their own."
            findings.append(Finding("many_missing", "warning", name, evidence, action))
    return findings


def _about_order(
    frame: pd.DataFrame, y: NDArray[np.float64], task: str, split: str, split_column: str, seed: int
) -> list[Finding]:
    place = _place_in_group(frame, split_column)
    score = score_alone(place, y, task, seed=seed)
    limit, word = (0.3, "R2") if task == "regression" else (0.75, "AUC")
    findings = []
    if score >= limit:
        where = "in its file or group" if _group_of(frame, split_column) else "in the table"
        evidence = f"The place of a row {where} alone gives {word} {score:.2f} on unseen rows."
        action = "Row numbers, elapsed and clock time are no inputs; split by group or by time."
        findings.append(Finding("order_tells_target", "warning", "", evidence, action))
    if split == "chance" and (alike := _likeness_of_neighbours(y, task)) > 0.5:
        evidence = f"Neighbouring rows are alike in the target (correlation {alike:.2f})."
        action = "A split by chance puts neighbours on both sides and flatters; split by group or by time."
        findings.append(Finding("neighbours_alike", "warning", "", evidence, action))
    group = _group_of(frame, split_column)
    if split == "chance" and group:
        evidence = f'"{group}" holds {frame[group].nunique()} groups of rows, and the split is by chance.'
        action = "Rows of one group end on both sides and flatter; split by this column."
        findings.append(Finding("groups_cross_folds", "warning", group, evidence, action))
    return findings


def _group_of(frame: pd.DataFrame, split_column: str) -> str:
    """The column whose every value stands in one run, of at least 5 rows on average; "" where none does."""
    if split_column and not pd.api.types.is_datetime64_any_dtype(frame[split_column]):
        return split_column
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_float_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
            continue
        groups = values.nunique()
        runs = int((values != values.shift()).sum())
        if groups >= 5 and groups == runs and groups <= len(values) / 5:
            return str(name)
    return ""


def _place_in_group(frame: pd.DataFrame, split_column: str) -> NDArray[np.float64]:
    group = _group_of(frame, split_column)
    if not group:
        return np.arange(len(frame), dtype=np.float64)
    grouped = frame.groupby(group, sort=False, dropna=False)
    return (grouped.cumcount() / grouped[group].transform("size").clip(lower=1)).to_numpy(dtype=np.float64)


def _likeness_of_neighbours(y: NDArray[np.float64], task: str) -> float:
    """Correlation of the target with the row before; of classes, how far neighbours agree beyond chance."""
    if len(y) < 30:
        return 0.0
    if task == "regression":
        before, after = y[:-1], y[1:]
        return float(np.corrcoef(before, after)[0, 1]) if before.std() > 0 and after.std() > 0 else 0.0
    shares = np.unique(y, return_counts=True)[1] / len(y)
    by_chance = float((shares**2).sum())
    return (float((y[1:] == y[:-1]).mean()) - by_chance) / (1 - by_chance)


def _drift(frame: pd.DataFrame, inputs: Sequence[str]) -> list[Finding]:
    """Columns whose first and last third have little in common (Kolmogorov-Smirnov distance above 0.5)."""
    third = len(frame) // 3
    if third < 30:
        return []
    step = max(1, third // _MOST_ROWS)
    distances = {}
    for name in inputs:
        values = frame[name]
        if not pd.api.types.is_float_dtype(values) or values.notna().sum() < 60:
            continue
        numbers = numbers_of(values)
        distances[name] = float(ks_2samp(numbers[:third:step], numbers[-third::step]).statistic)
    drifted = {name: distance for name, distance in distances.items() if distance > 0.5}
    if not drifted:
        return []
    worst = sorted(drifted, key=lambda name: -drifted[name])[:5]
    listed = ", ".join(f'"{name}" ({drifted[name]:.2f})' for name in worst)
    evidence = f"{len(drifted)} column(s) differ between the first and the last third of the rows: {listed}."
    action = "A model of early rows may fail on late ones; a split by time shows it."
    return [Finding("drift", "warning", "", evidence, action)]


def _imbalance(y: NDArray[np.float64]) -> list[Finding]:
    shares = np.unique(y, return_counts=True)[1] / len(y)
    if shares.max() < 0.9:
        return []
    evidence = f"One class has {100 * shares.max():.1f} % of the rows; always guessing it is that accurate."
    return [Finding("rare_class", "info", "", evidence, "Judge by AUC, average precision or F1, not by accuracy.")]
