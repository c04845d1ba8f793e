"""Charter: the question, the promise and the price, fixed before any model is trained. One for form, file and record.

One flat model: every field has a title, a unit where it has one, and a sentence a plant engineer understands.
0 or an empty text means "not used". Limits that involve two fields are checked by `Charter.problems`.
"""

import hashlib
import json
import math
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.choices import Currency, Language, MetricName, SplitRule, Task, WindowFeature
from flows.errors import CharterError
from flows.places import Place
from relu_core.comparison import METRICS, Criteria, EvaluationProtocol

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]*$"
NAME_RULE = "use small letters, digits and hyphens, for example press-line-7"
# What a person chooses in the form for a data set that is not in the lake yet.
NEW_DATASET = "named like the PoC"


CORE_TASK = {Task.YES_NO: "binary", Task.CLASSES: "multiclass", Task.NUMBER: "regression"}
CORE_SPLIT = {SplitRule.CHANCE: "chance", SplitRule.GROUP: "group", SplitRule.TIME: "time"}

# What is read together with a file; an ingest's form has the same fields.
READ_BESIDE = frozenset({"label_file", "life_file", "stopped_file", "picture_side"})
# Whether to ask or to train again changes no number, and what a file held is part of the data set's own hash.
_NOT_PROMISED = {"retrain", "ask_between_stages", "evaluate_on_new_rows", "data_file", *READ_BESIDE}


