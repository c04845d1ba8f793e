"""The plain way: a torch module, an optimiser and a loop for each network. Slow, obviously right; the yardstick."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from relu_core.training import streams
from relu_core.training.losses import HUBER_DELTA
from relu_core.training.preparation import Job, Outcome, PreparedFold, Rows
from relu_core.training.recipe import Floats32, Recipe


def train_jobs(
    fold: PreparedFold, jobs: Sequence[Job], loss: str, recipe: Recipe, is_cancelled: Callable[[], bool]
) -> list[Outcome] | None:
    """Trains the jobs of one fold one after the other; None where cancelled."""
    outcomes = []
    for job in jobs:
        outcome = _train_one(fold, job, loss, recipe, is_cancelled)
        if outcome is None:
            return None
        outcomes.append(outcome)
    return outcomes


def _train_one(
    fold: PreparedFold, job: Job, loss: str, recipe: Recipe, is_cancelled: Callable[[], bool]
) -> Outcome | None:
    module = _module(job)
    optimiser = torch.optim.AdamW(module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    kept, history, best, best_epoch = job.start, [], np.inf, -1
    for epoch, rate in enumerate(recipe.learning_rates()):
        if is_cancelled():
            return None
        optimiser.param_groups[0]["lr"] = rate
        for rows in _minibatches(fold, job, recipe, epoch):
            optimiser.zero_grad()
            _mean_loss(module, fold.training, rows, loss).backward()
            optimiser.step()
        with torch.no_grad():
            history.append(float(_mean_loss(module, fold.watching, np.arange(len(fold.watching.y)), loss)))
        if not np.isfinite(history[-1]):
            break
        if recipe.patience == 0 or history[-1] < best:
            best, best_epoch, kept = history[-1], epoch, _flat(module)
        elif epoch - best_epoch >= recipe.patience:
            break
    return Outcome(kept, np.array(history), best_epoch)


def _minibatches(fold: PreparedFold, job: Job, recipe: Recipe, epoch: int) -> list[np.ndarray]:
    D = len(fold.training.y)
    size = min(recipe.batch_size, D)
    deal = streams.order(streams.deal_key(fold.key), epoch, D)
    batches = [deal[start : start + size] for start in range(0, D, size)]
    return [batches[i] for i in streams.order(job.order_key, epoch, len(batches))]


def _mean_loss(module: nn.Module, rows: Rows, chosen: np.ndarray, loss: str) -> torch.Tensor:
    outputs = module(torch.from_numpy(rows.X[chosen]))
    targets = torch.from_numpy(rows.y[chosen])
    if loss == "softmax":
        costs = functional.cross_entropy(outputs, targets.long(), reduction="none")
    elif loss == "logistic":
        costs = functional.binary_cross_entropy_with_logits(outputs[:, 0], targets, reduction="none")
    elif loss == "huber":
        costs = functional.huber_loss(outputs[:, 0], targets, reduction="none", delta=HUBER_DELTA)
    else:
        costs = functional.mse_loss(outputs[:, 0], targets, reduction="none")
    return (costs * torch.from_numpy(rows.weight[chosen])).mean()


def _module(job: Job) -> nn.Sequential:
    layers: list[nn.Module] = []
    place, sizes = 0, job.spec.layer_sizes
    for inputs, units in itertools.pairwise(sizes):
        values = torch.from_numpy(job.start[place : place + units * (inputs + 1)].reshape(units, inputs + 1))
        place += values.numel()
        layer = nn.Linear(inputs, units)
        with torch.no_grad():
            layer.weight.copy_(values[:, :-1])
            layer.bias.copy_(values[:, -1])
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _flat(module: nn.Sequential) -> Floats32:
    layers = [layer for layer in module if isinstance(layer, nn.Linear)]
    rows = [torch.cat([layer.weight, layer.bias[:, None]], dim=1).ravel() for layer in layers]
    return torch.cat(rows).detach().numpy().copy()
