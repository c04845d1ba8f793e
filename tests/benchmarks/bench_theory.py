"""How long the theory library and the planted generators take, beside what they promise. CPU seconds, best of three.

python -m tests.benchmarks.bench_theory
"""

import time
from collections.abc import Callable

import numpy as np

from relu_core.planted import planted_problem, planted_signals
from relu_core.theory import count_pieces, from_pieces, hard_function, maximum, shallow_maximum, tent_power, to_pieces


def cpu_seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def main() -> None:
    """Print one line a promise."""
    chance = np.random.default_rng(0)
    points = chance.uniform(0, 1, (1_000_000, 1))
    tents = tent_power(10)
    at, values = np.cumsum(chance.uniform(0.1, 1.0, 9_999)), chance.normal(size=9_999)
    wide = from_pieces(at, values, 0.0, 0.0)
    layers = [np.sort(chance.uniform(0, 1, 3)) for _ in range(6)]
    deep, largest, numbers = hard_function(layers, 1.0), maximum(64), chance.normal(size=(100_000, 64))
    cases: list[tuple[str, Callable[[], object], str]] = [
        ("hard function k = 10, w = 2 at 1e6 points", lambda: tents(points), "0.5"),
        ("from_pieces, 10,000 pieces", lambda: from_pieces(at, values, 0.0, 0.0), ""),
        ("to_pieces, 10,000 pieces, exact", lambda: to_pieces(wide), ""),
        ("count_pieces, 4^6 = 4,096 pieces of 6 layers, exact", lambda: count_pieces(deep, 0.0, 1.0), ""),
        ("maximum(64) of 100,000 rows", lambda: largest(numbers), ""),
        ("shallow_maximum(18), built", lambda: shallow_maximum(18), ""),
        (
            "planted 100,000 rows x 20 sensors",
            lambda: planted_problem("depth_helps", rows=100_000, seed=0, irrelevant=16),
            "2",
        ),
        (
            "the same, yes/no",
            lambda: planted_problem("depth_helps", rows=100_000, seed=0, irrelevant=16, task="binary"),
            "2",
        ),
        ("signals, 20,000 windows x 6 channels x 64", lambda: planted_signals(3, rows=20_000, seed=0), ""),
    ]
    for name, work, promised in cases:
        print(f"{name:55} {cpu_seconds(work):7.3f} s{f'   promised {promised} s' if promised else ''}", flush=True)


if __name__ == "__main__":
    main()
