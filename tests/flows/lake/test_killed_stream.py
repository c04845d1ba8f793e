"""A real process that streams a large file and is killed or interrupted: the old version or the new one, never half."""

import math
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from flows.lake import dataset
from flows.lake.stream import stream_delimited

STREAM = """
import sys
from pathlib import Path
from flows.lake import stream
stream._BLOCK_BYTES = 1 << 18
stream._ROWS_PER_PART = 20_000
def report(progress):
    print(progress.done, flush=True)
stream.stream_delimited(Path(sys.argv[1]), name="big", lake=Path(sys.argv[2]), report=report)
"""
ROWS = {"old.csv": 1_000, "new.csv": 200_000}


def plant(folder: Path) -> None:
    """Two files; and the lake as it is before a trial, with the first as the newest version."""
    for name, rows in ROWS.items():
        cells = (f"2026-03-02 10:{i // 60 % 60:02d}:{i % 60:02d},{i / 7:.5f},n{i % 4}\n" for i in range(rows))
        (folder / name).write_text("time,Force [kN],note\n" + "".join(cells))
    stream_delimited(folder / "old.csv", name="big", lake=folder / "before")


def blocks(folder: Path) -> int:
    return math.ceil((folder / "new.csv").stat().st_size / (1 << 18))


def interrupt(folder: Path, how: signal.Signals, block: int, seconds: float = 0.0) -> int:
    """Rows of the version that is there after the process got a signal `seconds` after it had read `block` blocks."""
    lake = folder / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    shutil.copytree(folder / "before", lake)
    command = [sys.executable, "-c", STREAM, str(folder / "new.csv"), str(lake)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for _ in range(block):
            assert process.stdout.readline(), "the process ended before"
        time.sleep(seconds)
        process.send_signal(how)
    frame, manifest = dataset.read(lake, "big")
    assert len(frame) == manifest.rows_stored == ROWS[manifest.sources[0].name]
    assert len(dataset.read_quarantine(lake, "big")) == 0
    return len(frame)


def test_killed_on_the_way_and_at_the_end(tmp_path: Path) -> None:
    plant(tmp_path)
    assert interrupt(tmp_path, signal.SIGKILL, 5) == ROWS["old.csv"]
    assert interrupt(tmp_path, signal.SIGKILL, blocks(tmp_path)) in ROWS.values()


def test_stopped_from_the_keyboard(tmp_path: Path) -> None:
    plant(tmp_path)
    assert interrupt(tmp_path, signal.SIGINT, 5) == ROWS["old.csv"]
    assert list((tmp_path / "lake" / "big").glob(".writing-*")) == []


@pytest.mark.long
def test_killed_at_many_moments(tmp_path: Path) -> None:
    plant(tmp_path)
    chance = np.random.default_rng(7)
    seen = {interrupt(tmp_path, signal.SIGKILL, int(chance.integers(0, blocks(tmp_path) + 1))) for _ in range(20)}
    # Between the last block and the end lie the last table, the manifest, the renaming and the pointer.
    seen |= {interrupt(tmp_path, signal.SIGKILL, blocks(tmp_path), float(chance.uniform(0, 0.2))) for _ in range(20)}
    # One that ends before it is killed.
    seen.add(interrupt(tmp_path, signal.SIGKILL, blocks(tmp_path), 10.0))
    assert seen == set(ROWS.values())
