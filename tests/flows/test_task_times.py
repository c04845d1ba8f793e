"""Times of tasks are those of work, with the waiting between them left out."""

import pytest

from flows import tasks
from flows.task_times import without_waiting
from relu_core.comparison import TaskTime
from relu_core.plot_style import TASKS


def test_the_days_a_person_thought_are_left_out_and_what_ran_side_by_side_stays_so() -> None:
    times = [
        TaskTime("b", 1, 4.0, 10.0),
        TaskTime("a", 0, 0.0, 4.0),
        TaskTime("b", 2, 5.0, 3.0),
        TaskTime("c", 0, 300_000.0, 2.0),
        TaskTime("d", 0, 300_010.0, 1.0),
    ]
    moved = without_waiting(times)
    assert [(one.name, one.hidden_layers, one.begun) for one in moved] == [
        ("a", 0, 0.0), ("b", 1, 4.0), ("b", 2, 5.0), ("c", 0, 14.0), ("d", 0, 16.0)
    ]  # fmt: skip
    assert sum(one.seconds for one in moved) == pytest.approx(sum(one.seconds for one in times))


def test_no_task_is_no_time() -> None:
    assert without_waiting([]) == ()


def test_every_task_before_the_verdict_has_a_japanese_name() -> None:
    names = {one.name for one in vars(tasks).values() if hasattr(one, "task_run_name")}
    later = ("Decide", "Deliver", "Look at", "Read the", "Check every", "Build", "Train", "Show the gap")
    assert {name for name in names if not name.startswith(later)} | {"Ingest data"} == set(TASKS)
