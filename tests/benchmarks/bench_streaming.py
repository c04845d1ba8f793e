"""Rate and memory of a streamed CSV beside Arrow: python -m tests.benchmarks.bench_streaming [MiB].

Both write zstd Parquet from the same file in the same run, each in a process of its own, in turn, three times; best of
three is shown. Memory is the largest resident size of the process.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from flows.lake.stream import stream_delimited

REPEATS = 3


def write_clean_csv(file: Path, mebibytes: int) -> None:
    """A logger's file: a time, eight sensors, a word."""
    chance = np.random.default_rng(0)
    rows = 20_000
    lines = [
        ",".join(
            [
                f"2026-03-02 {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}",
                *map("{:.4f}".format, row),
                f"n{i % 5}",
            ]
        )
        for i, row in enumerate(chance.normal(100, 15, (rows, 8)))
    ]
    block = ("\n".join(lines) + "\n").encode()
    with file.open("wb") as sink:
        sink.write(("time," + ",".join(f"sensor {i} [kN]" for i in range(8)) + ",note\n").encode())
        for _ in range(max(1, mebibytes * (1 << 20) // len(block))):
            sink.write(block)


def by_arrow(file: Path, folder: Path) -> None:
    """Arrow alone: types inferred from the first block, no row judged."""
    options = arrow_csv.ReadOptions(block_size=32 << 20)
    with (
        arrow_csv.open_csv(file, read_options=options) as reader,
        pq.ParquetWriter(folder / "arrow.parquet", reader.schema, compression="zstd") as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)


def by_stream(file: Path, folder: Path) -> None:
    """Ours: every row judged and counted."""
    stream_delimited(file, name="big", lake=folder / "lake")


def measure(way: str, file: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and MiB of one run in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_streaming", way, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    wall, cpu, memory = map(float, answer.stdout.split())
    return wall, cpu, memory


def main(mebibytes: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "big.csv"
        write_clean_csv(file, mebibytes)
        size = file.stat().st_size / (1 << 20)
        runs = {way: [measure(way, file) for _ in range(REPEATS)] for way in ("arrow", "stream")}
        best = {
            way: (min(r[0] for r in one), min(r[1] for r in one), max(r[2] for r in one)) for way, one in runs.items()
        }
        for way, (wall, cpu, memory) in best.items():
            print(f"{way:7s} {size / wall:7.0f} MiB/s wall  {size / cpu:7.0f} MiB/s CPU  {memory:6.0f} MiB peak")
        share = 100 * best["arrow"][0] / best["stream"][0], 100 * best["arrow"][1] / best["stream"][1]
        print(f"rate of stream against arrow: {share[0]:.0f} % by wall, {share[1]:.0f} % by CPU (goal: 60 %)")


def run_one(way: str, file: Path) -> None:
    """One run, its figures on one line."""
    with tempfile.TemporaryDirectory() as name:
        wall, cpu = time.perf_counter(), time.process_time()
        (by_arrow if way == "arrow" else by_stream)(file, Path(name))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(time.perf_counter() - wall, time.process_time() - cpu, memory)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_one(sys.argv[1], Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
