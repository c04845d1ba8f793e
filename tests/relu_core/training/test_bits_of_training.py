"""Same seed, same bits: in a process that compiles or loads, whatever it ran before, with other instructions."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import llvmlite.binding
import numpy as np
import pytest

from relu_core import Recipe
from relu_core.training import losses_kernels

ROOT = Path(__file__).parents[3]
# Every loss, with and without a rest of lanes, units and inputs; scoring and laying out compile parts of the same code.
PROGRAM = """
import hashlib, sys
import numpy as np
from relu_core import Fold, NetworkSpec, Recipe, train_networks
from relu_core.training import cpu, preparation, vector_blocks

width, before = int(sys.argv[1]), sys.argv[2]
if width:
    vector_blocks.host_shape = lambda: vector_blocks.Shape(width=width, units=4, vectors=2, gradient_units=2)
X = np.random.default_rng(0).normal(size=(400, 5))
y = np.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2]
fold = Fold(range(270), range(270, 400))
prepared = preparation.prepare_fold(0, fold, (X, y, np.ones(400)), 5, preparation.Question("squared", 1, None))
shapes = [(7,), (16, 16), (9, 5, 3)]
jobs = [preparation.prepare_job(NetworkSpec(5, widths), prepared, 0, Recipe()) for widths in shapes]
outcomes = [preparation.Outcome(job.start, np.zeros(1), 0) for job in jobs]
if before == "laid out":
    cpu._laid_out(prepared.training, 64)
if before == "scored":
    cpu.spreads_of_outputs(prepared, jobs, outcomes)
content = hashlib.sha256()
asked = {"squared": y, "huber": y, "logistic": y > 0, "softmax": np.digitize(y, [-0.5, 0.5])}
for loss, batch in (("squared", 128), ("huber", 32), ("logistic", 100), ("softmax", 128)):
    specs = [NetworkSpec(5, widths, 3 if loss == "softmax" else 1) for widths in shapes]
    recipe = Recipe(epochs=8, batch_size=batch, weight_decay=0.01, patience=3)
    result = train_networks(
        specs, X, asked[loss].astype(float), loss=loss, folds=[fold], seeds=[0], recipe=recipe, device="cpu"
    )
    for record in result.records:
        for part in (*record.network.weights, *record.network.biases, record.history):
            content.update(part.tobytes())
content.update(np.array(cpu.spreads_of_outputs(prepared, jobs, outcomes)).tobytes())
print(content.hexdigest())
"""


def bits(cache: Path, width: int = 0, before: str = "nothing", **environment: str) -> str:
    """What a process of its own trains, as one number; width: of vectors, 0 for this processor's."""
    everything = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1", **environment}
    command = [sys.executable, "-c", PROGRAM, str(width), before]
    done = subprocess.run(command, cwd=ROOT, env=everything, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.long
def test_the_bits_are_those_of_any_process_and_processor(tmp_path):
    compiled = bits(tmp_path / "here")
    assert bits(tmp_path / "here") == compiled
    for before in ("scored", "laid out"):
        assert bits(tmp_path / before, before=before) == compiled
        assert bits(tmp_path / before) == compiled
    # An oldest processor: vectors of 4, no fused multiply-add, other kernels of BLAS, other cosines.
    plain = {"NUMBA_CPU_NAME": "generic", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"}
    assert bits(tmp_path / "generic", 4, OPENBLAS_CORETYPE="Nehalem", **plain) == compiled
    if platform.machine() == "x86_64" and llvmlite.binding.get_host_cpu_features().get("avx2"):
        haswell = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "OPENBLAS_CORETYPE": "Haswell"}
        assert bits(tmp_path / "haswell", 8, **haswell) == compiled


@pytest.mark.parametrize("room", ["training", "regions"])
def test_no_kernel_leaves_an_order_or_a_rounding_to_the_compiler(room):
    files = sorted((ROOT / "relu_core" / room).glob("*.py"))
    assert files
    assert not [path.name for path in files if re.search(r"fastmath|flags=", path.read_text(encoding="utf-8"))]


def test_costs_are_added_up_in_the_written_order():
    rng = np.random.default_rng(1)
    for lanes in (64, 128):
        outputs, y, weight = rng.normal(size=(3, lanes)).astype(np.float32)
        residual = outputs - y
        terms = weight * residual * residual
        while len(terms) > 1:
            terms = terms[: len(terms) // 2] + terms[len(terms) // 2 :]
        assert losses_kernels.costs_of_numbers(0, outputs, 0, y, weight, np.empty(lanes, np.float32)) == terms[0]


def test_a_rate_has_no_digits_on_which_processors_differ():
    rates = Recipe(learning_rate=1.0, epochs=50).learning_rates()
    assert (rates == rates.astype(np.float32)).all()
