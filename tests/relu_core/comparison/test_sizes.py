"""Grids of sizes, and effort counted in operations."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, EvaluationProtocol, NetworkSpec, Recipe, ReluNetwork
from relu_core.comparison import plan_effort, size_grid, training_work
from relu_core.comparison.sizes import EPOCHS, LARGEST_PARAMETERS, check_ascending

LAWS = settings(max_examples=60, deadline=None, derandomize=True)


@LAWS
@given(n=st.integers(1, 60), m=st.integers(1, 10), layers=st.integers(1, 6), largest=st.integers(500, 20_000))
def test_a_grid_ascends_from_one_unit_to_the_common_end(n: int, m: int, layers: int, largest: int) -> None:
    grid = size_grid(n, m, layers, largest=largest)
    parameters = [spec.parameters for spec in grid]
    assert parameters == sorted(set(parameters))
    assert grid[0].hidden_widths == (1,) * layers
    end = max(largest, parameters[0])
    assert grid[-1].parameters == min(
        (NetworkSpec(n, (width,) * layers, m).parameters for width in range(1, 7000)),
        key=lambda count: abs(np.log(count / end)),
    )


@LAWS
@given(n=st.integers(1, 60), layers=st.integers(1, 4))
def test_neighbours_on_the_grid_are_as_near_as_whole_widths_allow(n: int, layers: int) -> None:
    grid = size_grid(n, 1, layers)
    for small, large in itertools.pairwise(grid):
        is_next_width = large.hidden_widths[0] == small.hidden_widths[0] + 1
        assert is_next_width or large.parameters < 2 * small.parameters


def test_parameters_are_those_of_the_network() -> None:
    spec = size_grid(3, 2, 2)[4]
    sizes = spec.layer_sizes
    network = ReluNetwork([np.ones((b, a)) for a, b in itertools.pairwise(sizes)], [np.zeros(b) for b in sizes[1:]])
    assert network.parameters == spec.parameters


def test_more_minutes_never_mean_smaller_networks_or_fewer_passes() -> None:
    efforts = [plan_effort(m, rows=6400, protocol=EvaluationProtocol()) for m in (0.1, 0.5, 2, 10, 60)]
    assert [e.largest for e in efforts] == sorted(e.largest for e in efforts)
    assert [e.epochs for e in efforts] == sorted(e.epochs for e in efforts)
    assert efforts[-1].largest == LARGEST_PARAMETERS
    assert EPOCHS[0] <= efforts[0].epochs <= efforts[-1].epochs <= EPOCHS[1]


@pytest.mark.parametrize("rows", [20, 300, 5_000, 100_000])
def test_few_rows_get_small_batches_and_many_passes(rows: int) -> None:
    effort = plan_effort(60, rows=rows, protocol=EvaluationProtocol())
    steps = effort.epochs * rows / effort.batch_size
    assert 16 <= effort.batch_size <= 128
    assert steps >= 500 or effort.epochs == EPOCHS[1]


def test_effort_sets_epochs_and_batch_size_and_nothing_else() -> None:
    effort = plan_effort(5, rows=1000, protocol=EvaluationProtocol())
    recipe = effort.of(Recipe(initialisation="torch", learning_rate=0.002))
    assert (recipe.initialisation, recipe.learning_rate) == ("torch", 0.002)
    assert (recipe.epochs, recipe.batch_size) == (effort.epochs, effort.batch_size)


def test_work_is_in_proportion_to_rows_epochs_and_networks() -> None:
    spec = NetworkSpec(4, (8,), 1)
    assert training_work(spec, 100, 10, 50) == 100 * 10 * 50 * spec.training_flops


def test_refusals() -> None:
    with pytest.raises(ArgumentError) as refusal:
        plan_effort(0, rows=100, protocol=EvaluationProtocol())
    assert str(refusal.value) == "minutes is 0; pass a time budget above 0"
    with pytest.raises(ArgumentError) as refusal:
        check_ascending([NetworkSpec(3, (4, 4), 1)], 1)
    assert str(refusal.value) == (
        "sizes holds (3, 4, 4, 1) where 1 hidden layers are asked for; pass sizes of one family"
    )
    with pytest.raises(ArgumentError) as refusal:
        check_ascending([], 1)
    assert str(refusal.value) == "sizes is empty; pass at least one architecture"
