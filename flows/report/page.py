"""Comparison and Verdict as one page that a manager can sign: self-contained HTML, English or Japanese."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flows.places import Place
from flows.report import tables, words
from flows.report.error_rates import published_rates
from flows.report.facts import OPTION, Facts, as_text, facts_of, gap_name, rate_facts, recommended
from flows.report.numbers import Numbers
from flows.report.pictures import inline
from flows.report.since import Since
from flows.report.since import sentences as since_sentences
from flows.report.since import table as since_table
from flows.whole_files import write_whole
from relu_core import plots
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import Verdict

PICTURES = {
    "size": "head.picture", "saving": "head.money", "confusion": "head.confusion", "cost": "head.cost",
    "success": "head.success", "regions": "head.regions", "slice": "head.slice", "learning": "head.learning",
    "time": "head.time",
}  # fmt: skip
SAYS_A_RATIO = ("ratio_above_threshold", "ratio_straddles_threshold", "depth_not_smaller")
TONE = {
    "SIMPLE_SUFFICES": "good", "WIDTH_SUFFICES": "good", "DEPTH_PAYS": "good",
    "NOT_FEASIBLE": "bad", "MORE_DATA": "wait", "INCONCLUSIVE": "wait",
}  # fmt: skip


def write_report(
    comparison: Comparison,
    verdict: Verdict,
    *,
    language: str,
    folder: Place,
    links: Mapping[str, str],
    figures: Mapping[str, str] | None = None,
    command: str = "",
    error_rates: Mapping[str, float] | None = None,
    since: Since | None = None,
) -> Place:
    """Write the decision page and return its path, folder/report_<language>.html; an older one is replaced whole.

    language: "en" or "ja". links: addresses by name (prefect, mlflow, curves). figures: SVG drawings by name, such as
    "slice" or what `drawings` gave; the others are drawn here. command: what reproduces the result. error_rates:
    of the procedure, as `published_rates` gives them; without them the published ones. since: the evaluation
    before and what has changed.
    """
    page = render(
        comparison,
        verdict,
        language=language,
        links=links,
        figures=figures,
        command=command,
        error_rates=error_rates,
        since=since,
    )
    return write_whole(folder / f"report_{language}.html", page)


def render(
    comparison: Comparison,
    verdict: Verdict,
    *,
    language: str,
    links: Mapping[str, str] | None = None,
    figures: Mapping[str, str] | None = None,
    command: str = "",
    error_rates: Mapping[str, float] | None = None,
    since: Since | None = None,
) -> str:
    """The decision page as text; arguments as in write_report."""
    texts, numbers = words.words_of(language), numbers_of(comparison, language)
    facts = facts_of(comparison, verdict, numbers)
    facts |= rate_facts(published_rates() if error_rates is None else error_rates, numbers)
    return (
        environment()
        .get_template("report.html")
        .render(
            w=texts,
            numbers=numbers,
            comparison=comparison,
            kind=verdict.kind,
            tone=TONE.get(verdict.kind, "wait"),
            links=_safe(links or {}),
            command=command,
            pictures=_pictures(comparison, verdict, language, texts, figures or {}),
            **_sentences(comparison, verdict, facts, language),
            **_tables(comparison, verdict, numbers),
            strip=_strip(comparison, verdict, facts),
            no_money=_why_no_money(comparison),
            since=since_sentences(since, numbers) if since else [],
            since_table=since_table(since, numbers) if since else None,
        )
    )


def environment() -> Environment:
    """The templates; every value that is no marked-up text is escaped, and a missing one is an error."""
    return Environment(
        loader=PackageLoader("flows.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def numbers_of(comparison: Comparison, language: str) -> Numbers:
    """How the numbers of a record are shown in a language."""
    promise = comparison.criteria
    return Numbers(language, promise.metric, promise.currency, words.words_of(language))


def note(
    comparison: Comparison,
    verdict: Verdict,
    *,
    language: str,
    picture_urls: Mapping[str, str] | None = None,
    since: Since | None = None,
) -> str:
    """The verdict as a few lines of markdown, for the record in MLflow and for artifacts of a run.

    picture_urls: where pictures can be fetched, by name: the main one stands below the verdict, the others at the end.
    since: the evaluation before and what has changed.
    """
    texts, facts = words.words_of(language), _facts(comparison, verdict, language)
    lines = [f"## {texts[f'verdict.{verdict.kind}']}", "", f"**{_bare(_sentence(verdict, facts, language))}**", ""]
    lines += [texts[f"advice.{verdict.kind}"], ""]
    pictures = {
        name: f"![{texts[head]}]({url})" for name, head in PICTURES.items() if (url := (picture_urls or {}).get(name))
    }
    lines += [pictures.pop("size"), ""] if "size" in pictures else []
    lines += [f"- {_bare(sentence)}" for sentence in _reasons(comparison, facts, language)]
    if since:
        said = since_sentences(since, numbers_of(comparison, language))
        lines += ["", f"### {texts['head.since']}", "", *(f"- {_bare(sentence)}" for sentence in said)]
    for name, picture in pictures.items():
        lines += ["", f"### {texts[PICTURES[name]]}", "", picture]
    return "\n".join(lines) + "\n"


def headline(comparison: Comparison, verdict: Verdict, *, language: str) -> str:
    """The verdict in one plain sentence without markup, for a terminal."""
    return _bare(_sentence(verdict, _facts(comparison, verdict, language), language))


def standing(when: str, *, language: str) -> tuple[str, str]:
    """Title and sentence for an evaluation that found nothing new since `when`."""
    facts = {"when": as_text(when)}
    return _bare(words.say("standing.title", facts, language)), _bare(words.say("standing.sentence", facts, language))


def _facts(comparison: Comparison, verdict: Verdict, language: str) -> Facts:
    return facts_of(comparison, verdict, numbers_of(comparison, language))


def _sentence(verdict: Verdict, facts: Facts, language: str) -> Markup:
    """The verdict in one sentence; one of a newer program, unknown here, is told in that program's English."""
    waited = verdict.reason_code == "stopped_by_person" and verdict.numbers.get("decision") == "timed out"
    key = "sentence.nobody_approved" if waited else f"sentence.{verdict.reason_code}"
    return (words.say(key, facts, language) if words.knows(key, language) else Markup()) or as_text(verdict.reason)


