"""Every Prefect task in one table. A task is a ring 2 function with a name, a cache key, retries and a time limit.

Between tasks travel JSON values only: records taken apart by relu_core's codec, hashes and paths. A result is stored
under the hash of everything it depends on, so the same question is answered once.
"""

import hashlib
import json
import typing
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from prefect import Task, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.blocks.system import Secret
from prefect.runtime import task_run

from flows.charter import Charter, make_charter
from flows.errors import DepthcaseError, ServiceError
from flows.progress import reading_progress
from flows.runners import working_for
from flows.settings import Settings, settings
from flows.steps import (
    compare,
    confirm,
    deliver,
    ingest,
    inspect,
    screen,
    standing,
    theory,
    theory_record,
    training_anew,
)
from flows.steps.code_version import code_version
from relu_core.comparison import without_clock
from relu_core.comparison.json_codec import from_plain, to_plain
from relu_core.errors import ReluCoreError

USER_ERRORS = (DepthcaseError, ReluCoreError)


def as_task(
    step: Callable[..., Any],
    name: str,
    *,
    cached: bool = True,
    retries: int = 0,
    seconds: float | None = None,
) -> Task[..., Any]:
    """A ring 2 function as a Prefect task that takes and gives JSON values.

    name: what the UI shows; "{layers}" in it becomes "1 hidden layer", "2 hidden layers". cached: under the hash of all
    arguments, the function's name and the code version, for every run; otherwise for this run alone, which is how a run
    that goes on after an answer or a crash does not ask again. seconds: time limit. Settings, secrets and whom to tell
    are supplied here and are no arguments of the task. Two arguments of a task are not the function's: "training" makes
    its key another one, "sender" says who asks where it runs on a cluster.
    """
    hints = typing.get_type_hints(step)
    hints.pop("return", None)

    def run(**given: Any) -> Any:
        # The log of a run names no tasks; without this line a reader sees only how many have finished.
        get_run_logger().info(_shown_name(name))
        asked_by, _ = given.pop("sender", None), given.pop("training", None)
        try:
            with working_for(asked_by) if asked_by else nullcontext(settings()) as known:
                supplied = {**_SUPPLIED, Settings: lambda: known}
                given |= {name: supplied[kind]() for name, kind in hints.items() if kind in supplied}
                return to_plain(step(**{key: _to_record(hints[key], value) for key, value in given.items()}))
        except USER_ERRORS as error:
            say_what_went_wrong(name, error)
            raise

    return Task(
        run,
        name=name.replace(", {layers}", ""),
        description=(step.__doc__ or "").splitlines()[0],
        task_run_name=lambda: _shown_name(name),
        # Prefect's own key knows the arguments and not the name: two tasks with the same ones would share a result.
        cache_key_fn=lambda known, given: _kept_whole(
            _cache_key(step, _promised(given["given"], hints), "" if cached else str(known.task_run.flow_run_id))
        ),
        persist_result=True,
        retries=retries,
        retry_delay_seconds=5,
        retry_condition_fn=lambda _task, _run, state: _is_worth_repeating(state),
        timeout_seconds=seconds,
    )


def read_secret(name: str) -> str:
    """The text of a Prefect secret. Raises ServiceError where the server keeps none of that name."""
    try:
        return str(Secret.load(name).get())  # type: ignore[union-attr]
    except ValueError:
        raise ServiceError(
            f'the Prefect server keeps no secret "{name}"; create it there as a block of type Secret'
        ) from None


# What a step is given by its kind and not by its caller.
_SUPPLIED: dict[Any, Callable[[], Any]] = {
    Settings: settings,
    ingest.Secrets: lambda: read_secret,
    ingest.Listener: reading_progress,
    compare.Teller: lambda: get_run_logger().info,
}


def say_what_went_wrong(name: str, error: Exception) -> None:
    """Leave the error's sentence where the person who pressed Run sees it."""
    said = f"### {name.split(',')[0]} stopped\n\n{error}"
    create_markdown_artifact(key="error", markdown=said, description=str(error))


