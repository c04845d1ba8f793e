"""What is said of the evaluation before: in both languages, on the page, in the note and as a table."""

from dataclasses import replace

import pytest

from flows.report.page import note, numbers_of, render, standing
from flows.report.since import Since, sentences, table
from relu_core.comparison import change_between, decide
from tests.comparisons import EXAMPLES, nobody_reaches, press_line, stopped

WHEN = "2026-11-16 03:00"


def since_of(before: str, after: str) -> Since:
    return Since(WHEN, "http://127.0.0.1/run", change_between(EXAMPLES[before](), EXAMPLES[after]()))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("before", EXAMPLES)
def test_every_change_has_words(before: str, language: str) -> None:
    after = press_line()
    since = since_of(before, "press_line")
    said = [sentence.striptags() for sentence in sentences(since, numbers_of(after, language))]
    assert WHEN in said[0] and len(said) >= 2 and all(said)
    rows = table(since, numbers_of(after, language)).rows
    assert len(rows) == 4 + len(since.change.sizes)
    page = render(after, decide(after), language=language, since=since)
    assert said[0] in page.replace("</span>", "").replace('<span class="text">', "")


def test_the_sentences_name_verdict_measure_and_cause() -> None:
    before, after = nobody_reaches(), press_line()
    grown = replace(after, dataset=replace(after.dataset, rows=9000))
    since = Since(WHEN, "", change_between(before, grown))
    said = [sentence.striptags() for sentence in sentences(since, numbers_of(grown, "en"))]
    assert said[0] == f"On {WHEN} the verdict was “More data first”; now it is “Depth pays”."
    assert said[1].startswith("The best model (2 hidden layers) now reaches the target: 0.")
    assert said[2] == f"There are 9,000 rows instead of {before.dataset.rows:,}."
    assert said[3] == "The charter is another: Good enough from."


def test_several_causes_of_a_new_verdict_are_not_blamed_one_by_one() -> None:
    after = press_line(dataset=replace(press_line().dataset, rows=9000))
    since = Since(WHEN, "", change_between(stopped(), after))
    said = [sentence.striptags() for sentence in sentences(since, numbers_of(after, "en"))]
    assert said[-1] == "Several things changed at once, so none of them alone explains the new verdict."
    assert "This evaluation ended with the stage “Confirm”, the last one with “Screen”." in said


def test_the_note_has_a_section_only_where_there_was_an_evaluation_before() -> None:
    after = press_line()
    assert "Since the last evaluation" not in note(after, decide(after), language="en")
    said = note(after, decide(after), language="en", since=since_of("width_suffices", "press_line"))
    assert "### Since the last evaluation\n\n- On 2026-11-16 03:00 the verdict was" in said


def test_a_verdict_that_stands_is_told_with_its_day() -> None:
    assert standing(WHEN, language="en") == (
        "Nothing new: the verdict stands",
        f"Data, charter and program are the same as on {WHEN}; nothing was trained again, and the verdict stands.",
    )
    assert WHEN in standing(WHEN, language="ja")[1]
