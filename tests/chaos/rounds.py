"""One round of chaos: an evaluation begins, something is killed, it is repaired as a person would; what came of it."""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flows.errors import ServiceError
from flows.operations import services
from flows.operations.servers import FlowRun
from relu_core.comparison import Comparison
from tests.chaos.installation import BOTH, MLFLOW, VICTIMS, WORKER, Installation, Watch, wait

# Seconds.
END_LIMIT = 120.0
RUN_LIMIT = 600.0
RETRIES = 4


@dataclass(frozen=True)
class Plan:
    """What is killed, when (as a part of an undisturbed run's time), and how long nobody comes to repair (seconds)."""

    number: int
    victim: str
    moment: float
    absence: float


@dataclass(frozen=True)
class Reference:
    """What an undisturbed run gave. roles: MLflow runs by role; results: cached results on disk."""

    fingerprint: str
    seconds: float
    roles: dict[str, int]
    results: int


@dataclass(frozen=True)
class Outcome:
    """What came of one round; problems is empty where all was well."""

    number: int
    victim: str
    struck_after: float
    absence: float
    finished_before: int
    first_end: str
    seconds_to_end: float
    retries: int
    seconds: float
    problems: tuple[str, ...]


def plan(number: int, seed: int, victims: tuple[str, ...] = VICTIMS) -> Plan:
    """Round `number` of the series `seed`; every victim comes once in as many rounds as there are victims."""
    block, place = divmod(number, len(victims))
    victim = victims[np.random.default_rng([seed, block]).permutation(len(victims))[place]]
    chance = np.random.default_rng([seed, 1, number])
    # MLflow is asked at the end only.
    moment = float(chance.uniform(0.6 if victim == MLFLOW else 0.0, 0.98))
    nobody_comes = victim in (WORKER, BOTH) and chance.random() < 0.2
    return Plan(number, victim, moment, 110.0 if nobody_comes else float(chance.uniform(0, 8)))


def undisturbed(installation: Installation) -> Reference:
    """One evaluation that nobody disturbs."""
    installation.forget()
    watch = Watch(services.result_storage(installation.settings))
    run = installation.submit()
    _begun(installation, run)
    begun = time.monotonic()
    ended = _follow(installation, run, watch, time.monotonic())
    if ended.state != "COMPLETED":
        raise ServiceError(f"the undisturbed run ended as {ended.state}: {ended.message}")
    fingerprint, roles = recorded_once(installation)
    return Reference(fingerprint, time.monotonic() - begun, roles, watch.finished)


def play(installation: Installation, planned: Plan, reference: Reference) -> Outcome | None:
    """One round; None where the run had ended before the blow."""
    installation.forget()
    begun = time.monotonic()
    watch = Watch(services.result_storage(installation.settings))
    run = installation.submit()
    _begun(installation, run)
    delay = planned.moment * reference.seconds
    if wait(lambda: _look(watch) or installation.state(run).ended, delay):
        return None
    killed = installation.kill(planned.victim, run)
    blow = time.monotonic()
    watch.mark()
    finished = watch.finished
    installation.say(f"round {planned.number}: {planned.victim} killed after {delay:.1f} s, {finished} results there")
    problems = [] if killed else [f"no process of the {planned.victim} was found"]
    first, took, retries = _recover(installation, run, watch, planned, blow, problems)
    problems += _wrong(installation, run, watch, reference)
    return Outcome(
        planned.number, planned.victim, delay, planned.absence, finished,
        first, took, retries, time.monotonic() - begun, tuple(problems),
    )  # fmt: skip


