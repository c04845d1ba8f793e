"""Stage 1, Screen: is the question sound, what do simple models reach, and what do networks of a few sizes reach?"""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from flows.charter import CORE_SPLIT, Charter
from flows.choices import SplitRule
from flows.errors import CharterError, DatasetError
from flows.features.columns import fit_columns
from flows.features.plan import MadeRows, RowPlan
from flows.lake import dataset
from flows.lake.manifest import Manifest
from flows.lake.memory import refuse_too_many
from flows.lake.target import numeric_target
from flows.quality.finding import Finding, sort_findings, suspected_columns
from flows.quality.leaks import find_leaks
from flows.quality.traps import about_rows_left_out, find_traps
from flows.settings import Settings
from flows.steps.effort import effort_of
from flows.steps.rows import RowsFile, fold_matrices, open_rows, with_folds, without_shared_rows, write_rows
from relu_core.comparison import (
    CANDIDATES,
    BaselineResult,
    DatasetRecord,
    FamilyResult,
    FindingRecord,
    Limits,
    coarse_sweep,
    fit_baselines,
    make_question,
    metric_of,
    split_rows,
)

# A first look asks where sizes lie, not how sure that is.
SWEEP_SEEDS = 2


@dataclass(frozen=True)
class Question:
    """The charter's question in the data set's own names. plan: the inputs that are used, and how rows are made."""

    dataset: DatasetRecord
    plan: RowPlan
    target: str
    split_column: str
    findings: tuple[FindingRecord, ...]


@dataclass(frozen=True)
class PreparedRows:
    """Development rows for all stages; untouched rows for Confirm alone."""

    development: RowsFile
    untouched: RowsFile
    dataset: DatasetRecord


def find_data(charter: Charter, settings: Settings) -> str:
    """The newest version of the charter's data set. Raises CharterError, DatasetError."""
    charter.check()
    return dataset.latest(settings.lake, charter.dataset).version


def check(charter: Charter, version: str, settings: Settings) -> Question:
    """Name the columns, look for leaks and traps, decide what is used. Raises CharterError, DatasetError."""
    frame, manifest = _read(charter, version, settings)
    names = _ColumnNames(manifest)
    target = names.one(charter.target, "target")
    split_column = names.one(charter.split_column, "split_column") if charter.split_column else ""
    split, task = "block" if charter.block_rows else CORE_SPLIT[charter.split_rule], charter.criteria().task
    group = split_column if split == "group" else ""
    findings = find_leaks(frame, target, task, group=group, seed=charter.seed)
    insisted = names.several(charter.insisted_columns, "insisted_columns")
    beside = [(charter.unit_column, "unit_column"), (charter.time_column, "time_column")]
    left_out = {target, *names.several(charter.excluded_columns, "excluded_columns")}
    left_out |= {names.one(name, field) for name, field in beside if name} - set(insisted)
    left_out |= {split_column, *suspected_columns(findings, insisted)}
    columns = tuple(str(name) for name in frame.columns if name not in left_out)
    findings += find_traps(
        frame, target, task, split=split, split_column=split_column, columns=columns, notes=manifest.notes
    )
    findings += about_rows_left_out(len(frame), manifest.rows_stored)
    _stop_at(findings, columns)
    record = _dataset_record(frame, manifest, columns, target, split_column)
    plan = _plan(charter, frame, columns, names)
    return Question(record, plan, target, split_column, tuple(_record(one) for one in sort_findings(findings)))


def make_rows(charter: Charter, question: Question, settings: Settings) -> PreparedRows:
    """Make rows of features; write development and untouched ones to files of their own.

    Raises DatasetError: too few rows or groups.
    """
    frame, _ = _read(charter, question.dataset.version, settings)
    made = question.plan.make(frame, wanted=frame[question.target].notna().to_numpy())
    protocol, task = charter.protocol(), charter.criteria().task
    target = numeric_target(frame.iloc[made.rows], question.target, task)
    y = np.minimum(target.y, charter.target_cap) if charter.target_cap else target.y
    apart = _split_column(frame.iloc[made.rows], charter, question.split_column, made)
    split = split_rows(len(y), y, protocol, task=task, **apart)
    if question.plan.span > 1:
        split = without_shared_rows(split, made)
    folder = settings.features / charter.poc_name
    kind = RowsFile("", "", 0, tuple(made.frame.columns), task, target.class_names, 0, question.plan)
    learned, kept = split.development, split.untouched
    marked = with_folds(made.frame.iloc[learned], split)
    development = write_rows(marked, y[learned], folder / "development", replace(kind, folds=protocol.folds))
    untouched = write_rows(made.frame.iloc[kept], y[kept], folder / "untouched", kind)
    used = fit_columns(made.frame.iloc[learned], kind.columns).feature_names
    record = replace(question.dataset, development_rows=development.rows, untouched_rows=untouched.rows, columns=used)
    return PreparedRows(development, untouched, record)


def try_simple_models(charter: Charter, rows: RowsFile) -> tuple[BaselineResult, ...]:
    """The models anyone would try first, under the same folds."""
    criteria, opened = charter.criteria(), open_rows(rows)
    folds = fold_matrices(opened, opened.folds)
    return tuple(fit_baselines(folds, task=criteria.task, metric=metric_of(criteria), seed=charter.seed))