def _next_stage(verdict: Verdict, facts: Facts, language: str) -> Markup:
    if "next_cost" not in facts:
        return words.say(f"next.none.{verdict.kind}", facts, language)
    unit = {"rows": "rows", "times the budget": "budget"}.get(verdict.next_cost_unit, "currency")
    return words.say(f"next.{unit}", facts, language)


def _bare(text: Markup) -> str:
    return text.striptags()


def _safe(links: Mapping[str, str]) -> dict[str, str]:
    """Only addresses that a browser opens as a page."""
    return {name: link for name, link in links.items() if urlsplit(link).scheme in ("http", "https")}


def _sentences(comparison: Comparison, verdict: Verdict, facts: Facts, language: str) -> dict[str, Any]:
    changes = [words.say(f"change.{code}", facts, language) for code in verdict.would_change_it]
    return {
        "question": words.say("question", facts, language),
        "sentence": _sentence(verdict, facts, language),
        "advice": words.say(f"advice.{verdict.kind}", facts, language),
        "reasons": _reasons(comparison, facts, language),
        "changes": [change for change in changes if change],
        "next_stage": _next_stage(verdict, facts, language),
        "phrases": words.say_all(f"meeting.{verdict.kind}", facts, language),
        "size_caption": words.say("caption.size", facts, language),
        "confusion_caption": words.say("caption.confusion", facts, language),
        "money_caption": words.say("caption.money", facts, language),
        "cost_caption": words.say("caption.cost", facts, language),
    }


