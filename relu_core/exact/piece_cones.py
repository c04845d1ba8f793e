"""Small cones of the program over pieces, many at once, and what an interior point method asks of them.

A row's active side is known by three moments of its height z: how much there is of it, the means of z and of z^2. They
lie in the cone of 2 x 2 matrices [[amount, along], [along, square]] without a negative eigenvalue. The scaling points
are those of Nesterov and Todd (1998), where the Hessian of the barrier takes a point to its multipliers.
"""

import numpy as np

from relu_core.arguments import Floats


class SymmetricSpace:
    """Symmetric N x N matrices as vectors of N (N + 1) / 2 entries with the same inner product."""

    def __init__(self, N: int) -> None:
        self.N = N
        self.first, self.second = np.triu_indices(N)
        self.diagonal = self.first == self.second
        self.share = np.where(self.diagonal, 0.5, np.sqrt(0.5))

    def matrix(self, vector: Floats) -> Floats:
        """The matrix (N, N) of a vector."""
        half = np.zeros((self.N, self.N))
        half[self.first, self.second] = vector * self.share
        return half + half.T

    def forms(self, left: Floats, right: Floats) -> Floats:
        """Vectors (R, .) whose inner product with a matrix G is left_r . G right_r; left, right (R, N)."""
        products = left[:, self.first] * right[:, self.second]
        products += left[:, self.second] * right[:, self.first]
        products *= self.share
        return products


def inverse_moments(moments: Floats) -> Floats:
    """Gradient (R, 3) of log(amount square - along^2) at moments (R, 3)."""
    amount, along, square = moments.T
    return np.stack([square, -2.0 * along, amount], axis=1) / (amount * square - along * along)[:, None]


def scaling_moments(moments: Floats, multipliers: Floats) -> Floats:
    """The scaling points (R, 3): geometric means of the moments and the inverse of their multipliers (both (R, 3))."""
    amount, along, square = moments.T
    by_amount, by_along, by_square = multipliers[:, 0], 0.5 * multipliers[:, 1], multipliers[:, 2]
    determinant = by_amount * by_square - by_along * by_along
    own, other = np.sqrt(amount * square - along * along), np.sqrt(determinant)
    mean = np.stack(
        [amount / own + by_square / other, along / own - by_along / other, square / own + by_amount / other], axis=1
    )
    size = np.sqrt(own / other / (mean[:, 0] * mean[:, 2] - mean[:, 1] ** 2))
    return mean * size[:, None]


def scaled_multipliers(scaling: Floats, change: Floats) -> Floats:
    """What the Hessian at the scaling points makes of a change of moments (R, 3)."""
    determinant = scaling[:, 0] * scaling[:, 2] - scaling[:, 1] ** 2
    p, q, r = scaling[:, 2] / determinant, -scaling[:, 1] / determinant, scaling[:, 0] / determinant
    amount, along, square = change.T
    top, top_right = p * amount + q * along, p * along + q * square
    low, low_right = q * amount + r * along, q * along + r * square
    return np.stack([top * p + top_right * q, 2.0 * (top * q + top_right * r), low * q + low_right * r], axis=1)


def inverse_hessian(scaling: Floats, edge: Floats, slack_ratio: Floats) -> Floats:
    """Inverse Hessians (R, 3, 3) of a side: its cone at the scaling points, and edge . moments over slack_ratio."""
    amount, along, square = scaling.T
    entries = [
        amount * amount, amount * along, along * along,
        amount * along, 0.5 * (along * along + amount * square), along * square,
        along * along, along * square, square * square,
    ]  # fmt: skip
    inverse = np.stack(entries, axis=1).reshape(-1, 3, 3)
    toward = (inverse @ edge[:, :, None])[:, :, 0]
    size = slack_ratio + np.sum(edge * toward, axis=1)
    return inverse - toward[:, :, None] * toward[:, None, :] / size[:, None, None]


def inverse_of_each(matrices: Floats) -> Floats:
    """Inverses of positive definite 3 x 3 matrices whose entries differ by many orders."""
    size = 1.0 / np.sqrt(np.einsum("iaa->ia", matrices))
    both = size[:, :, None] * size[:, None, :]
    return np.linalg.inv(matrices * both) * both


def mirrored(vectors: Floats) -> Floats:
    """Vectors (k, N) of the cone first >= |rest|, with the rest turned round."""
    turned = -vectors
    turned[:, 0] = vectors[:, 0]
    return turned


def inverse_vectors(vectors: Floats) -> Floats:
    """Gradient (k, N) of log(first^2 - |rest|^2) at vectors of the cone."""
    turned = mirrored(vectors)
    return 2.0 * turned / np.sum(turned * vectors, axis=1)[:, None]


def scaling_of_vectors(vectors: Floats, multipliers: Floats) -> Floats:
    """Hessians (k, N, N) at the scaling points of vectors and multipliers, both (k, N) inside the cone."""
    size = np.sqrt(np.sum(mirrored(vectors) * vectors, axis=1))[:, None]
    other = np.sqrt(np.sum(mirrored(multipliers) * multipliers, axis=1))[:, None]
    own, by = vectors / size, multipliers / other
    middle = mirrored(own + mirrored(by)) / np.sqrt(2.0 + 2.0 * np.sum(own * by, axis=1))[:, None]
    turn = np.diag(mirrored(np.ones((1, vectors.shape[1])))[0])
    return (2.0 * middle[:, :, None] * middle[:, None, :] - turn) * (other / size)[:, :, None]