class Charter(BaseModel):
    """Question, promise, money, honesty and effort of one PoC evaluation."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Charter")

    poc_name: str = Field(
        title="Name of the PoC", pattern=NAME_PATTERN, max_length=60,
        description="Small letters, digits and hyphens, for example press-line-7. It names the MLflow experiment.",
    )  # fmt: skip
    dataset: str = Field(
        title="Data set", pattern=NAME_PATTERN, max_length=60,
        description=f"One of the lake. Not there yet? Choose '{NEW_DATASET}' and name its file below.",
    )  # fmt: skip
    data_file: str = Field(
        "", title="File to ingest first",
        description="A file or folder inside data/1_raw; it becomes the newest version of the data set above. "
        "Empty: the data set is there.",
    )  # fmt: skip
    target: str = Field(
        title="Column to predict", min_length=1, description="Exactly as in the data set, without unit."
    )
    task: Task = Field(title="Kind of answer", description="A yes/no mark, one of several classes, or a number.")
    metric: MetricName = Field(
        title="Metric",
        description="yes/no: roc_auc, average_precision, f1, recall_at_precision, accuracy, balanced_accuracy, "
        "expected_cost (of misses and false alarms, a row). several classes: accuracy, balanced_accuracy, macro_f1. "
        "a number: rmse, mae, r2.",
    )
    target_value: float = Field(
        title="Good enough from", allow_inf_nan=False, description="Value of the metric from which the model is useful."
    )
    kill_value: float = Field(
        0.0, title="Dead below", allow_inf_nan=False,
        description="Value of the metric at which the idea is given up. 0: not used.",
    )  # fmt: skip
    today_value: float = Field(
        0.0, title="Today's process reaches", allow_inf_nan=False,
        description="Value of the metric that today's process reaches. 0: not known.",
    )  # fmt: skip
    minimum_ratio: float = Field(
        1.5, title="Depth must save this factor", ge=1, le=1000,
        description="A deeper network must need this many times fewer parameters before depth is said to pay.",
    )  # fmt: skip
    currency: Currency = Field(Currency.EUR, title="Currency", description="All money below is in this currency.")
    cost_of_miss: float = Field(
        0.0, title="Cost of a miss", ge=0, allow_inf_nan=False,
        description="Currency for one case that is missed. 0: money is not computed.",
    )  # fmt: skip
    cost_of_false_alarm: float = Field(
        0.0, title="Cost of a false alarm", ge=0, allow_inf_nan=False,
        description="Currency for one alarm that is wrong. 0: money is not computed.",
    )  # fmt: skip
    units_per_year: float = Field(
        0.0, title="Units a year", ge=0, allow_inf_nan=False,
        description="Parts or moments that are judged in a year. 0: money is not computed.",
    )  # fmt: skip
    project_cost_simple: float = Field(
        0.0, title="Project cost, simple model", ge=0, allow_inf_nan=False,
        description="Currency, once: to bring a simple model into production.",
    )  # fmt: skip
    project_cost_shallow: float = Field(
        0.0, title="Project cost, shallow network", ge=0, allow_inf_nan=False,
        description="Currency, once: to bring a network with one hidden layer into production.",
    )  # fmt: skip
    project_cost_deep: float = Field(
        0.0, title="Project cost, deep network", ge=0, allow_inf_nan=False,
        description="Currency, once: to bring a network with more hidden layers into production.",
    )  # fmt: skip
    split_rule: SplitRule = Field(
        SplitRule.CHANCE, title="Rows are kept apart",
        description="by chance: rows are independent. by group: all rows of a machine, unit or batch stay together. "
        "by time: the past judges the future.",
    )  # fmt: skip
    split_column: str = Field(
        "", title="Group or time column", description="Needed for 'by group' and 'by time'. Empty: not used."
    )
    excluded_columns: list[str] = Field(
        default=[], title="Columns not to use", description="They would not be known when the prediction is needed."
    )
    insisted_columns: list[str] = Field(
        default=[], title="Use although suspected",
        description="Columns that are used even where the leak check suspects them. Only with good reason.",
    )  # fmt: skip
    newest_rows: int = Field(
        0, title="Newest rows only", ge=0, le=1_000_000_000,
        description="Only the last so many rows of the data set are used. 0: all of them.",
    )  # fmt: skip
    block_rows: int = Field(
        0, title="Rows that stay together", ge=0, le=10_000_000,
        description="by chance: neighbouring rows, which are alike, are kept apart in blocks of so many rows. "
        "0: every row for itself.",
    )  # fmt: skip
    unit_column: str = Field(
        "", title="Unit, batch or experiment column",
        description="No window and no earlier value crosses from one unit into another. "
        "Empty: the group column, where rows are kept apart by group.",
    )  # fmt: skip
    time_column: str = Field(
        "", title="Time column",
        description="Windows follow its order and cross no gap of more than 5 usual steps. "
        "Empty: the split column where rows are kept apart by time, else rows stand in order.",
    )  # fmt: skip
    window_rows: int = Field(
        0, title="Rows of a window", ge=0, le=1_000_000,
        description="Each column of numbers is judged by its last so many rows. 0: by the present row alone.",
    )  # fmt: skip
    window_step: int = Field(
        0, title="Rows from window to window", ge=0, le=1_000_000,
        description="A window begins every so many rows. 0: windows side by side, without overlap.",
    )  # fmt: skip
    window_features: list[WindowFeature] = Field(
        default=[WindowFeature.LAST, WindowFeature.MEAN, WindowFeature.DEVIATION, WindowFeature.SLOPE],
        title="What a window says", min_length=1,
        description="Vibration and sound: kurtosis, crest factor and energy in bands too. Each one is an input a "
        "column; not used without windows.",
    )  # fmt: skip
    lags: list[int] = Field(
        default=[], title="Earlier values", max_length=20,
        description="The values so many rows ago become inputs, for example 1 and 5. Empty: not used.",
    )  # fmt: skip
    differences: list[int] = Field(
        default=[], title="Gains", max_length=20,
        description="What was gained since so many rows ago becomes an input, for example 1. Empty: not used.",
    )  # fmt: skip
    products: list[str] = Field(
        default=[], title="Products of two columns", max_length=50,
        description="Written as 'Torque * Speed'; they become inputs beside the columns. Empty: not used.",
    )  # fmt: skip
    target_cap: float = Field(
        0.0, title="Largest number to predict", ge=0, allow_inf_nan=False,
        description="Larger values of the column to predict count as this, such as 125 cycles of remaining life: "
        "at first nothing wears measurably. 0: not used.",
    )  # fmt: skip
    label_file: str = Field(
        "", title="File of labelled periods",
        description="A table of data/1_raw with a start, an end and perhaps a label a row, such as a maintenance log. "
        "The data set gets a column 'label'. Read with the file to ingest. Empty: not used.",
    )  # fmt: skip
    life_file: str = Field(
        "", title="File of remaining lives",
        description="A table of data/1_raw with one number a unit, in the units' order: what was left after the unit's "
        "last row. Read with the file to ingest. Empty: every unit ran until it failed.",
    )  # fmt: skip
    stopped_file: str = Field(
        "", title="File with the stopped units",
        description="Which file of the folder holds the units of the file of remaining lives, for example test.txt. "
        "Empty: there is only one.",
    )  # fmt: skip
    picture_side: int = Field(
        0, title="Small pictures, pixels a side", ge=0, le=64,
        description="Pictures: the grey values of a small copy become inputs beside the texture. Used when the folder "
        "is ingested. 0: texture alone.",
    )  # fmt: skip
    minutes: float = Field(
        60.0,
        title="Time budget",
        gt=0,
        le=10_000,
        description="Minutes of computing on two cores for the whole evaluation.",
    )
    hidden_layers: list[int] = Field(
        default=[1, 2, 3], title="Numbers of hidden layers to compare", min_length=1, max_length=8,
        description="1 is shallow; more is deep. Each number is one family of networks.",
    )  # fmt: skip
    seed: int = Field(
        0, title="Seed", ge=0, le=2**31 - 1, description="The same seed gives the same numbers, bit for bit."
    )
    ask_between_stages: bool = Field(
        True, title="Ask between stages",
        description="Before more is spent, the run waits for a person to approve it on its page.",
    )  # fmt: skip
    evaluate_on_new_rows: bool = Field(
        False, title="Evaluate again when new rows arrive",
        description="Every later ingest that brings new content to the data set starts this evaluation again.",
    )  # fmt: skip
    retrain: bool = Field(
        False, title="Train again", description="Forget what earlier runs of the same charter trained."
    )
    language: Language = Field(Language.ENGLISH, title="Language of the report", description="English or Japanese.")

    @model_validator(mode="before")
    @classmethod
    def _name_the_dataset(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("dataset") == NEW_DATASET:
            return {**values, "dataset": values.get("poc_name", "")}
        return values

    def problems(self) -> list[str]:
        """What two fields promise against each other, one sentence a problem; empty when all is well."""
        metric = METRICS[self.metric.value]
        found = []
        if CORE_TASK[self.task] not in metric.tasks:
            found.append(
                f"metric {self.metric} does not measure {self.task!s}; choose one listed for that kind of answer"
            )
        elif self.kill_value and metric.sign * self.kill_value >= metric.sign * self.target_value:
            side = "below" if metric.better == "higher" else "above"
            found.append(
                f"kill_value {self.kill_value:g} must lie {side} target_value {self.target_value:g}, "
                f"as {metric.better} {self.metric} is better; swap or correct them"
            )
        if self.metric is MetricName.EXPECTED_COST and not self.cost_of_miss + self.cost_of_false_alarm:
            found.append(
                "metric expected_cost has no costs; give cost_of_miss and cost_of_false_alarm, or another metric"
            )
        if self.split_rule is not SplitRule.CHANCE and not self.split_column:
            found.append(f"split_rule is '{self.split_rule}' but split_column is empty; name the group or time column")
        if self.target in self.excluded_columns:
            found.append(f"target '{self.target}' is also in excluded_columns; take it out there")
        if self.split_rule is SplitRule.CHANCE and self.split_column:
            found.append(
                f"split_column is '{self.split_column}' but split_rule is 'by chance'; choose 'by group' or 'by time'"
            )
        found += _layer_problems(self.hidden_layers) + self._row_problems()
        return found

    @property
    def span(self) -> int:
        """How many rows of the data set one row of features looks at."""
        return max(1, self.window_rows, 1 + max((*self.lags, *self.differences), default=0))

    def _row_problems(self) -> list[str]:
        """What the fields about rows promise against each other."""
        by_chance = self.split_rule is SplitRule.CHANCE
        overlap = self.span > max(1, self.window_rows) or 0 < self.window_step < self.window_rows
        read_along = [name for name in ("label_file", "life_file") if getattr(self, name)]
        checks: list[tuple[object, str]] = [
            (0 < self.window_rows < 3, "window_rows is 1 or 2; a window has at least 3 rows, and 0 means none"),
            (self.window_step and not self.window_rows, "window_step is set but window_rows is 0; give both"),
            (
                min((*self.lags, *self.differences), default=1) < 1,
                "lags and differences count rows back; name whole numbers from 1 on",
            ),
            (
                by_chance and overlap and not self.block_rows,
                "windows that overlap and earlier values share rows with their neighbours, which a split by chance "
                "puts on both sides; keep rows apart by group, by time, or in blocks (block_rows)",
            ),
            (
                self.block_rows and not by_chance,
                f"block_rows is {self.block_rows} but split_rule is '{self.split_rule}'; blocks are for 'by chance'",
            ),
            (
                self.span > 1 and 0 < self.block_rows < 2 * self.span,
                f"block_rows is {self.block_rows} where one row of features looks at {self.span} rows; "
                "make blocks at least twice as long",
            ),
            (self.target_cap and self.task is not Task.NUMBER, "target_cap is for a number to predict; set it to 0"),
            (self.stopped_file and not self.life_file, "stopped_file is named but life_file is empty; name both"),
            (
                read_along and not self.data_file,
                f"{' and '.join(read_along)} is read together with data_file, which is empty; name that file too",
            ),
        ]
        return [sentence for wrong, sentence in checks if wrong]

    def check(self) -> None:
        """Raises CharterError with one sentence a problem."""
        if found := self.problems():
            raise CharterError("; ".join(found))

    def criteria(self) -> Criteria:
        """The plain half that the verdict is judged by."""
        return Criteria(
            task=CORE_TASK[self.task],
            metric=self.metric.value,
            target=self.target_value,
            kill=self.kill_value if self.kill_value else math.nan,
            today=self.today_value if self.today_value else math.nan,
            minimum_ratio=self.minimum_ratio,
            currency=self.currency.value,
            cost_of_miss=self.cost_of_miss,
            cost_of_false_alarm=self.cost_of_false_alarm,
            units_per_year=self.units_per_year,
            project_cost_simple=self.project_cost_simple,
            project_cost_shallow=self.project_cost_shallow,
            project_cost_deep=self.project_cost_deep,
        )

    def protocol(self) -> EvaluationProtocol:
        """The plain half that says how it is measured; blocks of rows are groups."""
        return EvaluationProtocol(
            split_rule="group" if self.block_rows else CORE_SPLIT[self.split_rule],
            hidden_layers=tuple(sorted(set(self.hidden_layers))),
            seed=self.seed,
        )

    def report_language(self) -> str:
        """ "en" or "ja"."""
        return "ja" if self.language is Language.JAPANESE else "en"

    def content_hash(self) -> str:
        """sha256 of what was promised; whether to ask, to train again or to evaluate again is no part of it."""
        promised = self.model_dump(mode="json", exclude=_NOT_PROMISED)
        return hashlib.sha256(json.dumps(promised, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def to_yaml(self) -> str:
        """The charter as the YAML file that `read_charter` reads, fields in the form's order."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def read_charter(path: Place) -> Charter:
    """The charter in a YAML file. Raises CharterError: no such file, no YAML, or one sentence a field that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CharterError(f"there is no charter at {path}; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CharterError(f"the charter {path} cannot be read ({error}); save it as UTF-8 text") from None
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise CharterError(f"the charter {path} is no YAML{where}; write one 'name: value' a line") from None
    if not isinstance(values, dict):
        raise CharterError(f"the charter {path} holds no fields; write one 'name: value' a line")
    return make_charter(values, str(path))


def make_charter(values: dict[str, Any], where: str = "the charter") -> Charter:
    """A charter from plain values. Raises CharterError with one sentence a field that is wrong."""
    try:
        return Charter.model_validate(values)
    except ValidationError as error:
        raise CharterError(f"{where}: " + "; ".join(_sentence(item) for item in error.errors())) from None


def _sentence(item: Any) -> str:
    name = ".".join(str(part) for part in item["loc"]) or "charter"
    if item["type"] == "missing":
        return f"{name} is missing; add a line '{name}: ...'"
    if item["type"] == "extra_forbidden":
        return f"{name} is no field of a charter; remove it or correct its spelling"
    if item["type"] == "string_pattern_mismatch":
        return f"{name} is {item['input']!r}; {NAME_RULE}"
    return f"{name} is {item['input']!r}: {item['msg'][0].lower()}{item['msg'][1:]}"


def _layer_problems(hidden_layers: list[int]) -> list[str]:
    return [
        f"hidden_layers holds {k}; name whole numbers from 1 to 8" for k in hidden_layers if not 1 <= k <= 8
    ]  # fmt: skip
