"""planted_problem: tables of sensor values whose right verdict follows from a theorem or from how they were made."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import Criteria
from relu_core.errors import ArgumentError
from relu_core.planted.kinds import (
    Signal,
    additive,
    depth_helps,
    drift,
    few_rows,
    leak,
    linear,
    no_signal,
    shallow_teacher,
)
from relu_core.planted.problem import PlantedProblem

SMALLEST_ROWS = 50
# With three sensors boosted trees reach an average precision of 0.98 from 3,000 rows: no question for networks.
SMALLEST_FOR_RANKING = 4


@dataclass(frozen=True)
class _Kind:
    plant: Callable[[Floats, int], Signal]
    relevant: int
    smallest: int


KINDS: dict[str, _Kind] = {
    "depth_helps": _Kind(depth_helps, 4, 3),
    "additive": _Kind(additive, 4, 1),
    "shallow_teacher": _Kind(shallow_teacher, 6, 2),
    "linear": _Kind(linear, 4, 1),
    "no_signal": _Kind(no_signal, 4, 1),
    "few_rows": _Kind(few_rows, 3, 3),
    "drift": _Kind(drift, 4, 1),
    "leak": _Kind(leak, 4, 1),
}


def planted_problem(
    kind: str,
    *,
    rows: int,
    seed: int,
    noise: float = 0.0,
    task: str = "regression",
    positive_share: float = 0.5,
    relevant: int | None = None,
    irrelevant: int = 0,
    groups: int = 0,
) -> PlantedProblem:
    """A data set with a known right verdict; the same arguments give the same bits.

    kind: one of KINDS, each with its derivation in the docstring of its function in `relu_core.planted.kinds`. rows: D.
    noise: standard deviation of what is added to y, in standard deviations of y; in a "binary" task it blurs the limit.
    positive_share: share of ones in a "binary" task. relevant: sensors that matter (each kind has its own number).
    irrelevant: further columns that do not matter. groups: number of machines, each with its own small offset of every
    sensor; 0 for none.
    The promise (criteria) asks for r2 or average_precision, as a share of what this noise lets anyone reach.
    Refuses: an unknown kind, fewer than 50 rows, too few relevant sensors, shares outside (0, 1), negative noise.
    """
    chosen = KINDS[arguments.one_of(kind, tuple(KINDS), "kind")]
    arguments.one_of(task, ("binary", "regression"), "task")
    n = chosen.relevant if relevant is None else relevant
    _check(kind, chosen, rows, n, positive_share, irrelevant, groups)
    if kind == "depth_helps" and task == "binary" and n < SMALLEST_FOR_RANKING:
        raise ArgumentError(
            f"relevant is {n}; ranked by boosted trees, fewer than {SMALLEST_FOR_RANKING} sensors are too easy for "
            "depth_helps in a binary task"
        )
    machines = np.random.default_rng([seed, 1]).integers(groups, size=rows) if groups else None
    signal = chosen.plant(_sensors(rows, n, machines, groups, seed), seed)
    y = _observed(signal.clean, arguments.not_negative(noise, "noise"), seed)
    columns = _columns(signal, y, irrelevant, seed)
    reachable = (0.0, 1 / (1 + noise**2))
    if task == "binary":
        # Alarms are the low end: of a fold that is what lies far from it on either side, not a thin shell around it.
        y = (y < np.quantile(y, positive_share)).astype(np.float64)
        reachable = (positive_share, float(average_precision_score(y, -signal.clean)))
    return PlantedProblem(
        kind=kind,
        X=np.ascontiguousarray(np.column_stack(list(columns.values()))),
        y=y,
        task=task,
        columns=tuple(columns),
        criteria=_criteria(signal, task, *reachable),
        expected_verdict=signal.expected_verdict,
        derivation=signal.derivation,
        split_rule=signal.split_rule,
        groups=machines,
        times=signal.times,
        leaks=("result_code",) if signal.leak else (),
        truth=signal.truth,
        planted_ratio=signal.planted_ratio,
    )


def _check(kind: str, chosen: _Kind, rows: int, n: int, share: float, irrelevant: int, groups: int) -> None:
    if arguments.positive_integer(rows, "rows") < SMALLEST_ROWS:
        raise ArgumentError(f"rows is {rows}; pass at least {SMALLEST_ROWS}")
    if arguments.positive_integer(n, "relevant") < chosen.smallest:
        raise ArgumentError(f"relevant is {n}; {kind} needs at least {chosen.smallest} sensors that matter")
    if not 0 < share < 1:
        raise ArgumentError(f"positive_share is {share!r}; pass a share above 0 and below 1")
    for value, name in ((irrelevant, "irrelevant"), (groups, "groups")):
        if value < 0 or value != int(value):
            raise ArgumentError(f"{name} is {value!r}; pass a whole number of at least 0")


def _sensors(rows: int, n: int, machines: np.ndarray | None, groups: int, seed: int) -> Floats:
    X = np.random.default_rng([seed, 0]).normal(size=(rows, n))
    if machines is None:
        return X
    return X + 0.3 * np.random.default_rng([seed, 2]).normal(size=(groups, n))[machines]


def _observed(clean: Floats, noise: float, seed: int) -> Floats:
    return clean + noise * clean.std() * np.random.default_rng([seed, 5]).normal(size=len(clean))


def _columns(signal: Signal, y: Floats, irrelevant: int, seed: int) -> dict[str, Floats]:
    """Named columns in an order that tells nothing; a leaking column comes last."""
    D = len(y)
    extra = np.random.default_rng([seed, 6]).normal(size=(D, irrelevant))
    values = np.concatenate([signal.X.T, extra.T])
    order = np.random.default_rng([seed, 8]).permutation(len(values)) if irrelevant else np.arange(len(values))
    columns = {f"sensor_{i + 1:02d}": values[source] for i, source in enumerate(order)}
    if signal.leak:
        columns["result_code"] = y + 0.05 * y.std() * np.random.default_rng([seed, 7]).normal(size=D)
    return columns


def _criteria(signal: Signal, task: str, worst: float, best: float) -> Criteria:
    """The promise as a share of the way from knowing nothing to knowing the clean signal."""
    target, kill = (worst + share * (best - worst) for share in (signal.target, signal.kill))
    return Criteria(task=task, metric="r2" if task == "regression" else "average_precision", target=target, kill=kill)
