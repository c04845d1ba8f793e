"""train_networks: many architectures, folds and seeds in one call; picks the engine and keeps the clock."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from threading import Event

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.training import cpu
from relu_core.training.losses import CLASSIFYING, LOSSES
from relu_core.training.preparation import (
    Job,
    Outcome,
    PreparedFold,
    Question,
    prepare_fold,
    prepare_job,
    sample_weights,
    to_network,
)
from relu_core.training.recipe import Recipe
from relu_core.training.records import (
    Fold,
    MatrixFold,
    NetworkSpec,
    TrainedNetwork,
    TrainingProgress,
    TrainingResult,
)

DEVICES = ("auto", "cpu", "cuda")
# A chunk is what one thread trains at a time: enough networks to share one gather, little enough to lose when time runs
# out.
_CHUNK_NETWORKS = 64
_CHUNK_FLOPS = 1e11
# Operations that take about as long as gathering one number for an epoch.
_GATHER_FLOPS = 250.0
# Chunks this little slower than the best are as good: of those the smallest, as networks may stop early. But each has
# to be set up, so no more of them than that for each thread.
_AS_GOOD = 1.02
_CHUNKS_A_THREAD = 8
# A GPU wants many networks a step: it starts some thirty kernels, however small the networks are.
_CUDA_NETWORKS = 1024
# Below this, by estimate, starting those kernels takes longer than one cpu thread takes for the networks.
_CUDA_PARAMETERS = 5000
# Outputs that vary less than this over the validation rows (targets have deviation 1, logits are as they are) mean a
# constant.
_CONSTANT = 1e-3

Place = tuple[int, int, int]
Engine = Callable[[PreparedFold, Sequence[Job], str, Recipe, Callable[[], bool]], list[Outcome] | None]


def train_networks(
    specs: Sequence[NetworkSpec],
    X: ArrayLike | None,
    y: ArrayLike | None,
    *,
    loss: str = "squared",
    folds: Sequence[Fold | MatrixFold],
    seeds: Iterable[int],
    recipe: Recipe,
    sample_weight: ArrayLike | None = None,
    class_weight: str | Sequence[float] | None = None,
    device: str = "auto",
    threads: int = 1,
    time_limit: float | None = None,
    callback: Callable[[TrainingProgress], bool | None] | None = None,
) -> TrainingResult:
    """One network for every architecture, fold and seed, trained with Adam by one recipe in float32.

    specs: architectures with equal n and m. X (D, n): sensor values in plant units; y (D,): a number, a class 0 or 1
    (logistic), a class 0 to m - 1 (softmax). X and y may be None when every fold is a `MatrixFold`. loss: "squared",
    "huber" (linear beyond one standard deviation of the target), "logistic" (m = 1, the output is the logit), "softmax"
    (m logits).
    folds: which rows to learn from, see `Fold`; inputs and numbers to predict are standardised by the training rows of
    each fold, and that scaling is folded into the first and last layer. seeds: one network each; the same seed gives
    the same bits on every processor, whatever else is trained beside it, in however many threads. sample_weight
    (D,): importance of rows. class_weight: "balanced" or one number a class.
    device: "cpu" (compiled), "cuda" (torch) or "auto" (cuda for large networks where there is one). threads: networks
    trained at the same time on the cpu.
    time_limit: seconds; networks not finished by then are missing. callback: told the progress; a true answer stops the
    training. Networks are trained seed by seed, so that what a time limit leaves has all architectures and folds.
    Refuses: missing values, targets that do not suit the loss, one class or one value only, rows that are no rows of X.
    Sources: Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (weight decay).
    """
    begun = time.perf_counter()
    specs, seeds = list(specs), list(seeds)
    _check_asked(specs, folds, seeds, recipe)
    device = _device(device, max(spec.parameters for spec in specs))
    question = Question(arguments.one_of(loss, LOSSES, "loss"), specs[0].m, class_weight)
    prepared = _prepare(X, y, sample_weight, folds, specs[0].n, question)
    jobs = _seed_by_seed(specs, len(folds), seeds)
    threads = arguments.positive_integer(threads, "threads") if device == "cpu" else 1
    chunks = _chunks(jobs, prepared, recipe, device, threads)
    clock = _Clock(begun, time_limit, callback, len(jobs))
    work = partial(_train_chunk, prepared, recipe, loss, _engine(device), clock.is_over)
    records: dict[Place, TrainedNetwork] = {}
    for finished in _run(work, chunks, threads, clock):
        records.update(finished)
        clock.tell(len(records))
    order = sorted(jobs)
    return TrainingResult(
        records=tuple(records[place] for place in order if place in records),
        missing=tuple(jobs[place] for place in order if place not in records),
        seconds=time.perf_counter() - begun,
        engine=device,
    )


@dataclass(frozen=True, eq=False)
class _Chunk:
    fold: int
    places: tuple[Place, ...]
    asked: tuple[tuple[NetworkSpec, int, int], ...]


class _Clock:
    """Says when to stop: at the time limit, or when the caller said so."""

    def __init__(
        self,
        begun: float,
        time_limit: float | None,
        callback: Callable[[TrainingProgress], bool | None] | None,
        total: int,
    ) -> None:
        limit = np.inf if time_limit is None else arguments.not_negative(time_limit, "time_limit")
        self._begun, self._end, self._callback, self._total = begun, begun + limit, callback, total
        self._stopped = Event()

    def is_over(self) -> bool:
        return self._stopped.is_set() or time.perf_counter() >= self._end

    def stop(self) -> None:
        self._stopped.set()

    def tell(self, done: int) -> None:
        progress = TrainingProgress(done, self._total, time.perf_counter() - self._begun)
        if self._callback is not None and self._callback(progress):
            self.stop()


def _run(
    work: Callable[[_Chunk], dict[Place, TrainedNetwork]], chunks: list[_Chunk], threads: int, clock: _Clock
) -> Iterator[dict[Place, TrainedNetwork]]:
    if threads == 1:
        yield from map(work, chunks)
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            for future in as_completed([pool.submit(work, chunk) for chunk in chunks]):
                yield future.result()
        finally:
            # An error or an interrupt must not wait for the chunks still in line.
            clock.stop()


def _train_chunk(
    prepared: list[PreparedFold], recipe: Recipe, loss: str, engine: Engine, is_over: Callable[[], bool], chunk: _Chunk
) -> dict[Place, TrainedNetwork]:
    if is_over():
        return {}
    begun, fold = time.perf_counter(), prepared[chunk.fold]
    jobs = [prepare_job(spec, fold, seed, recipe) for spec, _, seed in chunk.asked]
    outcomes = engine(fold, jobs, loss, recipe, is_over)
    if outcomes is None:
        return {}
    work = np.array(
        [job.spec.training_flops * len(outcome.history) for job, outcome in zip(jobs, outcomes, strict=True)]
    )
    seconds = (time.perf_counter() - begun) * work / work.sum()
    spreads = cpu.spreads_of_outputs(fold, jobs, outcomes)
    parts = zip(chunk.places, jobs, outcomes, spreads, seconds, strict=True)
    return {place: _record(fold, job, outcome, spread, share, loss) for place, job, outcome, spread, share in parts}


def _record(fold: PreparedFold, job: Job, outcome: Outcome, spread: float, seconds: float, loss: str) -> TrainedNetwork:
    network = to_network(job.spec, outcome.parameters, fold.scaling)
    unit = 1.0 if loss in CLASSIFYING else fold.scaling.output_scale**2
    return TrainedNetwork(
        spec=job.spec,
        fold=fold.number,
        seed=job.seed,
        network=network,
        history=outcome.history * unit,
        best_epoch=outcome.best_epoch,
        collapsed=bool(spread < _CONSTANT),
        diverged=not np.isfinite(outcome.history).all(),
        seconds=float(seconds),
        X_validation=fold.X_validation,
        y_validation=fold.y_validation,
    )


def _seed_by_seed(specs: list[NetworkSpec], folds: int, seeds: list[int]) -> dict[Place, tuple[NetworkSpec, int, int]]:
    return {
        (a, f, s): (spec, f, seed) for s, seed in enumerate(seeds) for f in range(folds) for a, spec in enumerate(specs)
    }


def _chunks(
    jobs: dict[Place, tuple[NetworkSpec, int, int]],
    prepared: list[PreparedFold],
    recipe: Recipe,
    device: str,
    threads: int,
) -> list[_Chunk]:
    most, largest = _CHUNK_NETWORKS, _CHUNK_FLOPS
    if device == "cuda":
        most, largest = _CUDA_NETWORKS, np.inf
    else:
        mean = float(np.mean([spec.training_flops for spec, _, _ in jobs.values()]))
        gather = _GATHER_FLOPS * prepared[0].training.X.shape[1] / mean
        share = mean * _networks_a_chunk(len(jobs) // len(prepared), len(prepared), gather, threads)
        rows = max(len(fold.training.y) for fold in prepared)
        # Sums of costs are rounded.
        largest = min(largest, (1 + 1e-9) * share * rows * recipe.epochs)
    chunks: list[_Chunk] = []
    for fold in prepared:
        places: list[Place] = []
        flops = 0.0
        for place in (p for p in jobs if p[1] == fold.number):
            cost = float(jobs[place][0].training_flops) * len(fold.training.y) * recipe.epochs
            if places and (len(places) == most or flops + cost > largest):
                chunks.append(_Chunk(fold.number, tuple(places), tuple(jobs[p] for p in places)))
                places, flops = [], 0.0
            places.append(place)
            flops += cost
        chunks.append(_Chunk(fold.number, tuple(places), tuple(jobs[p] for p in places)))
    # Seed by seed over all folds, so that a partial result is a balanced one.
    return sorted(chunks, key=lambda chunk: (chunk.places[0][2], chunk.places[0][1], chunk.places[0][0]))


def _networks_a_chunk(of_fold: int, folds: int, gather: float, threads: int) -> int:
    """Networks of mean cost that one thread takes at a time, of `of_fold` in each fold; gather: in such networks.

    More share a gather, fewer keep all threads busy to the end.
    """
    counts = range(1, min(of_fold, _CHUNK_NETWORKS) + 1)
    chunks = [folds * -(-of_fold // count) for count in counts]
    longest = [-(-many // threads) * (gather + count) for many, count in zip(chunks, counts, strict=True)]
    few = [many <= _CHUNKS_A_THREAD * threads for many in chunks]
    good = (count for i, count in enumerate(counts) if few[i] and longest[i] <= _AS_GOOD * min(longest))
    return next(good, counts[-1])


def _prepare(
    X: ArrayLike | None,
    y: ArrayLike | None,
    sample_weight: ArrayLike | None,
    folds: Sequence[Fold | MatrixFold],
    n: int,
    question: Question,
) -> list[PreparedFold]:
    data: tuple[Floats, Floats, Floats] | None = None
    if X is not None and y is not None:
        rows = arguments.rows(X, n)
        data = (rows, arguments.targets(y, len(rows)), sample_weights(sample_weight, len(rows), "sample_weight"))
    return [prepare_fold(number, fold, data, n, question) for number, fold in enumerate(folds)]


def _check_asked(
    specs: list[NetworkSpec], folds: Sequence[Fold | MatrixFold], seeds: list[int], recipe: Recipe
) -> None:
    for name, asked in (("specs", specs), ("folds", folds), ("seeds", seeds)):
        if not len(asked):
            raise ArgumentError(f"{name} is empty; pass at least one")
    if not isinstance(recipe, Recipe):
        raise ArgumentError(f"recipe is of type {type(recipe).__name__}; pass a Recipe")
    for i, spec in enumerate(specs):
        if (spec.n, spec.m) != (specs[0].n, specs[0].m):
            raise ArgumentError(
                f"specs[{i}] has n = {spec.n}, m = {spec.m} where specs[0] has n = {specs[0].n}, m = {specs[0].m}; "
                "train networks for other columns in a call of their own"
            )
    for i, seed in enumerate(seeds):
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ArgumentError(f"seeds[{i}] is {seed!r}; pass a whole number of at least 0")
    for name, asked in (("specs", specs), ("seeds", seeds)):
        if len(set(asked)) != len(asked):
            raise ArgumentError(f"{name} holds an entry twice; equal entries give equal networks, name each once")


def _device(device: str, parameters: int) -> str:
    arguments.one_of(device, DEVICES, "device")
    if device == "cpu" or (device == "auto" and parameters < _CUDA_PARAMETERS):
        return "cpu"
    import torch  # seconds to import; most callers never need it

    if device == "cuda" and not torch.cuda.is_available():
        raise ArgumentError("device is 'cuda' where torch finds no CUDA GPU; pass 'cpu' or 'auto'")
    return "cuda" if torch.cuda.is_available() else "cpu"


def _engine(device: str) -> Engine:
    if device == "cpu":
        return cpu.train_jobs
    from relu_core.training import batched

    return partial(batched.train_jobs, device=device)
