"""Stage 3, Confirm: the finalists, once, on the untouched rows; money at a threshold chosen before; regions."""

from dataclasses import dataclass, replace

from flows.charter import Charter
from flows.features.columns import fit_columns
from flows.features.pipeline import FeaturePipeline
from flows.places import Place
from flows.settings import Settings
from flows.steps.compare import TunedFamily, recipe_for
from flows.steps.effort import effort_of
from flows.steps.networks import StoredNetwork, open_network, store_network
from flows.steps.rows import Floats, Rows, RowsFile, fold_matrices, open_rows
from relu_core.comparison import (
    BaselineResult,
    Criteria,
    FamilyResult,
    MoneyResult,
    SizePoint,
    TestRows,
    baseline_validation_predictions,
    best_baseline,
    best_deep_family,
    choose_threshold,
    confirm_baseline,
    confirm_network,
    cost_curve,
    label_of,
    metric_of,
    money_of,
    network_validation_predictions,
    region_evidence,
    train_finalist,
)
from relu_core.training import MatrixFold, Recipe


@dataclass(frozen=True)
class Confirmation:
    """What the untouched rows said. columns: the feature pipeline as JSON text; networks: one finalist a family."""

    baselines: tuple[BaselineResult, ...]
    families: tuple[FamilyResult, ...]
    money: tuple[MoneyResult, ...]
    networks: tuple[StoredNetwork, ...]
    columns: str


def open_untouched(
    charter: Charter,
    rows: RowsFile,
    untouched: RowsFile,
    baselines: tuple[BaselineResult, ...],
    families: tuple[FamilyResult, ...],
    recipes: tuple[TunedFamily, ...],
    settings: Settings,
) -> Confirmation:
    """Judge every baseline and the finalist of every family on the untouched rows; price the three options."""
    judge = _Judge(charter, open_rows(rows), untouched, settings.results / "networks")
    judged = tuple(judge.baseline(one) for one in baselines)
    confirmed = tuple(judge.family(one, recipe_for(recipes, one.hidden_layers)) for one in families)
    money = judge.money(judged, confirmed, recipes) if charter.criteria().has_money else ()
    return Confirmation(judged, confirmed, money, tuple(judge.networks), judge.pipeline.to_json())


def count_regions(
    charter: Charter,
    rows: RowsFile,
    hidden_layers: int,
    family: FamilyResult,
    networks: tuple[StoredNetwork, ...],
    recipes: tuple[TunedFamily, ...],
) -> FamilyResult:
    """How many linear pieces one family uses: the finalist's own network, and one for every other size."""
    opened = open_rows(rows)
    columns = fit_columns(opened.frame, rows.columns)
    X = columns.apply(opened.frame)
    recipe = effort_of(charter, opened).of(recipe_for(recipes, hidden_layers))
    stored = next((one for one in networks if one.hidden_layers == hidden_layers), None)

    def counted(point: SizePoint) -> SizePoint:
        if stored is not None and point.hidden_widths == family.finalist:
            network = open_network(stored)
        else:
            network = train_finalist(
                point.hidden_widths,
                (X, opened.y),
                task=rows.task,
                metric=metric_of(charter.criteria()),
                recipe=recipe,
                seeds=1,
            )
        return replace(point, regions=region_evidence(network, X, seed=charter.seed))

    return replace(family, points=tuple(counted(point) for point in family.points))


class _Judge:
    """The untouched rows, opened once for all finalists."""

    def __init__(self, charter: Charter, rows: Rows, untouched: RowsFile, folder: Place) -> None:
        self._charter, self._criteria, self._rows, self._folder = charter, charter.criteria(), rows, folder
        self._effort = effort_of(charter, rows)
        columns = fit_columns(rows.frame, rows.file.columns)
        self.pipeline = FeaturePipeline(rows.file.plan, columns)
        self._development = (columns.apply(rows.frame), rows.y)
        kept = open_rows(untouched)
        self._untouched = TestRows(columns.apply(kept.frame), kept.y).open("confirm the finalists")
        self._folds: list[MatrixFold] = []
        self._predictions: dict[str, Floats] = {}
        self.networks: list[StoredNetwork] = []

    def baseline(self, result: BaselineResult) -> BaselineResult:
        judged, self._predictions[label_of(result)] = confirm_baseline(
            result,
            self._development,
            self._untouched,
            task=self._criteria.task,
            metric=metric_of(self._criteria),
            seed=self._charter.seed,
        )
        return judged

    def family(self, family: FamilyResult, recipe: Recipe) -> FamilyResult:
        if not family.finalist:
            return family
        found = confirm_network(
            family.finalist,
            self._development,
            self._untouched,
            task=self._criteria.task,
            metric=metric_of(self._criteria),
            recipe=self._effort.of(recipe),
            seed=self._charter.seed,
        )
        self._predictions[label_of(family)] = found.prediction
        self.networks.append(store_network(found.network, self._folder))
        points = tuple(
            replace(point, latency_ms=found.latency_ms, latency_1000_ms=found.latency_1000_ms)
            if point.hidden_widths == family.finalist
            else point
            for point in family.points
        )
        return replace(family, confirmed=found.metric, points=points)

    def money(
        self,
        baselines: tuple[BaselineResult, ...],
        families: tuple[FamilyResult, ...],
        recipes: tuple[TunedFamily, ...],
    ) -> tuple[MoneyResult, ...]:
        simple = best_baseline(baselines, self._criteria)
        shallow = next((one for one in families if one.hidden_layers == 1), None)
        deep = best_deep_family(families)
        priced = []
        if simple is not None:
            pairs = baseline_validation_predictions(
                simple.kind, self._matrices(), task=self._criteria.task, seed=self._charter.seed
            )
            priced.append(self._priced("simple", label_of(simple), pairs))
        for option, family in (("shallow", shallow), ("deep", deep)):
            if family is not None and family.finalist:
                recipe = self._effort.of(recipe_for(recipes, family.hidden_layers))
                pairs = network_validation_predictions(
                    family.finalist, self._matrices(), task=self._criteria.task, recipe=recipe, seed=self._charter.seed
                )
                priced.append(self._priced(option, label_of(family), pairs))
        return tuple(priced)

    def _matrices(self) -> list[MatrixFold]:
        if not self._folds:
            self._folds = fold_matrices(self._rows, self._rows.folds)
        return self._folds

    def _priced(self, option: str, label: str, pairs: list[tuple[Floats, Floats]]) -> MoneyResult:
        criteria: Criteria = self._criteria
        threshold = choose_threshold(pairs, criteria)
        return money_of(
            option,
            label,
            self._untouched[1],
            self._predictions[label],
            threshold,
            criteria=criteria,
            curve=cost_curve(pairs, threshold, criteria),
            seed=self._charter.seed,
        )
