"""The smallest network of one family whose expected metric reaches the target, as an interval of sizes.

The search gallops up the grid of sizes and bisects between the last that falls short and the first that reaches. Each
size is looked at after a few seeds, then after more, and is left as soon as its interval lies wholly on one side of
the target. Looking more than once raises the chance of one wrong look, so the looks share the error between them: the
early ones take little of it (after Haybittle and Peto), the last one nearly all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from relu_core.comparison.intervals import wilson
from relu_core.comparison.measure import Callback, Meter, Question, Runs, joined, make_question, train_runs
from relu_core.comparison.metrics import Metric
from relu_core.comparison.schema import FamilyResult, SizeInterval, SizePoint
from relu_core.comparison.sizes import LARGEST_PARAMETERS, check_ascending, size_grid
from relu_core.interval import Interval
from relu_core.training import MatrixFold, NetworkSpec, Recipe

# Seeds after which a size is looked at, as shares of all seeds.
LOOKS = (0.3, 0.6, 1.0)
# Error probability that each look but the last may use up.
EARLY_ERROR = 0.005
# Sizes that the gallop skips: two on this grid are a factor of two in parameters.
STRIDE = 2


@dataclass(frozen=True, eq=False)
class Look:
    """One size as far as it was trained: its runs, and the interval at the level that its last look allows."""

    runs: Runs
    interval: Interval

    def side(self, metric: Metric, target: float) -> int:
        """+2 reaches beyond doubt, +1 reaches on average, -1 falls short on average, -2 falls short beyond doubt."""
        worst, best = sorted((metric.sign * self.interval.low, metric.sign * self.interval.high))
        goal = metric.sign * target
        if worst >= goal or best < goal:
            return 2 if worst >= goal else -2
        return 1 if metric.reaches(self.interval.value, target) else -1


@dataclass(eq=False)
class Search:
    """The state of one family's search: what was looked at, in places of the grid."""

    question: Question
    grid: tuple[NetworkSpec, ...]
    meter: Meter
    callback: Callback | None
    seen: dict[int, Look] = field(default_factory=dict)
    complete: bool = True

    def side(self, place: int) -> int:
        """How the size at `place` stands to the target, trained now if it was not yet; 0 where the budget forbids it.
        """
        if place not in self.seen and not self._look(place):
            return 0
        return self.seen[place].side(self.question.metric, self.question.target)

    def _look(self, place: int) -> bool:
        spec, runs, planned = self.grid[place], None, look_plan(len(self.question.seeds))
        for count, level in planned:
            new = self.question.seeds[0 if runs is None else runs.seeds : count]
            if not self.complete or not self.meter.allows(self.question.work(spec, len(new))):
                self.complete = False
                break
            runs = joined(runs, train_runs(self.question, spec, new, self.meter))
            if runs.seeds < count:
                self.complete = False
                break
            self.seen[place] = Look(runs, runs.interval(level))
            if abs(self.seen[place].side(self.question.metric, self.question.target)) == 2:
                break
        return self._tell(place)

    def _tell(self, place: int) -> bool:
        if place not in self.seen:
            return False
        point = self.seen[place].runs.point(self.question.metric, self.question.target)
        if self.callback is not None and self.callback(point):
            self.complete = False
        return True


def smallest_size(
    folds: Sequence[MatrixFold],
    *,
    hidden_layers: int,
    task: str,
    metric: str | Metric,
    target: float,
    recipe: Recipe | Sequence[Recipe],
    seeds: int | Sequence[int] = 10,
    work_limit: float = float("inf"),
    time_limit: float | None = None,
    sizes: Sequence[NetworkSpec] | None = None,
    largest: int = LARGEST_PARAMETERS,
    stop_above: int | None = None,
    threads: int = 1,
    device: str = "auto",
    class_weight: str | None = None,
    callback: Callback | None = None,
) -> FamilyResult:
    """The smallest network with `hidden_layers` hidden layers whose mean metric over folds and seeds reaches `target`.

    folds: matrices of the same columns; no row of them is used for anything but training and judging sizes. recipe: one
    for all folds or one a fold, epochs included. seeds: how many, or which. work_limit: operations that may be spent,
    see `training_work`; what they do not allow is left out on every machine alike. time_limit: seconds, a last resort.
    sizes: the grid, by default `size_grid` up to `largest` parameters. stop_above: parameters above which a smallest
    size would not matter. callback: told every finished size; a true answer stops the search.
    Comes back: every size visited, the interval of smallest sizes (95 %, interpolated on the log of parameters between
    sizes visited), censored where the target was not reached. complete is False where a limit or the caller cut it
    short. Refuses: fewer than 2 folds, unequal columns, a metric of another task, one class only.
    """
    question = make_question(
        folds,
        task=task,
        metric=metric,
        target=target,
        recipe=recipe,
        seeds=seeds,
        threads=threads,
        device=device,
        class_weight=class_weight,
    )
    grid = _grid(question, hidden_layers, sizes, largest, stop_above)
    search = Search(question, grid, Meter(work_limit, time_limit), callback)
    place = _first_reaching(search)
    _settle_upwards(search, place)
    _settle_downwards(search, place)
    return family_of(search, hidden_layers)


