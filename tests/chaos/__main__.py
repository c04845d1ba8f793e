"""`make chaos`: rounds of kill -9 against a real installation, a line a round; interrupted, it goes on where it was."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from flows.operations import services
from tests.chaos.installation import DASK_WORKER, DASK_WORKERS, VICTIMS, Installation
from tests.chaos.rounds import Outcome, Reference, plan, play, undisturbed
from tests.dask_clusters import dask_cluster

TRIES = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the rounds that are not played yet; 0 when every round was well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="how many in all, those of an earlier call too")
    parser.add_argument("--first", type=int, default=0, help="number of the first round, to share a series")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(".chaos"), help="where it lives and keeps its account")
    parser.add_argument("--dask", action="store_true", help="compute on a Dask cluster, whose workers are killed too")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    settings = services.isolated_settings(chosen.folder.resolve())
    if not chosen.dask:
        return _play(Installation(settings, _say), chosen, VICTIMS)
    with dask_cluster(chosen.folder.resolve() / "dask", DASK_WORKERS) as cluster:
        on_cluster = replace(settings, dask_address=cluster.address)
        return _play(Installation(on_cluster, _say, cluster), chosen, (*VICTIMS, DASK_WORKER))


def _play(installation: Installation, chosen: argparse.Namespace, victims: tuple[str, ...]) -> int:
    account = chosen.folder / f"rounds-seed-{chosen.seed}.jsonl"
    try:
        installation.up()
        installation.prepare()
        reference = _reference(installation, chosen.folder / "reference.json")
        played = _read(account)
        for number in range(chosen.first, chosen.rounds):
            if number not in played:
                outcome = _round(installation, number, chosen.seed, victims, reference)
                played[number] = outcome
                with account.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(outcome)) + "\n")
                print(_line(outcome), flush=True)
    finally:
        installation.down()
    return _table(played)


def _say(line: str) -> None:
    print(f"    {line}", flush=True)


def _reference(installation: Installation, place: Path) -> Reference:
    if place.exists():
        return Reference(**json.loads(place.read_text(encoding="utf-8")))
    undisturbed(installation)  # the first one compiles the mathematics
    found = undisturbed(installation)
    place.write_text(json.dumps(asdict(found)), encoding="utf-8")
    print(f"undisturbed: {found.seconds:.0f} s, {found.results} results, MLflow runs {found.roles}", flush=True)
    return found


def _round(
    installation: Installation, number: int, seed: int, victims: tuple[str, ...], reference: Reference
) -> Outcome:
    planned = plan(number, seed, victims)
    for _ in range(TRIES):
        outcome = play(installation, planned, reference)
        if outcome is not None:
            return outcome
        # The run was quicker than the blow.
        planned = type(planned)(number, planned.victim, 0.6 * planned.moment, planned.absence)
    raise SystemExit(f"round {number}: the run always ended before the blow")


def _read(account: Path) -> dict[int, Outcome]:
    lines = account.read_text(encoding="utf-8").splitlines() if account.exists() else []
    found = [json.loads(line) for line in lines]
    return {one["number"]: Outcome(**{**one, "problems": tuple(one["problems"])}) for one in found}


def _line(one: Outcome) -> str:
    said = "well" if not one.problems else "; ".join(one.problems)
    return (
        f"{one.number:>3}  {one.victim:<16} {one.struck_after:>6.1f} {one.finished_before:>4} {one.absence:>6.1f}  "
        f"{one.first_end:<10} {one.seconds_to_end:>6.1f} {one.retries:>3} {one.seconds:>7.1f}  {said}"
    )


def _table(played: dict[int, Outcome]) -> int:
    print(f"\n{'#':>3}  {'killed':<16} {'at s':>6} {'done':>4} {'left s':>6}  {'ended':<10} {'in s':>6} try {'s':>7}")
    for number in sorted(played):
        print(_line(played[number]))
    well = sum(not one.problems for one in played.values())
    print(f"\n{well} of {len(played)} rounds ended in the identical verdict, without repeated training or strays.")
    return 0 if well == len(played) else 1


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
