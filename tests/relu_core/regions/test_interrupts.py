"""Ctrl-C in the middle of compiled counting: the program ends as Python programs do, or goes on if it catches it."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal
import numpy as np
from itertools import pairwise
from relu_core import ReluNetwork, count_regions

# A shell that starts a program in the background has it ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

def network(*sizes):
    chance = np.random.default_rng(0)
    weights = [chance.normal(0, np.sqrt(2 / n), (m, n)) for n, m in pairwise(sizes)]
    return ReluNetwork(weights, [chance.normal(0, 0.3, m) for m in sizes[1:]])

def count(*sizes):
    return count_regions(network(*sizes), -np.ones(sizes[0]), np.ones(sizes[0])).count

before = count(3, 6, 6, 1)
print("begun", flush=True)
try:
    count(SIZES)
except KeyboardInterrupt:
    print("interrupted", count(3, 6, 6, 1) == before, flush=True)
    raise
"""


# One cell with thousands of hyperplanes to place; cells of many corners; many chunks of small cells.
@pytest.mark.parametrize("sizes", ["10, 30, 1", "12, 12, 12, 1", "2, 512, 512, 512, 1"])
def test_an_interrupt_ends_a_count_at_once_and_leaves_no_trace(sizes):
    command = [sys.executable, "-c", PROGRAM.replace("SIZES", sizes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.0)
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert output == "interrupted True\n"
    assert errors.splitlines()[-1] == "KeyboardInterrupt" and "SystemError" not in errors
    assert process.returncode == -signal.SIGINT
