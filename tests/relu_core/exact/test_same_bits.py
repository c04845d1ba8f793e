"""The same seed gives the same bits, whichever process compiled the loops and for whichever processor."""

import os
import platform
import subprocess
import sys

import pytest

PROOFS = """
import numpy as np
from relu_core.exact import convex_bound, fit_global
rng = np.random.default_rng(5)
def show(fit):
    print(fit.lower.hex(), fit.upper.hex(), [float(v).hex() for W in fit.network.weights for v in W.ravel()])
for n, D, w, loss, options in [
    (1, 30, 2, "squared", {}), (1, 60, 3, "squared", {"weight_decay": 0.01}), (2, 33, 2, "squared", {"max_norm": 2.0}),
    (2, 20, 1, "absolute", {}), (2, 30, 2, "huber", {}), (2, 20, 1, "hinge", {"weight_decay": 0.01}),
    (2, 30, 2, "logistic", {"weight_decay": 0.01}),
]:
    X, y = rng.standard_normal((D, n)), rng.standard_normal(D)
    fit = fit_global(X, np.sign(y) if loss in ("hinge", "logistic") else y, w, loss=loss, gap=1e-3, node_limit=300,
                     time_limit=600, **options)
    print(loss, fit.nodes)
    show(fit)
X, y = rng.standard_normal((20, 2)), rng.standard_normal(20)
show(convex_bound(X, y, weight_decay=0.1, gap=1e-3, time_limit=300))
"""


def bits(cache, **environment):
    """What a process prints that keeps and finds compiled loops in `cache`."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1", **environment}
    run = subprocess.run([sys.executable, "-c", PROOFS], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("loops")


@pytest.fixture(scope="module")
def compiled(cache):
    """The bits of the process that compiles, which leaves its loops in the cache."""
    return bits(cache)


@pytest.mark.long
def test_a_process_that_loads_the_loops_gives_the_bits_of_the_one_that_compiled_them(cache, compiled):
    assert len(compiled.splitlines()) == 15
    assert bits(cache) == compiled


@pytest.mark.long
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the processors named here are of the other family")
def test_the_plainest_processor_gives_the_same_bits(tmp_path, compiled):
    """No AVX, no fused multiply-add in the loops, in numpy and in BLAS. convex_bound, the last line, uses BLAS.

    Logarithms and exponentials are the system's in both processes, so all losses agree.
    """
    plain = bits(
        tmp_path, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="", OPENBLAS_CORETYPE="Prescott",
        NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    )  # fmt: skip
    assert plain.splitlines()[:-1] == compiled.splitlines()[:-1]