def sweep(charter: Charter, rows: RowsFile, hidden_layers: int) -> FamilyResult:
    """A few sizes of one family, with few seeds and the first recipe of the list."""
    criteria, opened = charter.criteria(), open_rows(rows)
    effort = effort_of(charter, opened)
    question = make_question(
        fold_matrices(opened, opened.folds),
        task=criteria.task,
        metric=metric_of(criteria),
        target=criteria.target,
        recipe=effort.of(CANDIDATES[0]),
        seeds=SWEEP_SEEDS,
    )
    return coarse_sweep(question, hidden_layers=hidden_layers, largest=effort.largest, limits=Limits(work=effort.work))


def _read(charter: Charter, version: str, settings: Settings) -> tuple[pd.DataFrame, Manifest]:
    """The rows that the charter asks for. Raises DatasetError, also where memory would not hold their evaluation."""
    manifest = dataset.read_manifest(settings.lake, charter.dataset, version)
    refuse_too_many(manifest, min(charter.newest_rows or manifest.rows_stored, manifest.rows_stored))
    return dataset.read(settings.lake, charter.dataset, version, newest=charter.newest_rows)


def _plan(charter: Charter, frame: pd.DataFrame, columns: tuple[str, ...], names: "_ColumnNames") -> RowPlan:
    """How rows are made: the inputs in the data set's names, and what windows must not cross."""
    channels = tuple(name for name in columns if pd.api.types.is_numeric_dtype(frame[name]))
    units = [charter.unit_column, charter.split_column if charter.split_rule is SplitRule.GROUP else ""]
    time = charter.time_column or (charter.split_column if charter.split_rule is SplitRule.TIME else "")
    looks_back = charter.span > 1 or charter.block_rows
    return RowPlan(
        channels=channels,
        others=tuple(name for name in columns if name not in channels),
        borders=tuple(dict.fromkeys(names.one(name, "unit_column") for name in units if name)) if looks_back else (),
        time=names.one(time, "time_column") if time and looks_back else "",
        window_rows=charter.window_rows,
        window_step=charter.window_step,
        statistics=tuple(word.value for word in charter.window_features) if charter.window_rows else (),
        lags=tuple(charter.lags),
        differences=tuple(charter.differences),
        products=tuple(_factors(product, channels, names) for product in charter.products),
    )


def _factors(product: str, channels: tuple[str, ...], names: "_ColumnNames") -> tuple[str, ...]:
    """The two columns of "Torque * Speed". Raises CharterError."""
    factors = tuple(names.one(part.strip(), "products") for part in re.split("[*×]", product) if part.strip())
    if len(factors) != 2 or not set(factors) <= set(channels):
        raise CharterError(f"products holds '{product}'; write two input columns of numbers as 'Torque * Speed'")
    return factors


def _split_column(frame: pd.DataFrame, charter: Charter, column: str, made: MadeRows) -> dict[str, Any]:
    """The group or time of every row, as the rule needs it. Raises DatasetError: cells without a value."""
    if charter.block_rows:
        return {"groups": made.blocks(charter.block_rows)}
    if charter.split_rule is SplitRule.CHANCE:
        return {}
    if frame[column].isna().any():
        count = int(frame[column].isna().sum())
        raise DatasetError(f'{count} rows have no value of "{column}", which keeps rows apart; choose another column')
    return {"groups" if charter.split_rule is SplitRule.GROUP else "times": frame[column].to_numpy()}


class _ColumnNames:
    """Names as the charter writes them -> names of the data set."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def one(self, wanted: str, field: str) -> str:
        try:
            return self._manifest.column(wanted)
        except DatasetError as error:
            raise CharterError(f"{field}: {error}") from None

    def several(self, wanted: list[str], field: str) -> list[str]:
        return [self.one(name, field) for name in wanted]


def _stop_at(findings: list[Finding], columns: tuple[str, ...]) -> None:
    stops = [f"{one.evidence} {one.action}" for one in findings if one.severity == "stop"]
    if stops:
        raise DatasetError(" ".join(stops))
    if not columns:
        raise DatasetError(
            "no column is left as an input; take some out of excluded_columns or insist on suspected ones"
        )


def _record(finding: Finding) -> FindingRecord:
    return FindingRecord(**vars(finding))


def _dataset_record(
    frame: pd.DataFrame, manifest: Manifest, columns: tuple[str, ...], target: str, split_column: str
) -> DatasetRecord:
    times = [name for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name])]
    moments = frame[times[0]].dropna() if times else pd.Series(dtype="datetime64[us]")
    return DatasetRecord(
        name=manifest.name,
        version=manifest.version,
        sources=tuple(source.name for source in manifest.sources),
        rows=len(frame),
        quarantined=manifest.rows_quarantined,
        development_rows=0,
        untouched_rows=0,
        columns=columns,
        target=target,
        period_start=str(moments.min()) if len(moments) else "",
        period_end=str(moments.max()) if len(moments) else "",
    )
