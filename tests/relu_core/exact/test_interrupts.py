"""Ctrl-C in the middle of a proof: the program ends as Python programs do, or goes on if it catches it."""

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import signal
import numpy as np
from relu_core import enumerate_global, fit_global

# A shell that starts a program in the background has it ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

def rows(D, n):
    chance = np.random.default_rng(0)
    return chance.standard_normal((D, n)), chance.standard_normal(D)

before = fit_global(*rows(20, 2), 1).lower
enumerate_global(*rows(6, 1), 1)
print("begun", flush=True)
try:
    CALL
except KeyboardInterrupt:
    print("interrupted", fit_global(*rows(20, 2), 1).lower == before, flush=True)
    raise
"""
# Seconds from the signal to the end of a process that only has to tidy up; far above what was seen, for busy machines.
SOON = 20.0


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("fit_global(*rows(60, 2), 4)", 1.5),
        pytest.param("fit_global(*rows(5_000, 2), 3)", 0.3, marks=pytest.mark.long),
        pytest.param("fit_global(*rows(40, 2), 3, loss='absolute')", 0.3, marks=pytest.mark.long),
        ("fit_global(*rows(400, 1), 9)", 1.0),
        ("enumerate_global(*rows(60, 2), 2, max_programs=10**9)", 0.3),
    ],
    ids=["many cells", "many rows", "absolute loss", "knots", "enumeration"],
)
def test_an_interrupt_ends_a_proof_at_once_and_leaves_no_trace(call: str, after: float) -> None:
    command = [sys.executable, "-c", PROGRAM.replace("CALL", call)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(after)
        start = time.perf_counter()
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    seconds = time.perf_counter() - start
    assert output == "interrupted True\n", errors
    assert errors.splitlines()[-1] == "KeyboardInterrupt" and "SystemError" not in errors
    assert process.returncode == -signal.SIGINT
    assert seconds < SOON, seconds
