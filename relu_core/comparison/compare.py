"""Measurements in, one Comparison out; trains nothing."""

from collections.abc import Mapping, Sequence

from relu_core.comparison.evidence import (
    SHALLOW,
    best_point,
    family_of_layers,
    has_reached,
    headline_ratio,
    label_of,
    sign_of,
    simple_model,
    simple_model_level_with_networks,
)
from relu_core.comparison.promise import Criteria, EvaluationProtocol
from relu_core.comparison.schema import (
    Approval,
    BaselineResult,
    Comparison,
    DatasetRecord,
    FamilyResult,
    FindingRecord,
    LearningCurve,
    MoneyResult,
    Ratio,
    TaskTime,
    Yardstick,
)


def compare(
    families: Sequence[FamilyResult],
    baselines: Sequence[BaselineResult],
    yardstick: Yardstick | None = None,
    *,
    criteria: Criteria,
    protocol: EvaluationProtocol,
    dataset: DatasetRecord,
    poc: str = "",
    learning_curve: LearningCurve | None = None,
    money: Sequence[MoneyResult] = (),
    findings: Sequence[FindingRecord] = (),
    approvals: Sequence[Approval] = (),
    stage_reached: str = "confirm",
    missing: Sequence[str] = (),
    seconds: Mapping[str, float] | None = None,
    tasks: Sequence[TaskTime] = (),
    versions: Mapping[str, str] | None = None,
) -> Comparison:
    """The whole result as one frozen record: families ascending in hidden layers, the headline ratio, the champion.

    missing: what the budget did not allow, in words; families that were cut short are added to it.
    """
    ordered = tuple(sorted(families, key=lambda family: family.hidden_layers))
    ratio = headline_ratio(ordered, criteria)
    cut = [f"search with {label_of(family)}" for family in ordered if not family.complete]
    gaps = tuple(dict.fromkeys([*missing, *cut]))
    return Comparison(
        poc=poc,
        dataset=dataset,
        criteria=criteria,
        protocol=protocol,
        families=ordered,
        baselines=tuple(baselines),
        ratio=ratio,
        champion=champion_of(ordered, baselines, ratio, criteria),
        yardstick=yardstick,
        learning_curve=learning_curve,
        money=tuple(money),
        findings=tuple(findings),
        approvals=tuple(approvals),
        stage_reached=stage_reached,
        complete=not gaps,
        missing=gaps,
        seconds=dict(seconds or {}),
        tasks=tuple(tasks),
        versions=dict(versions or {}),
    )


def champion_of(
    families: Sequence[FamilyResult], baselines: Sequence[BaselineResult], ratio: Ratio | None, criteria: Criteria
) -> str:
    """Label of the model to use: the simplest that reaches the target, deep only where depth pays; else the best
    measured.
    """
    simple = simple_model(baselines, criteria, surely=True)
    if simple is not None:
        return label_of(simple)
    level = simple_model_level_with_networks(baselines, families, criteria)
    if level is not None:
        return label_of(level[0])
    shallow = family_of_layers(families, SHALLOW)
    if ratio is not None and ratio.value.low >= criteria.minimum_ratio:
        return label_of(next(family for family in families if family.hidden_layers == ratio.deep_hidden_layers))
    if shallow is not None and has_reached(shallow):
        return label_of(shallow)
    reaching = [family for family in families if has_reached(family)]
    if reaching:
        return label_of(min(reaching, key=lambda family: family.smallest.estimate))
    return _best_measured(families, baselines, criteria)


def _best_measured(families: Sequence[FamilyResult], baselines: Sequence[BaselineResult], criteria: Criteria) -> str:
    sign = sign_of(criteria)
    candidates = [(sign * baseline.metric.value, label_of(baseline)) for baseline in baselines]
    candidates += [(sign * best_point(f, criteria).metric.value, label_of(f)) for f in families if f.points]
    # The first of equals wins: baselines stand before networks, so the simpler model is kept.
    return max(candidates, key=lambda item: item[0])[1] if candidates else ""
