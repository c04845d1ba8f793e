"""Rate and memory of a streamed CSV beside Arrow: make bench-streaming SIZE=300 (MiB), REPEATS=3, FOLDER=/tmp.

Both write zstd Parquet from the same file in the same run, each in a process of its own, in turn; the best is shown.
Memory is the largest resident size of the process. Twice the size is needed in the folder, and is free again after.
"""

import argparse
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

FIRST_DAY = np.datetime64("2026-03-02")


def write_clean_csv(file: Path, mebibytes: int) -> None:
    """A logger's file: a time, eight sensors, a word; no row is written twice."""
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
        for day in range(max(1, mebibytes * (1 << 20) // len(block))):
            sink.write(block.replace(b"2026-03-02", str(FIRST_DAY + day).encode()))


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
        [sys.executable, "-m", "tests.benchmarks.bench_streaming", "--run", way, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    wall, cpu, memory = map(float, answer.stdout.split())
    return wall, cpu, memory


def main(mebibytes: int, repeats: int, folder: Path) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        file = Path(name) / "big.csv"
        write_clean_csv(file, mebibytes)
        size = file.stat().st_size / (1 << 20)
        print(f"{size:,.0f} MiB, {repeats} time(s)", flush=True)
        runs: dict[str, list[tuple[float, float, float]]] = {"arrow": [], "stream": []}
        for _ in range(repeats):
            for way, measured in runs.items():
                measured.append(measure(way, file))
        best = {
            way: (min(r[0] for r in one), min(r[1] for r in one), max(r[2] for r in one)) for way, one in runs.items()
        }
        for way, (wall, cpu, memory) in best.items():
            print(f"{way:7s} {size / wall:7.0f} MiB/s wall  {size / cpu:7.0f} MiB/s CPU  {memory:6.0f} MiB peak")
        share = 100 * best["arrow"][0] / best["stream"][0], 100 * best["arrow"][1] / best["stream"][1]
        print(f"rate of stream against arrow: {share[0]:.0f} % by wall, {share[1]:.0f} % by CPU (goal: 60 %)")


def run_one(way: str, file: Path) -> None:
    """One run, its figures on one line."""
    with tempfile.TemporaryDirectory(dir=file.parent) as name:
        wall, cpu = time.perf_counter(), time.process_time()
        (by_arrow if way == "arrow" else by_stream)(file, Path(name))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(time.perf_counter() - wall, time.process_time() - cpu, memory)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=300, help="MiB of the file")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--run", nargs=2, metavar=("WAY", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        run_one(chosen.run[0], Path(chosen.run[1]))
    else:
        main(chosen.size, chosen.repeats, chosen.folder)
