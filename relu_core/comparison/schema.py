"""The results schema: Comparison and all it nests. MLflow, report, artifacts, verdict and tests read it and compute
nothing.

Every measured field declares its unit, which direction is better and the key of its word once, in its metadata.
Parameters are weights and biases of one network; times are wall-clock unless the field says otherwise.
"""

import hashlib
import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from relu_core.comparison.json_codec import from_plain, to_plain
from relu_core.comparison.promise import Criteria, EvaluationProtocol
from relu_core.comparison.upgrades import upgraded
from relu_core.errors import ArgumentError
from relu_core.interval import Interval

SCHEMA_VERSION = 3
REACHED = ("yes", "not up to high", "already at low")
CENSORING = ("none", "shallow not reached", "deep not reached", "neither reached")


def measured(unit: str, word: str, better: str = "", *, clock: bool = False, default: Any = ...) -> Any:
    """A measured field: unit, word key, direction ("higher", "lower" or "" where neither); clock: differs from run to
    run.
    """
    metadata = {"unit": unit, "word": word, "better": better, "clock": clock}
    return field(metadata=metadata) if default is ... else field(default=default, metadata=metadata)


@dataclass(frozen=True)
class DatasetRecord:
    """What the data was. version: content hash of the Parquet data set. period: first and last time, "" if none."""

    name: str
    version: str
    sources: tuple[str, ...]
    rows: int = measured("rows", "rows")
    quarantined: int = measured("rows", "quarantined")
    development_rows: int = measured("rows", "development_rows")
    untouched_rows: int = measured("rows", "untouched_rows")
    columns: tuple[str, ...] = ()
    target: str = ""
    period_start: str = ""
    period_end: str = ""


