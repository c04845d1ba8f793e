"""CPU seconds of the peers of exact training on one problem, as far as they are here."""

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from relu_core import enumerate_global
from relu_core.exact.enumeration import count_programs
from tests.benchmarks.mixed_integer import gurobi_miqp, highs_milp, scip_miqp

PROTOTYPE = Path(__file__).resolve().parents[3] / "shared" / "prototypes" / "exact" / "conebb.cpp"
# Programs up to which enumeration is run to its end; above, a sample of seconds is extrapolated.
ENUMERATED, SAMPLE = 60_000, 2.0

Prototype = Callable[[np.ndarray, np.ndarray, int, float, float], float]


def peer_seconds(
    X: np.ndarray, y: np.ndarray, width: int, loss: str, upper: float, limit: float, prototype: Prototype | None
) -> dict[str, float]:
    """CPU seconds by peer; `upper`: the optimum, which the prototype is told to within 2 % as its search needs one."""
    seconds: dict[str, float] = {}
    if prototype is not None and loss == "squared" and width <= 4:
        seconds["prototype, search only"] = prototype(X, y, width, upper, limit)
    programs = count_programs(len(X), X.shape[1] + 1, width)
    start, whole = time.process_time(), programs < ENUMERATED
    fit = enumerate_global(X, y, width, loss=loss, max_programs=10**18, time_limit=None if whole else SAMPLE)
    took = (time.process_time() - start) * max(1.0, programs / fit.nodes)
    seconds["enumeration" if whole else "enumeration, extrapolated"] = took
    if loss in ("absolute", "hinge"):
        seconds["HiGHS MILP"] = highs_milp(X, y, width, loss, limit)
    for name, peer in (("SCIP", scip_miqp), ("Gurobi", gurobi_miqp)):
        took_peer = peer(X, y, width, limit) if loss == "squared" and len(X) <= 30 else None
        if took_peer is not None:
            seconds[name] = took_peer
    return seconds


def compiled_prototype() -> Prototype | None:
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
