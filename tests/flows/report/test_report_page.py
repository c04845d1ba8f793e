"""The decision page says only what the record holds, in both languages, for every result there can be."""

import json
import math
import re
from functools import cache
from html.parser import HTMLParser
from operator import attrgetter
from pathlib import Path

import pytest
from markupsafe import escape

from flows.report import page as page_module
from flows.report.error_rates import FALSE, MISSED, TABLE
from flows.report.facts import Facts, facts_of
from flows.report.numbers import Numbers
from flows.report.page import headline, note, render, write_report
from flows.report.words import say, words_of
from relu_core.comparison.json_codec import to_plain
from relu_core.comparison.reasons import REASONS
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import Verdict, decide
from tests.comparisons import EXAMPLES, press_line

LANGUAGES = ("en", "ja")
TASK_EXAMPLES = {"binary": "press_line", "multiclass": "twenty_classes", "regression": "regression"}
RATES = {
    "false_rate": 0.031, "false_rate_high": 0.058, "false_rate_of": 412,
    "missed_rate": 0.072, "missed_rate_high": 0.11, "missed_rate_of": 207,
}  # fmt: skip
# Digits of the language itself, not of any measurement: F1, R², and the layer that makes a network shallow.
WORDS_WITH_DIGITS = (
    "1,000 at a time", "1,000行ずつ", "F1", "R²", "隠れ層1層", "隠れ層は1層", "(1回)", "1回の学習", "分の1", "1件",
    "1行", "2方向", "2案",
)  # fmt: skip


