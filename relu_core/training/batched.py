"""The torch engine: networks of one architecture as batched matrix products, for a GPU and for large networks."""

from collections.abc import Callable, Sequence
from itertools import groupby, pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from relu_core.training import streams
from relu_core.training.losses import HUBER_DELTA
from relu_core.training.preparation import Job, Outcome, PreparedFold, Rows
from relu_core.training.recipe import Recipe

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


def train_jobs(
    fold: PreparedFold,
    jobs: Sequence[Job],
    loss: str,
    recipe: Recipe,
    is_cancelled: Callable[[], bool],
    device: str = "cpu",
) -> list[Outcome] | None:
    """Trains the jobs of one fold, those of equal architecture together; None where cancelled."""
    outcomes: dict[int, Outcome] = {}
    numbered = sorted(enumerate(jobs), key=lambda pair: pair[1].spec.layer_sizes)
    for _, same in groupby(numbered, key=lambda pair: pair[1].spec.layer_sizes):
        places, group = zip(*same, strict=True)
        trained = _Batch(fold, group, loss, recipe, device).train(is_cancelled)
        if trained is None:
            return None
        outcomes.update(zip(places, trained, strict=True))
    return [outcomes[place] for place in range(len(jobs))]


class _Batch:
    """N networks of one architecture on one fold; N comes first in all tensors.

    Parameters of a layer are (N, units, inputs + 1), the bias last.
    """

    def __init__(self, fold: PreparedFold, jobs: Sequence[Job], loss: str, recipe: Recipe, device: str) -> None:
        self.fold, self.jobs, self.loss, self.recipe, self.device = fold, jobs, loss, recipe, device
        self.X, self.y, self.weight = (torch.from_numpy(a).to(device) for a in _columns(fold.training))
        self.watched = tuple(torch.from_numpy(a).to(device) for a in _columns(fold.watching))
        self.flat = torch.from_numpy(np.stack([job.start for job in jobs])).to(device)
        self.gradient, self.mean, self.square = (torch.zeros_like(self.flat) for _ in range(3))
        self.layers = _views(self.flat, jobs[0].spec.layer_sizes)
        self.slopes = _views(self.gradient, jobs[0].spec.layer_sizes)
        self.steps = 0

    def train(self, is_cancelled: Callable[[], bool]) -> list[Outcome] | None:
        count, patience = len(self.jobs), self.recipe.patience
        kept, best, best_epoch = self.flat.clone(), np.full(count, np.inf), np.full(count, -1)
        history, running = np.full((count, self.recipe.epochs), np.nan), np.ones(count, dtype=bool)
        lengths = np.zeros(count, dtype=np.int64)
        for epoch, rate in enumerate(self.recipe.learning_rates()):
            if is_cancelled():
                return None
            self._epoch(epoch, float(rate))
            watched = self._watch()
            history[running, epoch], lengths[running] = watched[running], epoch + 1
            running &= np.isfinite(watched)
            better = running & ((watched < best) | (patience == 0))
            best[better], best_epoch[better] = watched[better], epoch
            chosen = torch.from_numpy(better).to(self.device)
            kept[chosen] = self.flat[chosen]
            if patience:
                running &= epoch - best_epoch < patience
            if not running.any():
                break
        parameters = kept.cpu().numpy()
        return [Outcome(parameters[i], history[i, : lengths[i]], int(best_epoch[i])) for i in range(count)]

    def _epoch(self, epoch: int, rate: float) -> None:
        D = len(self.y)
        size = min(self.recipe.batch_size, D)
        batches = -(-D // size)
        # The last minibatch is filled up with row 0 at weight 0: networks meet it at different steps, so all need one
        # shape.
        deal = np.zeros(batches * size, dtype=np.int64)
        deal[:D] = streams.order(streams.deal_key(self.fold.key), epoch, D)
        share = np.full((batches, size), 1.0 / size, dtype=np.float32)
        share[-1] = np.where(np.arange(size) < D - (batches - 1) * size, 1.0 / (D - (batches - 1) * size), 0.0)
        rows = torch.from_numpy(deal.reshape(batches, size)).to(self.device)
        shares = torch.from_numpy(share).to(self.device)
        orders = np.stack([streams.order(job.order_key, epoch, batches) for job in self.jobs], axis=1)
        for step in torch.from_numpy(orders).to(self.device).long():
            self._step(rows[step], shares[step], rate)

    def _step(self, rows: Tensor, share: Tensor, rate: float) -> None:
        activations = self._forward(self.X[rows])
        slope = _row_gradients(self.loss, activations[-1], self.y[rows]) * (self.weight[rows] * share).unsqueeze(-1)
        for i in range(len(self.layers) - 1, -1, -1):
            torch.bmm(slope.transpose(1, 2), activations[i], out=self.slopes[i][..., :-1])
            self.slopes[i][..., -1] = slope.sum(dim=1)
            if i:
                slope = torch.bmm(slope, self.layers[i][..., :-1]) * (activations[i] > 0)
        self._adam(rate)

    def _forward(self, X: Tensor) -> list[Tensor]:
        activations = [X]
        for i, layer in enumerate(self.layers):
            values = torch.baddbmm(layer[..., -1].unsqueeze(1), activations[-1], layer[..., :-1].transpose(1, 2))
            activations.append(values if i == len(self.layers) - 1 else values.relu_())
        return activations

    def _adam(self, rate: float) -> None:
        self.steps += 1
        self.mean.lerp_(self.gradient, 1.0 - _BETA_1)
        self.square.mul_(_BETA_2).addcmul_(self.gradient, self.gradient, value=1.0 - _BETA_2)
        spread = (self.square.sqrt() / (1.0 - _BETA_2**self.steps) ** 0.5).add_(_EPSILON)
        self.flat.mul_(1.0 - rate * self.recipe.weight_decay)
        self.flat.addcdiv_(self.mean, spread, value=-rate / (1.0 - _BETA_1**self.steps))

    def _watch(self) -> np.ndarray:
        X, y, weight = self.watched
        outputs = self._forward(X.expand(len(self.jobs), *X.shape))[-1]
        costs = _row_losses(self.loss, outputs, y.expand(len(self.jobs), -1)) * weight
        return costs.double().mean(dim=1).cpu().numpy()


def _columns(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return rows.X, rows.y, rows.weight


def _views(flat: Tensor, sizes: tuple[int, ...]) -> list[Tensor]:
    views, place = [], 0
    for inputs, units in pairwise(sizes):
        views.append(flat[:, place : place + units * (inputs + 1)].view(len(flat), units, inputs + 1))
        place += units * (inputs + 1)
    return views


def _row_losses(loss: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """What each row costs, (..., b), for outputs (..., b, m) and targets (..., b)."""
    if loss == "softmax":
        chosen = torch.gather(outputs, -1, targets.long().unsqueeze(-1)).squeeze(-1)
        return torch.logsumexp(outputs, dim=-1) - chosen
    first = outputs[..., 0]
    if loss == "logistic":
        return functional.softplus(first) - targets * first
    residual = first - targets
    if loss == "squared":
        return residual**2
    clipped = residual.clamp(-HUBER_DELTA, HUBER_DELTA)
    return clipped * (residual - 0.5 * clipped)


def _row_gradients(loss: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Slope of `_row_losses` in the outputs, (..., b, m)."""
    if loss == "softmax":
        return torch.softmax(outputs, dim=-1) - functional.one_hot(targets.long(), outputs.shape[-1])
    if loss == "logistic":
        return torch.sigmoid(outputs) - targets.unsqueeze(-1)
    residual = outputs - targets.unsqueeze(-1)
    return 2.0 * residual if loss == "squared" else residual.clamp(-HUBER_DELTA, HUBER_DELTA)
