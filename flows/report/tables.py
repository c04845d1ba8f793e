"""Rows of the report's tables: labels and ready numbers, in the order in which they are shown."""

import math
from dataclasses import dataclass

from markupsafe import Markup, escape

from flows.report import findings_ja
from flows.report.facts import as_text
from flows.report.numbers import Numbers
from flows.report.words import finding_sentence
from relu_core.comparison.schema import Comparison, FamilyResult, FindingRecord, SizeInterval, SizePoint
from relu_core.plot_style import family_name, metric_name

Row = tuple[Markup, ...]


@dataclass(frozen=True)
class Table:
    """heads: column titles; rows: cells; marked: index of the recommended row or -1."""

    heads: Row
    rows: tuple[Row, ...]
    marked: int = -1


def money(comparison: Comparison, numbers: Numbers, chosen: str) -> Table:
    """What each option saves and costs."""
    columns = ("option", "saving", "project", "payback", "misses", "false_alarms")
    rows = tuple(
        (
            escape(numbers.words.get(f"option.{option.option}", option.option)),
            numbers.interval(option.saving_per_year, "amount"),
            numbers.amount(option.project_cost),
            numbers.interval(option.payback_years, "years"),
            numbers.count(option.confusion.false_negative),
            numbers.count(option.confusion.false_positive),
        )
        for option in comparison.money
    )
    marked = [option.option for option in comparison.money]
    return Table(_heads(columns, numbers), rows, marked.index(chosen) if chosen in marked else -1)


def families(comparison: Comparison, numbers: Numbers) -> Table:
    """Every family and every simple model."""
    columns = ("family", "smallest", "units", "metric", "untouched", "success", "collapsed")
    rows = [_family(family, numbers) for family in comparison.families]
    nothing = Markup("–")
    for baseline in comparison.baselines:
        name = escape(numbers.words.get(f"name.{baseline.kind}", baseline.name))
        values = (numbers.interval(baseline.metric), numbers.interval(baseline.confirmed))
        rows.append((name, nothing, nothing, *values, nothing, nothing))
    return Table(_heads(columns, numbers), tuple(rows))


def smallest(family: FamilyResult, numbers: Numbers) -> Markup:
    """The smallest sufficient size of a family in words."""
    return size_in_words(family.smallest, numbers)


def size_in_words(size: SizeInterval | None, numbers: Numbers) -> Markup:
    """A smallest sufficient size: a censored one is never shown as a size, one that is missing as not measured."""
    if size is None:
        return numbers.interval(None)
    if size.reached == "not up to high":
        return Markup(numbers.words["not_reached"]).format(value=numbers.count(size.high))
    if size.reached == "already at low":
        return Markup(numbers.words["already"]).format(value=numbers.count(size.low))
    key = "range" if size.bounded else "or_more"
    ends = Markup(numbers.words[key]).format(low=numbers.count(size.low), high=numbers.count(size.high))
    return Markup('{} <span class="range">({})</span>').format(numbers.count(size.estimate), ends)


def yardstick(comparison: Comparison, numbers: Numbers) -> Table | None:
    """The proven optimum at the trained width and one unit more."""
    found = comparison.yardstick
    if found is None:
        return None
    rows = tuple(
        (
            numbers.count(proven.width),
            numbers.plain(proven.lower),
            numbers.plain(proven.upper),
            escape(numbers.words.get(f"status.{proven.status}", proven.status)),
        )
        for proven in (found.proven, found.proven_next)
    )
    return Table(_heads(("width", "lower", "upper", "status"), numbers), rows)


def findings(comparison: Comparison, numbers: Numbers) -> Table:
    """What was found in the data and what was done about it."""
    rows = tuple((as_text(found.column), *_finding(found, numbers)) for found in comparison.findings)
    return Table(_heads(("column", "finding", "action"), numbers), rows)


def latency(comparison: Comparison, numbers: Numbers) -> Table | None:
    """Milliseconds a row of every model that was confirmed; None before Confirm."""
    finalists = [(family, _finalist(family)) for family in comparison.families]
    timed = [
        (family_name(family.hidden_layers, numbers.language), point.latency_ms, point.latency_1000_ms)
        for family, point in finalists
        if point is not None
    ]
    timed += [
        (numbers.words.get(f"name.{one.kind}", one.name), one.latency_ms, one.latency_1000_ms)
        for one in comparison.baselines
    ]
    rows = tuple(
        (as_text(name), numbers.brief(single), numbers.brief(batch))
        for name, single, batch in timed
        if math.isfinite(single)
    )
    return Table(_heads(("model", "latency", "latency_1000"), numbers), rows) if rows else None


