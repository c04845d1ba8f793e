"""What has changed between two evaluations of one question: in the verdict, in the measurements, and why.

Pure, over two records; nothing is trained. Causes are named, not weighed: where several things changed at once, the
records alone cannot say which of them turned the verdict.
"""

from dataclasses import dataclass, fields

from relu_core.comparison.evidence import everything_measured, family_of_layers, reaches_on_average
from relu_core.comparison.schema import Comparison, SizeInterval, measured
from relu_core.comparison.verdict import decide
from relu_core.interval import Interval

# Programs that change no number of the mathematics: another version of them is no cause.
SERVICES = ("prefect", "mlflow")
CAUSES = ("rows", "data", "promise", "stage", "program", "nothing")
TARGET = ("reached now", "no longer reached", "as before")

Best = tuple[str, Interval]


@dataclass(frozen=True)
class SizeChange:
    """The smallest sufficient size of one family, before and after; None where it was not measured."""

    hidden_layers: int
    before: SizeInterval | None
    after: SizeInterval | None


@dataclass(frozen=True)
class Change:
    """From one evaluation to a later one of the same PoC.

    verdict_*, reason_*: kind and reason code of the verdicts. model_*, metric_*: the best model and its metric (None:
    nothing was measured, or something else was). target: one of TARGET, "" where the two cannot be compared. causes: of
    CAUSES, all that apply. promises: names of the fields of the promise that differ.
    """

    verdict_before: str
    verdict_after: str
    reason_before: str
    reason_after: str
    model_before: str
    model_after: str
    metric_before: Interval | None
    metric_after: Interval | None
    target: str
    stage_before: str
    stage_after: str
    rows_before: int = measured("rows", "rows")
    rows_after: int = measured("rows", "rows")
    sizes: tuple[SizeChange, ...] = ()
    causes: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()

    @property
    def turned(self) -> bool:
        """Whether the verdict is another one."""
        return self.verdict_before != self.verdict_after


def change_between(before: Comparison, after: Comparison) -> Change:
    """What is different in `after`, a later evaluation of the PoC of `before`."""
    earlier, later = decide(before), decide(after)
    promises = _promises(before, after)
    same_metric = not {"task", "metric", "target_column"} & set(promises)
    best_before, best_after = _best(before) if same_metric else None, _best(after)
    return Change(
        verdict_before=earlier.kind,
        verdict_after=later.kind,
        reason_before=earlier.reason_code,
        reason_after=later.reason_code,
        model_before=best_before[0] if best_before else "",
        model_after=best_after[0] if best_after else "",
        metric_before=best_before[1] if best_before else None,
        metric_after=best_after[1] if best_after else None,
        target=_target(before, after, best_before, best_after),
        stage_before=before.stage_reached,
        stage_after=after.stage_reached,
        rows_before=before.dataset.rows,
        rows_after=after.dataset.rows,
        sizes=_sizes(before, after) if same_metric else (),
        causes=_causes(before, after, promises),
        promises=promises,
    )


def _best(comparison: Comparison) -> Best | None:
    found = everything_measured(comparison.families, comparison.baselines, comparison.criteria)
    return found[0] if found else None


def _target(before: Comparison, after: Comparison, best_before: Best | None, best_after: Best | None) -> str:
    """Whether the best model crossed the target on average; each evaluation has its own target."""
    if best_before is None or best_after is None:
        return ""
    earlier = reaches_on_average(best_before[1], before.criteria)
    later = reaches_on_average(best_after[1], after.criteria)
    return "as before" if earlier == later else ("reached now" if later else "no longer reached")


def _sizes(before: Comparison, after: Comparison) -> tuple[SizeChange, ...]:
    layers = sorted({family.hidden_layers for family in (*before.families, *after.families)})
    return tuple(SizeChange(k, _smallest(before, k), _smallest(after, k)) for k in layers)


def _smallest(comparison: Comparison, hidden_layers: int) -> SizeInterval | None:
    family = family_of_layers(comparison.families, hidden_layers)
    return family.smallest if family else None


def _promises(before: Comparison, after: Comparison) -> tuple[str, ...]:
    column = ("target_column",) if before.dataset.target != after.dataset.target else ()
    pairs = ((before.criteria, after.criteria), (before.protocol, after.protocol))
    return column + tuple(
        field.name
        for old, new in pairs
        for field in fields(old)
        # repr, because nan (not used) is not equal to itself.
        if repr(getattr(old, field.name)) != repr(getattr(new, field.name))
    )


def _causes(before: Comparison, after: Comparison, promises: tuple[str, ...]) -> tuple[str, ...]:
    other_rows = before.dataset.rows != after.dataset.rows
    other_data = before.dataset.version != after.dataset.version
    found = {
        "rows": other_rows,
        "data": other_data and not other_rows,
        "promise": bool(promises),
        "stage": before.stage_reached != after.stage_reached,
        "program": _programs(before) != _programs(after),
    }
    return tuple(cause for cause, applies in found.items() if applies) or ("nothing",)


def _programs(comparison: Comparison) -> dict[str, str]:
    return {name: version for name, version in comparison.versions.items() if name not in SERVICES}
