"""Compiled losses of one stripe of lanes: what its rows cost, and the slope of that cost in the network's outputs."""

import numpy as np
from numba import njit

from relu_core.training.vector_blocks import multiply_add

_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)


@njit(cache=True, nogil=True, error_model="numpy")
def exp(x: np.float32) -> np.float32:
    """exp of x <= 88, relative error about 1e-7: a power of two times a polynomial on half an octave (Cephes)."""
    x = max(x, np.float32(-87.0))
    n = np.floor(multiply_add(x, np.float32(1.4426950408889634), _HALF))
    r = multiply_add(n, np.float32(-0.693359375), x)
    r = multiply_add(n, np.float32(2.12194440e-4), r)
    p = np.float32(1.9875691500e-4)
    p = multiply_add(p, r, np.float32(1.3981999507e-3))
    p = multiply_add(p, r, np.float32(8.3334519073e-3))
    p = multiply_add(p, r, np.float32(4.1665795894e-2))
    p = multiply_add(p, r, np.float32(1.6666665459e-1))
    p = multiply_add(p, r, np.float32(5.0000001201e-1))
    p = multiply_add(p * r, r, r) + _ONE
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit(cache=True, nogil=True, error_model="numpy")
def log(x: np.float32) -> np.float32:
    """log of x >= 1, error about 1e-7: the exponent plus a polynomial on the mantissa (Cephes)."""
    bits = np.float32(x).view(np.int32)
    exponent = np.float32((bits >> np.int32(23)) - np.int32(127))
    mantissa = np.int32((bits & np.int32(0x007FFFFF)) | np.int32(0x3F800000)).view(np.float32)
    is_high = mantissa > np.float32(1.4142135623730951)
    exponent = exponent + _ONE if is_high else exponent
    r = mantissa * _HALF - _ONE if is_high else mantissa - _ONE
    p = np.float32(7.0376836292e-2)
    p = multiply_add(p, r, np.float32(-1.1514610310e-1))
    p = multiply_add(p, r, np.float32(1.1676998740e-1))
    p = multiply_add(p, r, np.float32(-1.2420140846e-1))
    p = multiply_add(p, r, np.float32(1.4249322787e-1))
    p = multiply_add(p, r, np.float32(-1.6668057665e-1))
    p = multiply_add(p, r, np.float32(2.0000714765e-1))
    p = multiply_add(p, r, np.float32(-2.4999993993e-1))
    p = multiply_add(p, r, np.float32(3.3333331174e-1))
    z = r * r
    return multiply_add(exponent, np.float32(0.6931471805599453), r + multiply_add(p * r, z, -_HALF * z))


@njit(cache=True, nogil=True, error_model="numpy")
def slopes_of_numbers(
    loss: int, outputs: np.ndarray, at: int, y: np.ndarray, weight: np.ndarray, s: int, lanes: int, slopes: np.ndarray
) -> None:
    """Slope of squared (0), huber (1) and logistic (2) loss, weighted, for networks of one output."""
    if loss == 0:
        for i in range(lanes):
            slopes[i] = _TWO * weight[s, i] * (outputs[at + i] - y[s, i])
    elif loss == 1:
        for i in range(lanes):
            slopes[i] = weight[s, i] * min(_ONE, max(-_ONE, outputs[at + i] - y[s, i]))
    else:
        for i in range(lanes):
            z = min(np.float32(87.0), max(np.float32(-87.0), outputs[at + i]))
            slopes[i] = weight[s, i] * (_ONE / (_ONE + exp(-z)) - y[s, i])


@njit(cache=True, nogil=True, error_model="numpy")
def slopes_of_classes(
    outputs: np.ndarray,
    at: int,
    m: int,
    y: np.ndarray,
    weight: np.ndarray,
    s: int,
    lanes: int,
    slopes: np.ndarray,
    scratch: np.ndarray,
) -> None:
    """Slope of softmax cross-entropy, weighted: slopes (m, lanes)."""
    highest, total = scratch[:lanes], scratch[lanes : 2 * lanes]
    highest[:] = outputs[at : at + lanes]
    total[:] = _ZERO
    for o in range(1, m):
        for i in range(lanes):
            highest[i] = max(highest[i], outputs[at + o * lanes + i])
    for o in range(m):
        for i in range(lanes):
            e = exp(outputs[at + o * lanes + i] - highest[i])
            slopes[o * lanes + i] = e
            total[i] += e
    for i in range(lanes):
        total[i] = weight[s, i] / total[i]
    for o in range(m):
        for i in range(lanes):
            hit = weight[s, i] if y[s, i] == np.float32(o) else _ZERO
            slopes[o * lanes + i] = slopes[o * lanes + i] * total[i] - hit


@njit(cache=True, nogil=True, error_model="numpy")
def _added_up(values: np.ndarray) -> np.float32:
    """The sum of as many values as a power of two, in place: halves are added until one number is left."""
    count = values.shape[0]
    while count > 1:
        count //= 2
        for i in range(count):
            values[i] += values[count + i]
    return values[0]


@njit(cache=True, nogil=True, error_model="numpy")
def costs_of_numbers(
    loss: int, outputs: np.ndarray, at: int, y: np.ndarray, weight: np.ndarray, scratch: np.ndarray
) -> np.float32:
    """Weighted squared (0), huber (1) or logistic (2) loss of one stripe, added up."""
    lanes = y.shape[0]
    cost = scratch[:lanes]
    if loss == 0:
        for i in range(lanes):
            residual = outputs[at + i] - y[i]
            cost[i] = weight[i] * residual * residual
    elif loss == 1:
        for i in range(lanes):
            residual = outputs[at + i] - y[i]
            clipped = min(_ONE, max(-_ONE, residual))
            cost[i] = weight[i] * clipped * (residual - _HALF * clipped)
    else:
        for i in range(lanes):
            z = outputs[at + i]
            cost[i] = weight[i] * (max(z, _ZERO) - y[i] * z + log(_ONE + exp(-abs(z))))
    return _added_up(cost)


@njit(cache=True, nogil=True, error_model="numpy")
def costs_of_classes(
    outputs: np.ndarray, at: int, m: int, y: np.ndarray, weight: np.ndarray, scratch: np.ndarray
) -> np.float32:
    """Weighted softmax cross-entropy of one stripe, added up; scratch holds 3 numbers a lane."""
    lanes = y.shape[0]
    highest, total, cost = scratch[:lanes], scratch[lanes : 2 * lanes], scratch[2 * lanes : 3 * lanes]
    highest[:] = outputs[at : at + lanes]
    total[:] = _ZERO
    cost[:] = _ZERO
    for o in range(1, m):
        for i in range(lanes):
            highest[i] = max(highest[i], outputs[at + o * lanes + i])
    for o in range(m):
        for i in range(lanes):
            below = outputs[at + o * lanes + i] - highest[i]
            total[i] += exp(below)
            cost[i] -= weight[i] * below if y[i] == np.float32(o) else _ZERO
    for i in range(lanes):
        cost[i] += weight[i] * log(total[i])
    return _added_up(cost)
