"""Recipe: what may be asked, the schedule, and where networks start."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, Recipe
from relu_core.training.recipe import BIASES, INITIALISATIONS, initial_parameters


def layers(recipe: Recipe, sizes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    flat, parts = initial_parameters(sizes, recipe, np.random.default_rng(seed)), []
    for inputs, units in pairwise(sizes):
        parts.append(flat[: units * (inputs + 1)].reshape(units, inputs + 1))
        flat = flat[units * (inputs + 1) :]
    assert flat.size == 0
    return parts


@given(
    st.builds(
        Recipe,
        initialisation=st.sampled_from(sorted(INITIALISATIONS)),
        bias=st.sampled_from(BIASES),
        learning_rate=st.floats(1e-6, 10.0),
        epochs=st.integers(1, 500),
        batch_size=st.integers(1, 5000),
        schedule=st.sampled_from(["cosine", "constant"]),
        weight_decay=st.floats(0.0, 1.0),
        patience=st.integers(0, 50),
    )
)
@settings(deadline=None, derandomize=True, max_examples=50)
def test_a_recipe_survives_json_and_never_learns_faster_than_it_says(recipe):
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    rates = recipe.learning_rates()
    assert rates.shape == (recipe.epochs,) and rates[0] == recipe.learning_rate
    assert (np.diff(rates) <= 0).all() and (rates > 0).all()


def test_initial_weights_have_the_spread_their_name_promises():
    sizes = (200, 300, 100)
    expected = {
        "he": (np.sqrt(2 / 200), np.sqrt(1 / 300)),
        "glorot": (np.sqrt(2 / 500), np.sqrt(2 / 400)),
        "torch": (np.sqrt(1 / 600), np.sqrt(1 / 900)),
    }
    for name, deviations in expected.items():
        for layer, deviation in zip(layers(Recipe(initialisation=name), sizes), deviations, strict=True):
            assert layer[:, :-1].std() == pytest.approx(deviation, rel=0.02)
            assert (layer[:, -1] == 0).all()


@pytest.mark.parametrize(("sizes", "gain"), [((8, 20, 3), 2.0), ((20, 8, 3), 2.0)])
def test_orthogonal_weights_keep_lengths(sizes, gain):
    first = layers(Recipe(initialisation="orthogonal"), sizes)[0][:, :-1].astype(float)
    product = first.T @ first if first.shape[0] >= first.shape[1] else first @ first.T
    np.testing.assert_allclose(product, gain * np.eye(len(product)), atol=1e-5)


def test_biases_start_where_the_recipe_says():
    hidden, last = layers(Recipe(bias="positive"), (4, 50, 1))
    assert (hidden[:, -1] == np.float32(0.1)).all() and last[0, -1] == 0
    hidden = layers(Recipe(bias="uniform", initialisation="glorot"), (4, 500, 1))[0][:, -1]
    assert 0.9 * np.sqrt(6 / 504) < np.abs(hidden).max() <= np.sqrt(6 / 504) and abs(hidden.mean()) < 0.01


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"initialisation": "zeros"}, "initialisation is 'zeros'; choose one of he, glorot, torch, orthogonal"),
        ({"learning_rate": 0.0}, "learning_rate is 0; pass a number above 0, such as 0.01"),
        ({"epochs": 0}, "epochs is 0; pass a whole number of at least 1"),
        ({"patience": -1}, "patience is -1; pass a whole number of at least 1"),
        ({"schedule": "linear"}, "schedule is 'linear'; choose one of cosine, constant"),
    ],
)
def test_refuses_in_one_sentence(wrong, sentence):
    with pytest.raises(ArgumentError) as refusal:
        Recipe(**wrong)
    assert str(refusal.value) == sentence


def test_unknown_entries_of_json_are_refused():
    with pytest.raises(ArgumentError, match="a recipe has no entry 'momentum'; drop it"):
        Recipe.from_json({"momentum": 0.9})
