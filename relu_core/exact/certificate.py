"""GlobalFit: the best network found, how much better any other could be, and the means to check both."""

from dataclasses import dataclass, field

from numpy.typing import ArrayLike

from relu_core.network import ReluNetwork

# Near zero loss a relative gap means nothing: the gap is then relative to this share of a constant output's loss.
GAP_FLOOR = 1e-3
PROVEN_GAP = 1e-6


@dataclass(frozen=True)
class Verification:
    """What a recheck found. upper: the network's objective on the given rows. lower: what the stored duals prove.

    holds: both bounds of the fit are confirmed to rounding. lower_checked: False where no duals were stored.
    leaves: cells rechecked. reason: one sentence.
    """

    upper: float
    lower: float
    holds: bool
    lower_checked: bool
    leaves: int
    reason: str


@dataclass(frozen=True, eq=False)
class GlobalFit:
    """A network and the proof of how good it is; all values are means over rows, in the user's units.

    network: the incumbent. lower <= global optimum <= upper, where upper is the incumbent's objective (mean loss, plus
    weight_decay times the sum of the units' norms).
    gap: (upper - lower) / max(upper, 0.001 x the best constant's loss).
    status: "proven" gap at most 1e-6 (the search is complete) | "gap" the asked gap is reached, or float64 can
    divide no further | "time" | "nodes" a limit (or the callback) ended the search; both bounds hold in every case.
    nodes: cells (or programs) solved. seconds: wall time. max_weight: largest absolute weight or bias of a hidden unit
    with its output weight absorbed; optima without weight_decay and max_norm may have very large ones.
    assumptions: what the certificate rests on, in words.
    """

    network: ReluNetwork
    lower: float
    upper: float
    gap: float
    status: str
    nodes: int
    seconds: float
    max_weight: float
    assumptions: tuple[str, ...]
    proof: object = field(default=None, repr=False)

    def verify(self, X: ArrayLike, y: ArrayLike) -> Verification:
        """Rechecks upper from the weights and lower from the stored duals; X (D, n), y (D,) as they were fitted.

        The search's code takes no part. Where no duals are stored (enumeration), `lower_checked` is False.
        """
        from relu_core.exact.verify import verify_fit  # the record is made by modules that verify knows

        return verify_fit(self, X, y)


def relative_gap(lower: float, upper: float, constant_value: float) -> float:
    """Distance of the bounds as `GlobalFit.gap` measures it; 0 where both are 0."""
    distance = max(0.0, upper - lower)
    return distance / max(upper, GAP_FLOOR * constant_value) if distance else 0.0