def full_grid(
    folds: Sequence[MatrixFold], *, hidden_layers: int, target: float, sizes: Sequence[NetworkSpec], **options: object
) -> FamilyResult:
    """The reference of `smallest_size`: every size under every seed, looked at once. Same arguments, same record."""
    made = {key: options.pop(key) for key in ("work_limit", "time_limit", "callback") if key in options}
    question = make_question(folds, target=target, **options)  # type: ignore[arg-type]
    meter = Meter(made.get("work_limit", float("inf")), made.get("time_limit"))  # type: ignore[arg-type]
    search = Search(question, check_ascending(sizes, hidden_layers), meter, made.get("callback"))  # type: ignore[arg-type]
    for place, spec in enumerate(search.grid):
        if not search.complete or not meter.allows(question.work(spec, len(question.seeds))):
            search.complete = False
            break
        runs = train_runs(question, spec, question.seeds, meter)
        search.complete = runs.seeds == len(question.seeds)
        if search.complete:
            search.seen[place] = Look(runs, runs.interval())
            search._tell(place)
    return family_of(search, hidden_layers)


def look_plan(seeds: int) -> list[tuple[int, float]]:
    """(seeds so far, level of the interval) of each look; the error probabilities of all looks add up to 5 %."""
    counts = sorted({max(2, int(np.ceil(share * seeds))) if seeds > 1 else 1 for share in LOOKS})
    early = len(counts) - 1
    return [(count, 1 - (EARLY_ERROR if i < early else 0.05 - EARLY_ERROR * early)) for i, count in enumerate(counts)]


def _grid(
    question: Question, hidden_layers: int, sizes: Sequence[NetworkSpec] | None, largest: int, stop_above: int | None
) -> tuple[NetworkSpec, ...]:
    if sizes is None:
        sizes = size_grid(question.n, question.m, hidden_layers, largest=largest)
    grid = check_ascending(sizes, hidden_layers)
    kept = tuple(spec for spec in grid if stop_above is None or spec.parameters <= stop_above)
    return kept or grid[:1]


def _first_reaching(search: Search) -> int:
    """Place of the first size that reaches on average; len(grid) where none does."""
    below, top = -1, len(search.grid) - 1
    above = 0
    while search.side(above) < 0 and above < top:
        below, above = above, min(above + STRIDE, top)
    if search.side(above) <= 0:
        return len(search.grid)
    while above - below > 1 and search.complete:
        middle = (above + below) // 2
        below, above = (below, middle) if search.side(middle) > 0 else (middle, above)
    return above


def _settle_upwards(search: Search, place: int) -> None:
    """Look at larger sizes until one reaches beyond doubt: there ends the interval."""
    while place < len(search.grid) - 1 and search.complete and search.side(place) < 2:
        place += 1
        search.side(place)


def _settle_downwards(search: Search, place: int) -> None:
    """Look at smaller sizes until one falls short beyond doubt: there begins the interval."""
    place = min(place, len(search.grid)) - 1
    while place > 0 and search.complete and search.side(place) > -2:
        place -= 1
        search.side(place)


