"""The smallest network of one family whose expected metric reaches the target, as an interval of sizes.

The search gallops up the grid of sizes and bisects between the last that falls short and the first that reaches. Each
size is looked at after a few seeds, then after more, and is left as soon as more seeds could hardly change on which
side of the target its mean over these folds lies. Looking more than once raises the chance of one wrong look, so the
looks share the
error between them: the early ones take little of it (after Haybittle and Peto), the last one nearly all. What other
rows
would give is another question: the interval that is reported is taken over folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from relu_core.comparison.curves import crossing
from relu_core.comparison.intervals import wilson
from relu_core.comparison.measure import NO_LIMITS, Limits, Meter, Question, Runs, joined, train_runs
from relu_core.comparison.schema import FamilyResult, SizeInterval
from relu_core.comparison.sizes import LARGEST_PARAMETERS, check_ascending, size_grid
from relu_core.training import NetworkSpec, Recipe

# Seeds after which a size is looked at, as shares of all seeds.
LOOKS = (0.3, 0.6, 1.0)
# Error probability that each look but the last may use up.
EARLY_ERROR = 0.005
# Sizes that the gallop skips: two on the default grid are a factor of two in parameters.
STRIDE = 2
# How far above the smallest reaching size the search looks for one that reaches beyond doubt: a factor of parameters.
SETTLE_FACTOR = 4.0


@dataclass(eq=False)
class Search:
    """The state of one family's search: what was trained, in places of the grid."""

    question: Question
    grid: tuple[NetworkSpec, ...]
    limits: Limits
    seen: dict[int, Runs] = field(default_factory=dict)
    complete: bool = True

    def __post_init__(self) -> None:
        self.meter = Meter(self.limits.work, self.limits.seconds)

    def reaches(self, place: int, looks: int = len(LOOKS)) -> bool | None:
        """Whether the mean at `place` reaches the target; None where a limit forbids to know.

        Trained now if it was not yet, with as many looks as needed up to `looks`.
        """
        if place not in self.seen and not self._look(place, looks):
            return None
        return self.question.reached_by(self.seen[place])

    def is_sure(self, place: int) -> bool:
        """Whether the interval over folds at `place` lies wholly on one side of the target."""
        return place in self.seen and self.question.is_sure(self.seen[place])

    def affords(self, place: int) -> bool:
        """Whether the budget allows all seeds of a size."""
        return self.meter.allows(self.question.work(self.grid[place], len(self.question.seeds)))

    def _look(self, place: int, looks: int) -> bool:
        spec, runs = self.grid[place], None
        for count, level in look_plan(len(self.question.seeds))[:looks]:
            new = self.question.seeds[0 if runs is None else runs.seeds : count]
            self.complete = self.complete and self.meter.allows(self.question.work(spec, len(new)))
            if not self.complete:
                break
            runs = joined(runs, train_runs(self.question, spec, new, self.meter))
            self.complete = runs.seeds == count
            if not self.complete or not runs.interval_over_seeds(level).holds(self.question.target):
                break
        if runs is None or not runs.seeds:
            return False
        self.keep(place, runs)
        return True

    def keep(self, place: int, runs: Runs) -> None:
        """Note the runs of a size and tell the caller, who may stop the search."""
        self.seen[place] = runs
        told = self.limits.callback
        if told is not None and told(runs.point(self.question.metric, self.question.target)):
            self.complete = False


def smallest_size(
    question: Question,
    *,
    hidden_layers: int,
    sizes: Sequence[NetworkSpec] | None = None,
    largest: int = LARGEST_PARAMETERS,
    stop_above: int | None = None,
    limits: Limits = NO_LIMITS,
) -> FamilyResult:
    """The smallest network with `hidden_layers` hidden layers whose mean metric over folds and seeds is good enough.

    question: see `make_question`; no row of its folds is used for anything but training and judging sizes. sizes: the
    grid, by default `size_grid` up to `largest` parameters. stop_above: parameters above which a smallest size would
    not matter. limits: what may be spent, see `Limits`.
    Comes back: every size visited, the interval of smallest sizes (95 %, interpolated on the log of parameters between
    sizes visited), censored where the target was not reached. complete is False where a limit or the caller cut it
    short.
    """
    grid = _grid(question, hidden_layers, sizes, largest, stop_above)
    search = Search(question, grid, limits)
    place = _first_reaching(search)
    if search.complete:
        _settle(search, place)
    return family_of(search, hidden_layers)


def full_grid(
    question: Question, *, hidden_layers: int, sizes: Sequence[NetworkSpec], limits: Limits = NO_LIMITS
) -> FamilyResult:
    """The reference of `smallest_size`: every size under every seed, smallest first. The same record."""
    search = Search(question, check_ascending(sizes, hidden_layers), limits)
    for place, spec in enumerate(search.grid):
        search.complete = search.complete and search.affords(place)
        if not search.complete:
            break
        runs = train_runs(question, spec, question.seeds, search.meter)
        search.complete = runs.seeds == len(question.seeds)
        if runs.seeds:
            search.keep(place, runs)
    return family_of(search, hidden_layers)


