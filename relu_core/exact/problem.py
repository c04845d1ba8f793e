"""The training problem in the search's own units: inputs whitened, targets standardised, weights summing to one.

f(x) = c + sum_j s_j relu(v_j . [x, 1]) with s_j = -1 or 1: any output weight is absorbed in v_j, since relu is
positively homogeneous. Collinear inputs lose a dimension here; the map back gives the smallest weights that agree.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.exact.losses import LOSSES, check_targets, row_losses
from relu_core.exact.whitening_kernels import matrix_product, orthonormal, principal_axes
from relu_core.network import ReluNetwork

# Singular values below this share of the largest are rounding: the column is collinear.
RANK_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Problem:
    """One training problem, ready for the search.

    rows (D, M): whitened inputs with a trailing 1, so M is at most n + 1. y (D,), weight (D,): search units, weights
    sum to 1. back (n + 1, M): search weights of a unit -> user weights [v, b] over `y_scale`; forward (n + 1, M): the
    way there, [v, b] @ forward. loss_scale: user loss over search loss. delta (Huber's width),
    weight_decay and max_norm are in search units. options: what `make_problem` was told, to do it again.
    """

    rows: Floats
    y: Floats
    weight: Floats
    width: int
    loss: str
    delta: float
    back: Floats
    forward: Floats
    y_mean: float
    y_scale: float
    loss_scale: float
    output_bias: bool
    weight_decay: float
    max_norm: float
    options: dict[str, Any]

    def penalty(self, units: Floats) -> float:
        """weight_decay times the sum of the units' norms, search units; units (w, M)."""
        seen = matrix_product(units, self.back.T)
        return float(self.weight_decay * np.sqrt((seen * seen).sum(axis=1)).sum())

    def value(self, signs: Floats, units: Floats, bias: float) -> float:
        """Objective in search units of the network with output weights signs (w,), units (w, M), output bias."""
        active = np.maximum(matrix_product(self.rows, units.T), 0.0)
        outputs = matrix_product(active, signs[:, None])[:, 0] + bias
        losses = row_losses(self.loss, outputs, self.y, self.delta)
        return float((self.weight * losses).sum()) + self.penalty(units)

    def network(self, signs: Floats, units: Floats, bias: float) -> ReluNetwork:
        """The network in the user's units; missing units are filled with zeros up to the width."""
        filled, weights = np.ones(self.width), np.zeros((self.width, self.back.shape[0]))
        filled[: len(signs)] = signs
        weights[: len(signs)] = matrix_product(self.y_scale * units, self.back.T)
        output_bias = self.y_mean + self.y_scale * bias
        return ReluNetwork([weights[:, :-1], filled[None, :]], [weights[:, -1], np.array([output_bias])])

    @property
    def plain(self) -> bool:
        """Whether nothing is asked of the units' norms."""
        return self.weight_decay == 0 and bool(np.isinf(self.max_norm))

    @property
    def constant_value(self) -> float:
        """Objective in search units of a constant output: the scale that a gap is measured against near zero."""
        constants = np.append(np.quantile(self.y, np.linspace(0.0, 1.0, 33)), 0.0) if self.output_bias else np.zeros(1)
        losses = row_losses(self.loss, constants[:, None], self.y[None, :], self.delta)
        # targets are standardised: below this a loss is zero, however small the constant's is
        return max(1e-3, float((losses * self.weight).sum(axis=1).min()))


def make_problem(
    X: ArrayLike,
    y: ArrayLike,
    width: int,
    *,
    loss: str,
    output_bias: bool = True,
    weight_decay: float = 0.0,
    max_norm: float | None = None,
    sample_weight: ArrayLike | None = None,
) -> Problem:
    """Checks everything that enters exact training and puts it in the search's units."""
    X = arguments.rows(X)
    D = len(X)
    y = arguments.targets(y, D)
    width = arguments.positive_integer(width, "width")
    check_targets(y, arguments.one_of(loss, LOSSES, "loss"))
    weight = _weights(sample_weight, D)
    if max_norm is not None and not max_norm > 0:
        raise ArgumentError(f"max_norm is {max_norm!r}; pass a number above 0, or None for weights without a bound")
    kept = weight > 0
    rows, back, forward = whiten(X[kept], weight[kept])
    y_mean, y_scale = _target_scale(y[kept], weight[kept], loss, output_bias)
    loss_scale = y_scale if loss == "absolute" else y_scale**2
    return Problem(
        rows=rows,
        y=(y[kept] - y_mean) / y_scale,
        weight=weight[kept],
        width=width,
        loss=loss,
        delta=1.0 / y_scale,
        back=back,
        forward=forward,
        y_mean=y_mean,
        y_scale=y_scale,
        loss_scale=loss_scale,
        output_bias=bool(output_bias),
        weight_decay=arguments.not_negative(weight_decay, "weight_decay") * y_scale / loss_scale,
        max_norm=np.inf if max_norm is None else float(max_norm) / y_scale,
        options={
            "width": width,
            "loss": loss,
            "output_bias": output_bias,
            "weight_decay": weight_decay,
            "max_norm": max_norm,
            "sample_weight": sample_weight,
        },
    )


def whiten(X: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Rows (D, M) with unit covariance and a trailing 1; back and forward (n + 1, M) as Problem has them."""
    mean = (weight[:, None] * X).sum(axis=0)
    scale = np.sqrt((weight[:, None] * (X - mean) ** 2).sum(axis=0))
    scale = np.where(scale > 1e-13 * (np.abs(mean) + scale), scale, 0.0)
    flat = np.divide(X - mean, scale, out=np.zeros_like(X), where=scale > 0)
    length, axes = principal_axes(np.ascontiguousarray((flat * np.sqrt(weight)[:, None]).T))
    kept = length > RANK_TOLERANCE * max(1.0, length.max(initial=0.0))
    spread, basis = length[kept], axes[kept]
    rows = np.column_stack([matrix_product(flat, basis.T) / spread, np.ones(len(X))])
    n, m = X.shape[1], len(spread)
    size = np.where(scale > 0, scale, 1.0)
    back = np.zeros((n + 1, m + 1))
    back[:n, :m] = basis.T / spread / size[:, None]
    back[n, :m], back[n, m] = -matrix_product(mean[None, :], back[:n, :m])[0], 1.0
    forward = np.zeros((n + 1, m + 1))
    forward[:n, :m], forward[:n, m], forward[n, m] = scale[:, None] * basis.T * spread, mean, 1.0
    if m < n:
        null = _invisible(axes[~kept], mean, size)
        # of all weights that agree on the data a norm penalty asks for the smallest
        back = back - matrix_product(null, matrix_product(null.T, back))
    return rows, back, forward


def _invisible(complement: Floats, mean: Floats, size: Floats) -> Floats:
    """Orthonormal columns [v, b] that are zero on every row of the data; complement: axes without length."""
    columns = complement.T / size[:, None]
    return orthonormal(np.vstack([columns, -matrix_product(mean[None, :], columns)]))


def _weights(sample_weight: ArrayLike | None, D: int) -> Floats:
    if sample_weight is None:
        return np.full(D, 1.0 / D)
    weight = arguments.targets(sample_weight, D, "sample_weight")
    if (weight < 0).any() or not weight.sum() > 0:
        raise ArgumentError("sample_weight has a negative entry or only zeros; pass weights of at least 0, some above")
    return weight / weight.sum()


def _target_scale(y: Floats, weight: Floats, loss: str, output_bias: bool) -> tuple[float, float]:
    """Shift and scale of the targets. Without an output bias, and for classes, nothing may be shifted."""
    if loss in ("hinge", "logistic"):
        return 0.0, 1.0
    mean = float((weight * y).sum()) if output_bias else 0.0
    scale = float(np.sqrt((weight * (y - mean) ** 2).sum()))
    return mean, scale if scale > 1e-14 * (1.0 + abs(mean)) else 1.0
