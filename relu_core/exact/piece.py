"""A piece of the unit sphere, cut out by half-spaces, and a limit on what one unit in it can gain.

On a piece a row's height x . u stays in an interval, and over it relu times any number lies below a quadratic. Such
quadratics, plus products of the piece's inequalities times multipliers, add up to at least the gain of every unit in
the piece, and the maximum of one quadratic over the whole sphere is known: every choice of multipliers gives a limit.
"""

from dataclasses import dataclass

import numpy as np

from relu_core.arguments import Floats
from relu_core.exact.ball_limit import sphere_multiplier

# A row that reaches less than this share of its length across zero counts as decided; what it could add is charged.
DECIDED = 1e-3
# Rows are given at least this room on both sides of zero: more than they have, so that no multiplier must be huge.
ROOM = 0.03


@dataclass(eq=False)
class Piece:
    """Where planes @ [1, u] >= 0 on |u| = 1, for units of one output sign.

    planes (k, M + 1), each [-c, g] with |g| = 1. crossing (R,): rows that change sign; least < 0 < most: their heights.
    active (D,): rows that are on throughout. charge (D,): what a decided row's relu may exceed its line by.
    moments (M + 1, M + 1), split (R, 3): of [1, u] over units in the piece, and of the crossing rows' active side.
    """

    sign: float
    planes: Floats
    crossing: np.ndarray
    least: Floats
    most: Floats
    active: np.ndarray
    charge: Floats
    moments: Floats
    split: Floats

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Which two planes are multiplied with each other."""
        return np.triu_indices(len(self.planes), 1)


@dataclass(eq=False)
class ConeValues:
    """One value for everything that stays inside its cone in the program over pieces: what it is, or its multiplier.

    moments (N, N): of the matrix of moments. on, off (R, 3): of the crossing rows' sides. slack: of the ball, of pairs
    of planes, of the ends of the rows' on sides (R) and off sides (R). cones (k, N): of each plane times [1, u].
    """

    moments: Floats
    on: Floats
    off: Floats
    slack: Floats
    cones: Floats


def make_piece(
    rows: Floats, sign: float, planes: Floats, mean: Floats, spread: Floats, chance: np.random.Generator
) -> Piece | None:
    """The piece with units drawn from it around `mean` with covariance `spread`; None where none are found."""
    M = rows.shape[1]
    length = np.linalg.norm(rows, axis=1) + 1e-300
    least, most = reach(rows, planes)
    active = least >= -DECIDED * length
    crossing = np.flatnonzero(~active & (most > DECIDED * length))
    charge = np.where(active, np.maximum(-least, 0.0), np.maximum(most, 0.0))
    charge[crossing] = 0.0
    least = np.minimum(least, -ROOM * length)[crossing]
    most = np.maximum(most, ROOM * length)[crossing]
    units = _draw(planes, mean, spread, 8 * M, chance)
    if units is None:
        return None
    moments = units.T @ units / len(units)
    heights = rows[crossing]
    along = heights @ moments[0, 1:]
    square = np.einsum("ia,ia->i", heights @ moments[1:, 1:], heights)
    split = _split(along, square, least, most)
    return None if split is None else Piece(sign, planes, crossing, least, most, active, charge, moments, split)


def reach(rows: Floats, planes: Floats) -> tuple[Floats, Floats]:
    """Least and largest x . u over |u| = 1, taking the half-spaces one by one; rounding is on the safe side."""
    length = np.linalg.norm(rows, axis=1) + 1e-300
    most, least = length.copy(), -length
    for plane in planes:
        height = -plane[0]
        cosine = np.clip(rows @ plane[1:] / length, -1.0, 1.0)
        across = np.sqrt(1.0 - cosine**2) * np.sqrt(max(0.0, 1.0 - height**2))
        most = np.minimum(most, np.where(cosine >= height, length, length * (cosine * height + across)))
        least = np.maximum(least, np.where(-cosine >= height, -length, length * (cosine * height - across)))
    # a square root makes 1e-8 of a rounding of 1e-16
    return least - 1e-7 * length, most + 1e-7 * length


def _draw(planes: Floats, mean: Floats, spread: Floats, count: int, chance: np.random.Generator) -> Floats | None:
    bends, axes = np.linalg.eigh(spread)
    root = axes * np.sqrt(np.maximum(bends, 1e-4))
    found: list[Floats] = []
    for _ in range(30):
        units = chance.standard_normal((20 * count, len(mean))) @ root.T + mean
        units = np.hstack([np.ones((len(units), 1)), units / np.linalg.norm(units, axis=1, keepdims=True)])
        found.append(units[(units @ planes.T > 1e-6).all(axis=1)])
        if sum(map(len, found)) >= count:
            return np.concatenate(found)
    return None


def _split(along: Floats, square: Floats, least: Floats, most: Floats) -> Floats | None:
    """Moments of the active sides (R, 3) well inside what moments of all heights allow; None where one has no room."""
    low = np.maximum(np.maximum(0.0, along), (square - least * along) / (most - least))
    high = 0.5 * along + 0.5 * np.sqrt(square)
    on = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, 41)[1:-1]
    off, square, least, most = on - along[:, None], square[:, None], least[:, None], most[:, None]
    with np.errstate(all="ignore"):
        floor, ceiling = np.maximum(0.0, square - -least * off), np.minimum(square, most * on)
        inner = 0.1 * (ceiling - floor)
        on_square = np.clip(square * on / (on + off), floor + inner, ceiling - inner)
        amount = 0.5 * (on * on / on_square + 1.0 - off * off / (square - on_square))
        room = np.log(amount * on_square - on * on) + np.log((1.0 - amount) * (square - on_square) - off * off)
        room += np.log(most * on - on_square) + np.log(-least * off - (square - on_square))
    room = np.where(np.isfinite(room) & (ceiling > floor) & (amount > 0.0) & (amount < 1.0), room, -np.inf)
    best = room.argmax(axis=1)
    each = np.arange(len(best))
    if not np.isfinite(room[each, best]).all():
        return None
    return np.stack([amount[each, best], on[each, best], on_square[each, best]], axis=1)


def quadratics(piece: Piece, gains: Floats, multipliers: ConeValues) -> Floats:
    """Coefficients (R, 3) of 1, z, z^2: quadratics at least gains * relu(z) on the crossing rows' intervals.

    The multipliers' own quadratic is raised by what it lacks, so any multipliers will do. It is read off the active
    sides: the other sides are known as differences only, and where they are small so are the digits that are left.
    """
    R = len(piece.crossing)
    edge = multipliers.slack[len(multipliers.slack) - 2 * R : len(multipliers.slack) - R]
    constant, linear, curved = multipliers.on.T
    linear, curved = linear + gains[piece.crossing] + edge * piece.most, curved - edge
    zero = np.zeros_like(constant)
    off = _most_of(-constant, -linear, -curved, piece.least, zero)
    on = _most_of(-constant, gains[piece.crossing] - linear, -curved, zero, piece.most)
    return np.stack([constant + np.maximum(0.0, np.maximum(off, on)), linear, curved], axis=1)


def _most_of(constant: Floats, linear: Floats, curved: Floats, least: Floats, most: Floats) -> Floats:
    """Maxima of quadratics over intervals."""
    top = np.clip(-0.5 * linear / np.where(curved < 0.0, curved, -1.0), least, most)
    points = np.stack([least, most, np.where(curved < 0.0, top, least)])
    return (constant + linear * points + curved * points**2).max(axis=0)


def limit_over_piece(piece: Piece, rows: Floats, dual: Floats, multipliers: ConeValues) -> float:
    """Upper limit on -sign * sum_i dual_i relu(u . x_i) over the units of the piece, from any multipliers."""
    gains = -piece.sign * dual
    row_terms = quadratics(piece, gains, multipliers)
    crossing, N = rows[piece.crossing], rows.shape[1] + 1
    form = np.zeros((N, N))
    form[0, 0] = row_terms[:, 0].sum() + np.maximum(gains, 0.0) @ piece.charge
    form[0, 1:] = 0.5 * (row_terms[:, 1] @ crossing + (gains * piece.active) @ rows)
    form[1:, 0] = form[0, 1:]
    form[1:, 1:] = (crossing * row_terms[:, 2:]).T @ crossing
    first, second = piece.pairs
    times = np.zeros((len(piece.planes), len(piece.planes)))
    times[first, second] = np.maximum(multipliers.slack[1 : 1 + len(first)], 0.0)
    cones = multipliers.cones.copy()
    if len(cones):
        cones[:, 0] = np.maximum(cones[:, 0], np.linalg.norm(cones[:, 1:], axis=1)) * (1.0 + 1e-12)
    added = piece.planes.T @ times @ piece.planes + cones.T @ piece.planes
    form += 0.5 * (added + added.T)
    # what the sums above may have lost to rounding, with room to spare
    size = np.abs(row_terms).sum() * max(1.0, float((rows**2).max())) * N + np.abs(cones).sum() + times.sum()
    return _most_on_sphere(form) + 1e-13 * (size + np.abs(form).sum())


def _most_on_sphere(form: Floats) -> float:
    """Upper limit on [1, u] . form [1, u] over |u| = 1."""
    bends, basis = np.linalg.eigh(form[1:, 1:])
    pull = basis.T @ (2.0 * form[0, 1:])
    size = 1e-12 * (1e-300 + float(np.abs(bends).max()))
    low = float(bends[-1]) + size
    multiplier = sphere_multiplier(bends, pull, low, low + 0.5 * float(np.linalg.norm(pull)) + size)
    return float(form[0, 0] + multiplier + 0.25 * np.sum(pull**2 / (multiplier - bends)))
