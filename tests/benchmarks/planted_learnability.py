"""What training finds of the planted functions: representable beside trained size, for 1, 2 and 3 hidden layers.

    python -m tests.benchmarks.planted_learnability [--rows 4000] [--seeds 10] [--noise 0.1] [--task regression]

Prints, per problem and architecture, the mean and median of the metric on fresh rows over random initialisations, and
per number of hidden layers the smallest architecture whose mean reaches the promise. The verdicts of
`relu_core.planted` rest on these ratios; run it again whenever a generator or the trainer's recipe changes.
"""

import argparse

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from relu_core import Fold, NetworkSpec, PlantedProblem, Recipe, planted_problem, train_networks
from relu_core.comparison.metrics import metric_named, predictions_of
from relu_core.planted import planted_images, planted_signals

FRESH_ROWS = 3000
RECIPE = Recipe(initialisation="he", bias="positive", learning_rate=0.01, epochs=150)
LOSS = {"regression": "squared", "binary": "logistic"}


def architectures(n: int) -> list[tuple[int, ...]]:
    """One hidden layer up to 512 units; two and three in the proportions of the constructions and wider."""
    shallow = [(width,) for width in (n, 2 * n, 3 * n, 16, 32, 64, 128, 256, 512)]
    two = [(n, n), (2 * n, 2), (2 * n, 4), (3 * n, 4), (4 * n, 4), (4 * n, 8)]
    three = [(n, n, n), (2 * n, 4, 4), (3 * n, 8, 4), (3 * n, 8, 8)]
    return sorted({*shallow, *two, *three}, key=lambda widths: (len(widths), NetworkSpec(n, widths).parameters))


def trees(problem: PlantedProblem, rows: int) -> float:
    """Boosted trees on the same rows."""
    metric = metric_named(problem.criteria.metric, problem.task)
    X, y = problem.X, problem.y
    if problem.task == "regression":
        return metric(y[rows:], HistGradientBoostingRegressor(random_state=0).fit(X[:rows], y[:rows]).predict(X[rows:]))
    model = HistGradientBoostingClassifier(random_state=0).fit(X[:rows], y[:rows])
    return metric(y[rows:], model.predict_proba(X[rows:])[:, 1])


def table(problem: PlantedProblem, rows: int, seeds: int) -> None:
    """Train every architecture and print what it reached, then the smallest sizes and their ratio."""
    X, y, criteria = problem.X, problem.y, problem.criteria
    metric, n = metric_named(criteria.metric, problem.task), X.shape[1]
    truth = problem.truth.size if problem.truth else 0
    print(f"\n{problem.kind}, {rows} rows, n = {n}: {criteria.metric} from {criteria.target:.3f} on")
    print(f"  expected {problem.expected_verdict}")
    print(f"  representable: {truth} units; boosted trees reach {trees(problem, rows):.3f}")
    specs = [NetworkSpec(n, widths) for widths in architectures(n)]
    fold = Fold(np.arange(rows), np.arange(rows, len(y)))
    result = train_networks(
        specs, X, y, loss=LOSS[problem.task], folds=[fold], seeds=range(seeds), recipe=RECIPE, device="cpu"
    )
    smallest: dict[int, int] = {}
    for spec in specs:
        outputs = [record.network(X[rows:]) for record in result.of(spec)]
        reached = np.array([metric(y[rows:], predictions_of(output, problem.task)) for output in outputs])
        good = reached.mean() >= criteria.target
        share = np.mean(reached >= criteria.target)
        figures = f"mean {reached.mean():6.3f}  median {np.median(reached):6.3f}  reach it {share:4.0%}"
        widths = "-".join(map(str, spec.hidden_widths))
        print(f"  {widths:>10} {spec.parameters:>6} parameters: {figures}{'  *' if good else ''}")
        if good:
            smallest.setdefault(spec.hidden_layers, spec.parameters)
    largest = max(spec.parameters for spec in specs if spec.hidden_layers == 1)
    shallow, deep = smallest.get(1), min((p for k, p in smallest.items() if k > 1), default=None)
    if deep:
        ratio = f"{shallow / deep:.1f}" if shallow else f"above {largest / deep:.1f}"
        print(f"  smallest: one hidden layer {shallow or 'not reached'}, deeper {deep}, ratio {ratio}", flush=True)


def main() -> None:
    """Print the table of every kind whose verdict is about networks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--noise", type=float, default=0.1)
    parser.add_argument("--task", default="regression")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    options = {"rows": asked.rows + FRESH_ROWS, "seed": 1, "noise": asked.noise}
    problems = [
        planted_problem("depth_helps", **options, task=asked.task, relevant=3),
        planted_problem("depth_helps", **options, task=asked.task),
        planted_problem("shallow_teacher", **options, task=asked.task),
        planted_problem("additive", **options, task=asked.task),
    ]
    if asked.task == "regression":
        problems += [planted_signals(levels, **options).problem for levels in (1, 2, 3)]
        problems += [planted_images(levels, **options).problem for levels in (1, 2)]
    for problem in problems:
        if asked.only in problem.kind:
            table(problem, asked.rows, asked.seeds)


if __name__ == "__main__":
    main()
