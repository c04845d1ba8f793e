"""Other tools that count regions, where they are installed: affinitree and relucent.

    python -m tests.benchmarks.region_peers affinitree CASE.npz

prints regions in [-1, 1]^n and CPU seconds. Each runs in a process of its own, with limits on its time and memory: on
networks with ties some of them never end.
"""

import importlib
import importlib.util
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from relu_core import ReluNetwork

MEMORY = 8 * 2**30


def count_affinitree(network: ReluNetwork) -> int:
    """Terminals of the decision tree that affinitree distils inside the box."""
    import affinitree  # type: ignore[import-not-found]

    n = network.input_dim
    layers = affinitree.Architecture(n)
    for depth, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if depth:
            layers.relu()
        layers.linear(affinitree.AffFunc.from_mats(np.array(weight), np.array(bias)))
    box = affinitree.Polytope.hyperrectangle(n, [(-1.0, 1.0)] * n)
    inside = affinitree.AffTree.from_poly(box, affinitree.AffFunc.identity(n), None)
    return affinitree.builder.from_layers(layers, inside, None).num_terminals()


def count_relucent(network: ReluNetwork) -> int:
    """Cells that relucent's search meets inside the box, with one worker."""
    import relucent  # type: ignore[import-not-found]

    cells = relucent.Complex(network.to_torch())
    # A start off the middle: with zero biases all hyperplanes meet there.
    start = np.full((1, network.input_dim), 0.1234)
    cells.bfs(start, cube_radius=1.0, cube_mode="intersect", nworkers=1, verbose=0)
    return len(cells)


PEERS: dict[str, Callable[[ReluNetwork], int]] = {"affinitree": count_affinitree, "relucent": count_relucent}


def installed() -> list[str]:
    """The peers that this Python can import."""
    return [name for name in PEERS if importlib.util.find_spec(name)]


def ask(name: str, case: Path, patience: float) -> str:
    """Count and CPU seconds of one peer in a process of its own, or in a few words why there are none."""
    command = [sys.executable, "-m", "tests.benchmarks.region_peers", name, str(case)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=True).stdout
    except subprocess.TimeoutExpired:
        return f"not within {patience:.0f} s"
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip() or f"ended with {error.returncode}").splitlines()[-1]
        return f"fails: {reason[:60]}"
    return answer.splitlines()[-1]


def cpu_seconds() -> float:
    """CPU seconds of this process and of the workers it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    """Counts one case with one peer."""
    from tests.benchmarks.bench_regions import load

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    name, network = sys.argv[1], load(Path(sys.argv[2]))
    importlib.import_module(name)
    start = cpu_seconds()
    count = PEERS[name](network)
    print(f"\n{count} in {cpu_seconds() - start:.3f} s")


if __name__ == "__main__":
    main()
