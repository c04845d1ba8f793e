"""Flow "Theory benchmark": the paper's gap on one page, and the scientific self-test of this installation."""

from typing import Any

from prefect import flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from flows import tasks
from flows.errors import ServiceError
from flows.runners import RunnerBySettings

WORKERS = 2


class BenchmarkRequest(BaseModel):
    """Which hard function, and how often to train against it."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="What to build and train")

    k: int = Field(
        3,
        ge=2,
        le=5,
        title="Hidden layers of the hard function",
        description="k. The function has w to the power k pieces.",
    )
    w: int = Field(2, ge=2, le=4, title="Width of its layers", description="w. With 2 it is the folded tent.")
    seeds: int = Field(
        100,
        ge=5,
        le=1000,
        title="Trainings of each network",
        description="So many random starts a size; more give a surer success rate and take longer.",
    )
    seed: int = Field(0, ge=0, title="Seed", description="The same seed gives the same numbers, bit for bit.")


@flow(
    name="Theory benchmark",
    description="Small when deep, large when shallow: built, trained, counted, beside the theorem's bound.",
    flow_run_name="k = {request.k}, w = {request.w}",
    task_runner=RunnerBySettings(max_workers=WORKERS),  # type: ignore[arg-type]
)
def theory_benchmark(request: BenchmarkRequest) -> dict[str, Any]:
    """Build, train, show the gap; fails when a theorem does not hold on this installation."""
    built = tasks.build_hard.submit(k=request.k, w=request.w, seed=request.seed).result()
    families = [
        tasks.train_hard.submit(built=built, hidden_layers=layers, seeds=request.seeds, seed=request.seed)
        for layers in range(1, request.k + 1)
    ]
    trained = [size for family in families for size in family.result()]
    table = tasks.show_gap.submit(built=built, trained=trained).result()
    recorded = tasks.record_gap.submit(table=table).result()
    create_markdown_artifact(key="theory", markdown=recorded["summary"], description="The gap on one page")
    if recorded["url"]:
        create_link_artifact(key="theory-mlflow", link=recorded["url"], link_text="See picture and curves in MLflow")
    if not table["complete"]:
        broken = [check["name"] for check in built["checks"] if not check["passed"]]
        raise ServiceError(f"{', '.join(broken)} does not hold here; this installation is broken, install it anew.")
    return {"pieces": built["pieces"], "parameters": built["parameters"], "mlflow_url": recorded["url"]}
