"""python -m tests.benchmarks.bench_convex [--inputs 10 20 30] [--decays 0.5 0.3 0.2] [--rows 200] [--time-limit 60]

How far the lower bound for every width stays below its network on planted problems: two hinges and noise, standardised
targets. R2 there and on 2,000 fresh rows tell what a decay is good for: a bound on a network without use is no art.
The limit is wall time, as a user sets it, so run it on an idle machine; CPU seconds stand beside it.
"""

import argparse
import time

import numpy as np

from relu_core import ReluNetwork, convex_bound


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, nargs="+", default=[10, 20, 30])
    options.add_argument("--decays", type=float, nargs="+", default=[0.5, 0.3, 0.2])
    options.add_argument("--rows", type=int, default=200)
    options.add_argument("--time-limit", type=float, default=60.0)
    options.add_argument("--gap", type=float, default=1e-3)
    chosen = options.parse_args()
    print(
        f"{'n':>3}{'decay':>7}{'lower':>9}{'upper':>9}{'gap %':>7}{'R2':>6}{'fresh':>7}{'units':>6}{'s':>7}{'CPU s':>7}"
    )
    for n in chosen.inputs:
        X, y = planted(n, chosen.rows)
        for decay in chosen.decays:
            start = time.process_time()
            bound = convex_bound(
                X[: chosen.rows], y[: chosen.rows], weight_decay=decay, gap=chosen.gap, time_limit=chosen.time_limit
            )
            seen = explained(bound.network, X[: chosen.rows], y[: chosen.rows])
            fresh = explained(bound.network, X[chosen.rows :], y[chosen.rows :])
            print(
                f"{n:3}{decay:7.2g}{bound.lower:9.4f}{bound.upper:9.4f}{100 * bound.gap:7.2f}{seen:6.2f}{fresh:7.2f}"
                f"{bound.network.size:6}{bound.seconds:7.1f}{time.process_time() - start:7.1f}",
                flush=True,
            )


def planted(n: int, D: int) -> tuple[np.ndarray, np.ndarray]:
    """D rows and 2,000 fresh ones of two hinges with noise of about a quarter of the variance; X (., n), y (.,)."""
    chance = np.random.default_rng([1, n, D])
    X = chance.standard_normal((D + 2_000, n))
    y = np.maximum(X @ chance.standard_normal(n) / np.sqrt(n), 0.0) + 0.5 * np.abs(X[:, 0])
    y += 0.3 * chance.standard_normal(len(X))
    return X, (y - y[:D].mean()) / y[:D].std()


def explained(network: ReluNetwork, X: np.ndarray, y: np.ndarray) -> float:
    """R2 on these rows."""
    return float(1.0 - np.mean((network(X)[:, 0] - y) ** 2) / np.var(y))


if __name__ == "__main__":
    main()
