"""Before and after: whether the question was answered already, and what has changed since it was asked last."""

import hashlib
from dataclasses import dataclass, replace

from flows.charter import Charter
from flows.report import page
from flows.report.since import Since
from flows.settings import Settings
from flows.steps.code_version import code_version
from flows.tracking.items import evaluation_key
from flows.tracking.reader import latest_evaluation
from relu_core.comparison import Comparison, change_between, decide

# Decisions after which an evaluation is unfinished: asked again, a person may decide otherwise.
_BROKEN_OFF = ("stopped", "timed out")


@dataclass(frozen=True)
class StandingVerdict:
    """A verdict that a new run could only repeat. title, explanation: in the charter's language, why nothing is done.

    curves_url, report_url: in MLflow; report_path: the decision page on disk; when: the day and time of its record.
    """

    kind: str
    sentence: str
    title: str
    explanation: str
    summary: str
    fingerprint: str
    curves_url: str
    report_url: str
    report_path: str
    when: str


def question_of(charter: Charter, version: str) -> str:
    """sha256 of all that an answer depends on: the promise, the data set's version, the program's text."""
    return hashlib.sha256(f"{charter.content_hash()}:{version}:{code_version()}".encode()).hexdigest()


def find_standing(charter: Charter, version: str, settings: Settings) -> StandingVerdict | None:
    """The verdict that stands for the same charter, data and program; None where there is work to do.

    Raises ServiceError where MLflow does not answer.
    """
    question = question_of(charter, version)
    found = latest_evaluation(
        settings.mlflow_tracking_uri, charter.poc_name, question=question, pages=settings.mlflow_pages
    )
    if found is None or any(said.decision in _BROKEN_OFF for said in found.comparison.approvals):
        return None
    language = charter.report_language()
    report = settings.reports / charter.poc_name / found.key[:12] / f"report_{language}.html"
    if not report.is_file():
        return None
    verdict = decide(found.comparison)
    title, explanation = page.standing(found.when, language=language)
    return StandingVerdict(
        kind=verdict.kind,
        sentence=page.headline(found.comparison, verdict, language=language),
        title=title,
        explanation=explanation,
        summary=page.note(found.comparison, verdict, language=language),
        fingerprint=found.comparison.fingerprint(),
        curves_url=found.curves_url,
        report_url=found.report_url,
        report_path=str(report),
        when=found.when,
    )


def with_the_time_of_the_work(charter: Charter, comparison: Comparison, settings: Settings) -> Comparison:
    """The comparison as the run that did the work timed it, where this one only found again what is recorded.

    Raises ServiceError where MLflow does not answer.
    """
    key = evaluation_key(comparison, charter.content_hash())
    recorded = latest_evaluation(settings.mlflow_tracking_uri, charter.poc_name, key=key)
    if recorded is None or _seconds_of_work(recorded.comparison) <= _seconds_of_work(comparison):
        return comparison
    return replace(comparison, seconds=recorded.comparison.seconds, tasks=recorded.comparison.tasks)


def _seconds_of_work(comparison: Comparison) -> float:
    return sum(task.seconds for task in comparison.tasks)


def look_back(charter: Charter, comparison: Comparison, settings: Settings) -> Since | None:
    """The last evaluation of the same PoC and what has changed since; None where this is the first.

    Raises ServiceError where MLflow does not answer.
    """
    key = evaluation_key(comparison, charter.content_hash())
    before = latest_evaluation(
        settings.mlflow_tracking_uri, charter.poc_name, other_than=key, pages=settings.mlflow_pages
    )
    if before is None:
        return None
    return Since(before.when, before.url, change_between(before.comparison, comparison))
