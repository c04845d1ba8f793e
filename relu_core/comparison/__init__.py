"""Depth against width, with error bars: what was promised, who may learn from which row, what was measured, the
verdict.
"""

from relu_core.comparison.baselines import baseline_validation_predictions, confirm_baseline, fit_baselines
from relu_core.comparison.change import Change, SizeChange, change_between
from relu_core.comparison.compare import champion_of, compare
from relu_core.comparison.confirm import (
    ConfirmedNetwork,
    confirm_network,
    network_validation_predictions,
    train_finalist,
)
from relu_core.comparison.events import EarlyWarning, alarm_threshold, early_warning
from relu_core.comparison.evidence import (
    best_baseline,
    best_deep_family,
    headline_ratio,
    label_of,
    ratio_of_sizes,
)
from relu_core.comparison.intervals import bootstrap_metric, fold_mean_interval, nested_bootstrap, quotient, wilson
from relu_core.comparison.latency import latencies_ms
from relu_core.comparison.learning_curve import learning_curve, rows_to_target
from relu_core.comparison.measure import Limits, Question, make_question
from relu_core.comparison.metrics import (
    LOSS_OF_TASK,
    METRICS,
    Metric,
    expected_cost,
    metric_named,
    metric_of,
    outputs_for,
    predictions_of,
)
from relu_core.comparison.money import choose_threshold, confusion_at, cost_curve, money_of
from relu_core.comparison.promise import Criteria, EvaluationProtocol
from relu_core.comparison.reasons import KINDS, REASONS
from relu_core.comparison.region_evidence import data_slice, region_evidence, slice_coordinates
from relu_core.comparison.schema import (
    SCHEMA_VERSION,
    Approval,
    BaselineResult,
    Comparison,
    Confusion,
    CostCurve,
    DatasetRecord,
    FamilyResult,
    FindingRecord,
    LearningCurve,
    LearningPoint,
    MoneyResult,
    ProvenLoss,
    Ratio,
    RegionEvidence,
    SizeInterval,
    SizePoint,
    TaskTime,
    Yardstick,
    without_clock,
)
from relu_core.comparison.sizes import Effort, operations_in, plan_effort, size_grid, training_work
from relu_core.comparison.smallest_size import coarse_sweep, full_grid, smallest_size
from relu_core.comparison.splits import RowSplit, Split, TestRows, make_split, matrix_folds, split_rows
from relu_core.comparison.tuning import CANDIDATES, TunedRecipe, tune_recipe
from relu_core.comparison.verdict import Verdict, decide
from relu_core.comparison.yardstick import make_yardstick, yardstick_work

__all__ = [
    "Criteria",
    "EvaluationProtocol",
    "METRICS",
    "Metric",
    "metric_named",
    "metric_of",
    "expected_cost",
    "LOSS_OF_TASK",
    "outputs_for",
    "predictions_of",
    "make_split",
    "split_rows",
    "matrix_folds",
    "Split",
    "RowSplit",
    "TestRows",
    "fit_baselines",
    "baseline_validation_predictions",
    "confirm_baseline",
    "plan_effort",
    "Effort",
    "size_grid",
    "training_work",
    "operations_in",
    "tune_recipe",
    "TunedRecipe",
    "CANDIDATES",
    "make_question",
    "Question",
    "Limits",
    "smallest_size",
    "full_grid",
    "coarse_sweep",
    "confirm_network",
    "ConfirmedNetwork",
    "train_finalist",
    "network_validation_predictions",
    "latencies_ms",
    "learning_curve",
    "rows_to_target",
    "make_yardstick",
    "yardstick_work",
    "choose_threshold",
    "confusion_at",
    "cost_curve",
    "money_of",
    "alarm_threshold",
    "early_warning",
    "EarlyWarning",
    "fold_mean_interval",
    "nested_bootstrap",
    "wilson",
    "bootstrap_metric",
    "quotient",
    "ratio_of_sizes",
    "headline_ratio",
    "label_of",
    "best_baseline",
    "best_deep_family",
    "region_evidence",
    "data_slice",
    "slice_coordinates",
    "champion_of",
    "compare",
    "Comparison",
    "without_clock",
    "SCHEMA_VERSION",
    "DatasetRecord",
    "FindingRecord",
    "SizeInterval",
    "SizePoint",
    "RegionEvidence",
    "FamilyResult",
    "BaselineResult",
    "Ratio",
    "ProvenLoss",
    "Yardstick",
    "LearningPoint",
    "LearningCurve",
    "Confusion",
    "CostCurve",
    "MoneyResult",
    "Approval",
    "TaskTime",
    "decide",
    "Verdict",
    "Change",
    "SizeChange",
    "change_between",
    "KINDS",
    "REASONS",
]
