"""The compiled parts against numpy: products of any shape, exponentials, shuffles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from relu_core.training import losses_kernels, streams, vector_blocks


@njit
def forward(W, K, J, X, Y, lanes, floor):
    vector_blocks.layer_forward(W, 3, K, J, X, 0, Y, 5, lanes, floor)


@njit
def backward(W, K, J, S, A, T, lanes):
    vector_blocks.layer_backward(W, 3, K + 1, K, J, S, 0, A, 7, T, 5, lanes)


@njit
def gradient(S, J, X, K, G, lanes):
    vector_blocks.layer_gradient(S, 5, J, X, 0, K, G, 3, lanes)


shapes = given(K=st.integers(1, 70), J=st.integers(1, 70), lanes=st.sampled_from([64, 128]), seed=st.integers(0, 1000))
few = settings(deadline=None, derandomize=True, max_examples=40)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


@shapes
@few
def test_forward_is_the_product_with_bias_cut_at_the_floor(K, J, lanes, seed):
    W, X = normal(seed, J, K + 1), normal(seed, K, lanes)
    exact = W[:, :-1].astype(float) @ X + W[:, -1:]
    for floor in (0.0, -np.inf):
        Y = np.zeros(5 + J * lanes, np.float32)
        forward(np.concatenate([np.zeros(3, np.float32), W.ravel()]), K, J, X.ravel(), Y, lanes, np.float32(floor))
        np.testing.assert_allclose(Y[5:].reshape(J, lanes), np.maximum(exact, floor), rtol=0, atol=1e-4)
        assert (Y[:5] == 0).all()


@shapes
@few
def test_backward_is_the_transposed_product_where_units_are_active(K, J, lanes, seed):
    W, S, A = normal(seed, J, K + 1), normal(seed, J, lanes), np.maximum(normal(seed + 1, K, lanes), 0)
    T = np.zeros(5 + K * lanes, np.float32)
    pad = [np.zeros(count, np.float32) for count in (3, 7)]
    backward(np.concatenate([pad[0], W.ravel()]), K, J, S.ravel(), np.concatenate([pad[1], A.ravel()]), T, lanes)
    exact = (W[:, :-1].astype(float).T @ S) * (A > 0)
    np.testing.assert_allclose(T[5:].reshape(K, lanes), exact, rtol=0, atol=1e-4)


@shapes
@few
def test_gradients_add_up_products_over_lanes(K, J, lanes, seed):
    S, X = normal(seed, J, lanes), normal(seed, K, lanes)
    G = np.ones(3 + J * K, np.float32)
    gradient(np.concatenate([np.zeros(5, np.float32), S.ravel()]), J, X.ravel(), K, G, lanes)
    np.testing.assert_allclose(G[3:].reshape(J, K), 1 + S.astype(float) @ X.T, rtol=0, atol=1e-3)
    assert (G[:3] == 1).all()


def test_the_short_exponential_and_logarithm_are_right_to_seven_digits():
    x = np.linspace(-80.0, 80.0, 20001).astype(np.float32)
    ours = np.array([losses_kernels.exp(v) for v in x], dtype=float)
    np.testing.assert_allclose(ours, np.exp(x.astype(float)), rtol=3e-7)
    z = np.geomspace(1.0, 1e30, 20001).astype(np.float32)
    ours = np.array([losses_kernels.log(v) for v in z], dtype=float)
    np.testing.assert_allclose(ours, np.log(z.astype(float)), rtol=2e-7, atol=1e-7)
    assert losses_kernels.exp(np.float32(-1e30)) < 1e-37


@given(key=st.integers(0, 2**64 - 1), epoch=st.integers(0, 1000), count=st.integers(1, 300))
@few
def test_an_order_is_a_permutation_and_depends_on_key_and_epoch(key, epoch, count):
    order = streams.order(np.uint64(key), epoch, count)
    assert sorted(order) == list(range(count))
    np.testing.assert_array_equal(order, streams.order(np.uint64(key), epoch, count))
    if count > 30:
        assert (order != streams.order(np.uint64(key), epoch + 1, count)).any()


def test_every_place_is_equally_likely():
    counts = np.zeros((5, 5))
    for epoch in range(5000):
        counts[streams.order(np.uint64(99), epoch, 5), np.arange(5)] += 1
    # 16 degrees of freedom: 39.25 is exceeded once in a thousand.
    assert ((counts - 1000) ** 2 / 1000).sum() < 39.25


@pytest.mark.parametrize("cpu", [{"avx512f": True, "avx2": True}, {"avx2": True}, {}])
def test_blocks_fit_the_registers(monkeypatch, cpu):
    monkeypatch.setattr(vector_blocks.llvmlite.binding, "get_host_cpu_features", lambda: cpu)
    shape, registers = vector_blocks.host_shape(), 32 if cpu.get("avx512f") else 16
    assert shape.units * shape.vectors + shape.vectors + 1 <= registers
    assert shape.gradient_units * shape.gradient_inputs + shape.gradient_inputs + 1 <= registers
    assert 64 % (shape.width * shape.vectors) == 0


@pytest.mark.parametrize("width", [4, 8])
def test_blocks_of_other_processors_give_the_same_bits(monkeypatch, width):
    narrow = vector_blocks.Shape(width=width, units=4, vectors=2, gradient_units=2)
    monkeypatch.setattr(vector_blocks, "host_shape", lambda: narrow)
    others = [njit(kernel.py_func) for kernel in (forward, backward, gradient)]
    for K, J in ((1, 1), (9, 6), (50, 7), (6, 51)):
        W, X, S = normal(1, J * (K + 1) + 3), normal(2, K * 64 + 7), normal(3, J * 64 + 5)
        products = []
        for kernels in (others, (forward, backward, gradient)):
            Y, T, G = (np.zeros(5 + size, np.float32) for size in (J * 64, K * 64, J * K))
            kernels[0](W, K, J, X, Y, 64, np.float32(0))
            kernels[1](W, K, J, S, X, T, 64)
            kernels[2](S, J, X, K, G, 64)
            products.append((Y, T, G))
        for here, there in zip(*products, strict=True):
            np.testing.assert_array_equal(here, there)
