"""What is said while a run is followed: each thing once."""

from types import SimpleNamespace

import pytest

from flows.operations import runs
from flows.operations.runs import Story, reason, remark
from flows.operations.servers import FlowRun, TaskRun, _task_run
from flows.settings import read_settings


def _run(state: str, message: str = "") -> FlowRun:
    return FlowRun("1", "press", state, state.title(), message, None)


def _task(identity: str, state: str, state_name: str, seconds: float = 12.3) -> TaskRun:
    return TaskRun(identity, f"Task {identity}", state, state_name, seconds, None)


def test_each_task_is_told_once_when_it_has_ended() -> None:
    said: list[str] = []
    story = Story(said.append, "http://run")
    story.tell(_run("RUNNING"), [_task("a", "RUNNING", "Running")], "")
    assert said == []
    ended = [_task("a", "COMPLETED", "Completed"), _task("b", "COMPLETED", "Cached"), _task("c", "FAILED", "Failed")]
    for _ in range(2):
        story.tell(_run("RUNNING"), ended, "20 % Screen")
    assert said == ["  Task a: done in 12 s", "  Task b: cached, not done again", "  Task c: failed", "  20 % Screen"]


def test_tasks_whose_news_come_after_the_end_of_their_run_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    news = iter([[], [_task("a", "RUNNING", "Running")], [_task("a", "COMPLETED", "Completed")]])
    late = SimpleNamespace(
        flow_run=lambda _: _run("COMPLETED"), task_runs=lambda _: next(news), progress=lambda _: ""
    )  # fmt: skip
    monkeypatch.setattr(runs, "prefect_server", lambda _: late)
    monkeypatch.setattr(runs, "_PAUSE", 0.0)
    said: list[str] = []
    assert runs.follow(read_settings({}), _run("RUNNING"), said.append).state == "COMPLETED"
    assert said == ["  Task a: done in 12 s"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ingest data-0", "Ingest data"),
        ("Ingest data-12", "Ingest data"),
        ("Look at the file-3f9", "Look at the file"),
        ("Screen · Coarse sweep, 2 hidden layers", "Screen · Coarse sweep, 2 hidden layers"),
    ],
)
def test_a_task_is_told_without_what_prefect_appends(given: str, shown: str) -> None:
    assert _task_run({"id": "1", "name": given}).name == shown


def test_a_run_that_waits_for_a_person_gives_its_address_every_time_it_waits() -> None:
    said: list[str] = []
    story = Story(said.append, "http://run")
    for state in ("RUNNING", "PAUSED", "PAUSED", "RUNNING", "PAUSED"):
        story.tell(_run(state), [], "")
    assert said == ["  The run waits for a person to decide: http://run"] * 2


def test_a_run_that_no_worker_takes_is_told_once() -> None:
    said: list[str] = []
    story = Story(said.append, "http://run", since=-1000.0)
    for _ in range(3):
        story.tell(_run("SCHEDULED"), [], "")
    assert said == ["  No worker has taken the run yet; other runs may come first, or see depthcase status"]


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "Flow run encountered an exception: SourceError: the file is empty; export it",
            "the file is empty; export it",
        ),
        ("Flow run encountered an exception: flows.errors.CharterError: target is missing", "target is missing"),
        ("Flow run infrastructure exited with non-zero status code -9.", ""),
        ("", "the run ended as Failed"),
    ],
)
def test_the_reason_is_the_sentence_alone(message: str, sentence: str) -> None:
    assert reason(_run("FAILED", message)) == (sentence or message)


def test_what_a_run_says_before_its_conclusion_is_told_apart() -> None:
    conclusion = "DEPTH_PAYS: depth saves the factor"
    nothing_new = "Data, charter and program are the same as on 2026-11-23 10:00."
    assert remark(_run("COMPLETED", f"{nothing_new} {conclusion}"), conclusion) == nothing_new
    assert remark(_run("COMPLETED", conclusion), conclusion) == ""
    assert remark(_run("COMPLETED", "All states completed."), conclusion) == ""
