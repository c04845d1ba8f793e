"""What was promised before any network was trained: Criteria (what counts as good) and EvaluationProtocol (how it is
measured).

The form and the charter file live outside this package; these two plain records are all of them that the mathematics
sees.
"""

from dataclasses import dataclass

from relu_core import arguments
from relu_core.errors import ArgumentError

TASKS = ("binary", "multiclass", "regression")
SPLIT_RULES = ("chance", "group", "time")


@dataclass(frozen=True)
class Criteria:
    """What counts as good enough, what it is worth, and what it may cost.

    metric: a name of relu_core.comparison.metrics. target: good enough from. kill: dead below (nan: no such value).
    today: what today's process reaches (nan: not known). minimum_ratio: factor of parameters that depth must save.
    cost_of_miss, cost_of_false_alarm: currency a case. units_per_year: parts or rows judged a year.
    project_cost_*: currency, once. All money 0: not used.
    """

    task: str
    metric: str
    target: float
    kill: float = float("nan")
    today: float = float("nan")
    minimum_ratio: float = 1.5
    currency: str = "EUR"
    cost_of_miss: float = 0.0
    cost_of_false_alarm: float = 0.0
    units_per_year: float = 0.0
    project_cost_simple: float = 0.0
    project_cost_shallow: float = 0.0
    project_cost_deep: float = 0.0
    level: float = 0.95

    def __post_init__(self) -> None:
        arguments.one_of(self.task, TASKS, "task")
        if not self.minimum_ratio >= 1:
            raise ArgumentError(f"minimum_ratio is {self.minimum_ratio!r}; pass a factor of at least 1")
        for name in ("cost_of_miss", "cost_of_false_alarm", "units_per_year"):
            arguments.not_negative(getattr(self, name), name)

    @property
    def has_money(self) -> bool:
        """Whether a saving can be computed at all."""
        return (
            self.task == "binary"
            and self.units_per_year > 0
            and (self.cost_of_miss > 0 or self.cost_of_false_alarm > 0)
        )


@dataclass(frozen=True)
class EvaluationProtocol:
    """How it is measured: fixed before training, part of every cache key.

    split_rule: rows by chance (stratified for classes), by group (no group in two folds), by time (later rows judge
    earlier ones, with a gap of `gap_rows` rows between). untouched_share: rows set aside until Confirm.
    """

    split_rule: str = "chance"
    folds: int = 5
    seeds: int = 10
    untouched_share: float = 0.2
    gap_rows: int = 0
    hidden_layers: tuple[int, ...] = (1, 2, 3)
    seed: int = 0

    def __post_init__(self) -> None:
        arguments.one_of(self.split_rule, SPLIT_RULES, "split_rule")
        for name in ("folds", "seeds"):
            arguments.positive_integer(getattr(self, name), name)
        if self.folds < 2:
            raise ArgumentError("folds is 1; pass at least 2, or nothing is held out")
        if not 0 < self.untouched_share < 0.9:
            raise ArgumentError(f"untouched_share is {self.untouched_share!r}; pass a share above 0 and below 0.9")
        if not self.hidden_layers:
            raise ArgumentError("hidden_layers is empty; name at least one number of hidden layers")
        arguments.hidden_widths(self.hidden_layers, "hidden_layers")
