"""Chance: every network has streams of its own, spawned from its seed, its fold's training rows and its architecture.

So a network comes out the same whatever else is trained in the same call. The rows of an epoch are dealt into
minibatches by a stream of the fold alone, so that they are gathered once for all its networks; each network then takes
the minibatches in an order of its own.
"""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_core.training.records import NetworkSpec
from relu_core.training.streams_kernels import shuffle

_START, _ORDER, _DEAL = 0, 1, 2


def fingerprint(*arrays: NDArray[Any]) -> int:
    """A number for the content of arrays: what tells one fold's training rows from another's."""
    value = 0
    for array in arrays:
        value = zlib.crc32(np.ascontiguousarray(array).tobytes(), value)
    return value


def start_stream(seed: int, fold_key: int, spec: NetworkSpec) -> np.random.Generator:
    """The generator of a network's initial parameters."""
    return np.random.default_rng([_START, seed, fold_key, *spec.layer_sizes])


def network_key(seed: int, fold_key: int, spec: NetworkSpec) -> np.uint64:
    """Names the stream by which a network orders its minibatches."""
    return _key([_ORDER, seed, fold_key, *spec.layer_sizes])


def deal_key(fold_key: int) -> np.uint64:
    """Names the stream by which a fold's rows are dealt into minibatches."""
    return _key([_DEAL, fold_key])


def order(key: np.uint64, epoch: int, count: int) -> NDArray[np.uint32]:
    """The permutation of `count` things that a stream gives in one epoch."""
    places = np.empty(count, dtype=np.uint32)
    shuffle(key, epoch, places)
    return places


def _key(entropy: list[int]) -> np.uint64:
    return np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
