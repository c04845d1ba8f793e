"""Compiled shuffling: the order of rows and of minibatches, the same for every engine."""

import numpy as np
from numba import njit, uint64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@njit(cache=True, nogil=True)
def mix(value: np.uint64) -> np.uint64:
    """One output of SplitMix64 (Steele, Lea and Flood 2014) for the state `value`, uint64."""
    z = uint64(value)
    z = (z ^ (z >> uint64(30))) * _MIX_1
    z = (z ^ (z >> uint64(27))) * _MIX_2
    return z ^ (z >> uint64(31))


@njit(cache=True, nogil=True)
def shuffle(key: np.uint64, epoch: int, order: np.ndarray) -> None:
    """Fills order (D,), uint32, with a permutation that depends on key (uint64) and epoch alone (Fisher and Yates)."""
    state = mix(uint64(key) + uint64(epoch + 1) * _GOLDEN)
    for i in range(order.shape[0]):
        order[i] = i
    for i in range(order.shape[0] - 1, 0, -1):
        state += _GOLDEN
        # The upper half times the range, instead of a remainder: no division, no visible bias below 2^31 rows.
        j = ((mix(state) >> uint64(32)) * uint64(i + 1)) >> uint64(32)
        kept = order[i]
        order[i] = order[j]
        order[j] = kept
