"""The geometry behind cpwl: common facets, cells of a region, faces of an upper hull. Half-spaces: a . x + b >= 0."""

from itertools import combinations

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import ConvexHull

from relu_core.arguments import Floats

# A ball of this radius must fit for a cell or a facet to count, in the units of x and relative to its size where
# that is bounded. Smaller ones come from the rounding of half-spaces.
SMALLEST_RADIUS = 1e-9
LARGEST_RADIUS = 1.0


def inner_ball(halfspaces: Floats, flat: Floats | None = None) -> tuple[Floats, float]:
    """Centre and radius of a largest ball inside the half-spaces, radius at most 1 (nan, -1 where there is none).

    flat: (n + 1,), a hyperplane a . x + b = 0 in which the ball must lie; half-spaces parallel to it only limit where.
    """
    a, b = halfspaces[:, :-1], halfspaces[:, -1]
    room = a
    if flat is not None:
        normal = flat[:-1] / np.linalg.norm(flat[:-1])
        room = a - np.outer(a @ normal, normal)
    size = np.linalg.norm(room, axis=1)
    size[size < 1e-9 * np.linalg.norm(a, axis=1)] = 0.0
    n = a.shape[1]
    equal = {} if flat is None else {"A_eq": np.append(flat[:-1], 0.0)[None], "b_eq": [-flat[-1]]}
    answer = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.column_stack([-a, size]),
        b_ub=b + (0.0 if flat is None else 1e-9 * np.linalg.norm(a, axis=1)),
        bounds=[(None, None)] * n + [(0.0, LARGEST_RADIUS)],
        method="highs",
        **equal,
    )
    return (answer.x[:-1], float(answer.x[-1])) if answer.status == 0 else (np.full(n, np.nan), -1.0)


def common_facet(first: Floats, second: Floats, first_point: Floats, second_point: Floats) -> Floats | None:
    """n affinely independent points of the facet that two regions share, or None where they share none.

    first, second: (c, n + 1). A shared facet lies in a half-space's boundary of the first that the second is beyond.
    """
    both = np.concatenate([first, second])
    for plane in first:
        if plane[:-1] @ second_point + plane[-1] >= 0:
            continue
        centre, radius = inner_ball(both, plane)
        if radius > SMALLEST_RADIUS:
            normal = plane[:-1] / np.linalg.norm(plane[:-1])
            inside = np.linalg.svd(normal[None])[2][1:]
            return np.concatenate([centre[None], centre + radius * inside])
    return None


def cell_points(halfspaces: Floats, planes: Floats, point: Floats) -> list[Floats]:
    """An interior point of every cell into which hyperplanes (s, n + 1) cut a region, by descent through the planes."""
    cells = [(halfspaces, point)]
    for plane in planes:
        size = np.linalg.norm(plane[:-1])
        if size == 0:
            continue
        parts = []
        for inside, known in cells:
            for side in (plane / size, -plane / size):
                part = np.concatenate([inside, side[None]])
                if side[:-1] @ known + side[-1] > SMALLEST_RADIUS:
                    parts.append((part, known))
                    continue
                centre, radius = inner_ball(part)
                if radius > SMALLEST_RADIUS:
                    parts.append((part, centre))
        cells = parts
    return [centre for _, centre in cells]


def interior_faces(affine: Floats) -> dict[tuple[int, ...], int]:
    """Faces F and signs with max_i affine_i(x) = sum_F sign_F max_{i in F} affine_i(x), at most d + 1 members each.

    affine: (N, n + 1), slopes and constant, d the dimension of the slopes. The simplices of the upper hull of the
    points (slope, constant) triangulate the slopes; a face inside has sign (-1)^(d + 1 - members), one on the rim has
    none: the Euler relation that counts every point of the hull once.
    """
    slopes = affine[:, :-1] - affine[:, :-1].mean(axis=0)
    _, sizes, axes = np.linalg.svd(slopes, full_matrices=False)
    d = int((sizes > 1e-9 * max(sizes[0], 1e-300)).sum())
    if d == 0:
        return {(int(affine[:, -1].argmax()),): 1}
    simplices = _upper_simplices(slopes @ axes[:d].T, affine[:, -1])
    rim = _rim(simplices)
    faces: dict[tuple[int, ...], int] = {}
    for simplex in simplices:
        for members in range(1, d + 2):
            for face in combinations(simplex, members):
                if face not in rim:
                    faces[face] = (-1) ** (d + 1 - members)
    return faces


def _upper_simplices(slopes: Floats, constants: Floats) -> list[tuple[int, ...]]:
    N, d = slopes.shape
    if d + 1 == N:
        return [tuple(range(N))]
    # Ties among more than d + 1 functions are broken at random: any triangulation of the hull's facets will do.
    spread = np.ptp(constants) + np.ptp(slopes)
    jitter = 1e-9 * spread * np.random.default_rng(N).uniform(-1, 1, size=N)
    hull = ConvexHull(np.column_stack([slopes, constants + jitter]))
    # Walls over the rim are vertical: the last coordinate of their normal is 0 up to rounding.
    upper = hull.simplices[hull.equations[:, d] > 1e-9]
    return sorted(tuple(sorted(map(int, simplex))) for simplex in upper)


def _rim(simplices: list[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """All faces of the facets that belong to one simplex only."""
    count: dict[tuple[int, ...], int] = {}
    for simplex in simplices:
        for facet in combinations(simplex, len(simplex) - 1):
            count[facet] = count.get(facet, 0) + 1
    rim = set()
    for facet, times in count.items():
        if times == 1:
            rim |= {face for members in range(1, len(facet) + 1) for face in combinations(facet, members)}
    return rim
