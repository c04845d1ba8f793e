"""What the services cost: memory at rest, seconds around an evaluation's work, seconds to record 200 networks.

Run with `make bench-overhead`. Real servers with passwords are started in a temporary folder and removed afterwards.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psutil

from flows.demo_plant import write_raw_files
from flows.operations import processes, runs, services
from flows.operations.launch import TITLES
from flows.operations.servers import prefect_server
from flows.settings import Settings, process_environment
from flows.tracking import writer
from relu_core.comparison.verdict import decide
from tests.comparisons import family, press_line
from tests.evaluations import charter_of

NETWORKS = 200
EVALUATION_SECONDS = 600.0
EMPTY_TASKS = 40
RECORD_TASK = "Deliver · Record in MLflow"

# One flow of tasks that do nothing but are kept as those of an evaluation are: the price of a task alone.
EMPTY_FLOW = f"""
import time
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner
from flows.tasks import as_task

def nothing(number: int) -> int:
    "Nothing."
    return number

task = as_task(nothing, "Nothing")

@flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
def empty():
    begun = time.monotonic()
    for number in range({EMPTY_TASKS}):
        task.submit(number=number).result()
    return time.monotonic() - begun

print("SECONDS", empty())
"""


def memory(settings: Settings) -> dict[str, tuple[float, float]]:
    """Megabytes of each service: resident, and with shared pages divided among those who share them."""
    used = {}
    for name, title in TITLES.items():
        record = processes.read_record(settings.home / "run", name)
        assert record is not None
        leader = psutil.Process(record.pid)
        found = [process.memory_full_info() for process in (leader, *leader.children(recursive=True))]
        used[title] = sum(info.rss for info in found) / 1e6, sum(info.pss for info in found) / 1e6
    return used


def processor_seconds(settings: Settings) -> float:
    """Seconds of a core that this process, what it waited for and the services have used: a busy machine's clock."""
    used = sum(os.times()[:4])
    for name in TITLES:
        record = processes.read_record(settings.home / "run", name)
        assert record is not None
        leader = psutil.Process(record.pid)
        for process in (leader, *leader.children(recursive=True)):
            times = process.cpu_times()
            used += times.user + times.system
    return used


def seconds_to_record(settings: Settings) -> tuple[float, int]:
    """Seconds of one record of `NETWORKS` network sizes over HTTP, and how many runs it made."""
    widths = tuple(range(2, 2 + NETWORKS // 2))
    families = tuple(family(k, best=0.88, scale=40.0, target=0.8, widths=widths) for k in (1, 2))
    comparison = press_line(families=families)
    begun = time.monotonic()
    tracked = writer.record(
        comparison,
        decide(comparison),
        tracking_uri=settings.mlflow_tracking_uri,
        charter_yaml="poc_name: press\n",
        key="overhead",
    )
    seconds = time.monotonic() - begun
    client = writer.MlflowClient(settings.mlflow_tracking_uri)
    return seconds, len(client.search_runs([tracked.experiment_id], max_results=1000))


def seconds_per_task(settings: Settings) -> float:
    """Seconds of a task that does nothing, submitted and waited for one after the other."""
    done = subprocess.run(
        [sys.executable, "-c", EMPTY_FLOW],
        env=process_environment(settings),
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("SECONDS "))
    return float(line.removeprefix("SECONDS ")) / EMPTY_TASKS


def evaluation(settings: Settings) -> dict[str, float]:
    """Seconds of one small evaluation: until a worker took it, between tasks, recording; and how many tasks it had."""
    write_raw_files(settings.raw / "small-press", rows=1200)
    parameters = {"charter": charter_of().model_dump(mode="json")}
    submitted = time.time()
    run = runs.follow(settings, runs.submit(settings, "Evaluate PoC", "evaluate", parameters), lambda _: None)
    assert run.state == "COMPLETED", run.message
    server = prefect_server(settings)
    body = {"flow_runs": {"id": {"any_": [run.identity]}}}
    tasks = [entry for entry in server.request("POST", "task_runs/filter", body) if entry["start_time"]]
    spans = sorted((moment(entry["start_time"]), moment(entry["end_time"])) for entry in tasks)
    ended = moment(server.request("GET", f"flow_runs/{run.identity}")["end_time"])
    recording = [moment(e["end_time"]) - moment(e["start_time"]) for e in tasks if e["name"].startswith(RECORD_TASK)]
    return {
        "taken": spans[0][0] - submitted,
        "between": ended - spans[0][0] - covered(spans),
        "recording": sum(recording),
        "tasks": float(len(tasks)),
        "all": ended - submitted,
    }


def covered(spans: list[tuple[float, float]]) -> float:
    """Seconds in which at least one of the spans runs."""
    total, reached = 0.0, float("-inf")
    for begin, end in spans:
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def moment(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def main() -> None:
    """Measure and print."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        login = {"prefect_login": "bench:mark-1", "mlflow_login": "bench:mark-2"}
        settings = replace(services.isolated_settings(Path(folder)), **login)
        os.environ |= {"MLFLOW_TRACKING_USERNAME": "bench", "MLFLOW_TRACKING_PASSWORD": "mark-2"}
        try:
            running = services.up(settings, print)
            time.sleep(20)
            report(running)
        finally:
            services.down(settings, print)


def report(running: Settings) -> None:
    """Print the three measurements, each beside its goal."""
    used = memory(running)
    for title, (resident, shared) in used.items():
        print(f"{title:<16} {resident:6.0f} MB resident  {shared:6.0f} MB with shared pages divided")
    print(f"{'all, at rest':<16} {sum(one for one, _ in used.values()):6.0f} MB resident  (goal: at most 1200)")
    begun = processor_seconds(running)
    seconds, made = seconds_to_record(running)
    recorded = processor_seconds(running)
    print(
        f"{NETWORKS} networks recorded over http in {seconds:.1f} s, {recorded - begun:.1f} s of a core, {made} runs  "
        "(goal: at most 15)"
    )
    price, spent = seconds_per_task(running), evaluation(running)
    orchestration = spent["taken"] + spent["between"] + price * spent["tasks"]
    share = (orchestration + spent["recording"]) / EVALUATION_SECONDS
    print(
        f"evaluation of {spent['all']:.0f} s, {spent['tasks']:.0f} tasks: {spent['taken']:.1f} s until a worker began, "
        f"{spent['between']:.1f} s between tasks, {price * 1000:.0f} ms a task, {spent['recording']:.1f} s recording"
    )
    print(f"of an evaluation of 10 minutes: {share:.1%}  (goal: at most 5 %)")
    print(json.dumps({"memory": used, "record": seconds, "task": price, **spent, "share": share}))


if __name__ == "__main__":
    main()