class PageReader(HTMLParser):
    """Collects <data> values with their text, words of the record, everything else, and addresses that are fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[tuple[str, str]] = []
        self.record_words: list[str] = []
        self.other: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.drawn: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.fetched += [found[name] or "" for name in ("src", "srcset", "data") if name in found]
        if tag == "link":
            self.fetched.append(found.get("href") or "")
        if "id" in found:
            self.ids.append(found["id"] or "")
        if tag not in ("meta", "br", "link"):
            self.open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        tags = [tag for tag, _ in self.open]
        if not text.strip() or {"style", "title"} & set(tags):
            return
        if "svg" in tags:
            # The numbers of an axis are places on it and no measurements.
            if not any("tick_" in (found.get("id") or "") for _, found in self.open):
                self.drawn.append(text.strip())
            return
        for tag, attributes in reversed(self.open):
            if tag == "data":
                self.data.append((attributes.get("value") or "", text))
                return
            if "text" in (attributes.get("class") or "").split():
                self.record_words.append(text)
                return
        self.other.append(text)


def read(page: str) -> PageReader:
    """The page, taken apart."""
    reader = PageReader()
    reader.feed(page)
    return reader


@cache
def example(name: str) -> tuple[Comparison, Verdict]:
    """An example with its verdict."""
    comparison = EXAMPLES[name]()
    return comparison, decide(comparison)


@cache
def page_of(name: str, language: str) -> str:
    """Its page, drawn once for all tests."""
    return render(*example(name), language=language, error_rates=RATES)


def numbers_and_words(value: object) -> tuple[set[float], str]:
    """All numbers of a record, and all its words in one text."""
    if isinstance(value, dict):
        parts = [numbers_and_words(item) for item in [*value.values(), *value.keys()]]
    elif isinstance(value, list):
        parts = [numbers_and_words(item) for item in value]
    elif isinstance(value, str):
        return ({float(value)} if value in ("inf", "-inf") else set()), value + "\n"
    elif value is None or isinstance(value, bool):
        return set(), ""
    else:
        return {float(value)}, f"{value}\n"
    return set().union(*(found for found, _ in parts)), "".join(words for _, words in parts)


def shown_as(text: str) -> float:
    """The number that a person reads."""
    return float(re.sub(r"[^\d.\-]", "", text))


def rounding_of(text: str) -> float:
    """The most by which a number may differ from what is shown: half of its last digit, zeros at the end of a whole
    number not counted.
    """
    digits = re.sub(r"[^\d.]", "", text)
    whole, point, decimals = digits.partition(".")
    zeros = 0 if point else len(whole) - len(whole.rstrip("0"))
    return 0.5000001 * 10.0 ** (zeros - len(decimals))


def facts_of_page(comparison: Comparison, verdict: Verdict, language: str) -> Facts:
    """What the sentences of the page may speak of."""
    promise = comparison.criteria
    return facts_of(comparison, verdict, Numbers(language, promise.metric, promise.currency, words_of(language)))


def verdict_of(code: str) -> Verdict:
    """A verdict with that reason and numbers of the right kind."""
    kind, change, sentence = REASONS[code]
    names = re.findall(r"{(\w+)", sentence)
    words = {"metric": "balanced_accuracy", "model": "2 hidden layers", "missing": "yardstick", "stage": "compare",
             "decision": "stopped", "person": "M. Keller", "why": "too dear"}  # fmt: skip
    numbers = {name: words.get(name, 3.0 + i) for i, name in enumerate(sorted(set(names)))}
    return Verdict(kind, code, numbers, change, 12.0, "rows", sentence.format(**numbers))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_number_on_the_page_stands_in_the_record(name: str, language: str) -> None:
    comparison, verdict = example(name)
    reader = read(page_of(name, language))
    numbers, words = numbers_and_words(json.loads(comparison.to_json()))
    more, _ = numbers_and_words(to_plain(verdict))
    numbers |= more | set(RATES.values())
    for value, text in reader.data:
        if value == "nan":
            assert not re.search(r"\d", text)
        elif math.isinf(float(value)):
            assert not re.search(r"\d", text) and float(value) in numbers
        else:
            assert float(value) in numbers, f"{text} is shown for {value}, which no field of the record holds"
            exact = float(value) * (100 if "%" in text else 1)
            assert abs(shown_as(text) - exact) <= rounding_of(text), f"{text} is shown for {value}"
    for text in reader.record_words:
        for digits in re.findall(r"\d+", text):
            assert digits in words, f"{text!r} is no text of the record"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_number_in_a_picture_stands_in_the_record(name: str, language: str) -> None:
    comparison, _ = example(name)
    numbers, _ = numbers_and_words(json.loads(comparison.to_json()))
    drawn = read(page_of(name, language)).drawn
    assert drawn
    for text in drawn:
        # "1つ" of the axis, and the two directions of a slice, are words.
        for shown in re.findall(r"\d[\d,]*(?:\.\d+)?", text.replace("1つ", "")):
            if float(shown.replace(",", "")) == 0:
                continue
            near = [value for value in numbers if abs(float(shown.replace(",", "")) - value) <= rounding_of(shown)]
            assert near, f"{text!r}: no field of the record holds {shown}"


FIELDS = {
    "Good enough from": "criteria.target", "Dead below": "criteria.kill", "Today's process reaches": "criteria.today",
    "Depth must save a factor of": "criteria.minimum_ratio", "Cost of a miss": "criteria.cost_of_miss",
    "Cost of a false alarm": "criteria.cost_of_false_alarm", "Units a year": "criteria.units_per_year",
    "Project, simple model": "criteria.project_cost_simple",
    "Project, shallow network": "criteria.project_cost_shallow",
    "Project, deep network": "criteria.project_cost_deep", "Folds": "protocol.folds",
    "Starts a size": "protocol.seeds", "Seed": "protocol.seed", "Rows": "dataset.rows",
    "Set aside": "dataset.quarantined", "Rows to develop on": "dataset.development_rows",
    "Untouched rows": "dataset.untouched_rows",
}  # fmt: skip


@pytest.mark.parametrize("label", FIELDS)
def test_a_label_stands_beside_the_field_it_names(label: str) -> None:
    comparison, _ = example("press_line")
    shown = re.search(rf"<dt>{re.escape(escape(label))}</dt><dd><data value=\"([^\"]+)\"", page_of("press_line", "en"))
    assert shown and float(shown.group(1)) == attrgetter(FIELDS[label])(comparison)


def test_the_cells_of_the_money_table_are_those_of_the_option_in_their_row() -> None:
    comparison, _ = example("press_line")
    page = page_of("press_line", "en")
    for option in comparison.money:
        row = next(line for line in page.splitlines() if f"<span>{option.option.capitalize()} " in line)
        saving, payback = option.saving_per_year, option.payback_years
        expected = [saving.value, saving.low, saving.high, option.project_cost]
        expected += [payback.value, payback.low, payback.high]
        expected += [option.confusion.false_negative, option.confusion.false_positive]
        assert [float(value) for value in re.findall(r'<data value="([^"]+)"', row)] == expected


ENGLISH = re.compile(r"[A-Za-z]{2,}[,.:;]? [A-Za-z]{2,}")


def written_by_people(comparison: Comparison) -> str:
    """Names and reasons that stand on the page as a person wrote them, in whatever language."""
    data = comparison.dataset
    said = [text for one in comparison.approvals for text in (one.person, one.reason)]
    return "\n".join([comparison.poc, data.name, data.target, *data.sources, *data.columns, *said])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_japanese_page_says_nothing_in_english_but_what_people_wrote(name: str) -> None:
    comparison, _ = example(name)
    reader, people = read(page_of(name, "ja")), written_by_people(comparison)
    english = [text for text in (*reader.other, *reader.drawn, *reader.record_words) if ENGLISH.search(text)]
    assert not [text for text in english if text.rstrip("…") not in people]


@pytest.mark.parametrize("code", REASONS)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_verdict_of_every_task_is_told_in_japanese_alone(code: str, task: str) -> None:
    comparison, verdict = EXAMPLES[TASK_EXAMPLES[task]](), verdict_of(code)
    told = headline(comparison, verdict, language="ja") + note(comparison, verdict, language="ja")
    assert not ENGLISH.findall(told.replace("M. Keller", "").replace("too dear", ""))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_digit_stands_on_the_page_unmarked(name: str, language: str) -> None:
    for text in read(page_of(name, language)).other:
        for word in WORDS_WITH_DIGITS:
            text = text.replace(word, "")
        assert not re.search(r"\d", text), f"{text!r} holds a digit that no field of the record vouches for"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", REASONS)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_verdict_has_its_own_words_in_every_language(code: str, task: str, language: str) -> None:
    comparison = EXAMPLES[TASK_EXAMPLES[task]]()
    verdict = verdict_of(code)
    sentence = headline(comparison, verdict, language=language)
    assert sentence and "{" not in sentence
    key = f"sentence.{code}"
    assert sentence == say(key, facts_of_page(comparison, verdict, language), language).striptags()
    assert "{" not in note(comparison, verdict, language=language)


def test_a_reason_that_is_new_to_the_page_is_told_in_the_words_of_the_record() -> None:
    verdict = Verdict("INCONCLUSIVE", "from_a_later_version", {}, (), math.nan, "", "Something new was found.")
    assert headline(press_line(), verdict, language="ja") == "Something new was found."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_asks_nothing_of_any_server_and_is_small(name: str, language: str) -> None:
    page = page_of(name, language)
    reader = read(page)
    assert not reader.fetched
    assert not re.search(r"url\((?!#)|@import|<script", page)
    assert len(reader.ids) == len(set(reader.ids)), "two elements share an id"
    assert len(page.encode()) < 3_000_000


def test_words_of_a_user_are_never_markup() -> None:
    page = page_of("japanese_names", "ja")
    assert "<script>" not in page and "検査結果&lt;script&gt;" in page
    assert "振動&lt;実効値&gt;" in page


def test_names_of_300_characters_are_kept_whole() -> None:
    assert "sensor_" + "x" * 293 in page_of("long_names", "en")


def test_only_addresses_of_pages_become_links() -> None:
    links = {"prefect": "http://127.0.0.1:4200/runs/flow-run/1", "mlflow": "javascript:alert(1)"}
    page = render(press_line(), decide(press_line()), language="en", links=links)
    assert 'href="http://127.0.0.1:4200/runs/flow-run/1"' in page and "javascript" not in page


def test_an_option_that_loses_money_is_not_praised() -> None:
    reader = read(page_of("never_paid_back", "en"))
    assert ("inf", "never") in reader.data
    assert not any("paid back" in text for text in reader.other)


def test_a_censored_size_is_never_shown_as_a_size() -> None:
    comparison, _ = example("nobody_reaches")
    texts = read(page_of("nobody_reaches", "en")).other
    assert sum("not reached up to" in text for text in texts) == len(comparison.families)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_record_gives_the_same_bytes(tmp_path: Path, language: str) -> None:
    comparison = press_line()
    pages = [
        write_report(comparison, decide(comparison), language=language, folder=tmp_path / str(i), links={})
        for i in range(2)
    ]
    assert pages[0].name == f"report_{language}.html"
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert sorted(path.name for path in pages[0].parent.iterdir()) == [pages[0].name]


def test_the_error_rates_are_told_as_far_as_they_are_known() -> None:
    whole, shares = (
        render(*example("press_line"), language="en", error_rates=rates)
        for rates in (RATES, {"false_rate": 0.031, "missed_rate": 0.072})
    )
    assert '<data value="0.031">3.1 %</data> of <data value="412">412</data> (at most' in whole
    assert '<data value="0.031">3.1 %</data> of cases, and missed it in <data value="0.072">' in shares
    assert "known answer" not in render(*example("press_line"), language="en", error_rates={})


def test_the_calibration_writes_where_the_report_reads() -> None:
    calibrate = pytest.importorskip("tests.benchmarks.calibrate")
    assert Path(page_module.__file__).parent / "templates" / TABLE == calibrate.TABLE
    assert {FALSE, MISSED} <= set(calibrate.table([], [])["rates"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verdict_can_be_found_in_the_page_as_one_plain_sentence(language: str) -> None:
    plain = headline(*example("all_collapsed"), language=language)
    assert f'<meta name="description" content="{plain}">' in page_of("all_collapsed", language)


def test_the_note_is_markdown_with_the_verdict_and_its_picture() -> None:
    text = note(press_line(), decide(press_line()), language="en", picture_urls={"regions": "r.svg", "size": "a.svg"})
    assert text.startswith("## Depth pays\n\n**With 2 hidden layers, 53 parameters reach the target of 0.800;")
    assert "![How large a network must be](a.svg)" in text
    assert text.endswith("### Linear pieces\n\n![Linear pieces](r.svg)\n")
    assert "<" not in text


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^language is 'de'; choose one of en, ja$"):
        render(press_line(), decide(press_line()), language="de")


def test_why_there_is_no_money_is_said_truly() -> None:
    for name, words in (
        ("no_costs", "The charter names no costs"),
        ("stopped", "Money is computed on the untouched rows, which were not opened."),
        ("regression", "Money is computed for yes/no questions only: nothing else has misses and false alarms."),
    ):
        assert words in page_of(name, "en")
