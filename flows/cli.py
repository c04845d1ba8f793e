"""The command depthcase: reads arguments, calls flows.operations, prints; every command imports only what it needs."""

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import DepthcaseError, ServiceError, SourceError
from flows.settings import ASKED_BY, Settings, settings

if TYPE_CHECKING:
    from flows.charter import Charter
    from flows.operations.servers import FlowRun


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 when the answer is no, 2 for an error told in one sentence."""
    try:
        chosen = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], int] = chosen.command
        return command(chosen)
    except DepthcaseError as error:
        print(_sentence(str(error)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped by the keyboard; what a worker already does goes on, see depthcase status.", file=sys.stderr)
        return 130


def up(_: argparse.Namespace) -> int:
    """Start the services."""
    from flows.operations import services

    running = services.up(settings(), _say)
    _say(f"\nPrefect  {running.prefect_ui_url}\nMLflow   {running.mlflow_ui_url}")
    if running.starts_services:
        _say("Stop with: depthcase down")
    return 0


def down(_: argparse.Namespace) -> int:
    """Stop the services."""
    from flows.operations import services

    if not services.down(settings(), _say):
        _say(f"Nothing was running of the installation in {settings().home}.")
    return 0


def status(_: argparse.Namespace) -> int:
    """Say what runs; 0 when all does."""
    from flows.operations import services

    found = services.status(settings())
    for service in found:
        process = f"process {service.pid}" if service.pid else ""
        address = service.address if service.well else ""
        _say(f"{service.title:<16} {service.state:<14} {address:<24} {process}".rstrip())
    if not all(service.well for service in found):
        _say(f"\nThe installation is {settings().home}. Start or repair it with: depthcase up")
        return 1
    return 0


def doctor(_: argparse.Namespace) -> int:
    """Examine the installation; 0 when all is well."""
    from flows.operations import doctor as examination

    return 0 if examination.examine(settings(), _say) else 1


def migrate(_: argparse.Namespace) -> int:
    """Bring the tables of both databases to the installed version; stop the services first."""
    from flows.operations import databases

    databases.migrate(settings(), _say)
    return 0


def move(chosen: argparse.Namespace) -> int:
    """Copy MLflow's records from a file into the PostgreSQL that the settings name; stop the services first."""
    from flows.operations.move import move_records

    target = settings().mlflow_database
    if not target.startswith("postgresql"):
        raise ServiceError("MLFLOW_BACKEND_STORE_URI names no PostgreSQL database; set it as in deploy/env.example")
    rows = move_records(chosen.file, target)
    _say(f"{rows['runs']:,} runs of {rows['experiments']:,} experiments moved.")
    return 0


def serve(chosen: argparse.Namespace) -> int:
    """Be one service in the foreground, for systemd or compose to watch."""
    from flows.operations import launch

    launch.serve(replace(settings(), home=chosen.home.resolve()) if chosen.home else settings(), chosen.service)


def run(chosen: argparse.Namespace) -> int:
    """Evaluate a charter from its data file to the verdict."""
    from flows.charter import read_charter

    charter = read_charter(chosen.charter)
    charter.check()
    return _evaluate(charter, _running_services(), chosen.charter.parent, wait=chosen.wait)


def ingest(chosen: argparse.Namespace) -> int:
    """Ingest a file or folder as the newest version of a data set."""
    from flows.charter import NAME_PATTERN, NAME_RULE

    _require_existing(chosen.path)
    if not re.fullmatch(NAME_PATTERN, chosen.name):
        raise SourceError(f"--name is {chosen.name!r}; {NAME_RULE}")
    running = _running_services()
    more = {
        "sheet": chosen.sheet,
        "watermark": chosen.watermark,
        "secret": chosen.secret,
        "label_file": _in_raw(chosen.labels, Path(), running, chosen.name),
        "life_file": _in_raw(chosen.lives, Path(), running, chosen.name),
        "stopped_file": chosen.stopped,
        "picture_side": chosen.pixels,
    }
    return 0 if _ingest(running, chosen.path, chosen.name, more) else 1


def inspect(chosen: argparse.Namespace) -> int:
    """Look at a file: its columns, its bad rows, and a charter to start from; nothing is stored."""
    from flows.steps import inspect as step

    _require_existing(chosen.path)
    account = step.look_at_file(str(chosen.path.resolve()), "")
    _say(f"{account.name}: {account.rows_read:,} rows read, {account.rows_good:,} good, {account.rows_bad:,} bad")
    for remark in (*account.reasons, *account.notes):
        _say(f"  {remark}")
    rows = [("column", "unit", "kind", "missing", "different", "holds")]
    rows += [(c.name, c.unit, c.kind, f"{c.missing:,}", f"{c.distinct:,}", step.content(c)) for c in account.columns]
    _say("")
    _say_table(rows)
    if account.findings:
        _say("\nWhat an evaluation would say about the data, if it were asked as below:")
        for remark in account.findings:
            _say(f"  {remark}")
    _say(f"\nA charter to start from; correct it, save it as {account.slug}.yaml, depthcase run {account.slug}.yaml:\n")
    _say(account.charter.rstrip())
    return 0


