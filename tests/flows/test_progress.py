"""A person who watches a large file sees one bar that moves, with the rate and the time left."""

from typing import Any

import pytest

from flows import progress
from flows.lake import stream

MIB = 1 << 20


def test_one_bar_moves_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []

    def create(**given: Any) -> str:
        said.append(("created", given["progress"], given["description"]))
        return "the bar"

    monkeypatch.setattr(progress, "create_progress_artifact", create)
    monkeypatch.setattr(progress, "update_progress_artifact", lambda bar, **given: said.append((bar, *given.values())))
    moments = iter([100.0, 101.0, 104.0, 104.5])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    tell = progress.reading_progress()
    assert said == []
    # The second comes too soon after the first; the last is always told.
    for done, seconds in ((100, 2.0), (150, 3.0), (400, 8.0), (1000, 20.0)):
        tell(stream.Progress(done * MIB, 1000 * MIB, seconds))
    assert said == [
        ("created", 10.0, "100 of 1,000 MiB read at 50 MiB/s, 18 s left."),
        ("the bar", 40.0, "400 of 1,000 MiB read at 50 MiB/s, 12 s left."),
        ("the bar", 100.0, "1,000 MiB read at 50 MiB/s in 20 s."),
    ]


def test_minutes_are_told_as_minutes() -> None:
    sentence = progress.reading_sentence(stream.Progress(1024 * MIB, 10_240 * MIB, 16.0))
    assert sentence == "1,024 of 10,240 MiB read at 64 MiB/s, 2.4 min left."
    sentence = progress.reading_sentence(stream.Progress(1024 * MIB, 1024 * MIB, 75.0, again=True))
    assert sentence == "1,024 MiB read a second time, for rows that repeat, at 14 MiB/s in 1.2 min."


def test_an_evaluation_tells_what_is_left_until_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(progress, "create_progress_artifact", lambda **given: said.append(given["description"]))
    monkeypatch.setattr(progress, "update_progress_artifact", lambda _, **given: said.append(given["description"]))
    moments = iter([0.0, 12.0, 95.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    bar = progress.Progress(1.5, {"sweep": 0.5, "proof": 0.4, "delivery": 0.1})
    bar.finished("sweep")
    bar.begins("delivery")
    bar.finished("delivery")
    assert said == [
        "Begun; at most 1.5 min.",
        "Sweep done after 12 s, at most 45 s left.",
        "Delivery done after 1.6 min.",
    ]
