"""Training speed beside peers: CPU time of one thread, everything interleaved in one run, with the machine's peak.

python -m tests.benchmarks.bench_training [--quick] [--threads]
A net-epoch is one network's pass over 4000 rows of 8 inputs in minibatches of 128, Adam, with a look at 1000 other rows
(scikit-learn: without the look). Peak is the rate of multiply-adds measured in the same round.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits
from torch.func import functional_call, grad, stack_module_state, vmap

from relu_core import Fold, NetworkSpec, Recipe, train_networks
from relu_core.training import batched, cpu, preparation, reference
from tests.benchmarks.fma_peak import burst_seconds, measure_peak

ROWS, INPUTS, BATCH = 4000, 8, 128
SIZES = (50, 135, 360, 970, 2600, 7000, 19000, 50000)
SINGLE = {51: (5,), 141: (4,) * 6, 433: (16, 16), 3489: (32,) * 4, 51501: (100,) * 6}


def main() -> None:
    """Prints the tables of docs/training.md."""
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="one repeat, no grid")
    options.add_argument("--threads", action="store_true", help="two threads against one, nothing else")
    asked = options.parse_args()
    quick = asked.quick
    torch.set_num_threads(1)
    threadpool_limits(1)
    warnings.filterwarnings("ignore")
    if asked.threads:
        threads(ready_fold(), rounds=10)
        return
    print(f"first call in a fresh process, nothing cached: {cold_compile_seconds():.1f} s of CPU time\n")
    fold = ready_fold()
    for warm in PEERS.values():
        warm(fold, NetworkSpec(INPUTS, (4,)), 1, 1)
    one_network_size_a_row(fold, repeats=1 if quick else 3)
    if not quick:
        whole_grid(fold)
    threads(fold, rounds=3 if quick else 10)


def ready_fold() -> preparation.PreparedFold:
    """4000 rows to learn from and 1000 to look at, standardised."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS + 1000, INPUTS))
    y = np.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=len(X))
    rows = Fold(np.arange(ROWS), np.arange(ROWS, len(X)))
    return preparation.prepare_fold(0, rows, (X, y, np.ones(len(X))), INPUTS, preparation.Question("squared", 1, None))


def engine(train: Callable, fold: preparation.PreparedFold, spec: NetworkSpec, networks: int, epochs: int) -> None:
    """One of our three engines."""
    recipe = Recipe(epochs=epochs, batch_size=BATCH, learning_rate=1e-3)
    jobs = [preparation.prepare_job(spec, fold, seed, recipe) for seed in range(networks)]
    train(fold, jobs, "squared", recipe, lambda: False)


def scikit_learn(fold: preparation.PreparedFold, spec: NetworkSpec, networks: int, epochs: int) -> None:
    """MLPRegressor, one after the other."""
    for seed in range(networks):
        options = {"max_iter": epochs, "n_iter_no_change": epochs + 1, "tol": 0.0, "random_state": seed, "alpha": 0.0}
        MLPRegressor(hidden_layer_sizes=spec.hidden_widths, batch_size=BATCH, **options).fit(
            fold.training.X, fold.training.y
        )


