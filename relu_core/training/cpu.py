"""The cpu engine: lays the networks of one fold side by side in memory and runs the compiled kernels over them."""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from relu_core.training import streams
from relu_core.training.cpu_kernels import Dealt, Networks, Room, lay_out, spread_of_outputs, train_epochs
from relu_core.training.losses import LOSSES
from relu_core.training.preparation import Job, Outcome, PreparedFold, Rows
from relu_core.training.recipe import Floats32, Recipe

# Lanes: rows that go through a network together. 64 is one stripe of the vector blocks; at 128 the sums over lanes cost
# little.
_FEW, _MANY = 64, 128
# With more hidden units than this, activations of 128 lanes no longer fit the second-level cache beside the weights.
_MANY_UNITS = 1500
# Flat parameters of each network begin at a multiple of this, so that no vector holds parameters of two networks.
_ALIGN = 16
# Arrays begin at a multiple of so many bytes, a cache line: a vector that lies in two of them takes twice as long.
_LINE = 64
# Between two looks at the clock the kernels run about this long.
_SECONDS = 0.05


def train_jobs(
    fold: PreparedFold, jobs: Sequence[Job], loss: str, recipe: Recipe, is_cancelled: Callable[[], bool]
) -> list[Outcome] | None:
    """Trains the jobs of one fold in this thread; None where cancelled. A job's bits do not depend on the others."""
    outcomes: dict[int, Outcome] = {}
    batch = min(recipe.batch_size, len(fold.training.y))
    wanted = [_lanes(job, batch) for job in jobs]
    for lanes in sorted(set(wanted)):
        places = [place for place, width in enumerate(wanted) if width == lanes]
        trained = _train_in_lanes(fold, [jobs[place] for place in places], loss, recipe, lanes, is_cancelled)
        if trained is None:
            return None
        outcomes.update(zip(places, trained, strict=True))
    return [outcomes[place] for place in range(len(jobs))]


def spreads_of_outputs(fold: PreparedFold, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> list[float]:
    """For each trained job the largest deviation of its outputs over the validation rows, in scaled units."""
    rows, most = _laid_out(fold.validation, _MANY), 0
    for job in jobs:
        most = max(most, sum(width + 1 for width in job.spec.layer_sizes[1:]))
    activations, D = _zeros(most * _MANY), len(fold.validation.y)
    return [
        spread_of_outputs(outcome.parameters, np.array(job.spec.layer_sizes), rows, D, _MANY, activations)
        for job, outcome in zip(jobs, outcomes, strict=True)
    ]


def _lanes(job: Job, batch: int) -> int:
    return _FEW if batch <= _FEW or sum(job.spec.hidden_widths) > _MANY_UNITS else _MANY


def _train_in_lanes(
    fold: PreparedFold, jobs: list[Job], loss: str, recipe: Recipe, lanes: int, is_cancelled: Callable[[], bool]
) -> list[Outcome] | None:
    D = len(fold.training.y)
    batch = min(recipe.batch_size, D)
    dealt = _empty_stripes(D, fold.training.X.shape[1], batch, lanes)
    watched = _laid_out(fold.watching, lanes)
    networks, room = _networks(jobs, recipe), _room(jobs, D, batch, lanes)
    rates, key, code = recipe.learning_rates(), streams.deal_key(fold.key), LOSSES.index(loss)
    epoch, running, span = 0, len(jobs), 1
    while epoch < recipe.epochs and running:
        if is_cancelled():
            return None
        begun, last = time.perf_counter(), min(recipe.epochs, epoch + span)
        running = train_epochs(
            *(code, (epoch, last), rates, recipe.weight_decay, recipe.patience, key, batch, lanes),
            *(fold.training, watched, dealt, networks, room),
        )
        seconds_an_epoch = (time.perf_counter() - begun) / (last - epoch)
        epoch, span = last, max(1, int(_SECONDS / max(seconds_an_epoch, 1e-6)))
    return [_outcome(networks, i, job) for i, job in enumerate(jobs)]


def _empty_stripes(D: int, n: int, batch: int, lanes: int) -> Dealt:
    stripes = -(-D // batch) * -(-batch // lanes)
    return Dealt(_zeros(stripes, (n + 1) * lanes), _zeros(stripes, lanes), _zeros(stripes, lanes))


def _zeros(*shape: int) -> Floats32:
    flat = np.zeros(math.prod(shape) + _LINE // 4, np.float32)
    first = -flat.ctypes.data % _LINE // 4
    return flat[first : first + math.prod(shape)].reshape(shape)


def _laid_out(rows: Rows, lanes: int) -> Dealt:
    D = len(rows.y)
    dealt = _empty_stripes(D, rows.X.shape[1], D, lanes)
    lay_out(rows.X, rows.y, rows.weight, np.arange(D, dtype=np.uint32), D, lanes, dealt)
    return dealt


def _networks(jobs: Sequence[Job], recipe: Recipe) -> Networks:
    count = len(jobs)
    sizes = np.zeros((count, max(len(job.spec.layer_sizes) for job in jobs)), np.int64)
    for i, job in enumerate(jobs):
        sizes[i, : len(job.spec.layer_sizes)] = job.spec.layer_sizes
    lengths = [-(-len(job.start) // _ALIGN) * _ALIGN for job in jobs]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    parameters, kept, mean, square = (_zeros(start[-1]) for _ in range(4))
    for i, job in enumerate(jobs):
        parameters[start[i] : start[i] + len(job.start)] = job.start
    kept[:] = parameters
    return Networks(
        sizes=sizes,
        layers=np.array([len(job.spec.layer_sizes) - 1 for job in jobs], np.int64),
        start=start,
        parameters=parameters,
        mean=mean,
        square=square,
        kept=kept,
        keys=np.array([job.order_key for job in jobs], np.uint64),
        decay=np.ones((count, 2)),
        running=np.ones(count, np.bool_),
        best=np.full(count, np.inf),
        best_epoch=np.full(count, -1, np.int64),
        history=np.full((count, recipe.epochs), np.nan),
        epochs=np.zeros(count, np.int64),
    )


def _room(jobs: Sequence[Job], D: int, batch: int, lanes: int) -> Room:
    units = max(sum(width + 1 for width in job.spec.layer_sizes[1:]) for job in jobs)
    widest = max(max(job.spec.layer_sizes) for job in jobs)
    longest = -(-max(len(job.start) for job in jobs) // _ALIGN) * _ALIGN
    return Room(
        activations=_zeros(units * lanes),
        slopes=_zeros(widest * lanes),
        other_slopes=_zeros(widest * lanes),
        gradient=_zeros(longest),
        rows=np.empty(D, np.uint32),
        batches=np.empty(-(-D // batch), np.uint32),
        scratch=_zeros(3 * lanes),
    )


def _outcome(networks: Networks, i: int, job: Job) -> Outcome:
    start, epochs = networks.start[i], networks.epochs[i]
    parameters = networks.kept[start : start + len(job.start)].copy()
    return Outcome(parameters, networks.history[i, :epochs].copy(), int(networks.best_epoch[i]))