def predict(chosen: argparse.Namespace) -> int:
    """Score a file with the champion of a PoC."""
    from flows.steps import champion

    _require_existing(chosen.path)
    scored = champion.predict(chosen.path, chosen.poc, chosen.to, _running_services())
    left_out = f"; {scored.skipped:,} could not be read and were left out" if scored.skipped else ""
    left_out += f"; {scored.early:,} have too few rows before them" if scored.early else ""
    _say(f"{scored.rows:,} rows scored and written to {scored.path}{left_out}.")
    return 0


def overview(chosen: argparse.Namespace) -> int:
    """Write one page over all PoCs: the newest evaluation of each, and how it changed over time."""
    from flows.report.overview import write_overview
    from flows.tracking.reader import recorded_evaluations

    running = _running_services()
    found = recorded_evaluations(running.mlflow_tracking_uri)
    written = write_overview(found, language=chosen.language, folder=running.reports, today=date.today())
    pocs = len({comparison.poc for _, comparison in found})
    _say(f"{pocs} {'PoC' if pocs == 1 else 'PoCs'} compared in {written}.")
    return 0


def demo(_: argparse.Namespace) -> int:
    """From generated data of a stamping line to a verdict; the services are left running."""
    from flows.charter import read_charter
    from flows.operations import demo as demonstration

    running = _running_services()
    path = demonstration.prepare(running)
    _say(f"Raw files of a stamping line written to {running.raw}; the question is asked by {path}.")
    code = _evaluate(read_charter(path), running, Path(), wait=True)
    _say(f"\nThe services stay up so that the links open. Stop them with: {_own_command()} down")
    return code


def _own_command() -> str:
    """This command as the person who called it may write it: a virtual environment may not be on the path."""
    called = Path(sys.argv[0])
    if called.name != "depthcase" or not called.is_file() or shutil.which("depthcase") == str(called.resolve()):
        return "depthcase"
    here = Path.cwd()
    return str(called.resolve().relative_to(here) if called.resolve().is_relative_to(here) else called)


def _require_existing(path: Path) -> None:
    if not path.exists():
        raise SourceError(f"there is no file or folder {path}; check the path")


def _running_services() -> Settings:
    from flows.operations import services

    return services.ensure_up(settings(), _say)


def _ingest(running: Settings, path: Path, name: str, more: dict[str, Any], *, tags: Sequence[str] = ()) -> bool:
    """Ingest one file or folder by a worker; whether it is stored now. more: further fields of the form."""
    from flows.operations import runs
    from flows.sources.arrival import bring_in

    request = {"path": bring_in(path, running.raw, name), "name": name, **more}
    _, result = _follow(running, runs.submit(running, "Ingest data", "ingest", {"request": request}, tags=tags))
    if result is None:
        return False
    news = "stored" if result["created"] else "nothing new, this content is in the lake already"
    if result["added"] >= 0:
        news = f"{result['added']:,} of them new" if result["created"] else "nothing new since the last time"
    counts = f"{result['rows']:,} rows, {result['quarantined']:,} in quarantine"
    _say(f"{path.name} -> {name} version {result['version']}: {counts}; {news}.")
    return True


def _evaluate(charter: "Charter", running: Settings, folder: Path, *, wait: bool) -> int:
    from flows.charter import READ_BESIDE
    from flows.operations import runs

    lists = {name: getattr(charter, name) for name in ("label_file", "life_file")}
    moved = {name: _in_raw(value, folder, running, charter.dataset) for name, value in lists.items()}
    charter = charter.model_copy(update=moved)
    file = _own_file(charter.data_file, folder, running)
    if file is not None:
        # Tells the ingest who asked: new rows then start other evaluations of this data set, not this one twice.
        asked_by = (f"{ASKED_BY}{charter.poc_name}",)
        if not _ingest(running, file, charter.dataset, charter.model_dump(include=set(READ_BESIDE)), tags=asked_by):
            return 1
        done = {"data_file": "", "label_file": "", "life_file": "", "stopped_file": ""}
        charter = charter.model_copy(update=done)
    asked = {"charter": charter.model_dump(mode="json")}
    started = runs.submit(running, "Evaluate PoC", "evaluate", asked)
    if not wait:
        _say(f"Started: {runs.run_address(running, started)}")
        return 0
    ended, result = _follow(running, started)
    if result is None:
        return 1
    if remark := runs.remark(ended, f"{result['verdict']}: {result['sentence']}"):
        _say(f"\n{remark}")
    _say(f"\nVerdict: {result['verdict']}\n{result['sentence']}\n")
    _say(f"Prefect run  {runs.run_address(running, started)}")
    _say(f"MLflow view  {result['mlflow_url']}")
    _say(f"Report       {result['report_path']}")
    return 0


def _own_file(data_file: str, folder: Path, running: Settings) -> Path | None:
    """The charter's data file where it lies beside the charter or here; None: the flow finds it in data/1_raw."""
    # Joined to a folder, an absolute path stays what it is, and would seem to lie in the raw folder.
    if not data_file or (not Path(data_file).is_absolute() and (running.raw / data_file).exists()):
        return None
    return next((path for path in (folder / data_file, Path(data_file)) if path.exists()), None)


