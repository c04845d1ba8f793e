"""Compiled training: everything of a step fused, one network at a time, lanes over the rows of a minibatch."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from relu_core.training.losses_kernels import (
    costs_of_classes,
    costs_of_numbers,
    slopes_of_classes,
    slopes_of_numbers,
)
from relu_core.training.preparation import Rows
from relu_core.training.streams_kernels import shuffle
from relu_core.training.vector_blocks import layer_backward, layer_forward, layer_gradient, multiply_add

_ZERO, _ONE, _LOWEST = np.float32(0.0), np.float32(1.0), np.float32(-np.inf)
_BETA_1, _BETA_2, _EPSILON = np.float32(0.9), np.float32(0.999), np.float32(1e-8)
_TINY = np.float32(1e-30)
# Units of the first hidden layer whose slopes are held at a time: 24 kB at 128 lanes.
_BLOCK = 48
_REST_1, _REST_2 = np.float32(0.1), np.float32(0.001)


class Dealt(NamedTuple):
    """Rows in stripes of lanes: X (stripes, (n + 1) * lanes) with ones as last unit, y and weight (stripes, lanes)."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray


class Networks(NamedTuple):
    """N networks side by side in flat float32 arrays, and how each fares.

    sizes (N, layers + 1), filled up with 0; layers (N,); start (N + 1,): where each begins; keys (N,) of minibatch
    orders; decay (N, 2): powers of Adam's two decays; best (N,): lowest watched loss; history (N, epochs).
    """

    sizes: np.ndarray
    layers: np.ndarray
    start: np.ndarray
    parameters: np.ndarray
    mean: np.ndarray
    square: np.ndarray
    kept: np.ndarray
    keys: np.ndarray
    decay: np.ndarray
    running: np.ndarray
    best: np.ndarray
    best_epoch: np.ndarray
    history: np.ndarray
    epochs: np.ndarray


class Room(NamedTuple):
    """Working memory of one thread; activations hold (units + 1) * lanes a layer, the last unit always 1."""

    activations: np.ndarray
    slopes: np.ndarray
    other_slopes: np.ndarray
    gradient: np.ndarray
    rows: np.ndarray
    batches: np.ndarray
    scratch: np.ndarray


@njit(cache=True, nogil=True, error_model="numpy")
def lay_out(
    X: np.ndarray, y: np.ndarray, weight: np.ndarray, order: np.ndarray, batch: int, lanes: int, dealt: Dealt
) -> None:
    """Rows X (D, n) in the given order, cut into minibatches and these into stripes, filled up at weight 0."""
    D, n = X.shape
    stripes = (batch + lanes - 1) // lanes
    for s in range(dealt.X.shape[0]):
        first = s // stripes * batch
        last = min(D, first + batch)
        begin = first + s % stripes * lanes
        filled = max(0, min(lanes, last - begin))
        share = _ONE / np.float32(last - first)
        stripe = dealt.X[s]
        for i in range(filled):
            place = order[begin + i]
            row = X[place]
            for k in range(n):
                stripe[k * lanes + i] = row[k]
            dealt.y[s, i] = y[place]
            dealt.weight[s, i] = weight[place] * share
        dealt.y[s, filled:] = _ZERO
        dealt.weight[s, filled:] = _ZERO
        for k in range(n):
            stripe[k * lanes + filled : (k + 1) * lanes] = _ZERO
        stripe[n * lanes :] = _ONE


@njit(cache=True, nogil=True, error_model="numpy")
def _forward(
    parameters: np.ndarray, sizes: np.ndarray, layers: int, X: np.ndarray, x: int, activations: np.ndarray, lanes: int
) -> int:
    """Fills activations layer after layer and returns where the outputs are."""
    inputs, units = sizes[0], sizes[1]
    floor = _ZERO if layers > 1 else _LOWEST
    layer_forward(parameters, 0, inputs, units, X, x, activations, 0, lanes, floor)
    w, a = units * (inputs + 1), 0
    for layer in range(1, layers):
        inputs, units = sizes[layer], sizes[layer + 1]
        floor = _ZERO if layer < layers - 1 else _LOWEST
        outputs = a + (inputs + 1) * lanes
        layer_forward(parameters, w, inputs, units, activations, a, activations, outputs, lanes, floor)
        w += units * (inputs + 1)
        a = outputs
    return a


