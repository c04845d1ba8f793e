"""When a search ends before it is complete, and whom it tells how far it is."""

from collections.abc import Callable
from typing import NamedTuple


class Limits(NamedTuple):
    """Limits of one search.

    gap: relative to the incumbent, or to `floor` where that is larger; a network that beats it by less is not looked
    for. deadline: in time.perf_counter's clock. node_limit: nodes solved. report(lower, upper, nodes): called after
    each chunk, in search units; one that returns True ends the search.
    """

    gap: float
    floor: float
    deadline: float
    node_limit: float
    report: Callable[[float, float, int], bool]

    def cutoff(self, upper: float) -> float:
        """Bound from which on nothing can beat a network of this objective by more than the gap."""
        return upper - self.gap * max(upper, self.floor)
