"""What an option costs and saves a year: confusion on the untouched rows, at a threshold chosen on validation rows."""

from collections.abc import Sequence

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import Criteria
from relu_core.comparison.schema import Confusion, CostCurve, MoneyResult
from relu_core.errors import ArgumentError
from relu_core.interval import Interval

OPTIONS = ("simple", "shallow", "deep")
DRAWS = 2000
# Places of a cost curve, spread evenly, and as many more where the rows lie.
PLACES = 41


def choose_threshold(pairs: Sequence[tuple[Floats, Floats]], criteria: Criteria) -> float:
    """The threshold of least cost on validation rows. pairs: for each fold y (D2,) and probability (D2,).

    An alarm is raised where the probability is at least the threshold; above 1: never. Of equally cheap thresholds the
    middle one of the first run is taken, so one row more or less moves it little.
    """
    y = np.concatenate([pair[0] for pair in pairs])
    probability = np.concatenate([pair[1] for pair in pairs])
    order = np.argsort(-probability, kind="stable")
    sorted_probability, positive = probability[order], y[order] == 1
    alarms = np.arange(len(y) + 1)
    caught = np.concatenate([[0], np.cumsum(positive)])
    cost = criteria.cost_of_miss * (positive.sum() - caught) + criteria.cost_of_false_alarm * (alarms - caught)
    # A threshold cannot separate equal probabilities.
    possible = np.concatenate([[True], sorted_probability[1:] < sorted_probability[:-1], [True]])
    best = int(np.argmin(np.where(possible, cost, np.inf)))
    upper = 1.0 + 1e-9 if best == 0 else float(sorted_probability[best - 1])
    lower = float(sorted_probability[best]) if best < len(y) else 0.0
    return upper if best == 0 else (upper + lower) / 2


def confusion_at(y: Floats, probability: Floats, threshold: float) -> Confusion:
    """Counts of rows y (D,) at a threshold."""
    alarm, positive = probability >= threshold, y == 1
    return Confusion(
        threshold=threshold,
        true_negative=int((~alarm & ~positive).sum()),
        false_positive=int((alarm & ~positive).sum()),
        false_negative=int((~alarm & positive).sum()),
        true_positive=int((alarm & positive).sum()),
    )


def money_of(
    option: str,
    model: str,
    y: Floats,
    probability: Floats,
    threshold: float,
    *,
    criteria: Criteria,
    curve: CostCurve | None = None,
    seed: int = 0,
) -> MoneyResult:
    """Cost and saving a year of one option, from untouched rows y (D,) and their probability (D,).

    curve: how the threshold was chosen, kept beside the result.

    Saving is against the cheaper of never and always raising an alarm. Intervals: the shares of the four cells of the
    confusion are drawn from what their counts leave possible (Dirichlet, Jeffreys' prior), so that a cell without rows
    is not taken for impossible. Refuses a promise without costs and volumes.
    """
    arguments.one_of(option, OPTIONS, "option")
    if not criteria.has_money:
        raise ArgumentError("criteria has no costs or no units_per_year; give them, or leave the money out")
    found = confusion_at(y, probability, threshold)
    counts = np.array([found.true_negative, found.false_positive, found.false_negative, found.true_positive])
    draws = np.random.default_rng([seed, len(y)]).dirichlet(counts + 0.5, DRAWS)
    costs, savings = _cost_and_saving(draws, criteria)
    cost, saving = (float(values[0]) for values in _cost_and_saving(counts[None, :] / len(y), criteria))
    project = {
        "simple": criteria.project_cost_simple,
        "shallow": criteria.project_cost_shallow,
        "deep": criteria.project_cost_deep,
    }[option]
    of_saving = _interval(saving, savings, criteria.level)
    return MoneyResult(
        option=option,
        model=model,
        confusion=found,
        cost_per_year=_interval(cost, costs, criteria.level),
        saving_per_year=of_saving,
        project_cost=project,
        payback_years=payback(project, of_saving),
        misses_cost=criteria.units_per_year * criteria.cost_of_miss * found.false_negative / len(y),
        false_alarms_cost=criteria.units_per_year * criteria.cost_of_false_alarm * found.false_positive / len(y),
        cost_curve=curve,
    )


def _cost_and_saving(shares: Floats, criteria: Criteria) -> tuple[Floats, Floats]:
    """Currency a year (k,), (k,) for shares (k, 4) of true negatives, false alarms, misses, true positives."""
    miss, alarm, a_year = criteria.cost_of_miss, criteria.cost_of_false_alarm, criteria.units_per_year
    cost = a_year * (alarm * shares[:, 1] + miss * shares[:, 2])
    positive = shares[:, 2] + shares[:, 3]
    return cost, a_year * np.minimum(miss * positive, alarm * (1 - positive)) - cost


def payback(project_cost: float, saving: Interval) -> Interval:
    """Years until the saving has paid the project; infinite where there is none."""

    def years(amount: float) -> float:
        return 0.0 if project_cost == 0 else (project_cost / amount if amount > 0 else float("inf"))

    return Interval(years(saving.value), years(saving.high), years(saving.low), saving.level, saving.method)


def cost_curve(pairs: Sequence[tuple[Floats, Floats]], threshold: float, criteria: Criteria) -> CostCurve:
    """Cost a year against the threshold on the rows that `choose_threshold` saw, with the chosen one among the places.

    pairs: for each fold y (D2,) and probability (D2,). Places lie even over 0 to 1, and denser where the rows are.
    """
    y = np.concatenate([pair[0] for pair in pairs])
    probability = np.concatenate([pair[1] for pair in pairs])
    dense = np.quantile(probability, np.linspace(0, 1, PLACES))
    places = np.unique(np.concatenate([np.linspace(0, 1, PLACES), dense, [threshold, 1.0 + 1e-9]]))
    alarm, positive = probability[None, :] >= places[:, None], y == 1
    false, missed = (alarm & ~positive).mean(axis=1), (~alarm & positive).mean(axis=1)
    cost = criteria.units_per_year * (criteria.cost_of_false_alarm * false + criteria.cost_of_miss * missed)
    return CostCurve(len(y), tuple(places.tolist()), tuple(cost.tolist()))


def _interval(value: float, draws: Floats, level: float) -> Interval:
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(value, min(float(low), value), max(float(high), value), level, "draws of the confusion")