def _recover(
    installation: Installation, run: FlowRun, watch: Watch, planned: Plan, blow: float, problems: list[str]
) -> tuple[str, float, int]:
    """Repair and press Retry until the run is completed: its first end, the seconds to it, how often Retry."""
    wait(lambda: _look(watch) or _ended(installation, run), planned.absence)
    if planned.absence > 100 and not _ended(installation, run):
        problems.append(f"not ended by the automation within {planned.absence:.0f} s")
    first, took = "", 0.0
    for retries in range(RETRIES + 1):
        installation.up()
        ended = _follow(installation, run, watch, blow)
        if not first:
            first, took = ended.state, time.monotonic() - blow
        if ended.state == "COMPLETED":
            return first, took, retries
        installation.say(f"  ended as {ended.state}: {ended.message[:300]}")
        watch.mark()
        installation.retry(run)
        blow = time.monotonic()
        wait(lambda: not _ended(installation, run), 10)
    problems.append(f"not completed after {RETRIES} times Retry: {ended.state} {ended.message[:200]}")
    return first, took, RETRIES


def _begun(installation: Installation, run: FlowRun) -> None:
    if not wait(lambda: installation.state(run).state == "RUNNING", 120):
        raise ServiceError("the run did not begin within two minutes")


def _ended(installation: Installation, run: FlowRun) -> bool:
    try:
        return installation.server.flow_run(run.identity).ended
    except ServiceError:
        return False


def _look(watch: Watch) -> bool:
    watch.look()
    return False


def _follow(installation: Installation, run: FlowRun, watch: Watch, since: float) -> FlowRun:
    """Until the run has ended. A run that nobody executes must end within END_LIMIT."""
    alive = since
    while True:
        watch.look()
        current = installation.state(run)
        if current.ended:
            return current
        now = time.monotonic()
        if current.state in ("SCHEDULED", "PENDING") or installation.flow_processes(run):
            alive = now
        if now - alive > END_LIMIT or now - since > RUN_LIMIT:
            return FlowRun(run.identity, run.name, f"ZOMBIE ({current.state})", "", f"{now - alive:.0f} s dead", None)
        time.sleep(0.5)


def _wrong(installation: Installation, run: FlowRun, watch: Watch, reference: Reference) -> list[str]:
    """What is not as after an undisturbed run."""
    found = [f"computed twice: {name[:12]}" for name in watch.repeated]
    if watch.finished > reference.results:
        found.append(f"{watch.finished} results where an undisturbed run has {reference.results}")
    # On a busy machine Python itself needs a while to end.
    wait(lambda: not installation.flow_processes(run), 60)
    found += [f"left: {' '.join(process.cmdline())[:80]}" for process in installation.flow_processes(run)]
    unended = [one.name for one in installation.ask(lambda server: server.runs_in_hand("depthcase"))]
    if unended:
        found.append(f"runs without an end: {', '.join(unended)}")
    return found + _wrong_record(installation, reference)


def _wrong_record(installation: Installation, reference: Reference) -> list[str]:
    try:
        fingerprint, roles = recorded_once(installation)
    except (AssertionError, ServiceError) as error:
        return [str(error)]
    found = [] if fingerprint == reference.fingerprint else ["another verdict than the undisturbed run"]
    if roles != reference.roles:
        found.append(f"MLflow runs {roles} where an undisturbed run has {reference.roles}")
    open_runs = [one.info.run_name for one in installation.recorded() if one.info.status == "RUNNING"]
    if open_runs:
        found.append(f"MLflow runs left open: {open_runs}")
    versions = installation.mlflow.search_model_versions("name = 'chaos'")
    if len(versions) > 1:
        found.append(f"{len(versions)} versions of the champion")
    return found


def recorded_once(installation: Installation) -> tuple[str, dict[str, int]]:
    """Fingerprint of the comparison that MLflow keeps, and its runs by role."""
    recorded = installation.recorded()
    verdicts = [one for one in recorded if one.data.tags.get("role") == "verdict"]
    if len(verdicts) != 1:
        raise ServiceError(f"{len(verdicts)} verdict runs in MLflow")
    with tempfile.TemporaryDirectory() as folder:
        file = installation.mlflow.download_artifacts(verdicts[0].info.run_id, "comparison.json", folder)
        comparison = Comparison.from_json(Path(file).read_text(encoding="utf-8"))
    return comparison.fingerprint(), dict(Counter(one.data.tags.get("role", "no role") for one in recorded))