def torch_func(fold: preparation.PreparedFold, spec: NetworkSpec, networks: int, epochs: int) -> None:
    """torch.func: one vmap over the gradients of all networks, torch's own fused Adam on the stacked parameters."""
    modules = [plain_module(spec) for _ in range(networks)]
    stacked, _ = stack_module_state(modules)
    leaves = {name: values.detach().requires_grad_() for name, values in stacked.items()}
    optimiser = torch.optim.Adam(leaves.values(), lr=1e-3, fused=True)
    X, y = torch.from_numpy(fold.training.X), torch.from_numpy(fold.training.y)
    watched = torch.from_numpy(fold.watching.X)

    def cost(parameters: dict, rows: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return ((functional_call(modules[0], parameters, (rows,))[:, 0] - targets) ** 2).mean()

    slopes = vmap(grad(cost), in_dims=(0, None, None))
    for _ in range(epochs):
        order = torch.randperm(ROWS)
        for start in range(0, ROWS, BATCH):
            chosen = order[start : start + BATCH]
            values = {name: leaf.detach() for name, leaf in leaves.items()}
            for name, slope in slopes(values, X[chosen], y[chosen]).items():
                leaves[name].grad = slope
            optimiser.step()
        with torch.no_grad():
            vmap(lambda p: functional_call(modules[0], p, (watched,)))({k: v.detach() for k, v in leaves.items()})


def plain_module(spec: NetworkSpec) -> torch.nn.Sequential:
    """Linear layers with relu between them."""
    layers = []
    for inputs, units in pairwise(spec.layer_sizes):
        layers += [torch.nn.Linear(inputs, units), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


PEERS: dict[str, Callable] = {
    "engine": lambda *asked: engine(cpu.train_jobs, *asked),
    "scikit-learn": scikit_learn,
    "torch loop": lambda *asked: engine(reference.train_jobs, *asked),
    "torch.func": torch_func,
    "batched torch": lambda *asked: engine(batched.train_jobs, *asked),
}
ALONE = ("scikit-learn", "torch loop")


def seconds_a_network(name: str, fold: preparation.PreparedFold, spec: NetworkSpec, networks: int) -> float:
    """CPU time of a net-epoch; what is done once a call is spread over the epochs as in real use."""
    count, epochs = (1, 2) if name in ALONE else (networks, 20 if name == "engine" else 2)
    begun = time.process_time()
    PEERS[name](fold, spec, count, epochs)
    return (time.process_time() - begun) / (count * epochs)


def one_network_size_a_row(fold: preparation.PreparedFold, repeats: int) -> None:
    """Time of the engine, its share of the peak, and how many times as long the peers take; best of the repeats."""
    print(f"| parameters | networks a call | engine, us a net-epoch | of peak | {' | '.join(list(PEERS)[1:])} |")
    print("|" + "---|" * (len(PEERS) + 3))
    for widths in SINGLE.values():
        spec = NetworkSpec(INPUTS, widths)
        networks = 50 if spec.parameters < 1000 else 10
        best, peak = dict.fromkeys(PEERS, np.inf), 0.0
        for _ in range(repeats):
            peak = max(peak, measure_peak())
            for name in PEERS:
                best[name] = min(best[name], seconds_a_network(name, fold, spec, networks))
        share = spec.training_flops * ROWS / best["engine"] / peak
        ratios = " | ".join(f"{best[name] / best['engine']:.3g}x" for name in list(PEERS)[1:])
        print(f"| {spec.parameters} | {networks} | {best['engine'] * 1e6:.4g} | {share:.0%} | {ratios} |", flush=True)
    print(f"\npeak in the last round: {peak / 1e9:.0f} GFLOP/s\n")


def whole_grid(fold: preparation.PreparedFold) -> None:
    """A net-epoch of every architecture of a grid, peers against the engine, interleaved one by one."""
    specs = [NetworkSpec(INPUTS, widths_near(size, layers)) for layers in range(1, 7) for size in SIZES]
    total = dict.fromkeys(PEERS, 0.0)
    flops, peak = 0.0, measure_peak()
    for spec in specs:
        flops += spec.training_flops * ROWS
        for name in PEERS:
            total[name] += min(seconds_a_network(name, fold, spec, 10) for _ in range(2))
    ratios = ", ".join(f"{name} {total[name] / total['engine']:.3g}x" for name in list(PEERS)[1:])
    share = flops / total["engine"] / peak
    print(
        f"grid of {len(specs)}, 1 to 6 hidden layers: engine {total['engine']:.3f} s, {share:.0%} of peak; {ratios}\n"
    )


def widths_near(parameters: int, hidden_layers: int) -> tuple[int, ...]:
    """Equal widths whose network is nearest to a number of parameters."""
    sizes = [abs(NetworkSpec(INPUTS, (width,) * hidden_layers).parameters - parameters) for width in range(1, 6000)]
    return (int(np.argmin(sizes)) + 1,) * hidden_layers


def threads(fold: preparation.PreparedFold, rounds: int) -> None:
    """The same 80 networks with one and with two threads, beside what two threads of nothing but multiply-adds gain.

    Others use the machine, so each is short, all take turns, and the best of many rounds counts: the round in which
    they were disturbed least. What the multiply-adds reach is what this machine gave to two threads in this run.
    """
    X, y = fold.training.X.astype(float), fold.training.y.astype(float)
    folds = [Fold(np.arange(3000), np.arange(3000, ROWS)), Fold(np.arange(1000, ROWS), np.arange(1000))]
    specs = [NetworkSpec(INPUTS, (width, width)) for width in (16, 20, 24, 32)]

    def train(count: int) -> float:
        options = {"folds": folds, "seeds": range(10), "recipe": Recipe(epochs=40), "device": "cpu", "threads": count}
        return train_networks(specs, X, y, **options).seconds

    # As long as the training, so that both are disturbed alike.
    steps = max(1, round(1_000_000 * min(train(1) for _ in range(3)) / min(burst_seconds(1) for _ in range(3))))
    wall = {("training", 1): np.inf, ("training", 2): np.inf, ("peak", 1): np.inf, ("peak", 2): np.inf}
    cpu_time = {1: np.inf, 2: np.inf}
    for _ in range(rounds):
        for count in (1, 2):
            begun = time.process_time()
            wall["training", count] = min(wall["training", count], train(count))
            cpu_time[count] = min(cpu_time[count], time.process_time() - begun)
            # Twice the work for two threads: the gain is twice the quotient of the times.
            wall["peak", count] = min(wall["peak", count], burst_seconds(count, steps) / count)
    gain = {name: wall[name, 1] / wall[name, 2] for name in ("training", "peak")}
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"two threads: training {gain['training']:.2f}x one by the wall, multiply-adds alone {gain['peak']:.2f}x")
    print(f"two threads take {cpu_time[2] / cpu_time[1]:.2f}x the CPU time of one")
    print(f"best of {rounds} rounds, load averages {load} on {os.cpu_count()} cores")


def cold_compile_seconds() -> float:
    """CPU time of a first call with an empty cache, less that of the call after it."""
    program = (
        "import time, numpy as np\n"
        "from relu_core import *\n"
        "X = np.random.default_rng(0).normal(size=(300, 3))\n"
        "asked = dict(folds=[Fold(range(200), range(200, 300))], seeds=[0], recipe=Recipe(epochs=1), device='cpu')\n"
        "begun = time.process_time()\n"
        "train_networks([NetworkSpec(3, (4,))], X, X[:, 0], **asked)\n"
        "print(time.process_time() - begun)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
    return float(done.stdout)


if __name__ == "__main__":
    main()
