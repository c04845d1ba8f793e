"""The end of every evaluation: one Comparison, its verdict, the page to sign, the record in MLflow."""

from dataclasses import dataclass, field
from importlib.metadata import version

import numpy as np

from flows.charter import Charter
from flows.features.pipeline import FeaturePipeline
from flows.places import place_of
from flows.report import page
from flows.report.error_rates import published_rates
from flows.report.since import Since
from flows.settings import Settings
from flows.steps.champion import register
from flows.steps.code_version import code_version
from flows.steps.networks import StoredNetwork, open_network
from flows.steps.rows import RowsFile, open_rows
from flows.steps.standing import look_back, question_of, with_the_time_of_the_work
from flows.tracking import writer
from flows.tracking.items import change_items, evaluation_key
from flows.whole_files import one_at_a_time, write_whole
from relu_core import plots
from relu_core.comparison import (
    Approval,
    BaselineResult,
    Comparison,
    DatasetRecord,
    FamilyResult,
    FindingRecord,
    LearningCurve,
    MoneyResult,
    TaskTime,
    Verdict,
    Yardstick,
    compare,
    data_slice,
    decide,
    slice_coordinates,
)

# Programs whose version can change a number.
PROGRAMS = ("depthcase", "numpy", "scipy", "numba", "torch", "scikit-learn", "pandas", "pyarrow", "prefect", "mlflow")
# More dots than these hide the picture they lie on.
ROWS_SHOWN = 400
# Where MLflow serves a drawing of a run; the writer fills in the run.
PICTURE = "get-artifact?path=figures/{name}.svg&run_uuid={{run_id}}"
SURE_AT_SCREEN = ("baseline_reaches", "below_kill")


@dataclass(frozen=True)
class Evidence:
    """All that the stages have found so far; what a stage did not reach is None or empty."""

    dataset: DatasetRecord
    findings: tuple[FindingRecord, ...]
    baselines: tuple[BaselineResult, ...]
    families: tuple[FamilyResult, ...]
    approvals: tuple[Approval, ...] = ()
    learning_curve: LearningCurve | None = None
    yardstick: Yardstick | None = None
    money: tuple[MoneyResult, ...] = ()
    stage: str = "screen"
    seconds: dict[str, float] = field(default_factory=dict, metadata={"clock": True})
    tasks: tuple[TaskTime, ...] = field(default=(), metadata={"clock": True})


@dataclass(frozen=True)
class Decided:
    """The result in one piece. sentence, summary: in the charter's language, plain and as markdown.

    since: the last evaluation of the PoC, None where this is its first.
    """

    comparison: Comparison
    verdict: Verdict
    sentence: str
    summary: str
    fingerprint: str
    since: Since | None = None


@dataclass(frozen=True)
class Report:
    """Where the decision page and its drawings lie."""

    path: str
    figures: dict[str, str]


def give_verdict(charter: Charter, evidence: Evidence, settings: Settings) -> Decided:
    """Compare and decide on what there is; say what has changed since the last evaluation of the PoC.

    Raises ServiceError where MLflow, which knows the last one, does not answer.
    """
    comparison = with_the_time_of_the_work(charter, _comparison(charter, evidence), settings)
    verdict = decide(comparison)
    language = charter.report_language()
    since = look_back(charter, comparison, settings)
    return Decided(
        comparison=comparison,
        verdict=verdict,
        sentence=page.headline(comparison, verdict, language=language),
        summary=page.note(comparison, verdict, language=language, since=since),
        fingerprint=comparison.fingerprint(),
        since=since,
    )


def sure_already(charter: Charter, evidence: Evidence) -> str:
    """The verdict that no further stage could change, "" where there is none yet."""
    verdict = decide(_comparison(charter, evidence))
    return verdict.kind if verdict.reason_code in SURE_AT_SCREEN else ""


def stage_summary(charter: Charter, evidence: Evidence) -> str:
    """What is known before a stage, as markdown for the person who is asked."""
    comparison = _comparison(charter, evidence)
    return page.note(comparison, decide(comparison), language=charter.report_language())


