"""Recipes: chosen per fold on inner rows alone, under one equal budget."""

import numpy as np
import pytest

from relu_core import ArgumentError, EvaluationProtocol, Recipe, make_split
from relu_core.comparison import CANDIDATES, tune_recipe
from relu_core.comparison.splits import Split


def split(seed: int = 0) -> Split:
    chance = np.random.default_rng(seed)
    X = chance.normal(size=(200, 3))
    return make_split(X, np.abs(X[:, 0]) + 0.1 * chance.normal(size=200), EvaluationProtocol(), task="regression")


def asked(**changes: object) -> dict:
    return {"hidden_layers": 1, "task": "regression", "metric": "rmse", "parameters": 40, "seeds": 2, **changes}


def test_a_recipe_that_cannot_learn_is_not_chosen() -> None:
    candidates = (Recipe(learning_rate=1e-6, epochs=20), Recipe(learning_rate=0.02, epochs=20))
    found = tune_recipe(split().inner_matrix_folds(), candidates=candidates, **asked())
    assert found.per_fold == (candidates[1],) * 5
    assert found.overall == candidates[1]
    assert found.scores.shape == (5, 2)
    assert (found.scores[:, 0] > found.scores[:, 1]).all()


def test_no_validation_row_of_a_fold_takes_part_in_the_choice_of_its_recipe() -> None:
    one = split()
    scores = tune_recipe(one.inner_matrix_folds(), candidates=CANDIDATES[:2], epochs=10, **asked()).scores
    spoiled = one.y.copy()
    spoiled[one.folds[2].validation] = 1e3
    other = Split(one.X, spoiled, one.folds, one.inner, one.test)
    changed = tune_recipe(other.inner_matrix_folds(), candidates=CANDIDATES[:2], epochs=10, **asked()).scores
    assert changed[2].tolist() == scores[2].tolist()
    assert (changed[[0, 1, 3, 4]] != scores[[0, 1, 3, 4]]).all()


def test_every_family_is_given_the_same_budget() -> None:
    works = [
        tune_recipe(split().inner_matrix_folds(), epochs=4, **asked(hidden_layers=k, parameters=400)).work
        for k in (1, 2, 3)
    ]
    assert max(works) < 1.8 * min(works)


def test_a_work_limit_leaves_the_first_candidate_and_says_so() -> None:
    found = tune_recipe(split().inner_matrix_folds(), epochs=4, work_limit=0.0, **asked())
    assert not found.complete
    assert np.isnan(found.scores).all()
    assert found.overall == CANDIDATES[0].__class__(**{**CANDIDATES[0].to_json(), "epochs": 4})


def test_refuses_an_empty_choice() -> None:
    with pytest.raises(ArgumentError) as refusal:
        tune_recipe(split().inner_matrix_folds(), candidates=(), **asked())
    assert str(refusal.value) == (
        "candidates or inner_folds is empty; pass at least one recipe and one inner fold a fold"
    )
