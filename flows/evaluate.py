"""Flow "Evaluate PoC": screen, compare, confirm; then the verdict, the report and MLflow. Readable as prose.

Each stage may end the run early with its verdict; deciding and delivering always happen, on what there is.
"""

import time
from datetime import datetime
from typing import Any

from prefect import Task, flow, tags
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Completed, State

from flows import new_rows, tasks
from flows.approval import approve
from flows.charter import Charter
from flows.ingest import ingest_data, request_of
from flows.progress import Progress
from flows.runners import RunnerBySettings
from flows.settings import ASKED_BY
from flows.steps.budget import SHARES, WORKERS
from flows.task_times import times_of
from relu_core.comparison.json_codec import to_plain

Plain = dict[str, Any]
CURVES = "Accuracy against size, one line for each number of hidden layers."


def _run_name() -> str:
    charter = flow_run.parameters["charter"]
    name = charter["poc_name"] if isinstance(charter, dict) else charter.poc_name
    begun = flow_run.scheduled_start_time or datetime.now().astimezone()
    return f"{name} · {begun.astimezone():%Y-%m-%d %H:%M}"


@flow(
    name="Evaluate PoC",
    description="Does depth pay on our data, and is it worth the money? Screen, compare, confirm, a verdict to sign.",
    flow_run_name=_run_name,
    task_runner=RunnerBySettings(max_workers=WORKERS),  # type: ignore[arg-type]
)
def evaluate_poc(charter: Charter) -> State[Plain]:
    """One evaluation, from the charter to a verdict; what comes back names the verdict and where its evidence lies."""
    if charter.data_file:
        with tags(f"{ASKED_BY}{charter.poc_name}"):
            ingest_data(request_of(charter))
    evaluation = _Evaluation(charter)
    new_rows.keep_watch(charter)
    if standing := evaluation.already_answered():
        return evaluation.stands(standing)

    untouched = evaluation.screen()
    if not evaluation.sure and evaluation.may_begin("compare"):
        evaluation.compare()
    if evaluation.sure or evaluation.may_begin("confirm"):
        evaluation.confirm(untouched)
    return evaluation.deliver()