def _to_record(kind: Any, value: Any) -> Any:
    if kind is Charter:
        return make_charter(value)
    if kind in _SUPPLIED:
        return value
    return from_plain(kind, value, "result")


def _cache_key(step: Callable[..., Any], promised: dict[str, Any], run: str) -> str:
    content = {"step": f"{step.__module__}.{step.__qualname__}", "code": code_version(), "given": promised}
    content |= {"run": run} if run else {}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _kept_whole(key: str) -> str:
    """The key, once what is kept under it is no half of a result: a disk was full, or a machine died while it wrote."""
    place = settings().task_results / key
    try:
        json.loads(place.read_bytes())
    except FileNotFoundError:
        pass
    except ValueError:
        place.unlink(missing_ok=True)
    return key


def _promised(given: dict[str, Any], hints: dict[str, Any]) -> dict[str, Any]:
    """The arguments without what changes no number: who sends them, whether to ask a person, what a clock said.

    A run that goes on after a crash took other times than before it, and must still find what it has decided.
    """
    return {name: _without_chance(hints.get(name), value) for name, value in given.items() if name != "sender"}


def _without_chance(kind: Any, value: Any) -> Any:
    if kind is Charter:
        return make_charter(value).content_hash()
    return value if kind is None else to_plain(without_clock(_to_record(kind, value)))


def _shown_name(name: str) -> str:
    layers = task_run.parameters.get("given", {}).get("hidden_layers", 0)
    return name.replace("{layers}", f"{layers} hidden layer" + ("" if layers == 1 else "s"))


def _is_worth_repeating(state: Any) -> bool:
    try:
        state.result()
    except ServiceError:
        return True
    except Exception:
        return False
    return False


# fmt: off
# Inspect
look_at_file    = as_task(inspect.look_at_file, "Look at the file", cached=False)
# Ingest
look_at_source  = as_task(ingest.look_at_source, "Read the source", cached=False)
store_dataset   = as_task(ingest.store_dataset, "Check every row and write the Parquet data set", cached=False)
# Evaluate: each name begins with its stage
which_training  = as_task(training_anew.training_that_counts, "Screen · Which training counts", cached=False)
find_data       = as_task(screen.find_data, "Screen · Find the data set", cached=False)
find_standing   = as_task(standing.find_standing, "Screen · Is it answered already?", cached=False, retries=3)
check_question  = as_task(screen.check, "Screen · Check the charter and the data")
make_rows       = as_task(screen.make_rows, "Screen · Make rows, set some aside")
try_simple      = as_task(screen.try_simple_models, "Screen · Try simple models")
sweep           = as_task(screen.sweep, "Screen · Coarse sweep, {layers}")
sure_already    = as_task(deliver.sure_already, "Screen · Is the answer sure already?", cached=False)
stage_summary   = as_task(deliver.stage_summary, "What is known so far", cached=False)
tune            = as_task(compare.tune, "Compare · Tune the recipe, {layers}")
find_smallest   = as_task(compare.find_smallest, "Compare · Find the smallest network, {layers}")
learn_curve     = as_task(compare.learn_curve, "Compare · Draw the learning curve")
prove_shallow   = as_task(compare.prove_shallow, "Compare · Prove the best shallow network")
open_untouched  = as_task(confirm.open_untouched, "Confirm · Open the untouched rows")
count_regions   = as_task(confirm.count_regions, "Confirm · Count regions, {layers}")
give_verdict    = as_task(deliver.give_verdict, "Decide · Compare and give the verdict", cached=False, retries=3)
write_report    = as_task(deliver.write_report, "Deliver · Write the report", cached=False, retries=3)
record          = as_task(deliver.record, "Deliver · Record in MLflow", cached=False, retries=3, seconds=600)
# Theory benchmark
build_hard      = as_task(theory.build, "Build · The hard function, counted exactly")
train_hard      = as_task(theory.train, "Train · From random weights, {layers}")
show_gap        = as_task(theory.show, "Show the gap · Side by side", cached=False)
record_gap      = as_task(theory_record.record, "Show the gap · Record in MLflow", cached=False, retries=3, seconds=600)
