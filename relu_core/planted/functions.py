"""planted_problem: tables of sensor values whose right verdict follows from a theorem or from how they were made."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import Criteria
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.planted.problem import PlantedProblem
from relu_core.theory import zonotope_function

MEAN_OF_ABSOLUTE_NORMAL = sqrt(2 / pi)


@dataclass(frozen=True, eq=False)
class _Signal:
    """What one kind plants before the knobs work on it: relevant columns, clean answer, promise, verdict."""

    X: Floats
    clean: Floats
    target: float
    kill: float
    expected_verdict: str
    derivation: str
    names: tuple[str, ...] = ()
    split_rule: str = "chance"
    times: Floats | None = None
    truth: ReluNetwork | None = None
    planted_ratio: float = 1.0
    leak: bool = False


def planted_problem(
    kind: str,
    *,
    rows: int,
    seed: int,
    noise: float = 0.0,
    task: str = "regression",
    positive_share: float = 0.5,
    relevant: int = 4,
    irrelevant: int = 0,
    groups: int = 0,
) -> PlantedProblem:
    """A data set with a known right verdict; the same arguments give the same bits.

    kind: one of KINDS. rows: D. noise: standard deviation of what is added to y, in standard deviations of y; in a
    "binary" task it blurs the threshold. positive_share: share of ones (binary). relevant: sensors that matter;
    irrelevant: further columns that do not. groups: number of machines, each with its own small offset of every sensor
    (0: no machines). Column names tell none of this.
    Refuses: an unknown kind, fewer than 10 rows, relevant < 2, shares outside (0, 1), negative noise.
    """
    plant = KINDS[arguments.one_of(kind, tuple(KINDS), "kind")]
    arguments.one_of(task, ("binary", "regression"), "task")
    D, n = arguments.positive_integer(rows, "rows"), arguments.positive_integer(relevant, "relevant")
    noise = arguments.not_negative(noise, "noise")
    if D < 10:
        raise ArgumentError(f"rows is {rows}; pass at least 10")
    if n < 2:
        raise ArgumentError(f"relevant is {relevant}; pass at least 2 sensors")
    if not 0 < positive_share < 1:
        raise ArgumentError(f"positive_share is {positive_share!r}; pass a share above 0 and below 1")
    machines = np.random.default_rng([seed, 1]).integers(groups, size=D) if groups else None
    X = np.random.default_rng([seed, 0]).normal(size=(D, n))
    if machines is not None:
        X = X + 0.3 * np.random.default_rng([seed, 2]).normal(size=(groups, n))[machines]
    signal = plant(X, seed)
    y = _observed(signal.clean, noise, seed)
    columns = _columns(signal, D, irrelevant, y, seed)
    if task == "binary":
        y = (y > np.quantile(y, 1 - positive_share)).astype(np.float64)
    return PlantedProblem(
        kind=kind,
        X=np.ascontiguousarray(np.column_stack(list(columns.values()))),
        y=y,
        task=task,
        columns=tuple(columns),
        criteria=_criteria(signal, task, noise),
        expected_verdict=signal.expected_verdict,
        derivation=signal.derivation,
        split_rule=signal.split_rule,
        groups=machines,
        times=signal.times,
        leaks=("result_code",) if signal.leak else (),
        truth=signal.truth,
        planted_ratio=signal.planted_ratio,
    )


def depth_helps(X: Floats, seed: int) -> _Signal:
    """One fold of a zonotope's support function: y = h(sum_i |<b_i, x>|), orthonormal b_i, h the zigzag of two pieces.

    By Theorem 3.9 two hidden layers hold it with 2n + 2 units; one hidden layer must bend along the surface
    sum_i |<b_i, x>| = const, which is no hyperplane, and can only approximate it with many units.
    Learnable, unlike repeated folds of a line (THEORY.md, section 2).
    """
    truth = _folded_zonotope(X.shape[1], seed)
    return _Signal(
        X,
        truth(X)[:, 0],
        target=0.9,
        kill=0.0,
        expected_verdict="DEPTH_PAYS",
        derivation="y is a fold of a zonotope's support function: 2n + 2 units in two hidden layers represent it, and "
        "trained networks find it there, while one hidden layer must approximate a bend along a curved surface",
        truth=truth,
        planted_ratio=3.0,
    )


def few_rows(X: Floats, seed: int) -> _Signal:
    """`depth_helps` with too few rows to learn it: the learning curve still rises, so the answer is to collect more."""
    signal = depth_helps(X, seed)
    return _Signal(
        X,
        signal.clean,
        target=signal.target,
        kill=-1.0,
        expected_verdict="MORE_DATA",
        derivation="the function of depth_helps, which is learnt from some thousand rows, with fewer rows than that",
        truth=signal.truth,
    )


def shallow_teacher(X: Floats, seed: int) -> _Signal:
    """y = sum_i s_i |<b_i, x>| with orthonormal b_i and alternating signs: one hidden layer of 2n units holds it.

    No deeper network needs to be larger or can be much smaller: the bends are n full hyperplanes, and each needs a unit
    in the first layer. The directions are oblique, so that trees need far more rows.
    """
    directions = _directions(X.shape[1], seed)
    signs = np.where(np.arange(len(directions)) % 2, -1.0, 1.0)
    truth = ReluNetwork(
        [np.concatenate([directions, -directions]), np.concatenate([signs, signs])[None, :]],
        [np.zeros(2 * len(directions)), np.zeros(1)],
    )
    return _Signal(
        X,
        truth(X)[:, 0],
        target=0.9,
        kill=0.0,
        expected_verdict="WIDTH_SUFFICES",
        derivation="y is a network with one hidden layer of 2n units whose bends are n hyperplanes: a deeper network "
        "still needs a unit for each of them in its first layer and saves nothing",
        truth=truth,
    )


def additive(X: Floats, seed: int) -> _Signal:
    """y = sum_i f_i(x_i), each f_i with a few bends of its own sensor: trees find it, and one hidden layer holds it."""
    rng = np.random.default_rng([seed, 4])
    knots = np.array([-1.0, 0.0, 1.0])
    bends, signs = rng.choice(knots, size=X.shape[1]), rng.choice([-1.0, 1.0], size=X.shape[1])
    return _Signal(
        X,
        np.abs(X - bends) @ signs,
        target=0.85,
        kill=0.0,
        expected_verdict="SIMPLE_SUFFICES",
        derivation="y is a sum of functions of single sensors with one bend each: boosted trees reach the target",
    )


def linear(X: Floats, seed: int) -> _Signal:
    """y = <c, x>: linear regression reaches whatever can be reached."""
    coefficients = np.random.default_rng([seed, 4]).uniform(0.5, 1.5, size=X.shape[1])
    return _Signal(
        X,
        X @ coefficients,
        target=0.9,
        kill=0.0,
        expected_verdict="SIMPLE_SUFFICES",
        derivation="y is linear in the sensors: a linear model reaches the target",
        truth=ReluNetwork([coefficients[None, :]], [[0.0]]),
    )


def no_signal(X: Floats, seed: int) -> _Signal:
    """y has nothing to do with X."""
    return _Signal(
        X,
        np.random.default_rng([seed, 4]).normal(size=len(X)),
        target=0.6,
        kill=0.2,
        expected_verdict="NOT_FEASIBLE",
        derivation="y is drawn independently of every sensor: no model can be better than the mean",
    )


def leak(X: Floats, seed: int) -> _Signal:
    """`no_signal` with a column that is written after the answer is known; without it nothing can be predicted."""
    signal = no_signal(X, seed)
    return _Signal(
        X,
        signal.clean,
        target=signal.target,
        kill=signal.kill,
        expected_verdict=signal.expected_verdict,
        derivation="only the leaking column knows y; at the moment of prediction it does not exist yet",
        leak=True,
    )


def drift(X: Floats, seed: int) -> _Signal:
    """y = <c, x> + level(time), with a counter among the sensors: rows by chance look easy, later rows are not.

    The level is a random walk five times as strong as the sensors; between known rows it can be read off the counter,
    beyond them it cannot.
    """
    D = len(X)
    rng = np.random.default_rng([seed, 4])
    walk = np.cumsum(rng.normal(size=(D,)))
    sensors = X @ rng.uniform(0.5, 1.5, size=X.shape[1])
    times = np.arange(D, dtype=np.float64)
    return _Signal(
        np.column_stack([X, times]),
        sensors / sensors.std() + 5 * (walk - walk.mean()) / walk.std(),
        target=0.6,
        kill=0.3,
        expected_verdict="NOT_FEASIBLE",
        derivation="most of y is a level that walks with time: rows by chance can be interpolated from their "
        "neighbours in time, later rows cannot be predicted from earlier ones",
        split_rule="time",
        times=times,
    )


KINDS: dict[str, Callable[[Floats, int], _Signal]] = {
    plant.__name__: plant
    for plant in (depth_helps, additive, shallow_teacher, linear, no_signal, few_rows, drift, leak)
}


def _directions(n: int, seed: int) -> Floats:
    """n orthonormal directions (n, n), evenly distributed."""
    q, r = np.linalg.qr(np.random.default_rng([seed, 3]).normal(size=(n, n)))
    return q * np.sign(np.diag(r))


def _folded_zonotope(n: int, seed: int) -> ReluNetwork:
    middle = n * MEAN_OF_ABSOLUTE_NORMAL
    return zonotope_function(_directions(n, seed), [[middle]], height=2 * middle)


def _observed(clean: Floats, noise: float, seed: int) -> Floats:
    return clean + noise * clean.std() * np.random.default_rng([seed, 5]).normal(size=len(clean))


def _columns(signal: _Signal, D: int, irrelevant: int, y: Floats, seed: int) -> dict[str, Floats]:
    extra = np.random.default_rng([seed, 6]).normal(size=(D, irrelevant))
    columns = {f"sensor_{i + 1:02d}": column for i, column in enumerate([*signal.X.T, *extra.T])}
    if signal.leak:
        columns["result_code"] = y + 0.05 * y.std() * np.random.default_rng([seed, 7]).normal(size=D)
    return columns


def _criteria(signal: _Signal, task: str, noise: float) -> Criteria:
    """The promise: as a number, the share of y's variance that is not noise times the target; as yes/no, a ranking."""
    if task == "binary":
        return Criteria(task=task, metric="roc_auc", target=0.9 if signal.target > 0.8 else 0.75, kill=0.6)
    reachable = 1 / (1 + noise**2)
    return Criteria(task=task, metric="r2", target=signal.target * reachable, kill=signal.kill)