def approvals(comparison: Comparison, numbers: Numbers) -> Table:
    """Who let which stage begin."""
    rows = tuple(
        (
            escape(numbers.words.get(f"stage.{approval.stage}", approval.stage)),
            escape(numbers.words.get(f"decision.{approval.decision}", approval.decision)),
            as_text(approval.person),
            as_text(numbers.words.get(f"reason.{approval.decision}", approval.reason)),
        )
        for approval in comparison.approvals
    )
    return Table(_heads(("stage", "decision", "person", "reason"), numbers), rows)


def charter(comparison: Comparison, numbers: Numbers) -> list[tuple[Markup, Markup]]:
    """What was promised before any model was trained, in the order of the form."""
    promise, protocol = comparison.criteria, comparison.protocol
    words = numbers.words
    lines = [
        ("poc", as_text(comparison.poc)),
        ("target_column", as_text(comparison.dataset.target)),
        ("metric", escape(metric_name(promise.metric, numbers.language))),
        ("target", numbers.metric(promise.target)),
        ("kill", _if_used(promise.kill, numbers)),
        ("today", _if_used(promise.today, numbers)),
        ("minimum_ratio", numbers.times(promise.minimum_ratio)),
    ]
    if promise.has_money:
        lines += [(name, numbers.money(getattr(promise, name))) for name in ("cost_of_miss", "cost_of_false_alarm")]
        lines.append(("units_per_year", numbers.count(promise.units_per_year)))
        names = ("project_cost_simple", "project_cost_shallow", "project_cost_deep")
        lines += [(name, numbers.money(getattr(promise, name))) for name in names]
    lines += [
        ("split", escape(words[f"split.{protocol.split_rule}"])),
        ("folds", numbers.count(protocol.folds)),
        ("seeds", numbers.count(protocol.seeds)),
        ("seed", numbers.count(protocol.seed)),
        ("stage_reached", escape(words.get(f"stage.{comparison.stage_reached}", comparison.stage_reached))),
    ]
    return [(escape(words[f"label.{key}"]), value) for key, value in lines]


def data(comparison: Comparison, numbers: Numbers) -> list[tuple[Markup, Markup]]:
    """What the data was."""
    record, comma = comparison.dataset, numbers.words["list_comma"]
    lines = [
        ("dataset", as_text(record.name)),
        ("fingerprint", as_text(record.version)),
        ("sources", as_text(comma.join(record.sources))),
        ("rows", numbers.count(record.rows)),
        ("quarantined", numbers.count(record.quarantined)),
        ("development_rows", numbers.count(record.development_rows)),
        ("untouched_rows", numbers.count(record.untouched_rows)),
    ]
    if record.period_start and record.period_end:
        lines.append(("period", Markup("{} – {}").format(as_text(record.period_start), as_text(record.period_end))))
    lines.append(("columns", as_text(comma.join(record.columns))))
    return [(escape(numbers.words[f"label.{key}"]), value) for key, value in lines]


def _finding(found: FindingRecord, numbers: Numbers) -> tuple[Markup, Markup]:
    """What was found and what was done: in the words of the language, or as the record has them."""
    title = numbers.words.get(f"finding.{found.code}", found.code.replace("_", " "))
    facts = {name: _fact(name, value, numbers) for name, value in found.facts.items()}
    facts["column"] = as_text(found.column)
    evidence = finding_sentence("evidence", found.wording, facts, numbers.language) or as_text(found.evidence)
    action = finding_sentence("remedy", found.remedy, facts, numbers.language) or as_text(found.action)
    return Markup("<strong>{}</strong><br>{}").format(title, evidence), action


def _fact(name: str, value: float | str, numbers: Numbers) -> Markup:
    if isinstance(value, str):
        return as_text(findings_ja.UNITS.get(value, value) if name.endswith("_unit") else value)
    if name.endswith("_share"):
        return numbers.percent(value)
    return numbers.count(value) if value.is_integer() else numbers.plain(value)


def _finalist(family: FamilyResult) -> SizePoint | None:
    return next((point for point in family.points if point.hidden_widths == family.finalist), None)


def _if_used(value: float, numbers: Numbers) -> Markup:
    return Markup(numbers.words["not_used"]) if math.isnan(value) else numbers.metric(value)


def _family(family: FamilyResult, numbers: Numbers) -> Row:
    finalist = _finalist(family)
    widths = as_text("-".join(map(str, family.finalist)) or "–")
    return (
        as_text(family_name(family.hidden_layers, numbers.language)),
        smallest(family, numbers),
        widths,
        numbers.interval(finalist.metric if finalist else None),
        numbers.interval(family.confirmed),
        numbers.interval(family.success_rate, "percent"),
        numbers.count(family.collapsed),
    )


def _heads(columns: tuple[str, ...], numbers: Numbers) -> Row:
    return tuple(escape(numbers.words[f"table.{name}"].format(currency=numbers.currency)) for name in columns)