@njit(cache=True, nogil=True, error_model="numpy")
def _slopes(loss: int, room: Room, at: int, m: int, dealt: Dealt, s: int, lanes: int) -> None:
    if loss < 3:
        slopes_of_numbers(loss, room.activations, at, dealt.y, dealt.weight, s, lanes, room.slopes)
    else:
        slopes_of_classes(room.activations, at, m, dealt.y, dealt.weight, s, lanes, room.slopes, room.scratch)


@njit(cache=True, nogil=True, error_model="numpy")
def _backward(
    parameters: np.ndarray, sizes: np.ndarray, layers: int, X: np.ndarray, x: int, room: Room, lanes: int
) -> None:
    """Adds the gradient of one stripe; the slopes of the outputs are in room.slopes."""
    w, a = 0, 0
    for layer in range(layers - 1):
        w += sizes[layer + 1] * (sizes[layer] + 1)
        a += (sizes[layer + 1] + 1) * lanes
    slopes, spare = room.slopes, room.other_slopes
    for layer in range(layers - 1, 0, -1):
        inputs, units = sizes[layer], sizes[layer + 1]
        a -= (inputs + 1) * lanes
        layer_gradient(slopes, 0, units, room.activations, a, inputs + 1, room.gradient, w, lanes)
        if layer == 1:
            break
        layer_backward(parameters, w, inputs + 1, inputs, units, slopes, 0, room.activations, a, spare, 0, lanes)
        slopes, spare = spare, slopes
        w -= inputs * (sizes[layer - 1] + 1)
    if layers == 1:
        layer_gradient(slopes, 0, sizes[1], X, x, sizes[0] + 1, room.gradient, 0, lanes)
        return
    # Slopes of the first hidden layer are used once: made and used block by block, they never leave the cache.
    row, units = sizes[0] + 1, sizes[1]
    for k in range(0, units, _BLOCK):
        count, at = min(_BLOCK, units - k), a + k * lanes
        layer_backward(parameters, w + k, units + 1, count, sizes[2], slopes, 0, room.activations, at, spare, 0, lanes)
        layer_gradient(spare, 0, count, X, x, row, room.gradient, k * row, lanes)


@njit(cache=True, nogil=True, error_model="numpy")
def _adam(
    parameters: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    gradient: np.ndarray,
    step: np.float32,
    spread: np.float32,
    shrink: np.float32,
) -> None:
    """One step of Adam; the gradient is left at 0 for the next minibatch."""
    for i in range(parameters.shape[0]):
        g = gradient[i]
        first = multiply_add(_BETA_1, mean[i], _REST_1 * g)
        second = multiply_add(_BETA_2, square[i], _REST_2 * g * g)
        # The averages of a unit that died fade into subnormal numbers, on which processors are ten times slower.
        first = first if abs(first) > _TINY else _ZERO
        second = second if second > _TINY else _ZERO
        mean[i], square[i], gradient[i] = first, second, _ZERO
        move = step * first / multiply_add(spread, math.sqrt(second), _EPSILON)
        parameters[i] = multiply_add(shrink, parameters[i], -move)


@njit(cache=True, nogil=True, error_model="numpy")
def _watch(
    loss: int, parameters: np.ndarray, sizes: np.ndarray, layers: int, watched: Dealt, room: Room, lanes: int
) -> float:
    """Mean cost over the watched rows; their weights hold the division by their number."""
    m, mean = sizes[layers], 0.0
    for s in range(watched.X.shape[0]):
        at = _forward(parameters, sizes, layers, watched.X, s * watched.X.shape[1], room.activations, lanes)
        y, weight = watched.y[s], watched.weight[s]
        if loss < 3:
            mean += float(costs_of_numbers(loss, room.activations, at, y, weight, room.scratch))
        else:
            mean += float(costs_of_classes(room.activations, at, m, y, weight, room.scratch))
    return mean


