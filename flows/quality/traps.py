"""What makes an honest test look better than it is: copies, order, groups, drift; and what cannot be learned from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from flows.lake.derive import LOOK_ALIKE
from flows.lake.target import bad_classes_alone, numeric_target, rows_with_target
from flows.quality.alone import numbers_of, score_alone
from flows.quality.clock import find_clock_troubles
from flows.quality.finding import Finding, sort_findings
from flows.quality.sentences import found

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

    task: "binary", "multiclass" or "regression". split: "chance", "block" (of rows by chance), "group" or "time".
    split_column: as the charter says. columns: the inputs (default: all but target and split_column). notes: of the
    manifest; those about sheets are repeated as findings. Raises DatasetError where the target is unfit.
    """
    known, unlabelled = rows_with_target(frame, target)
    y = numeric_target(known, target, task).y
    inputs = [str(name) for name in frame.columns if name not in (target, split_column)] if columns is None else columns
    findings = [*_about_rows(known, unlabelled, inputs, target, split), *_about_columns(frame, inputs)]
    findings += _about_order(known.drop(columns=target), y, task, split, split_column, seed)
    findings += _drift(known, inputs)
    findings += find_clock_troubles(known, group=group_of(known.drop(columns=target), split_column))
    if task != "regression":
        findings += _imbalance(y)
    if task == "multiclass":
        findings += about_good_classes(known[target])
    findings += [
        found("same_rows_in_sheets", "info", remedy="one_sheet", note=note)
        for note in notes
        if "holds the same" in note and "sheet" in note.lower()
    ]
    return sort_findings(findings)


def about_good_classes(labels: pd.Series) -> list[Finding]:
    """That none of the classes of a column is called good or normal, where that is so."""
    names = bad_classes_alone(labels)
    if not names:
        return []
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    facts: dict[str, float | str] = {"classes": len(names), "names": listed}
    return [found("no_good_class", "info", str(labels.name), remedy="tells_kinds_apart", **facts)]


def about_rows_left_out(used: int, stored: int) -> list[Finding]:
    """That a data set holds more rows than are used, where it does."""
    return (
        [found("newest_rows_only", "info", remedy="set_in_charter", rows=used, stored=stored)] if used < stored else []
    )


def _about_rows(frame: pd.DataFrame, unlabelled: int, inputs: Sequence[str], target: str, split: str) -> list[Finding]:
    findings = []
    if unlabelled:
        counts = {"unlabelled": unlabelled, "rows": unlabelled + len(frame)}
        findings.append(found("rows_without_target", "warning", target, remedy="rows_not_used", **counts))
    measured = [name for name in inputs if not _names_rows(frame[name])]
    copies = int(frame.duplicated(subset=[*measured, target]).sum()) if measured else 0
    if copies:
        remedy = "one_fold" if split == "chance" else "count_twice"
        findings.append(found("duplicate_rows", "warning", remedy=remedy, copies=copies, rows=len(frame)))
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
            findings.append(found("empty_column", "warning", name, remedy="left_out", rows=len(values)))
        elif values.nunique() == 1:
            value = str(values.dropna().iloc[0])
            findings.append(found("constant_column", "info", name, remedy="left_out", value=value))
        elif missing > 0.3 * len(values):
            counts = {"missing": missing, "rows": len(values)}
            findings.append(found("many_missing", "warning", name, remedy="median_and_mark", **counts))
    return findings


def _about_order(
    frame: pd.DataFrame, y: NDArray[np.float64], task: str, split: str, split_column: str, seed: int
) -> list[Finding]:
    place = _place_in_group(frame, split_column)
    score = score_alone(place, y, task, seed=seed)
    limit, word = (0.3, "R2") if task == "regression" else (0.75, "AUC")
    findings = []
    if score >= limit:
        where = "group" if group_of(frame, split_column) else "table"
        wording = f"order_tells_target.{where}.{word}"
        findings.append(found(wording, "warning", remedy="no_row_numbers", score=score))
    if split == "chance" and (alike := likeness_of_neighbours(y, task)) > 0.5:
        findings.append(found("neighbours_alike", "warning", remedy="chance_flatters", score=alike))
    if LOOK_ALIKE in frame.columns and split_column != LOOK_ALIKE:
        shared = int(frame[LOOK_ALIKE].duplicated(keep=False).sum())
        findings.append(
            found("look_alike.pictures", "warning", LOOK_ALIKE, remedy="split_by_this", shared=shared, rows=len(frame))
        )
    group = group_of(frame, split_column)
    if split in ("chance", "block") and group:
        groups = int(frame[group].nunique())
        findings.append(found("groups_cross_folds", "warning", group, remedy="split_by_this", groups=groups))
    return findings


def group_of(frame: pd.DataFrame, split_column: str) -> str:
    """The column whose every value stands in one run, of at least 5 rows on average; "" where none does."""
    # Pieces of surface are scattered over the table: they say nothing about its order.
    if split_column not in ("", LOOK_ALIKE) and not pd.api.types.is_datetime64_any_dtype(frame[split_column]):
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
    group = group_of(frame, split_column)
    if not group:
        return np.arange(len(frame), dtype=np.float64)
    grouped = frame.groupby(group, sort=False, dropna=False)
    return (grouped.cumcount() / grouped[group].transform("size").clip(lower=1)).to_numpy(dtype=np.float64)


def likeness_of_neighbours(y: NDArray[np.float64], task: str) -> float:
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
    return [found("drift", "warning", remedy="split_by_time", columns=len(drifted), names=listed)]


def _imbalance(y: NDArray[np.float64]) -> list[Finding]:
    shares = np.unique(y, return_counts=True)[1] / len(y)
    if shares.max() < 0.9:
        return []
    return [found("rare_class", "info", remedy="other_metric", largest_share=float(shares.max()))]