class _Evaluation:
    """What one run knows so far, and the order of its tasks."""

    def __init__(self, charter: Charter) -> None:
        self.charter = charter
        self.promise = charter.model_dump(mode="json")
        self.layers = sorted(set(charter.hidden_layers))
        self.evidence: Plain = {
            "approvals": [], "seconds": {}, "tasks": [], "learning_curve": None, "yardstick": None, "money": [],
        }  # fmt: skip
        self.recipes: list[Plain] = []
        self.networks: list[Plain] = []
        self.columns = ""
        self.sure = ""
        self.begun = 0
        self.training = ""
        self.version = self._here(tasks.find_data)

    def already_answered(self) -> Plain | None:
        """The verdict that stands for this charter, data and program; None where there is work to do."""
        if self.charter.retrain:
            return None
        standing: Plain | None = self._here(tasks.find_standing, version=self.version)
        return standing

    def screen(self) -> Plain:
        """Look at the data and the simple models; gives the pointer to the untouched rows, for Confirm."""
        begun = time.monotonic()
        self.progress = Progress(self.charter.minutes, SHARES)
        self.training = self._here(tasks.which_training, run=str(flow_run.id))
        question = self._do(tasks.check_question, version=self.version)
        rows = self._do(tasks.make_rows, question=question)
        self.rows = rows["development"]
        self.evidence |= {"dataset": rows["dataset"], "findings": question["findings"]}
        self.evidence["baselines"] = self._do(tasks.try_simple, rows=self.rows)
        self.progress.finished("simple models")
        self.evidence["families"] = self._each(tasks.sweep)
        self.progress.finished("coarse sweep")
        self._stage_done("screen", begun)
        self.sure = self._here(tasks.sure_already, evidence=self.evidence)
        return dict(rows["untouched"])

    def compare(self) -> None:
        """Find the smallest network of every family, and what more rows and a proven optimum would say."""
        begun = time.monotonic()
        self.recipes = self._each(tasks.tune)
        self.progress.finished("recipes")
        self.evidence["families"] = self._each(tasks.find_smallest, recipe=self.recipes)
        self.progress.finished("smallest networks")
        proof = self._begin(tasks.prove_shallow, rows=self.rows)
        self.evidence["learning_curve"] = self._do(tasks.learn_curve, rows=self.rows, **self._models())
        self.progress.finished("learning curve")
        self.evidence["yardstick"] = proof.result()
        self.progress.finished("proven optimum")
        self._stage_done("compare", begun)

    def confirm(self, untouched: Plain) -> None:
        """Open the untouched rows, once, for the finalists; count the regions of their networks."""
        begun = time.monotonic()
        self.progress.begins("untouched rows")
        found = self._do(tasks.open_untouched, rows=self.rows, untouched=untouched, **self._models())
        self.networks, self.columns = found["networks"], found["columns"]
        self.evidence |= {name: found[name] for name in ("baselines", "families", "money")}
        self.progress.finished("untouched rows")
        shared = {"networks": self.networks, "recipes": self.recipes}
        self.evidence["families"] = self._each(tasks.count_regions, family=self.evidence["families"], shared=shared)
        self.progress.finished("regions")
        self._stage_done("confirm", begun)

    def deliver(self) -> State[Plain]:
        """Decide on what there is; write the report and the MLflow record; leave the links on the run's page."""
        self.progress.begins("delivery")
        self.promise = self.charter.model_dump(mode="json")
        self.evidence["tasks"] = to_plain(times_of(str(flow_run.id), self.begun))
        decided = self._here(tasks.give_verdict, evidence=self.evidence)
        report = self._here(
            tasks.write_report,
            decided=decided,
            rows=self.rows,
            networks=self.networks,
            columns=self.columns,
            prefect_url=flow_run.ui_url or "",
        )
        tracked = self._here(
            tasks.record,
            decided=decided,
            report=report,
            rows=self.rows,
            networks=self.networks,
            columns=self.columns,
        )
        self.progress.finished("delivery")
        self._leave_links(decided["summary"], decided["sentence"], tracked)
        result = {
            "verdict": decided["verdict"]["kind"],
            "sentence": decided["sentence"],
            "mlflow_url": tracked["curves_url"],
            "report_path": report["path"],
            "comparison_hash": decided["fingerprint"],
        }
        return _ended(result["verdict"], result)

    def stands(self, standing: Plain) -> State[Plain]:
        """Nothing is done again; the run's page says so and leads to the verdict that stands."""
        said = f"### {standing['title']}\n\n{standing['explanation']}\n\n{standing['summary']}"
        self._leave_links(said, standing["explanation"], standing)
        result = {
            "verdict": standing["kind"],
            "sentence": standing["sentence"],
            "mlflow_url": standing["curves_url"],
            "report_path": standing["report_path"],
            "comparison_hash": standing["fingerprint"],
        }
        return _ended("nothing new", result, standing["explanation"])

    def _leave_links(self, summary: str, sentence: str, recorded: Plain) -> None:
        """The decision on the run's page, one click from the curves and from the page to sign."""
        curves, poc = recorded["curves_url"], self.charter.poc_name
        links = f"[See the curves in MLflow]({curves}) · [Read the report]({recorded['report_url']})"
        # A name of its own for every PoC: the pages of one name show its newest content, whoever wrote it.
        create_markdown_artifact(key=f"verdict-{poc}", markdown=f"{summary}\n\n{links}\n", description=sentence)
        text = "See the curves in MLflow"
        create_link_artifact(key=f"mlflow-{poc}", link=curves, link_text=text, description=CURVES)

    def may_begin(self, stage: str) -> bool:
        """Whether a person lets `stage` begin; without asking where the charter says so."""
        if any(said["decision"] in ("stopped", "timed out") for said in self.evidence["approvals"]):
            return False
        ask = self.charter.ask_between_stages
        known = self._here(tasks.stage_summary, evidence=self.evidence) if ask else ""
        said = approve(stage, known, self.charter.minutes, ask=ask)
        self.evidence["approvals"].append(said)
        if said["decision"] == "approved":
            # A person may give what is left another budget; what was promised stays what it was.
            self.promise = {**self.promise, "minutes": said["minutes"]}
        return said["decision"] in ("approved", "not asked")

    def _models(self) -> Plain:
        return {"baselines": self.evidence["baselines"], "families": self.evidence["families"], "recipes": self.recipes}

    def _stage_done(self, stage: str, begun: float) -> None:
        self.evidence["stage"] = stage
        self.evidence["seconds"] = {**self.evidence["seconds"], stage: time.monotonic() - begun}

    def _here(self, task: Task[..., Any], **given: Any) -> Any:
        """On the flow's own machine: the task speaks to a server, or is too quick to travel."""
        self.begun += 1
        return task(charter=self.promise, training=self.training, **given)

    def _do(self, task: Task[..., Any], **given: Any) -> Any:
        return self._begin(task, **given).result()

    def _begin(self, task: Task[..., Any], **given: Any) -> PrefectFuture[Any]:
        self.begun += 1
        return task.submit(charter=self.promise, training=self.training, **given)

    def _each(self, task: Task[..., Any], shared: Plain | None = None, **lists: list[Plain]) -> list[Plain]:
        """The task once a family, side by side; `lists` hold one argument a family, `shared` is for all."""
        begun = []
        for i, layers in enumerate(self.layers):
            given = {name: values[i] for name, values in lists.items()} | (shared or {})
            begun.append(self._begin(task, rows=self.rows, hidden_layers=layers, **given))
        return [future.result() for future in begun]


def _ended(word: str, result: Plain, explanation: str = "") -> State[Plain]:
    """The end of a run; lists of runs show its name, so the name says how it ended."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, name=f"{_run_name()} · {word}")
    return Completed(message=f"{explanation} {result['verdict']}: {result['sentence']}".strip(), data=result)
