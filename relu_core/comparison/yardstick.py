"""The yardstick of exact training: what gradient training reached at a width, the proven optimum there, and with one
unit more.

On a few rows of the strongest columns, where a proof is affordable. The differences tell two failures apart: a large
gap between trained and proven means poor optimisation, a large gap between proven and proven at w + 1 means too few
units.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.schema import ProvenLoss, Yardstick
from relu_core.errors import ArgumentError
from relu_core.exact import expected_work, fit_global
from relu_core.network import ReluNetwork
from relu_core.training import MatrixFold, NetworkSpec, Recipe, train_networks

ROWS, COLUMNS, WIDTH, SEEDS = 60, 2, 2, 20
NODE_LIMIT = 20_000
# Differences below this share of a constant's loss are not worth a word.
WORTH_A_WORD = 0.02
RECIPE = Recipe(initialisation="he", bias="uniform", learning_rate=0.03, epochs=1000, batch_size=64)


def make_yardstick(
    X: ArrayLike,
    y: ArrayLike,
    *,
    task: str,
    columns: Sequence[str] = (),
    width: int = WIDTH,
    rows: int = ROWS,
    strongest: int = COLUMNS,
    seeds: int = SEEDS,
    seed: int = 0,
    recipe: Recipe = RECIPE,
    node_limit: int = NODE_LIMIT,
    time_limit: float = 60.0,
) -> Yardstick:
    """Three losses on one standardised subsample of development rows X (D, n), y (D,).

    columns: n names. rows, strongest: size of the subsample; columns are chosen by mutual information with the target.
    Loss: mean squared error of the standardised target, or mean logistic loss. node_limit ends a proof on every machine
    alike; time_limit: seconds for each of the two proofs, a last resort. Several classes: the commonest against the
    rest.
    """
    table, target = arguments.rows(X), np.asarray(y, dtype=np.float64)
    names = tuple(columns) or tuple(f"column {i}" for i in range(table.shape[1]))
    if len(names) != table.shape[1]:
        raise ArgumentError(f"columns has {len(names)} names where X has {table.shape[1]} columns; give one a column")
    loss = "squared" if task == "regression" else "logistic"
    labels = target if task == "regression" else (target == _positive(target, task)).astype(np.float64)
    chosen = _strongest(table, labels, task, strongest, seed)
    few, wanted = _subsample(table[:, chosen], labels, rows, task, seed)
    network = _best_trained(few, wanted, width, loss, seeds, recipe)
    trained = _loss_of(network(few)[:, 0], wanted, loss)
    proven = [_proven(few, wanted, w, loss, network, node_limit, time_limit) for w in (width, width + 1)]
    reason = explain(
        trained, proven[0], proven[1], _loss_of(np.full(len(wanted), wanted.mean()), wanted, loss, constant=True)
    )
    return Yardstick(tuple(names[i] for i in chosen), len(wanted), loss, trained, proven[0], proven[1], reason)


def yardstick_work(
    D: int, n: int, *, width: int = WIDTH, rows: int = ROWS, strongest: int = COLUMNS, node_limit: int = NODE_LIMIT
) -> str:
    """What the two proofs of make_yardstick on D rows of n columns may cost at most, in words, before they begin."""
    few, columns = min(D, rows), min(n, strongest)
    each = [f"width {w}: {expected_work(few, columns, w)}" for w in (width, width + 1)]
    return (
        f"two proofs on {few} rows of {columns} column{'s' if columns > 1 else ''}; {'; '.join(each)}; each proof ends "
        f"at {node_limit:,} cells at the latest"
    )


def explain(trained: float, proven: ProvenLoss, proven_next: ProvenLoss, constant: float) -> str:
    """Code of what the three losses say: "optimisation", "size", "both", "neither", or "open" where the proof is.

    constant: the best constant's loss, against which differences are measured.
    """
    worth = WORTH_A_WORD * constant
    # Only certain differences count: from the upper bound down to, and beyond, the other's lower bound.
    badly_trained = trained - proven.upper > worth
    well_trained = trained - proven.lower <= worth
    too_small = proven.lower - proven_next.upper > worth
    large_enough = proven.upper - proven_next.lower <= worth
    if not (badly_trained or well_trained) or not (too_small or large_enough):
        return "open"
    return {(True, True): "both", (True, False): "optimisation", (False, True): "size", (False, False): "neither"}[
        badly_trained, too_small
    ]


def _positive(y: Floats, task: str) -> float:
    values, counts = np.unique(y, return_counts=True)
    return 1.0 if task == "binary" else float(values[int(np.argmax(counts))])


def _strongest(X: Floats, y: Floats, task: str, count: int, seed: int) -> list[int]:
    information = mutual_info_regression if task == "regression" else mutual_info_classif
    varied = np.flatnonzero(X.std(axis=0) > 0)
    if not len(varied):
        raise ArgumentError("X has no column that varies; there is nothing to learn from")
    scores = information(X[:, varied], y if task == "regression" else y.astype(int), random_state=seed)
    return sorted(int(i) for i in varied[np.argsort(-scores, kind="stable")[:count]])


def _subsample(X: Floats, y: Floats, rows: int, task: str, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([seed, len(y)])
    order = rng.permutation(len(y))
    if task != "regression":
        # Both classes alike, as far as there are rows: sixty rows at 3 % would hold two of the rarer one.
        sides = [order[y[order] == label] for label in (0.0, 1.0)]
        few = min(rows // 2, *map(len, sides))
        order = np.concatenate([sides[0][:few], sides[1][:few], sides[0][few:], sides[1][few:]])
    chosen = np.sort(order[:rows])
    X, y = X[chosen], y[chosen]
    spread = X.std(axis=0)
    X = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return (X, (y - y.mean()) / (y.std() or 1.0)) if task == "regression" else (X, y)


def _best_trained(X: Floats, y: Floats, width: int, loss: str, seeds: int, recipe: Recipe) -> ReluNetwork:
    result = train_networks(
        [NetworkSpec(X.shape[1], (width,), 1)],
        None,
        None,
        loss=loss,
        folds=[MatrixFold(X, y, X, y)],
        seeds=range(seeds),
        recipe=recipe,
    )
    return min(result.networks, key=lambda network: _loss_of(network(X)[:, 0], y, loss))


def _loss_of(outputs: Floats, y: Floats, loss: str, *, constant: bool = False) -> float:
    if loss == "squared":
        return float(np.mean((outputs - y) ** 2))
    if constant:
        outputs = np.log(outputs / (1 - outputs))
    return float(np.mean(np.logaddexp(0.0, outputs) - y * outputs))


def _proven(
    X: Floats, y: Floats, width: int, loss: str, trained: ReluNetwork, node_limit: int, time_limit: float
) -> ProvenLoss:
    # Exact training numbers the two classes -1 and 1.
    targets = y if loss == "squared" else 2.0 * y - 1.0
    # Begun from what training found, so that the upper bound is never above it, whatever ends the search.
    fit = fit_global(X, targets, width, loss=loss, node_limit=node_limit, time_limit=time_limit, warm_start=trained)
    return ProvenLoss(width, fit.lower, fit.upper, fit.status, fit.seconds)
