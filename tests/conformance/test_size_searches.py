"""The adaptive search against its reference, the full grid, on real trainings."""

import numpy as np
import pytest

from relu_core import EvaluationProtocol, Recipe, make_question, make_split, smallest_size
from relu_core.comparison import full_grid, size_grid
from relu_core.planted import planted_problem

RECIPE = Recipe(initialisation="torch", bias="uniform", epochs=120, batch_size=64)
LARGEST = 600


@pytest.mark.parametrize(
    ("kind", "hidden_layers", "target", "saving"),
    [
        ("shallow_teacher", 1, 0.9, 4),
        ("shallow_teacher", 2, 0.5, 4),
        ("depth_helps", 2, 0.8, 2),
        ("shallow_teacher", 1, 0.25, 12),
    ],
)
def test_the_adaptive_search_finds_what_the_full_grid_finds_for_less_work(
    kind: str, hidden_layers: int, target: float, saving: float
) -> None:
    problem = planted_problem(kind, rows=900, seed=5, noise=0.1)
    folds = make_split(problem.X, problem.y, EvaluationProtocol(folds=4), task="regression").matrix_folds()
    sizes = size_grid(problem.X.shape[1], 1, hidden_layers, largest=LARGEST)
    asked = make_question(folds, task="regression", metric="r2", target=target, recipe=RECIPE, seeds=6)
    reference = full_grid(asked, hidden_layers=hidden_layers, sizes=sizes)
    adaptive = smallest_size(asked, hidden_layers=hidden_layers, sizes=sizes)
    assert adaptive.smallest.reached == reference.smallest.reached
    assert reference.smallest.low <= adaptive.smallest.estimate <= reference.smallest.high
    assert adaptive.work < reference.work / saving
    shared = {p.parameters: p for p in reference.points}
    for point in adaptive.points:
        # The same seeds on the same folds: where all seeds were trained the numbers are the same, bit for bit.
        if point.seeds == 6:
            assert point.fold_means == shared[point.parameters].fold_means
        else:
            assert np.allclose(point.metric.value, shared[point.parameters].metric.value, atol=0.15)