def write_report(
    charter: Charter,
    decided: Decided,
    rows: RowsFile,
    networks: tuple[StoredNetwork, ...],
    columns: str,
    prefect_url: str,
    settings: Settings,
) -> Report:
    """The decision page and its drawings, in a folder of this result's own."""
    key = evaluation_key(decided.comparison, charter.content_hash())
    folder = settings.reports / charter.poc_name / key[:12]
    figures = page.drawings(decided.comparison, decided.verdict, language=charter.report_language())
    figures |= _slice_picture(decided, rows, networks, columns, charter.report_language())
    written = page.write_report(
        decided.comparison,
        decided.verdict,
        language=charter.report_language(),
        folder=folder,
        links={
            "prefect": prefect_url,
            "curves": writer.curves_url(
                settings.mlflow_tracking_uri, charter.poc_name, key, pages=settings.mlflow_pages
            ),
        },
        figures=figures,
        command=f"depthcase run {charter.poc_name}.yaml",
        error_rates=published_rates(),
        since=decided.since,
    )
    for name, svg in figures.items():
        write_whole(folder / f"{name}.svg", svg)
    return Report(str(written), {name: str(folder / f"{name}.svg") for name in figures})


def record(
    charter: Charter,
    decided: Decided,
    report: Report,
    rows: RowsFile,
    networks: tuple[StoredNetwork, ...],
    columns: str,
    settings: Settings,
) -> writer.TrackedRun:
    """The whole result in MLflow, once, and its recommended network in the registry."""
    artifacts = {"report.html": place_of(report.path)}
    artifacts |= {f"figures/{name}.svg": place_of(path) for name, path in report.figures.items()}
    artifacts |= {f"networks/{one.hidden_layers}_hidden_layers.safetensors": place_of(one.path) for one in networks}
    key = evaluation_key(decided.comparison, charter.content_hash())
    # Two runs of one charter may end together: the second finds what the first has recorded.
    with one_at_a_time(settings.home / "recording" / f"{key[:16]}.lock"):
        tracked = writer.record(
            decided.comparison,
            decided.verdict,
            tracking_uri=settings.mlflow_tracking_uri,
            charter_yaml=charter.to_yaml(),
            artifacts=artifacts,
            key=key,
            pages=settings.mlflow_pages,
            note=page.note(
                decided.comparison,
                decided.verdict,
                language=charter.report_language(),
                picture_urls={name: PICTURE.format(name=name) for name in report.figures},
                since=decided.since,
            ),
            question=question_of(charter, decided.comparison.dataset.version),
            more=change_items(decided.since.change, before=decided.since.url) if decided.since else (),
        )
        register(charter, decided.comparison.champion, rows, networks, columns, tracked.run_id, key, settings)
    return tracked


def _comparison(charter: Charter, evidence: Evidence) -> Comparison:
    return compare(
        evidence.families,
        evidence.baselines,
        evidence.yardstick,
        criteria=charter.criteria(),
        protocol=charter.protocol(),
        dataset=evidence.dataset,
        poc=charter.poc_name,
        learning_curve=evidence.learning_curve,
        money=evidence.money,
        findings=evidence.findings,
        approvals=evidence.approvals,
        stage_reached=evidence.stage,
        seconds=evidence.seconds,
        tasks=evidence.tasks,
        versions={name: version(name) for name in PROGRAMS} | {"code": code_version()},
    )


def _slice_picture(
    decided: Decided, rows: RowsFile, networks: tuple[StoredNetwork, ...], columns: str, language: str
) -> dict[str, str]:
    """The regions of the champion (or of the deepest finalist) on a plane through the data, with some rows on it."""
    if not networks:
        return {}
    wanted = [one for one in networks if decided.comparison.champion.startswith(f"{one.hidden_layers} hidden")]
    network = open_network((wanted or list(networks))[-1])
    opened = open_rows(rows)
    X = FeaturePipeline.from_json(columns).columns.apply(opened.frame)
    if (X.std(axis=0) > 0).sum() < 2:
        return {}
    found = data_slice(network, X)
    shown = X[np.random.default_rng([decided.comparison.protocol.seed, 11]).permutation(len(X))[:ROWS_SHOWN]]
    figure = plots.region_slice(found, slice_coordinates(found, shown), language=language)
    return {"slice": plots.to_svg(figure)}
