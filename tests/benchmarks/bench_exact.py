"""python -m tests.benchmarks.bench_exact [--long]: exact training beside its peers, CPU seconds of one thread.

Prints one line a case: fit_global in all (incumbent, search, report), its nodes and bounds; complete enumeration, where
it would take too long extrapolated; the C++ prototype where its source and a compiler are here; SCIP where pyscipopt is
installed; a big-M MILP by HiGHS for absolute and hinge loss. What a fresh installation compiles is not counted.
"""

import argparse
import ctypes
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from relu_core import enumerate_global, fit_global
from relu_core.exact.enumeration import count_programs
from tests.benchmarks.mixed_integer import highs_milp, scip_miqp

SHARED = Path(__file__).resolve().parents[3] / "shared"
CASES, PROTOTYPE = SHARED / "cases" / "exact", SHARED / "prototypes" / "exact" / "conebb.cpp"
NAMES = {"sq": "squared", "l1": "absolute"}
SHORT = (
    "n1_D50_w2_syn", "n1_D200_w2_syn", "n1_D50_w3_syn", "n1_D100_w3_syn", "n1_D1000_w3_syn", "n2_D20_w2_syn",
    "n2_D30_w2_syn", "n2_D30_w2_diab", "n2_D60_w2_diab", "n2_D200_w2_diab", "n2_D442_w2_diab", "n2_D1000_w2_syn",
    "n2_D10_w3_syn", "n2_D60_w3_syn", "n3_D10_w2_syn", "n3_D30_w2_diab", "n3_D100_w2_syn", "n2_D30_w1_l1",
    "n2_D30_w1_bc_hinge", "n2_D30_w1_bc_logistic", "n2_D20_w2_l1", "n2_D30_w2_bc_hinge",
)  # fmt: skip
LONG = ("n2_D60_w3_diab", "n3_D100_w2_diab", "n1_D200_w4_syn", "n2_D30_w4_syn", "n4_D50_w2_syn")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("cases", nargs="*", help="names of cases; all short ones if none is given")
    options.add_argument("--long", action="store_true", help="the cases of a minute and more as well")
    options.add_argument("--time-limit", type=float, default=60.0, help="seconds a case")
    options.add_argument("--peers", action="store_true", help="run enumeration and mixed-integer solvers too (minutes)")
    chosen = options.parse_args()
    if not CASES.exists():
        raise SystemExit(f"the cases are not here: {CASES} is missing")
    expected = json.loads((CASES / "expected.json").read_text())["cases"]
    prototype = compiled_prototype()
    fit_global(np.arange(6.0)[:, None], np.arange(6.0) ** 2, 1)
    print(f"{'case':24}{'status':>8}{'upper':>13}{'gap':>9}{'nodes':>9}{'CPU s':>9}  peers (CPU s, ratio)")
    for name in chosen.cases or (*SHORT, *(LONG if chosen.long else ())):
        print_case(name, chosen.time_limit, chosen.peers, expected.get(name, {}), prototype)


def print_case(name: str, limit: float, peers: bool, expected: dict, prototype: Callable | None) -> None:
    data = np.load(CASES / f"{name}.npz")
    X, y, width, kind = data["X"], data["y"], int(data["w"]), str(data["loss"])
    loss = NAMES.get(kind, kind)
    start = time.process_time()
    fit = fit_global(X, y, width, loss=loss, time_limit=limit)
    seconds = time.process_time() - start
    line = f"{name:24}{fit.status:>8}{fit.upper:>13.9f}{fit.gap:>9.1e}{fit.nodes:>9}{seconds:>9.3f}"
    known = expected.get("optimum") or expected.get("arora_value")
    if known and abs(fit.upper - known) > 2e-6 * known:
        line += f"  differs from {known:.9f}"
    for peer, took in peer_times(X, y, width, loss, peers, prototype, fit.upper, limit).items():
        line += f"  {peer} {took:.3g} ({took / max(seconds, 1e-4):.3g}x)"
    print(line, flush=True)


def peer_times(
    X: np.ndarray,
    y: np.ndarray,
    width: int,
    loss: str,
    peers: bool,
    prototype: Callable | None,
    upper: float,
    limit: float,
) -> dict[str, float]:
    """CPU seconds of each peer that is here; enumeration of over 60,000 programs is extrapolated from 2 seconds."""
    times: dict[str, float] = {}
    if prototype is not None and loss == "squared":
        times["prototype search only"] = prototype(X, y, width, upper, limit)
    if not peers:
        return times
    programs = count_programs(len(X), X.shape[1] + 1, width)
    start = time.process_time()
    fit = enumerate_global(X, y, width, loss=loss, max_programs=10**18, time_limit=None if programs < 60_000 else 2.0)
    took = (time.process_time() - start) * max(1.0, programs / fit.nodes)
    times["enumeration" if programs < 60_000 else "enumeration (extrapolated)"] = took
    if loss in ("absolute", "hinge"):
        times["HiGHS MILP"] = highs_milp(X, y, width, loss, limit)
    elif loss == "squared" and len(X) <= 30:
        took = scip_miqp(X, y, width, limit)
        times.update({"SCIP": took} if took is not None else {})
    return times


def compiled_prototype() -> Callable | None:
    """The prototype as a function of (X, y, width, upper, limit) that returns CPU seconds, or None."""
    if not PROTOTYPE.exists() or shutil.which("g++") is None:
        return None
    library = Path(tempfile.mkdtemp()) / "conebb.so"
    options = ["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-std=c++17", "-shared", "-fPIC"]
    subprocess.run(["g++", *options, str(PROTOTYPE), "-o", str(library)], check=True)
    search = ctypes.CDLL(str(library)).conebb

    def run(X: np.ndarray, y: np.ndarray, width: int, upper: float, limit: float) -> float:
        rows = np.ascontiguousarray(np.column_stack([X, np.ones(len(X))]))
        out, best, targets = np.zeros(16), np.zeros(64), np.ascontiguousarray(y)
        pointer = ctypes.POINTER(ctypes.c_double)
        search(
            ctypes.c_int(len(X)), ctypes.c_int(X.shape[1]), ctypes.c_int(width), rows.ctypes.data_as(pointer),
            targets.ctypes.data_as(pointer), ctypes.c_double(1.02 * upper), ctypes.c_double(limit),
            ctypes.c_double(1e-6), ctypes.c_double(0.05), ctypes.c_int(0), out.ctypes.data_as(pointer),
            best.ctypes.data_as(pointer), ctypes.c_int(0), ctypes.c_double(1e-4),
        )  # fmt: skip
        return float(out[3])

    return run


if __name__ == "__main__":
    main()