@njit(cache=True, nogil=True, error_model="numpy")
def _train_epoch(
    loss: int,
    net: int,
    networks: Networks,
    dealt: Dealt,
    stripes: int,
    epoch: int,
    rate: float,
    weight_decay: float,
    lanes: int,
    room: Room,
) -> None:
    """One pass of one network over the minibatches, in its own order."""
    sizes, layers, start = networks.sizes[net], networks.layers[net], networks.start[net]
    end = networks.start[net + 1]
    # Cut out once: a slice in the loop counts references, which takes as long as the step of a small network.
    parameters, mean, square = networks.parameters[start:end], networks.mean[start:end], networks.square[start:end]
    gradient, batches, row = room.gradient[: end - start], room.batches, dealt.X.shape[1]
    shrink = np.float32(1.0 - rate * weight_decay)
    power_1, power_2 = networks.decay[net, 0], networks.decay[net, 1]
    shuffle(networks.keys[net], epoch, batches)
    for b in range(batches.shape[0]):
        for s in range(batches[b] * stripes, (batches[b] + 1) * stripes):
            at = _forward(parameters, sizes, layers, dealt.X, s * row, room.activations, lanes)
            _slopes(loss, room, at, sizes[layers], dealt, s, lanes)
            _backward(parameters, sizes, layers, dealt.X, s * row, room, lanes)
        power_1 *= 0.9
        power_2 *= 0.999
        step, spread = np.float32(rate / (1.0 - power_1)), np.float32(1.0 / math.sqrt(1.0 - power_2))
        _adam(parameters, mean, square, gradient, step, spread, shrink)
    networks.decay[net, 0], networks.decay[net, 1] = power_1, power_2


@njit(cache=True, nogil=True)
def _judge(networks: Networks, net: int, epoch: int, watched: float, patience: int) -> None:
    """Writes the history, keeps a better epoch, stops a network that diverged or no longer improves."""
    start, end = networks.start[net], networks.start[net + 1]
    networks.history[net, epoch] = watched
    networks.epochs[net] = epoch + 1
    if not np.isfinite(watched):
        networks.running[net] = False
    elif patience == 0 or watched < networks.best[net]:
        networks.best[net], networks.best_epoch[net] = watched, epoch
        networks.kept[start:end] = networks.parameters[start:end]
    elif epoch - networks.best_epoch[net] >= patience:
        networks.running[net] = False


@njit(cache=True, nogil=True)
def train_epochs(
    loss: int,
    epochs: tuple[int, int],
    rates: np.ndarray,
    weight_decay: float,
    patience: int,
    key: np.uint64,
    batch: int,
    lanes: int,
    rows: Rows,
    watched: Dealt,
    dealt: Dealt,
    networks: Networks,
    room: Room,
) -> int:
    """Trains all running networks from epochs[0] up to epochs[1]; returns how many still run."""
    stripes, running = (batch + lanes - 1) // lanes, 0
    for epoch in range(epochs[0], epochs[1]):
        shuffle(key, epoch, room.rows)
        lay_out(rows.X, rows.y, rows.weight, room.rows, batch, lanes, dealt)
        running = 0
        for net in range(networks.layers.shape[0]):
            if not networks.running[net]:
                continue
            a = 0
            for layer in range(networks.layers[net]):
                a += (networks.sizes[net, layer + 1] + 1) * lanes
                room.activations[a - lanes : a] = _ONE
            room.gradient[:] = _ZERO
            _train_epoch(loss, net, networks, dealt, stripes, epoch, rates[epoch], weight_decay, lanes, room)
            parameters = networks.parameters[networks.start[net] : networks.start[net + 1]]
            sizes, layers = networks.sizes[net], networks.layers[net]
            cost = _watch(loss, parameters, sizes, layers, watched, room, lanes)
            _judge(networks, net, epoch, cost, patience)
            running += networks.running[net]
        if running == 0:
            break
    return running


@njit(cache=True, nogil=True, error_model="numpy")
def spread_of_outputs(
    parameters: np.ndarray, sizes: np.ndarray, rows: Dealt, D: int, lanes: int, activations: np.ndarray
) -> float:
    """Largest standard deviation, over the first D rows, of any output of one network; nan where outputs are."""
    layers, at = sizes.shape[0] - 1, 0
    for layer in range(layers):
        at += (sizes[layer + 1] + 1) * lanes
        activations[at - lanes : at] = _ONE
    m = sizes[layers]
    first, total, squares = np.zeros(m), np.zeros(m), np.zeros(m)
    for s in range(rows.X.shape[0]):
        outputs = _forward(parameters, sizes, layers, rows.X, s * rows.X.shape[1], activations, lanes)
        for j in range(m):
            for i in range(min(lanes, D - s * lanes)):
                value = float(activations[outputs + j * lanes + i])
                if s == 0 and i == 0:
                    # Taken from the first row, so that outputs far from 0 lose no digits.
                    first[j] = value
                total[j] += value - first[j]
                squares[j] += (value - first[j]) ** 2
    variance = np.zeros(m)
    for j in range(m):
        variance[j] = max(0.0, squares[j] / D - (total[j] / D) ** 2) if np.isfinite(total[j]) else np.nan
    return math.sqrt(np.max(variance))
