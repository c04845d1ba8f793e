"""Region counts beside the prototypes, in one run on one thread: case, count, seconds, prototype's seconds, ratio.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_regions --cases FOLDER [--prototypes FOLDER] [CASE ...]

CPU seconds, the best of several runs taken in turns, so that other load on the machine hits both alike. Compile time is
measured apart.
"""

import argparse
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from relu_core import ReluNetwork, count_regions, regions_on_segment
from tests.benchmarks import region_peers


def load(path: Path) -> ReluNetwork:
    """A case: W0, b0, W1, b1, ... in one npz file."""
    with np.load(path) as arrays:
        layers = range(len(arrays.files) // 2)
        return ReluNetwork([arrays[f"W{i}"] for i in layers], [arrays[f"b{i}"] for i in layers])


def he_network(widths: list[int], seed: int, bias: float) -> ReluNetwork:
    """The generator of the cases, for the one too large to be stored (n1_1024x4)."""
    chance, weights, biases = np.random.default_rng(seed), [], []
    for inputs, outputs in pairwise(widths):
        weights.append(chance.normal(0, np.sqrt(2.0 / inputs), (outputs, inputs)))
        biases.append(chance.normal(0, bias, outputs))
    return ReluNetwork(weights, biases)


def ours(network: ReluNetwork) -> int:
    """Activation regions in [-1, 1]^n."""
    return count_regions(network, -np.ones(network.input_dim), np.ones(network.input_dim)).count


def prototypes(folder: Path | None) -> dict[str, Callable[[ReluNetwork], int]]:
    """The throw-away programs that stand for the peers: on a line, by cells, by the skeleton."""
    if folder is None:
        return {}
    sys.path.insert(0, str(folder))
    line, cells, skeleton = (importlib.import_module(name) for name in ("proto", "proto3", "skel"))
    return {
        "line": lambda network: line.count1d(network.weights, network.biases),
        "cells": lambda network: cells.count2(network.weights, network.biases)[0],
        "skeleton": lambda network: skeleton.count(network.weights, network.biases)[0],
    }


def suitable(network: ReluNetwork, programs: dict[str, Callable[[ReluNetwork], int]]) -> dict:
    """The prototypes that can count this network."""
    names = ("line",) if network.input_dim == 1 else ("cells",) if network.input_dim == 2 else ("cells", "skeleton")
    return {name: programs[name] for name in names if name in programs}


def best_seconds(
    programs: dict[str, Callable[[ReluNetwork], int]], network: ReluNetwork, patience: float
) -> dict[str, float]:
    """Least CPU seconds of each program, run in turns until `patience` seconds are used."""
    best, begin = dict.fromkeys(programs, float("inf")), time.perf_counter()
    for turn in range(50):
        for name, program in programs.items():
            start = time.process_time()
            program(network)
            best[name] = min(best[name], time.process_time() - start)
        if turn and time.perf_counter() - begin > patience:
            break
    return best


def measure(name: str, network: ReluNetwork, expected: int, others: dict, patience: float) -> str:
    """One line of the table."""
    count = ours(network)
    programs = {"ours": ours, **suitable(network, others)}
    for program in programs.values():
        program(network)
    best = best_seconds(programs, network, patience)
    mine = best.pop("ours")
    fastest = min(best, key=lambda key: best[key]) if best else ""
    peer = f"{best[fastest]:.5f} | {best[fastest] / mine:.2f}" if best else "- | -"
    verdict = "" if count == expected else f" (expected {expected})"
    return f"| {name} | {count}{verdict} | {mine:.5f} | {peer} | {fastest} |"


def compile_seconds() -> float:
    """CPU seconds of the first calls in this process: compiling, or loading what an earlier process compiled."""
    start = time.process_time()
    for n in (1, 2, 3):
        network = he_network([n, 4, 4, 1], 0, 0.3)
        ours(network)
        count_regions(network, -np.ones(n), np.ones(n), kind="linear")
    return time.process_time() - start


def segments() -> float:
    """CPU seconds for 1,000 segments through a network of 6 inputs and 3 layers of 32 units."""
    network, chance = he_network([6, 32, 32, 32, 1], 0, 0.3), np.random.default_rng(0)
    start, end = chance.uniform(-1, 1, (2, 1000, 6))
    return best_seconds({"ours": lambda n: len(regions_on_segment(n, start, end).slopes)}, network, 2.0)["ours"]


def compare_peers(peers: list[str], options: argparse.Namespace, expected: dict) -> None:
    """Prints what other tools answer on the cases small enough for them."""
    print("\n| case | regions | " + " | ".join(peers) + " |\n" + "|---" * (2 + len(peers)) + "|")
    for name in options.names or expected:
        path, count = options.cases / f"{name}.npz", expected[name]["activation_regions"]
        if path.exists() and count <= options.peer_regions:
            answers = [region_peers.ask(peer, path, options.peer_patience) for peer in peers]
            print(f"| {name} | {count} | " + " | ".join(answers) + " |", flush=True)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="cases; all of the folder if none is given")
    parser.add_argument("--cases", type=Path, required=True, help="folder of the npz files and expected.json")
    parser.add_argument("--prototypes", type=Path, help="folder of the prototypes")
    parser.add_argument("--patience", type=float, default=3.0, help="seconds a case")
    parser.add_argument("--peer-regions", type=int, default=4000, help="largest case given to other tools installed")
    parser.add_argument("--peer-patience", type=float, default=120.0, help="seconds a case for each of them")
    options = parser.parse_args()
    expected = json.loads((options.cases / "expected.json").read_text())["cases"]
    print(f"compiling or loading: {compile_seconds():.2f} CPU s; 1,000 segments: {segments():.3f} CPU s")
    print("| case | regions | CPU s | prototype CPU s | ratio | prototype |\n|---|---|---|---|---|---|")
    others = prototypes(options.prototypes)
    for name in options.names or expected:
        path = options.cases / f"{name}.npz"
        network = load(path) if path.exists() else he_network([1, 1024, 1024, 1024, 1024, 1], 3, 0.1)
        degenerate = name.startswith("d")
        programs = {} if degenerate else others
        print(measure(name, network, expected[name]["activation_regions"], programs, options.patience), flush=True)
    if peers := region_peers.installed():
        compare_peers(peers, options, expected)
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\nStopped by the keyboard; the lines above stand.", file=sys.stderr)
        sys.exit(130)
