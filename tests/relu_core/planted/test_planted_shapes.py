"""Sensor-shaped and image-shaped problems: the truth can be read off, the composition is the knob."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_score

from relu_core import ArgumentError
from relu_core.planted import hierarchy, planted_images, planted_signals
from relu_core.theory import minimise


@pytest.mark.parametrize(
    ("levels", "widths", "verdict"),
    [(1, (12,), "WIDTH_SUFFICES"), (2, (8, 2), "DEPTH_PAYS"), (3, (12, 4, 3), "DEPTH_PAYS")],
)
def test_a_level_is_a_hidden_layer(levels: int, widths: tuple[int, ...], verdict: str) -> None:
    structure = hierarchy(levels)
    assert structure.network.hidden_widths == widths == minimise(structure.network).hidden_widths
    assert structure.expected_verdict == verdict
    assert (structure.planted_ratio >= 3) == (verdict == "DEPTH_PAYS")


def test_a_line_is_as_bad_as_its_worst_machine() -> None:
    conditions = np.random.default_rng(0).normal(size=(200, 6))
    usual = 3 * np.sqrt(2 / np.pi)
    machines = [
        usual * 2 - np.abs(np.abs(conditions[:, half]).sum(axis=1) - usual) - usual for half in (slice(3), slice(3, 6))
    ]
    # Up to the slope of the zigzag, which rises by its height over the usual distance: 2.
    assert np.allclose(hierarchy(3).network(conditions)[:, 0], 2 * np.maximum(*machines), atol=1e-9)


@given(
    st.integers(1, 3), st.integers(8, 70), st.floats(0, 3), st.integers(0, 3), st.integers(1, 4), st.integers(0, 999)
)
@settings(deadline=None, max_examples=25, derandomize=True)
def test_window_means_carry_the_condition_and_the_oscillation_carries_nothing(
    levels: int, samples: int, vibration: float, irrelevant: int, machines: int, seed: int
) -> None:
    options = {"rows": 60, "seed": seed, "samples": samples, "vibration": vibration}
    made = planted_signals(levels, **options, irrelevant=irrelevant, machines=machines)
    problem = made.problem
    assert made.signals.shape == (60, len(problem.columns), samples)
    assert problem.truth is not None
    assert np.allclose(problem.truth(problem.X)[:, 0], problem.y, atol=1e-9)
    assert set(made.machine) == set(range(machines))
    again = planted_signals(levels, **options, irrelevant=irrelevant, machines=machines)
    assert again.signals.tobytes() == made.signals.tobytes()
    assert again.problem.y.tobytes() == problem.y.tobytes()


@given(st.integers(1, 2), st.sampled_from([8, 12, 20]), st.integers(0, 999))
@settings(deadline=None, max_examples=15, derandomize=True)
def test_without_grain_the_fields_tell_the_severity_exactly(levels: int, side: int, seed: int) -> None:
    made = planted_images(levels, rows=60, seed=seed, side=side, grain=0.0)
    assert made.images.shape == (60, side, side)
    assert made.problem.truth is not None
    assert np.allclose(made.problem.truth(made.problem.X)[:, 0], made.problem.y, atol=1e-7)
    assert planted_images(levels, rows=60, seed=seed, side=side, grain=0.0).images.tobytes() == made.images.tobytes()


def test_grain_and_noise_lower_the_promise() -> None:
    clean = planted_images(2, rows=2000, seed=0, grain=0.0).problem.criteria.target
    grainy = planted_images(2, rows=2000, seed=0, grain=0.03).problem.criteria.target
    assert clean == pytest.approx(0.93)
    assert grainy < clean - 0.03


@pytest.mark.parametrize(
    "make",
    [
        lambda: planted_signals(1, rows=3000, seed=3, noise=0.1),
        lambda: planted_signals(2, rows=3000, seed=3),
        lambda: planted_images(2, rows=3000, seed=3),
    ],
    ids=["component signals", "machine signals", "images"],
)
def test_boosted_trees_do_not_reach_the_promise_where_networks_are_to_be_judged(make: Callable) -> None:
    problem = make().problem
    reached = cross_val_score(HistGradientBoostingRegressor(random_state=0), problem.X, problem.y, cv=3, scoring="r2")
    assert reached.mean() < problem.criteria.target


def test_boosted_trees_reach_the_promise_on_the_sum_of_marks() -> None:
    problem = planted_images(1, rows=2000, seed=3).problem
    reached = cross_val_score(HistGradientBoostingRegressor(random_state=0), problem.X, problem.y, cv=3, scoring="r2")
    assert problem.expected_verdict == "SIMPLE_SUFFICES"
    assert reached.mean() > problem.criteria.target


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: planted_signals(4, rows=100, seed=0), "levels is 4; choose 1 (component), 2 (machine) or 3 (line)"),
        (lambda: planted_signals(1, rows=20, seed=0), "rows is 20; pass at least 50 windows"),
        (lambda: planted_signals(1, rows=100, seed=0, samples=4), "samples is 4; pass at least 8 a window"),
        (lambda: planted_images(3, rows=100, seed=0), "levels is 3; choose 1 or 2"),
        (lambda: planted_images(1, rows=100, seed=0, side=10), "side is 10; pass a multiple of 4 pixels, at least 8"),
        (lambda: planted_images(1, rows=10, seed=0), "rows is 10; pass at least 50 images"),
        (lambda: planted_images(1, rows=100, seed=0, grain=-1.0), "grain is -1.0; pass a finite number of at least 0"),
    ],
)
def test_shapes_name_what_they_refuse(make: Callable, sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        make()
    assert str(refused.value) == sentence