@dataclass(frozen=True)
class FindingRecord:
    """Something about the data that a reader must know. severity: "info", "warning", "leak" or "stop".

    evidence, action: in English. wording, remedy: keys of the same sentences in any language, with the names and
    numbers of `facts`; "" where there are none.
    """

    code: str
    severity: str
    column: str
    evidence: str
    action: str
    wording: str = ""
    remedy: str = ""
    facts: dict[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class SizeInterval:
    """The smallest parameter count that reaches the target, as an interval.

    reached: "yes" (low < smallest <= high), "not up to high" (censored: nothing up to `high` reached it),
    "already at low" (the smallest network tried, `low`, reaches it). bounded: False where even `high`, the largest size
    tried, does not reach the target beyond doubt, so that the range of sizes goes on above it.
    """

    low: int = measured("parameters", "smallest_low", "lower")
    high: int = measured("parameters", "smallest_high", "lower")
    estimate: int = measured("parameters", "smallest", "lower")
    reached: str = "yes"
    bounded: bool = True

    def __post_init__(self) -> None:
        if self.reached not in REACHED:
            raise ArgumentError(f"reached is {self.reached!r}; choose one of {', '.join(REACHED)}")


@dataclass(frozen=True)
class RegionEvidence:
    """How many linear pieces a network uses.

    scope: "box" (exact over the box of the data), "slice" (on a 2-D slice through data rows), "segments" (mean over
    line segments between data rows), "estimate" (sampled). kind: "activation" or "linear".
    complete: False where counting stopped early, then a lower bound. log10_upper_bound: proven for the architecture.
    """

    scope: str
    kind: str
    count: Interval = measured("regions", "regions")
    complete: bool = True
    log10_upper_bound: float = measured("log10 regions", "regions_upper_bound", default=float("nan"))
    method: str = ""
    seconds: float = measured("s", "seconds", "lower", clock=True, default=0.0)


@dataclass(frozen=True)
class SizePoint:
    """One network size of a family: seeds averaged per fold (fold_means), then an interval over folds.

    latency_ms: rows come one at a time; latency_1000_ms: a thousand at a time. Both a row.
    """

    hidden_widths: tuple[int, ...]
    parameters: int = measured("parameters", "parameters", "lower")
    metric: Interval = measured("metric", "metric")
    best_of_seeds: float = measured("metric", "best_of_seeds", default=float("nan"))
    median_of_seeds: float = measured("metric", "median_of_seeds", default=float("nan"))
    fold_means: tuple[float, ...] = ()
    success_rate: Interval | None = measured("share of runs", "success_rate", "higher", default=None)
    collapsed: int = measured("runs", "collapsed", "lower", default=0)
    regions: RegionEvidence | None = None
    flops: int = measured("operations a row", "flops", "lower", default=0)
    latency_ms: float = measured("ms a row", "latency", "lower", clock=True, default=float("nan"))
    latency_1000_ms: float = measured("ms a row", "latency_1000", "lower", clock=True, default=float("nan"))
    seeds: int = 0
    folds: int = 0


@dataclass(frozen=True)
class FamilyResult:
    """All networks of one number of hidden layers.

    points: ascending in parameters. success_rate: share of runs at the smallest reaching size that reach the target
    alone.
    confirmed: metric of the finalist on the untouched rows, None before Confirm. finalist: its hidden widths.
    """

    hidden_layers: int
    points: tuple[SizePoint, ...]
    smallest: SizeInterval
    success_rate: Interval = measured("share of runs", "success_rate", "higher")
    collapsed: int = measured("runs", "collapsed", "lower", default=0)
    runs: int = measured("runs", "runs", default=0)
    recipe: dict[str, str] = field(default_factory=dict)
    finalist: tuple[int, ...] = ()
    confirmed: Interval | None = measured("metric", "confirmed", default=None)
    representable: int = measured("parameters", "representable", "lower", default=0)
    complete: bool = True
    seconds: float = measured("s", "seconds", "lower", clock=True, default=0.0)
    work: float = measured("operations", "work", "lower", default=0.0)


@dataclass(frozen=True)
class BaselineResult:
    """A model that is no neural network, under the same folds. kind: "dummy", "linear" or "trees". fold_means: its
    metric on each fold, () where unknown. Latency as in SizePoint.
    """

    name: str
    kind: str
    metric: Interval = measured("metric", "metric")
    confirmed: Interval | None = measured("metric", "confirmed", default=None)
    latency_ms: float = measured("ms a row", "latency", "lower", clock=True, default=float("nan"))
    latency_1000_ms: float = measured("ms a row", "latency_1000", "lower", clock=True, default=float("nan"))
    seconds: float = measured("s", "seconds", "lower", clock=True, default=0.0)
    fold_means: tuple[float, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """Parameters of the smallest shallow network over those of the smallest deeper one.

    deep_hidden_layers: the family that is compared. censored: one of CENSORING; with "shallow not reached" the value is
    a lower bound and high is infinite.
    """

    deep_hidden_layers: int
    value: Interval = measured("times", "ratio", "higher")
    censored: str = "none"

    def __post_init__(self) -> None:
        if self.censored not in CENSORING:
            raise ArgumentError(f"censored is {self.censored!r}; choose one of {', '.join(CENSORING)}")


@dataclass(frozen=True)
class ProvenLoss:
    """A certificate of exact training: lower <= optimum <= upper. status: "proven", "gap", "time", "nodes" or "not
    run".
    """

    width: int
    lower: float = measured("loss", "loss_lower", "lower")
    upper: float = measured("loss", "loss_upper", "lower")
    status: str = "not run"
    seconds: float = measured("s", "seconds", "lower", clock=True, default=0.0)


@dataclass(frozen=True)
class Yardstick:
    """Why a shallow network failed: optimisation or size. All on the same standardised subsample of 1 to 3 columns.

    trained: loss that gradient training reached at `proven.width`; proven: the optimum there; proven_next: one unit
    more.
    """

    columns: tuple[str, ...]
    rows: int
    loss: str
    trained: float = measured("loss", "trained_loss", "lower")
    proven: ProvenLoss = field(default_factory=lambda: ProvenLoss(0, float("nan"), float("nan")))
    proven_next: ProvenLoss = field(default_factory=lambda: ProvenLoss(0, float("nan"), float("nan")))
    reason: str = ""


@dataclass(frozen=True)
class LearningPoint:
    """The champion's metric when trained on `rows` rows."""

    rows: int = measured("rows", "rows")
    metric: Interval = measured("metric", "metric")


@dataclass(frozen=True)
class LearningCurve:
    """Metric against rows. rows_to_target: extrapolated, infinite where the curve flattens below the target.

    trusted: False where the extrapolation goes too far or the fit is poor; reason says why in one sentence.
    """

    points: tuple[LearningPoint, ...]
    rows_to_target: Interval = measured("rows", "rows_to_target", "lower")
    trusted: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Confusion:
    """Counts on the untouched rows at the threshold that was chosen on validation rows."""

    threshold: float
    true_negative: int = measured("rows", "true_negative")
    false_positive: int = measured("rows", "false_alarms", "lower")
    false_negative: int = measured("rows", "misses", "lower")
    true_positive: int = measured("rows", "true_positive")


@dataclass(frozen=True)
class CostCurve:
    """Cost a year (k,) against the threshold (k,) on the validation rows that the threshold was chosen on.

    Above the largest threshold nothing is alarmed, at 0 everything is.
    """

    rows: int = measured("rows", "rows")
    thresholds: tuple[float, ...] = measured("score", "threshold", default=())
    cost_per_year: tuple[float, ...] = measured("currency a year", "cost_per_year", "lower", default=())


@dataclass(frozen=True)
class MoneyResult:
    """What one option costs and saves a year. option: "simple", "shallow" or "deep".

    Saving is against the cheaper of the two policies that need no model: never alarm, always alarm. cost_per_year is
    misses_cost + false_alarms_cost.
    """

    option: str
    model: str
    confusion: Confusion
    cost_per_year: Interval = measured("currency a year", "cost_per_year", "lower")
    saving_per_year: Interval = measured("currency a year", "saving_per_year", "higher")
    project_cost: float = measured("currency", "project_cost", "lower")
    payback_years: Interval = measured("years", "payback", "lower")
    misses_cost: float = measured("currency a year", "misses_cost", "lower", default=float("nan"))
    false_alarms_cost: float = measured("currency a year", "false_alarms_cost", "lower", default=float("nan"))
    cost_curve: CostCurve | None = None


@dataclass(frozen=True)
class Approval:
    """What a person decided between two stages. decision: "approved", "stopped", "timed out" or "not asked"."""

    stage: str
    decision: str
    person: str
    reason: str
    minutes: float = measured("minutes", "budget")


@dataclass(frozen=True)
class TaskTime:
    """When one task of the evaluation ran. hidden_layers: of the family it was for, 0 for all. begun: seconds after the
    evaluation began, without those in which no task worked. What an earlier run had answered already is not among them.
    """

    name: str
    hidden_layers: int = 0
    begun: float = measured("s", "seconds", clock=True, default=0.0)
    seconds: float = measured("s", "seconds", "lower", clock=True, default=0.0)


@dataclass(frozen=True)
class Comparison:
    """The whole result of one PoC evaluation: frozen, versioned, the one record that all readers share.

    ratio: None with fewer than two families. champion: label of the model to use, e.g. "linear" or "2 hidden layers".
    stage_reached: "screen", "compare" or "confirm". missing: what the budget did not allow, in words; complete:
    nothing is.
    seconds: wall seconds a stage; tasks: the same, task by task. versions: of the programs that matter.
    """

    poc: str
    dataset: DatasetRecord
    criteria: Criteria
    protocol: EvaluationProtocol
    families: tuple[FamilyResult, ...]
    baselines: tuple[BaselineResult, ...]
    ratio: Ratio | None
    champion: str
    yardstick: Yardstick | None = None
    learning_curve: LearningCurve | None = None
    money: tuple[MoneyResult, ...] = ()
    findings: tuple[FindingRecord, ...] = ()
    approvals: tuple[Approval, ...] = ()
    stage_reached: str = "confirm"
    complete: bool = True
    missing: tuple[str, ...] = ()
    seconds: dict[str, float] = measured("s", "seconds", "lower", clock=True, default=None)
    tasks: tuple[TaskTime, ...] = measured("s", "seconds", clock=True, default=())
    versions: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if self.seconds is None:
            object.__setattr__(self, "seconds", {})

    def to_json(self) -> str:
        """Strict JSON, keys in field order."""
        return json.dumps(to_plain(self), ensure_ascii=False, allow_nan=False)

    @staticmethod
    def from_json(text: str) -> "Comparison":
        """The record that `to_json` wrote, now or in an older version. Refuses newer versions and damaged text."""
        try:
            plain = json.loads(text)
        except json.JSONDecodeError as error:
            raise ArgumentError(f"text is no JSON ({error}); pass what Comparison.to_json wrote") from None
        return from_plain(Comparison, upgraded(plain, SCHEMA_VERSION))

    def fingerprint(self) -> str:
        """sha256 over everything that must repeat bit for bit: all fields but those read off a clock."""
        return hashlib.sha256(json.dumps(to_plain(without_clock(self)), allow_nan=False).encode()).hexdigest()


def without_clock(record: Any) -> Any:
    """A copy of a record with every field that is read off a clock set to its neutral value, at any depth."""
    if isinstance(record, tuple):
        return tuple(without_clock(item) for item in record)
    if not is_dataclass(record) or isinstance(record, type):
        return record
    changes: dict[str, Any] = {}
    for item in fields(record):
        value = getattr(record, item.name)
        if item.metadata.get("clock"):
            changes[item.name] = type(value)() if isinstance(value, dict | tuple) else 0.0
        else:
            changes[item.name] = without_clock(value)
    return replace(record, **changes)
