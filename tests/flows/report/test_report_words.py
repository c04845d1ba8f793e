"""Both languages say the same things about the same facts."""

import re

import pytest
from markupsafe import Markup

from flows.quality import sentences
from flows.report import findings_ja
from flows.report.numbers import Numbers, significant
from flows.report.words import LANGUAGES, needed, say, words_of
from relu_core.comparison.reasons import KINDS, REASONS
from relu_core.interval import Interval


def wordings(language: str, key: str) -> tuple[str, ...]:
    text = LANGUAGES[language][key]
    return (text,) if isinstance(text, str) else text


def test_both_languages_have_the_same_keys() -> None:
    assert set(LANGUAGES["en"]) == set(LANGUAGES["ja"])


@pytest.mark.parametrize("key", [key for key in LANGUAGES["en"] if not key.startswith(("next.", "meeting."))])
def test_both_languages_speak_of_the_same_facts(key: str) -> None:
    english, japanese = (set().union(*map(needed, wordings(language, key))) for language in ("en", "ja"))
    assert english == japanese


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_reason_and_change_has_words(language: str) -> None:
    wanted = {f"{part}.{kind}" for part in ("verdict", "advice", "next.none") for kind in KINDS}
    wanted |= {f"sentence.{code}" for code in REASONS}
    wanted |= {f"change.{change}" for _, changes, _ in REASONS.values() for change in changes}
    wanted |= {f"meeting.{kind}.1" for kind in KINDS}
    assert wanted <= set(LANGUAGES[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [f"change.{c}" for _, changes, _ in REASONS.values() for c in changes])
def test_what_would_change_the_verdict_can_be_said_with_the_promise_alone(key: str, language: str) -> None:
    promise = dict.fromkeys(("target", "minimum_ratio"), Markup("1"))
    assert say(key, promise, language)


def test_no_japanese_text_was_left_in_english() -> None:
    latin = {"PoC", "F1"}
    untranslated = [
        text
        for key, text in words_of("ja").items()
        if not any(ord(sign) > 0x3000 for sign in text) and text not in latin and any(s.isalpha() for s in text)
    ]
    assert set(untranslated) <= {"ja", "{low}〜{high}", "{value}%"}


def test_every_finding_of_the_data_checks_has_a_title_in_both_languages() -> None:
    codes = {wording.partition(".")[0] for wording in sentences.EVIDENCE}
    assert len(codes) > 20 and {f"finding.{code}" for code in codes} <= set(LANGUAGES["en"])


def test_the_japanese_of_every_finding_speaks_of_the_facts_that_travel_with_it() -> None:
    assert set(findings_ja.EVIDENCE) == set(sentences.EVIDENCE) and set(findings_ja.REMEDIES) == set(sentences.REMEDIES)
    for key, japanese in findings_ja.EVIDENCE.items():
        facts = {name.replace("_percent", "_share") for name in needed(sentences.EVIDENCE[key])}
        assert needed(japanese) <= facts | {"column"}
    assert not any(map(needed, findings_ja.REMEDIES.values()))


@pytest.mark.parametrize("sentence", [*findings_ja.EVIDENCE.values(), *findings_ja.REMEDIES.values()])
def test_what_a_finding_says_in_japanese_is_japanese(sentence: str) -> None:
    assert sentence.endswith("。") and not re.search(r"[A-Za-z]{4,}", re.sub(r"{\w+}", "", sentence))


def numbers(metric: str = "accuracy") -> Numbers:
    return Numbers("en", metric, "EUR", words_of("en"))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.0, 3, "0"), (91_300.0, 3, "91,300"), (91_349.0, 3, "91,300"), (0.012345, 3, "0.0123"), (3.6415, 2, "3.6"),
     (99.96, 2, "100"), (-4_200.4, 3, "-4,200"), (1e12, 3, "1,000,000,000,000")],
)  # fmt: skip
def test_numbers_are_rounded_as_people_write_them(value: float, digits: int, text: str) -> None:
    assert significant(value, digits) == text


def test_a_number_carries_its_value() -> None:
    assert numbers().metric(0.81234) == Markup('<data value="0.81234">0.812</data>')
    assert numbers("rmse").metric(4.0217) == Markup('<data value="4.0217">4.022</data>')
    assert numbers().percent(0.95) == Markup('<data value="0.95">95 %</data>')


def test_missing_and_endless_values_are_words() -> None:
    assert numbers().money(float("nan")) == Markup('<data value="nan">not measured</data>')
    assert numbers().years(float("inf")) == Markup('<data value="inf">never</data>')
    assert numbers().interval(None) == Markup('<span class="quiet">not measured</span>')


def test_a_range_of_no_width_is_left_out() -> None:
    assert numbers().interval(Interval(0.5, 0.5, 0.5, 0.95, "exact")) == Markup('<data value="0.5">0.500</data>')
