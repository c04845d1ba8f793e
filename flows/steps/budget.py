"""How the charter's minutes are shared among the steps of an evaluation."""

from flows.charter import Charter
from relu_core.comparison import operations_in

# Part of the whole, in the order of the steps; they add up to 1. Measured on the two cores of one plant server.
SHARES = {
    "simple models": 0.05,
    "coarse sweep": 0.12,
    "recipes": 0.15,
    "smallest networks": 0.38,
    "learning curve": 0.10,
    "proven optimum": 0.08,
    "untouched rows": 0.06,
    "regions": 0.04,
    "delivery": 0.02,
}
# Steps of different families run side by side on this many cores.
WORKERS = 2
# Cells that a proof may look at for each minute of the charter, and at most: counted, because a clock would make the
# certificate depend on what else the machine does.
NODES_A_MINUTE, MOST_NODES = 800, 20_000
# Seconds after which a proof is cut all the same; a first run compiles inside them.
PROOF_SECONDS = 240.0


def proof_nodes(charter: Charter) -> int:
    """Cells that each of the two proofs of the yardstick may look at."""
    return int(min(MOST_NODES, max(1, NODES_A_MINUTE * charter.minutes)))


def operations(charter: Charter, step: str) -> float:
    """Operations that a step of SHARES may take: counted, so that fast and slow machines leave out the same."""
    return SHARES[step] * operations_in(charter.minutes, WORKERS)
