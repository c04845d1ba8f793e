"""PlantedProblem: data together with the verdict it must lead to, and why."""

from dataclasses import dataclass

import numpy as np

from relu_core.arguments import Floats
from relu_core.comparison.promise import Criteria
from relu_core.network import ReluNetwork
from relu_core.theory import compose


@dataclass(frozen=True, eq=False)
class PlantedProblem:
    """Rows whose right verdict is known.

    kind: which generator. X: (D, n) sensor values. y: (D,), 0/1 where task is "binary", any number in "regression".
    columns: n names. criteria: the promise (metric, target, kill) under which the verdict holds. expected_verdict: its
    code. derivation: why, in plain words. split_rule: "chance", "group" or "time", with groups (D,) and times (D,)
    where there are any. leaks: columns that give the answer away and must not be used. truth: the function behind y as
    a network of the units of X, where there is one. planted_ratio: parameters that a trained network with one hidden
    layer needs, over those of the best deeper one, at least; 1 where depth is no help.
    """

    kind: str
    X: Floats
    y: Floats
    task: str
    columns: tuple[str, ...]
    criteria: Criteria
    expected_verdict: str
    derivation: str
    split_rule: str = "chance"
    groups: np.ndarray | None = None
    times: Floats | None = None
    leaks: tuple[str, ...] = ()
    truth: ReluNetwork | None = None
    planted_ratio: float = 1.0

    def representable(self, hidden_layers: int) -> int:
        """Parameters of a network with that many hidden layers that is known to hold `truth`; 0 where none is known.

        More layers than the truth has pass its output on, relu(z) - relu(-z), layer by layer.
        """
        if self.truth is None or hidden_layers < len(self.truth.hidden_widths):
            return 0
        more = hidden_layers - len(self.truth.hidden_widths)
        return compose(_passed_on(more), self.truth).parameters if more else self.truth.parameters


def _passed_on(layers: int) -> ReluNetwork:
    """z -> z with `layers` hidden layers of two units."""
    weights = [np.array([[1.0], [-1.0]]), *[np.eye(2)] * (layers - 1), np.array([[1.0, -1.0]])]
    return ReluNetwork(weights, [np.zeros(len(weight)) for weight in weights])