def _in_raw(file: str, folder: Path, running: Settings, dataset: str) -> str:
    """The path below data/1_raw of a file that is read beside a data file; copied there where it lies elsewhere."""
    from flows.sources.arrival import bring_in

    own = _own_file(file, folder, running)
    # In a folder of its own: beside the data's files it would be taken for one of them.
    return file if own is None else bring_in(own, running.raw, f"{dataset}-beside")


def _follow(running: Settings, started: "FlowRun") -> "tuple[FlowRun, dict[str, Any] | None]":
    """Follow a run to its end; the run, and what it returned, or None after its reason was printed as an error."""
    from flows.operations import runs, services
    from flows.operations.servers import read_result

    _say(f"Follow it in the browser too: {runs.run_address(running, started)}")
    ended = runs.follow(running, started, _say)
    result = read_result(ended, services.result_storage(running))
    if ended.state == "COMPLETED":
        if result is None:
            raise ServiceError(f"the run completed, but its result is not in {services.result_storage(running)}")
        return ended, result
    print(_sentence(runs.reason(ended)), file=sys.stderr)
    return ended, None


def _sentence(text: str) -> str:
    """The text with a full stop; with a capital where it begins with a word, not with a name such as a file's."""
    begin = text[:1].upper() if text.partition(" ")[0].isalpha() else text[:1]
    return begin + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _say_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="depthcase",
        description="Does depth pay on our data, and is it worth the money? From the plant's file to the signature.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    simple = {
        "demo": (demo, "generate data of a stamping press and evaluate it, from nothing to the verdict"),
        "up": (up, "start the services on this machine, or repair what does not run"),
        "down": (down, "stop the services that up started"),
        "status": (status, "say which services run, with their addresses"),
        "migrate": (migrate, "after an upgrade: bring the tables of both databases to the installed version"),
        "doctor": (doctor, "examine the installation; every line says ok or failed, with the remedy"),
    }
    for name, (command, text) in simple.items():
        commands.add_parser(name, help=text, description=command.__doc__).set_defaults(command=command)
    evaluation = commands.add_parser("run", help="evaluate a charter: from its data file to the verdict")
    evaluation.add_argument("charter", type=Path, metavar="CHARTER.yaml")
    evaluation.add_argument("--wait", action=argparse.BooleanOptionalAction, default=True, help="wait for the verdict")
    evaluation.set_defaults(command=run)
    intake = commands.add_parser("ingest", help="bring a CSV or Excel file, or a folder of them, into the lake")
    intake.add_argument("path", type=Path, metavar="FILE_OR_FOLDER")
    intake.add_argument("--name", required=True, help="name of the data set: small letters, digits and hyphens")
    intake.add_argument("--sheet", default="", help="sheet of a workbook or table of a database")
    intake.add_argument(
        "--watermark", default="", metavar="COLUMN", help="of a database: read only rows above the last"
    )
    intake.add_argument("--secret", default="", metavar="NAME", help="Prefect secret with the database's password")
    intake.add_argument("--labels", default="", metavar="FILE", help="labelled periods: start, end, label a row")
    intake.add_argument("--lives", default="", metavar="FILE", help="what was left of units that were stopped early")
    intake.add_argument("--stopped", default="", metavar="NAME", help="which file of the folder holds those units")
    intake.add_argument("--pixels", type=int, default=0, metavar="N", help="pictures: a copy of N x N grey values too")
    intake.set_defaults(command=ingest)
    look = commands.add_parser("inspect", help="look at a file: its columns, its bad rows, a charter to start from")
    look.add_argument("path", type=Path, metavar="FILE_OR_FOLDER")
    look.set_defaults(command=inspect)
    scoring = commands.add_parser("predict", help="score a file with the recommended network of a PoC")
    scoring.add_argument("poc", metavar="POC", help="name of the PoC, as in its charter")
    scoring.add_argument("path", type=Path, metavar="FILE")
    scoring.add_argument("--to", type=Path, required=True, metavar="OUT.csv", help="a .csv or .parquet file to write")
    scoring.set_defaults(command=predict)
    moving = commands.add_parser("move", help="copy MLflow's records from a file into the PostgreSQL of the settings")
    moving.add_argument("file", type=Path, metavar="MLFLOW.DB")
    moving.set_defaults(command=move)
    one = commands.add_parser("serve", help="be one service in the foreground, for systemd or compose to watch")
    one.add_argument("service", choices=("prefect-server", "mlflow-server", "worker"))
    one.add_argument("--home", type=Path, metavar="FOLDER", help="where it keeps its state, instead of DEPTHCASE_HOME")
    one.set_defaults(command=serve)
    table = commands.add_parser("overview", help="one page over all PoCs: which deserves the next budget")
    table.add_argument("--language", choices=("en", "ja"), default="en")
    table.set_defaults(command=overview)
    return parser


if __name__ == "__main__":
    sys.exit(main())
