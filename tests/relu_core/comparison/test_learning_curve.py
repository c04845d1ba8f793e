"""The learning curve: a known power law is found again, and doubt is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, EvaluationProtocol, Recipe, make_split
from relu_core.comparison import learning_curve, rows_to_target

LAWS = settings(max_examples=40, deadline=None, derandomize=True)
ROWS = np.array([100.0, 200.0, 400.0, 800.0])


def law(limit: float, slope: float, exponent: float, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Values (5, 4) of a - b rows^-c in five folds."""
    curve = limit - slope * ROWS**-exponent
    return curve + noise * np.random.default_rng(seed).normal(size=(5, 4))


@LAWS
@given(exponent=st.floats(0.3, 1.2), gap=st.floats(0.02, 0.2), factor=st.floats(1.2, 6.0))
def test_a_power_law_is_found_again(exponent: float, gap: float, factor: float) -> None:
    limit = 0.95
    slope = gap * 800.0**exponent
    goal = limit - slope * (factor * 800.0) ** -exponent
    found, trusted, reason = rows_to_target(ROWS, law(limit, slope, exponent), goal, 800.0)
    assert found.value == pytest.approx(factor * 800.0, rel=0.1)
    assert trusted, reason


def test_a_curve_that_flattens_below_the_target_never_reaches_it_and_says_so() -> None:
    found, trusted, reason = rows_to_target(ROWS, law(0.8, 5.0, 1.0), 0.9, 800.0)
    assert (found.low, found.value, found.high) == (np.inf, np.inf, np.inf)
    assert trusted
    assert reason == "The curve flattens below the target in every resample: more rows of this kind would not reach it."


def test_a_target_far_beyond_the_rows_is_not_trusted() -> None:
    found, trusted, reason = rows_to_target(ROWS, law(1.0, 1.0, 0.3), 0.94, 800.0)
    assert found.value > 8 * 800
    assert not trusted
    assert reason == "The target lies beyond 8 times the rows at hand, too far to extrapolate."


def test_points_that_lie_on_no_power_law_are_not_trusted() -> None:
    values = np.tile([0.5, 0.9, 0.5, 0.9], (5, 1)) + np.linspace(0, 0.001, 5)[:, None]
    _, trusted, reason = rows_to_target(ROWS, values, 0.95, 800.0)
    assert not trusted
    assert reason == "The measured points do not lie on a power law."


def test_folds_that_disagree_widen_the_interval() -> None:
    calm, loud = (rows_to_target(ROWS, law(0.95, 3.0, 0.7, noise), 0.93, 800.0)[0] for noise in (0.0, 0.01))
    assert calm.high / calm.low < loud.high / loud.low


def test_the_curve_of_a_real_model_rises_with_the_rows() -> None:
    chance = np.random.default_rng(0)
    X = chance.normal(size=(500, 4))
    y = np.abs(X[:, 0]) + X[:, 1] + 0.3 * chance.normal(size=500)
    folds = make_split(X, y, EvaluationProtocol(), task="regression").matrix_folds()
    for model, recipe in (("trees", None), ((6,), Recipe(epochs=60, batch_size=64))):
        asked = {"model": model, "task": "regression", "metric": "r2", "target": 0.95, "recipe": recipe}
        found, again = (learning_curve(folds, **asked) for _ in range(2))  # type: ignore[arg-type]
        assert found == again
        assert [point.rows for point in found.points] == [40, 80, 160, 320]
        assert found.points[0].metric.value < found.points[-1].metric.value


def test_a_share_without_a_rare_class_gets_a_row_of_it() -> None:
    chance = np.random.default_rng(1)
    X = chance.normal(size=(200, 2))
    y = np.zeros(200)
    y[np.argsort(X[:, 0])[-10:]] = 1.0
    folds = make_split(X, y, EvaluationProtocol(), task="binary").matrix_folds()
    found = learning_curve(folds, model="linear", task="binary", metric="roc_auc", target=0.99, shares=(0.03, 0.5, 1.0))
    assert all(np.isfinite(point.metric.value) for point in found.points)


def test_refusals() -> None:
    with pytest.raises(ArgumentError) as refusal:
        learning_curve([], model="trees", task="regression", metric="r2", target=0.9, shares=(0.5, 1.0))
    assert str(refusal.value) == "shares is (0.5, 1.0); pass at least 3 shares above 0 and up to 1"
    X = np.random.default_rng(0).normal(size=(100, 2))
    folds = make_split(X, X[:, 0], EvaluationProtocol(), task="regression").matrix_folds()
    with pytest.raises(ArgumentError) as refusal:
        learning_curve(folds, model=(3,), task="regression", metric="r2", target=0.9)
    assert str(refusal.value) == ("recipe is missing; pass the recipe of the network whose learning curve is asked for")
    with pytest.raises(ArgumentError) as refusal:
        learning_curve(folds, model="forest", task="regression", metric="r2", target=0.9)
    assert str(refusal.value) == "model is 'forest'; pass hidden widths or one of dummy, linear, trees"
