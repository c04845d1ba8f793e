"""What a later evaluation of a PoC says about the one before it, in words and as a table."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from flows.report import words
from flows.report.facts import Facts, as_text, model_name
from flows.report.numbers import Numbers
from flows.report.tables import Row, Table, size_in_words
from relu_core.comparison.change import Change


@dataclass(frozen=True)
class Since:
    """The evaluation before, and what has changed. when: its day and time; url: its page."""

    when: str
    url: str
    change: Change


def sentences(since: Since, numbers: Numbers) -> list[Markup]:
    """What has changed in the verdict, in what was measured, and why."""
    change, facts = since.change, _facts(since, numbers)
    keys = ["since.turned" if change.turned else "since.same"]
    keys += [f"since.target.{change.target}"] if change.target else []
    keys += [f"since.cause.{cause}" for cause in change.causes]
    keys += ["since.together"] if change.turned and len(change.causes) > 1 else []
    said = [words.say(key, facts, numbers.language) for key in keys]
    return [sentence for sentence in said if sentence]


def table(since: Since, numbers: Numbers) -> Table:
    """Before and now, side by side."""
    change, texts = since.change, numbers.words
    lines: list[Row] = [
        (
            escape(texts["overview.verdict"]),
            escape(texts[f"verdict.{change.verdict_before}"]),
            escape(texts[f"verdict.{change.verdict_after}"]),
        ),
        (
            escape(texts["fact.best"]),
            as_text(model_name(change.model_before, numbers)),
            as_text(model_name(change.model_after, numbers)),
        ),
        (
            escape(texts["label.metric"]),
            numbers.interval(change.metric_before),
            numbers.interval(change.metric_after),
        ),
        (escape(texts["label.rows"]), numbers.count(change.rows_before), numbers.count(change.rows_after)),
    ]
    for size in change.sizes:
        name = as_text(model_name(f"{size.hidden_layers} hidden layers", numbers))
        lines.append((name, size_in_words(size.before, numbers), size_in_words(size.after, numbers)))
    heads = (Markup(), Markup("{}").format(since.when), escape(texts["table.now"]))
    return Table(heads, tuple(lines))


def _facts(since: Since, numbers: Numbers) -> Facts:
    change, texts = since.change, numbers.words
    names = [texts.get(f"label.{name}", name) for name in change.promises]
    found = {
        "when": as_text(since.when),
        "verdict_before": escape(texts[f"verdict.{change.verdict_before}"]),
        "verdict_after": escape(texts[f"verdict.{change.verdict_after}"]),
        "stage_before": escape(texts.get(f"stage.{change.stage_before}", change.stage_before)),
        "stage_after": escape(texts.get(f"stage.{change.stage_after}", change.stage_after)),
        "rows_before": numbers.count(change.rows_before),
        "rows_after": numbers.count(change.rows_after),
        "promises": as_text(texts["list_comma"].join(names)),
    }
    if change.metric_before is not None and change.metric_after is not None:
        found |= {
            "model_before": as_text(model_name(change.model_before, numbers)),
            "model_after": as_text(model_name(change.model_after, numbers)),
            "metric_before": numbers.metric(change.metric_before.value),
            "metric_after": numbers.metric(change.metric_after.value),
        }
    return found
