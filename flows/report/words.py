"""All sentences of the report, by key and language, and the one way to fill them.

A key may have several wordings, the most telling first: `say` takes the first whose facts the record holds, so that a
page never shows an empty place. The last wording of a key needs only facts that every record has.
"""

from string import Formatter

from markupsafe import Markup

from flows.report import findings_ja
from flows.report.facts import Facts
from flows.report.words_en import ENGLISH
from flows.report.words_ja import JAPANESE
from relu_core.arguments import one_of

LANGUAGES: dict[str, "dict[str, Wording]"] = {"en": ENGLISH, "ja": JAPANESE}

Wording = str | tuple[str, ...]


def words_of(language: str) -> dict[str, str]:
    """Single words and labels of "en" or "ja", by key. Refuses other languages."""
    return {key: text for key, text in _all(language).items() if isinstance(text, str)}


def knows(key: str, language: str) -> bool:
    """Whether there are words for `key`."""
    return key in _all(language)


def say(key: str, facts: Facts, language: str) -> Markup:
    """The sentence `key`, filled with facts; nothing where no wording fits."""
    wordings = _all(language)[key]
    for wording in (wordings,) if isinstance(wordings, str) else wordings:
        if needed(wording) <= facts.keys():
            return Markup(wording).format(**facts)
    return Markup()


def say_all(key: str, facts: Facts, language: str) -> list[Markup]:
    """The sentences `key.1`, `key.2` and so on, without those that have nothing to say."""
    texts, sentences, i = _all(language), [], 1
    while f"{key}.{i}" in texts:
        sentences.append(say(f"{key}.{i}", facts, language))
        i += 1
    return [sentence for sentence in sentences if sentence]


def finding_sentence(kind: str, key: str, facts: Facts, language: str) -> Markup:
    """What a data check says: "evidence" or "remedy" by its key; nothing in English, which the record itself holds."""
    tables = {"evidence": findings_ja.EVIDENCE, "remedy": findings_ja.REMEDIES}
    wording = tables[kind].get(key, "") if language == "ja" else ""
    return Markup(wording).format(**facts) if needed(wording) <= facts.keys() else Markup()


def needed(wording: str) -> set[str]:
    """Names of the facts that a wording speaks of."""
    return {name for _, name, _, _ in Formatter().parse(wording) if name}


def _all(language: str) -> dict[str, Wording]:
    return LANGUAGES[one_of(language, tuple(LANGUAGES), "language")]
