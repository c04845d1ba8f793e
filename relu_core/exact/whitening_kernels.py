"""Loops that prepare and judge a problem without BLAS and LAPACK, whose sums depend on the processor."""

import numpy as np
from numba import njit

from relu_core.exact.sums_kernels import sum_of_products

# Axes are turned until no two columns have a cosine above this; a column this much shorter than another is rounding.
UPRIGHT, ROUNDING, SWEEPS = 1e-15, 1e-16, 60


@njit(cache=True, error_model="numpy")
def matrix_product(a, b):
    """a (I, K) times b (K, J), each sum from the first k to the last."""
    out = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
    return out


@njit(cache=True, error_model="numpy")
def principal_axes(lines):
    """Lengths (n,) and directions (n, n), one a row, of the principal axes of the columns in `lines` (n, D), which are
    turned in place; longest first.

    Source: Hestenes 1958 (one-sided Jacobi rotations), which finds short axes as accurately as long ones.
    """
    n, D = lines.shape
    axes, length = np.eye(n), np.zeros(n)
    for _ in range(SWEEPS):
        turned = False
        for a in range(n):
            for b in range(a + 1, n):
                first, second = lines[a], lines[b]
                long, short = sum_of_products((first, first), D), sum_of_products((second, second), D)
                shared = sum_of_products((first, second), D)
                # shorter than rounding of the other one: turning would never end
                if min(long, short) <= ROUNDING**2 * max(long, short) or abs(shared) <= UPRIGHT * np.sqrt(long * short):
                    continue
                turned = True
                ratio = (short - long) / (2.0 * shared)
                tangent = (1.0 if ratio >= 0.0 else -1.0) / (abs(ratio) + np.sqrt(1.0 + ratio * ratio))
                cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
                turn(first, second, cosine, tangent * cosine)
                turn(axes[a], axes[b], cosine, tangent * cosine)
        if not turned:
            break
    for a in range(n):
        length[a] = np.sqrt(sum_of_products((lines[a], lines[a]), D))
    order = np.argsort(-length, kind="mergesort")
    return length[order], axes[order]


@njit(cache=True, error_model="numpy")
def turn(first, second, cosine, sine):
    """Turns two lines in their plane."""
    for i in range(first.shape[0]):
        kept = first[i]
        first[i] = cosine * kept - sine * second[i]
        second[i] = sine * kept + cosine * second[i]


@njit(cache=True, error_model="numpy")
def orthonormal(columns):
    """An orthonormal basis of independent columns (M, k), each made upright to those before it, twice."""
    M, k = columns.shape
    basis = columns.copy()
    for b in range(k):
        for _ in range(2):
            for a in range(b):
                shared = 0.0
                for i in range(M):
                    shared += basis[i, a] * basis[i, b]
                for i in range(M):
                    basis[i, b] -= shared * basis[i, a]
        square = 0.0
        for i in range(M):
            square += basis[i, b] * basis[i, b]
        for i in range(M):
            basis[i, b] /= np.sqrt(square)
    return basis
