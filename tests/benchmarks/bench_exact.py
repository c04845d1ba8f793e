"""python -m tests.benchmarks.bench_exact [--all] [--peers]: exact training on cases with known optima, CPU seconds.

One line a case: what fit_global proved in all (incumbent, search, report) against the known optimum, whether its proof
holds when rechecked, and when its final network was found. --all goes through every case; --peers runs the peers in the
same process: the C++ prototype where its source and a compiler are here, complete enumeration (extrapolated where it
would take long), a big-M MILP by HiGHS for absolute and hinge loss, SCIP and Gurobi where they are installed. The limit
is in CPU seconds, so that a busy machine changes nothing; what a fresh installation compiles is not counted.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from relu_core import GlobalFit, fit_global
from tests.benchmarks.exact_peers import compiled_prototype, peer_seconds

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "exact"
NAMES = {"sq": "squared", "l1": "absolute"}
SHORT = (
    "n1_D50_w2_syn", "n1_D200_w2_syn", "n1_D50_w3_syn", "n1_D1000_w3_syn", "n2_D20_w2_syn", "n2_D30_w2_syn",
    "n2_D30_w2_diab", "n2_D60_w2_diab", "n2_D200_w2_diab", "n2_D442_w2_diab", "n2_D1000_w2_syn", "n2_D10_w3_syn",
    "n2_D60_w3_syn", "n3_D10_w2_syn", "n3_D30_w2_diab", "n3_D100_w2_syn", "n3_D100_w2_diab", "n2_D30_w1_l1",
    "n2_D30_w1_bc_hinge", "n2_D30_w1_bc_logistic", "n2_D20_w2_l1", "n2_D30_w2_bc_hinge",
)  # fmt: skip
# Agreement that is asked for, and what a small proof may take to find its network although that is above a tenth of it.
RELATIVE, AT_ONCE = 1e-6, 0.05


@dataclass(frozen=True)
class Run:
    """One case: what came back, CPU seconds in all and until the final network was found, the known optimum."""

    fit: GlobalFit
    seconds: float
    found: float
    optimum: float | None

    @property
    def agrees(self) -> bool:
        """Whether a proof agrees with the known optimum; one that came lower does as well."""
        return self.optimum is None or self.fit.upper <= self.optimum * (1.0 + RELATIVE) + 1e-9

    @property
    def found_early(self) -> bool:
        """Whether the final network was found in the first tenth of the time, or at once."""
        return self.found <= max(0.1 * self.seconds, AT_ONCE)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cases", nargs="*", help="names of cases; the short ones if none is given")
    options.add_argument("--all", action="store_true", help="every case")
    options.add_argument("--peers", action="store_true", help="run the peers too (minutes)")
    options.add_argument("--time-limit", type=float, default=60.0, help="CPU seconds a case")
    chosen = options.parse_args()
    if not CASES.exists():
        raise SystemExit(f"the cases are not here: {CASES} is missing")
    known = json.loads((CASES / "expected.json").read_text())["cases"]
    names = chosen.cases or (tuple(known) if chosen.all else SHORT)
    prototype = compiled_prototype() if chosen.peers else None
    fit_global(np.arange(6.0)[:, None], np.arange(6.0) ** 2, 1)
    print(
        f"{'case':23}{'status':>7}{'upper':>13}{'lower':>13}{'known':>13}{'nodes':>9}{'CPU s':>8}{'found':>8}  recheck"
    )
    runs = {}
    for name in names:
        X, y, width, loss = load_case(name)
        runs[name] = run_case(X, y, width, loss, chosen.time_limit, known.get(name, {}))
        peers = (
            peer_seconds(X, y, width, loss, runs[name].fit.upper, chosen.time_limit, prototype) if chosen.peers else {}
        )
        print(line_of(name, runs[name], runs[name].fit.verify(X, y).holds, peers), flush=True)
    print(summary(list(runs.values())))


def load_case(name: str) -> tuple[np.ndarray, np.ndarray, int, str]:
    """X, y, width, loss of a stored case."""
    data = np.load(CASES / f"{name}.npz")
    return data["X"], data["y"], int(data["w"]), NAMES.get(str(data["loss"]), str(data["loss"]))


def run_case(X: np.ndarray, y: np.ndarray, width: int, loss: str, limit: float, known: dict) -> Run:
    """fit_global under a limit of CPU seconds."""
    seen: list[tuple[float, float]] = []
    start = time.process_time()

    def watch(lower: float, upper: float, nodes: int, seconds: float) -> bool:
        seen.append((time.process_time() - start, upper))
        return seen[-1][0] > limit

    fit = fit_global(X, y, width, loss=loss, time_limit=np.inf, callback=watch)
    seconds = time.process_time() - start
    found = next((at for at, upper in seen if upper <= fit.upper * (1.0 + RELATIVE) + 1e-9), seconds)
    return Run(fit, seconds, found, known.get("optimum") or known.get("arora_value"))


def line_of(name: str, run: Run, holds: bool, peers: dict[str, float]) -> str:
    fit = run.fit
    known = f"{run.optimum:.9f}" if run.optimum else "-"
    line = f"{name:23}{fit.status:>7}{fit.upper:>13.9f}{fit.lower:>13.9f}{known:>13}{fit.nodes:>9}{run.seconds:>8.3f}"
    line += (
        f"{run.found:>8.3f}  {'holds' if holds else 'falls short'}{'' if run.agrees else '  ABOVE THE KNOWN OPTIMUM'}"
    )
    for peer, seconds in peers.items():
        line += f"  {peer} {seconds:.3g} s ({seconds / max(run.seconds, 1e-4):.3g}x)"
    return line


def summary(runs: list[Run]) -> str:
    proven = [run for run in runs if run.fit.status == "proven"]
    early = sum(run.found_early for run in runs)
    wrong = sum(not run.agrees for run in proven)
    return (
        f"{len(proven)} of {len(runs)} proven, {wrong} of them above a known optimum; the final network was found in "
        f"the first tenth of the time, or within {AT_ONCE} s, in {early} of {len(runs)}"
    )


if __name__ == "__main__":
    main()
