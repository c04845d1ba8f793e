"""The command depthcase: reads arguments, calls flows.operations, prints; every command imports only what it needs."""

import argparse
import sys
from collections.abc import Callable, Sequence

from flows.errors import DepthcaseError
from flows.settings import settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 when the answer is no, 2 for an error told in one sentence."""
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except DepthcaseError as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped by the keyboard.", file=sys.stderr)
        return 130


def up(_: argparse.Namespace) -> int:
    """Start the services."""
    from flows.operations import services

    running = services.up(settings(), _say)
    _say(f"Prefect: {running.prefect_ui_url}")
    _say(f"MLflow:  {running.mlflow_tracking_uri}")
    _say("Stop all with: depthcase down")
    return 0


def down(_: argparse.Namespace) -> int:
    """Stop the services."""
    from flows.operations import services

    if not services.down(settings(), _say):
        _say(f"Nothing of {settings().home} was running.")
    return 0


def status(_: argparse.Namespace) -> int:
    """Say what runs."""
    from flows.operations import services

    found = services.status(settings())
    for service in found:
        process = f"process {service.pid}" if service.pid else ""
        _say(
            f"{service.title:<16} {service.state:<14} {service.address if service.well else '':<24} {process}".rstrip()
        )
    return 0 if all(service.well for service in found) else 1


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="depthcase", description="Does depth pay on our data?")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    commands.add_parser("up", help="start the services on this machine").set_defaults(command=up)
    commands.add_parser("down", help="stop the services that up started").set_defaults(command=down)
    commands.add_parser("status", help="say which services run, with their addresses").set_defaults(command=status)
    return parser


if __name__ == "__main__":
    sys.exit(main())
