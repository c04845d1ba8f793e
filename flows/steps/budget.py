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


def seconds(charter: Charter, step: str, *, families: int = 1, workers: int = 1) -> float:
    """Seconds of one core that one of `families` equal parts of `step` may take when `workers` run beside each other."""
    return 60.0 * charter.minutes * SHARES[step] * min(workers, families) / families
