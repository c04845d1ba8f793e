"""Flow "Evaluate PoC": screen, compare, confirm; then the verdict, the report and MLflow. Readable as prose.

Each stage may end the run early with its verdict; deciding and delivering always happen, on what there is.
"""

from datetime import datetime
from typing import Any

from prefect import Task, flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows import tasks
from flows.approval import approve
from flows.charter import Charter
from flows.ingest import IngestRequest, ingest_data
from flows.progress import Progress
from flows.steps.budget import SHARES

WORKERS = 2
Plain = dict[str, Any]


def _run_name() -> str:
    charter = flow_run.parameters["charter"]
    name = charter["poc_name"] if isinstance(charter, dict) else charter.poc_name
    return f"{name} · {datetime.now():%Y-%m-%d %H:%M}"


@flow(
    name="Evaluate PoC",
    description="Does depth pay on our data, and is it worth the money? Screen, compare, confirm, and a verdict to sign.",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]
)
def evaluate_poc(charter: Charter) -> Plain:
    """One evaluation, from the charter to a verdict; what comes back names the verdict and where its evidence lies."""
    evaluation = _Evaluation(charter)
    if charter.data_file:
        ingest_data(IngestRequest(path=charter.data_file, name=charter.dataset))

    untouched = evaluation.screen()
    if evaluation.goes_on_to("compare"):
        evaluation.compare()
    if evaluation.goes_on_to("confirm"):
        evaluation.confirm(untouched)
    return evaluation.deliver()


class _Evaluation:
    """What one run knows so far, and the order of its tasks."""

    def __init__(self, charter: Charter) -> None:
        self.charter = charter
        self.promise = charter.model_dump(mode="json")
        self.layers = sorted(set(charter.hidden_layers))
        self.progress = Progress(charter.minutes, SHARES)
        self.evidence: Plain = {"approvals": [], "early": ""}

    def screen(self) -> Plain:
        """Look at the data and the simple models; gives the pointer to the untouched rows, which only Confirm may open."""
        version = tasks.find_data(charter=self.promise)
        question = self._do(tasks.check_question, version=version)
        rows = self._do(tasks.make_rows, question=question)
        self.rows = rows["development"]
        self.evidence |= {"dataset": rows["dataset"], "findings": question["findings"]}
        self.evidence["baselines"] = self._do(tasks.try_simple, rows=self.rows)
        self.progress.finished("simple models")
        self.evidence["families"] = self._each(tasks.sweep)
        self.progress.finished("coarse sweep")
        self.evidence["early"] = tasks.end_early(charter=self.promise, evidence=self.evidence)
        return dict(rows["untouched"])

    def compare(self) -> None:
        """Find the smallest network of every family, and what more rows and a proven optimum would say."""
        recipes = self._each(tasks.tune)
        self.progress.finished("recipes")
        self.evidence["families"] = self._each(tasks.find_smallest, recipe=recipes)
        self.progress.finished("smallest networks")
        curve = self._begin(tasks.learn_curve, families=self.evidence["families"])
        proof = self._begin(tasks.prove_shallow, families=self.evidence["families"])
        self.evidence["learning_curve"] = curve.result()
        self.progress.finished("learning curve")
        self.evidence["yardstick"] = proof.result()
        self.progress.finished("proven optimum")

    def confirm(self, untouched: Plain) -> None:
        """Open the untouched rows, once, for the finalists; count the regions of their networks."""
        found = self._do(tasks.open_untouched, untouched=untouched, evidence=self.evidence)
        self.evidence |= found
        self.progress.finished("untouched rows")
        self.evidence["families"] = self._each(tasks.count_regions, family=self.evidence["families"])
        self.progress.finished("regions")

    def deliver(self) -> Plain:
        """Decide on what there is; write the report and the MLflow record; leave the links on the run's page."""
        decided = tasks.give_verdict(charter=self.promise, evidence=self.evidence)
        report = tasks.write_report(charter=self.promise, decided=decided)
        tracked = tasks.record(charter=self.promise, decided=decided, report=report)
        self.progress.finished("delivery")
        create_markdown_artifact(key="verdict", markdown=decided["summary"])
        create_link_artifact(key="mlflow", link=tracked["url"], link_text="Open the comparison in MLflow")
        return {
            "verdict": decided["verdict"]["kind"],
            "sentence": decided["sentence"],
            "mlflow_url": tracked["url"],
            "report_path": report["path"],
            "comparison_hash": decided["fingerprint"],
        }

    def goes_on_to(self, stage: str) -> bool:
        """Whether `stage` happens: no verdict is certain yet, and nobody stopped the run."""
        if stage == "compare" and self.evidence["early"]:
            return False
        if any(said["decision"] != "approved" and said["decision"] != "not asked" for said in self.evidence["approvals"]):
            return False
        known = tasks.stage_summary(charter=self.promise, evidence=self.evidence, stage=stage)
        ask = self.charter.ask_between_stages and not self.evidence["early"]
        said = approve(stage, known, self.charter.minutes, ask=ask)
        self.evidence["approvals"].append(said)
        return said["decision"] in ("approved", "not asked")

    def _do(self, task: Task[..., Any], **given: Any) -> Any:
        return self._begin(task, **given).result()

    def _begin(self, task: Task[..., Any], **given: Any) -> PrefectFuture[Any]:
        return task.with_options(refresh_cache=self.charter.retrain).submit(charter=self.promise, **given)

    def _each(self, task: Task[..., Any], **lists: list[Any]) -> list[Any]:
        """The task once a family, side by side; `lists` hold one argument a family."""
        begun = []
        for i, layers in enumerate(self.layers):
            given = {name: values[i] for name, values in lists.items()}
            begun.append(self._begin(task, rows=self.rows, hidden_layers=layers, **given))
        return [future.result() for future in begun]
