"""How the charter's minutes are shared among the steps of an evaluation."""

from flows.charter import Charter

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


def seconds(charter: Charter, step: str) -> float:
    """Seconds on the wall that `step` may take."""
    return 60.0 * charter.minutes * SHARES[step]