def coarse_sweep(
    question: Question,
    *,
    hidden_layers: int,
    points: int = 4,
    largest: int = LARGEST_PARAMETERS,
    limits: Limits = NO_LIMITS,
) -> FamilyResult:
    """A first look for Screen: `points` sizes spread over the grid, all seeds of the question. The same record."""
    grid = size_grid(question.n, question.m, hidden_layers, largest=largest)
    places = sorted({round(i) for i in np.linspace(0, len(grid) - 1, max(points, 2))})
    return full_grid(question, hidden_layers=hidden_layers, sizes=[grid[i] for i in places], limits=limits)


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
    below, above, top = -1, 0, len(search.grid) - 1
    while search.reaches(above) is False and above < top:
        below, above = above, min(above + STRIDE, top)
    if not search.reaches(above):
        return len(search.grid)
    while above - below > 1 and search.complete:
        middle = (above + below) // 2
        below, above = (below, middle) if search.reaches(middle) else (middle, above)
    return above


def _settle(search: Search, place: int) -> None:
    """Look above and below until a size is sure on each side: there end the sizes in question.

    One look each: what is asked here is whether other rows would change the side, and more seeds on the same rows say
    little about that. Upwards at least one stride, or the ratio to another family would have no curve to stand on, and
    no further than SETTLE_FACTOR; an end that is not found is said to be open, and costs no completeness.
    """
    upper, last = place, len(search.grid) - 1
    limit = SETTLE_FACTOR * search.grid[min(place, last)].parameters
    while upper < last and not (upper > place and search.is_sure(upper) and search.reaches(upper)):
        upper = min(upper + STRIDE, last)
        if search.grid[upper].parameters > limit or not search.affords(upper):
            break
        search.reaches(upper, looks=1)
    lower = min(place, last + 1) - 1
    while lower > 0 and not search.is_sure(lower) and search.affords(lower):
        lower = max(lower - STRIDE, 0)
        search.reaches(lower, looks=1)


def family_of(search: Search, hidden_layers: int) -> FamilyResult:
    """The record of a search, finished or not."""
    question = search.question
    seen = [search.seen[place] for place in sorted(search.seen)]
    points = tuple(runs.point(question.metric, question.target) for runs in seen)
    chosen = _finalist(seen, question)
    success = points[seen.index(chosen)].success_rate if chosen else None
    return FamilyResult(
        hidden_layers=hidden_layers,
        points=points,
        smallest=_interval_of_sizes(seen, question, search.grid[0].parameters),
        success_rate=success or wilson(0, 0),
        collapsed=sum(point.collapsed for point in points),
        runs=sum(point.seeds * point.folds for point in points),
        recipe=describe_recipes(question.recipes),
        finalist=chosen.spec.hidden_widths if chosen else (),
        complete=search.complete,
        seconds=search.meter.seconds(),
        work=search.meter.work,
    )


def _finalist(seen: list[Runs], question: Question) -> Runs | None:
    """The smallest that reaches beyond doubt, else the smallest that reaches on average, else the best."""
    reaching = [runs for runs in seen if question.reached_by(runs)]
    sure = [runs for runs in reaching if question.is_sure(runs)]
    best = max(seen, key=lambda runs: question.metric.sign * runs.mean, default=None)
    return next(iter([*sure, *reaching]), best)


def _interval_of_sizes(seen: list[Runs], question: Question, first: int) -> SizeInterval:
    if not seen:
        return SizeInterval(first, first, first, "not up to high", bounded=False)
    sign, goal = question.metric.sign, question.metric.sign * question.target
    sizes, intervals = [runs.spec.parameters for runs in seen], [runs.interval(question.metric) for runs in seen]
    ends = [sorted((sign * interval.low, sign * interval.high)) for interval in intervals]
    estimate = crossing(sizes, [sign * interval.value for interval in intervals], goal)
    low, high = crossing(sizes, [best for _, best in ends], goal), crossing(sizes, [worst for worst, _ in ends], goal)
    if np.isinf(estimate):
        return SizeInterval(int(min(low, sizes[-1])), sizes[-1], sizes[-1], "not up to high", bounded=False)
    smallest = round(estimate)
    reached = "already at low" if smallest <= first else "yes"
    top = sizes[-1] if np.isinf(high) else round(high)
    return SizeInterval(
        min(round(low), smallest), max(smallest, top), smallest, reached, bounded=bool(np.isfinite(high))
    )


def describe_recipes(recipes: Sequence[Recipe]) -> dict[str, str]:
    """The recipes of all folds in words: one value where they agree, else each value with its number of folds."""
    described = {}
    for name in recipes[0].to_json():
        values = [str(recipe.to_json()[name]) for recipe in recipes]
        counted = sorted({value: values.count(value) for value in values}.items(), key=lambda item: (-item[1], item[0]))
        described[name] = values[0] if len(counted) == 1 else ", ".join(f"{v} ({count} folds)" for v, count in counted)
    return described