def family_of(search: Search, hidden_layers: int) -> FamilyResult:
    """The record of a search, finished or not."""
    question = search.question
    looks = [search.seen[place] for place in sorted(search.seen)]
    points = tuple(look.runs.point(question.metric, question.target) for look in looks)
    smallest = _interval_of_sizes(looks, question, search.grid)
    chosen = _finalist(looks, question)
    success = points[looks.index(chosen)].success_rate if chosen else None
    return FamilyResult(
        hidden_layers=hidden_layers,
        points=points,
        smallest=smallest,
        success_rate=success or wilson(0, 0),
        collapsed=sum(point.collapsed for point in points),
        runs=sum(point.seeds * point.folds for point in points),
        recipe=describe_recipes(question.recipes),
        finalist=chosen.runs.spec.hidden_widths if chosen else (),
        complete=search.complete,
        seconds=search.meter.seconds(),
        work=search.meter.work,
    )


def _finalist(looks: list[Look], question: Question) -> Look | None:
    """The smallest that reaches beyond doubt, else the smallest that reaches on average, else the best."""
    for least in (2, 1):
        for look in looks:
            if look.side(question.metric, question.target) >= least:
                return look
    return max(looks, key=lambda look: question.metric.sign * look.interval.value, default=None)


def _interval_of_sizes(looks: list[Look], question: Question, grid: tuple[NetworkSpec, ...]) -> SizeInterval:
    if not looks:
        return SizeInterval(grid[0].parameters, grid[0].parameters, grid[0].parameters, "not up to high", bounded=False)
    first, last = looks[0].runs.spec.parameters, looks[-1].runs.spec.parameters
    sign = question.metric.sign
    ends = [sorted((sign * look.interval.low, sign * look.interval.high)) for look in looks]
    sizes = [look.runs.spec.parameters for look in looks]
    goal = sign * question.target
    estimate = _crossing(sizes, [sign * look.interval.value for look in looks], goal)
    low, high = _crossing(sizes, [best for _, best in ends], goal), _crossing(sizes, [worst for worst, _ in ends], goal)
    if estimate is None:
        return SizeInterval(min(last, low or last), last, last, "not up to high", bounded=False)
    reached = "already at low" if estimate <= first else "yes"
    return SizeInterval(
        min(low or first, estimate), max(estimate, last if high is None else high), estimate, reached, high is not None
    )


def _crossing(sizes: list[int], values: list[float], goal: float) -> int | None:
    """Where a curve over the log of sizes passes the goal for good; the first size where it lies above from the start.

    None: the last size lies below. Between two sizes the curve is a straight line.
    """
    below = [i for i, value in enumerate(values) if value < goal]
    if not below:
        return sizes[0]
    i = below[-1]
    if i == len(sizes) - 1:
        return None
    share = (goal - values[i]) / (values[i + 1] - values[i]) if np.isfinite(values[i]) else 0.0
    return int(np.ceil(np.exp(np.log(sizes[i]) + share * np.log(sizes[i + 1] / sizes[i])) - 1e-9))


def describe_recipes(recipes: Sequence[Recipe]) -> dict[str, str]:
    """The recipes of all folds in words: one value where they agree, else each value with its number of folds."""
    described = {}
    for name in recipes[0].to_json():
        values = [str(recipe.to_json()[name]) for recipe in recipes]
        counted = sorted({value: values.count(value) for value in values}.items(), key=lambda item: (-item[1], item[0]))
        described[name] = values[0] if len(counted) == 1 else ", ".join(f"{v} ({count} folds)" for v, count in counted)
    return described


def coarse_sweep(
    folds: Sequence[MatrixFold],
    *,
    hidden_layers: int,
    task: str,
    metric: str | Metric,
    target: float,
    recipe: Recipe | Sequence[Recipe],
    seeds: int | Sequence[int] = 2,
    points: int = 4,
    largest: int = LARGEST_PARAMETERS,
    **options: Callable | float | int | str | None,
) -> FamilyResult:
    """A first look for Screen: `points` sizes spread over the grid, few seeds. The same record as `smallest_size`."""
    first = np.shape(folds[0].X_training)[1]
    question = make_question(folds, task=task, metric=metric, target=target, recipe=recipe, seeds=seeds)
    grid = size_grid(first, question.m, hidden_layers, largest=largest)
    places = sorted({round(i) for i in np.linspace(0, len(grid) - 1, max(points, 2))})
    return full_grid(
        folds,
        hidden_layers=hidden_layers,
        target=target,
        sizes=[grid[i] for i in places],
        task=task,
        metric=metric,
        recipe=recipe,
        seeds=seeds,
        **options,
    )


def points_of(families: Sequence[FamilyResult]) -> list[SizePoint]:
    """All sizes of all families."""
    return [point for family in families for point in family.points]