def _reasons(comparison: Comparison, facts: Facts, language: str) -> list[Markup]:
    keys = ["why.protocol"]
    keys += ["why.untouched"] if comparison.stage_reached == "confirm" else []
    keys += ["why.leaks" if "leaks" in facts else "why.no_leaks"]
    keys += ["why.quarantined", "why.rates"]
    keys += ["why.yardstick"] if comparison.yardstick else []
    sentences = [words.say(key, facts, language) for key in keys]
    if comparison.missing:
        comma = words.words_of(language)["list_comma"]
        missing = Markup(comma).join(gap_name(gap, numbers_of(comparison, language)) for gap in comparison.missing)
        sentences.append(words.say("why.incomplete", {"missing": missing}, language))
    return [sentence for sentence in sentences if sentence]


def _strip(comparison: Comparison, verdict: Verdict, facts: Facts) -> list[tuple[str, Markup]]:
    """The few numbers beside the verdict; a ratio only where the verdict rests on it."""
    settled = ("ratio",) if verdict.reason_code in SAYS_A_RATIO else ()
    reached = "confirmed" if "confirmed" in facts else "best"
    wanted = ("today", "target", reached, *settled, "saving", "payback")
    return [(f"fact.{name}", facts[name]) for name in wanted if name in facts]


def _why_no_money(comparison: Comparison) -> str:
    """Key of the sentence that stands where the table of money would."""
    if comparison.criteria.task != "binary":
        return "money.not_binary"
    return "money.not_confirmed" if comparison.criteria.has_money else "money.none"


def _tables(comparison: Comparison, verdict: Verdict, numbers: Numbers) -> dict[str, Any]:
    return {
        "money": tables.money(comparison, numbers, OPTION.get(verdict.kind, "")) if comparison.money else None,
        "families": tables.families(comparison, numbers),
        "latency": tables.latency(comparison, numbers),
        "yardstick": tables.yardstick(comparison, numbers),
        "findings": tables.findings(comparison, numbers),
        "approvals": tables.approvals(comparison, numbers),
        "charter": tables.charter(comparison, numbers),
        "data": tables.data(comparison, numbers),
    }


def drawings(comparison: Comparison, verdict: Verdict, *, language: str) -> dict[str, str]:
    """Every picture that the record can fill, as SVG by its name in PICTURES."""
    return {name: plots.to_svg(draw()) for name, draw in _drawers(comparison, verdict, language).items()}


def _drawers(comparison: Comparison, verdict: Verdict, language: str) -> dict[str, Callable[[], plots.Figure]]:
    found: dict[str, Callable[[], plots.Figure]] = {
        "size": partial(plots.size_for_accuracy, comparison, language=language),
        "success": partial(plots.success_rate, comparison, language=language),
    }
    if any(point.regions for family in comparison.families for point in family.points):
        found["regions"] = partial(plots.regions_against_parameters, comparison, language=language)
    if comparison.learning_curve and comparison.learning_curve.points:
        found["learning"] = partial(plots.learning_curve, comparison, language=language)
    if comparison.money:
        chosen = recommended(comparison, verdict) or comparison.money[0]
        found["saving"] = partial(plots.saving, comparison, language=language)
        found["confusion"] = partial(plots.confusion, chosen, comparison.criteria, language=language)
        if chosen.cost_curve is not None:
            found["cost"] = partial(plots.cost_curve, chosen, comparison.criteria, language=language)
    if comparison.seconds or comparison.tasks:
        found["time"] = partial(plots.time_used, comparison, language=language)
    return found


def _pictures(
    comparison: Comparison, verdict: Verdict, language: str, texts: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, Markup]:
    """The pictures of the page: those that were given, and the others drawn here."""
    missing = _drawers(comparison, verdict, language)
    svgs = {name: plots.to_svg(draw()) for name, draw in missing.items() if name not in given} | dict(given)
    return {name: inline(svg, name, texts.get(PICTURES.get(name, ""), name)) for name, svg in svgs.items()}
