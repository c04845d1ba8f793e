"""planted_images: small inspection images whose defects follow composed rules."""

from dataclasses import dataclass

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import Criteria
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.planted.hierarchy import COMPONENTS, Hierarchy, alternating_distances, hierarchy
from relu_core.planted.problem import PlantedProblem
from relu_core.theory import compose

SMALLEST_SIDE = 8
FIELDS = 4
GREY = 0.5
CONTRAST = 0.1


@dataclass(frozen=True, eq=False)
class PlantedImages:
    """images: (D, side, side), grey values around 0.5, mostly in [0, 1]. problem: its X holds means of 4 x 4 fields.

    marks: (4, side, side), what each of the four marks looks like at strength 1: spot, blot, scratch, edge.
    """

    problem: PlantedProblem
    images: Floats
    marks: Floats


def planted_images(
    levels: int, *, rows: int, seed: int, side: int = 12, noise: float = 0.0, grain: float = 0.02
) -> PlantedImages:
    """Grey images that carry a spot, a blot, a scratch and an edge, each darker or brighter than the ground by chance.

    levels: 1: the severity y adds and subtracts the marks' strengths (boosted trees reach r2 0.96 of 0.99 from 4,000
    rows); 2: it folds the sum of all strengths, as `hierarchy` does with components (depth pays: 177 parameters, 8-4,
    reach 0.97, one hidden layer 0.80 with 4,609). rows: D images. side: pixels, a multiple of 4. noise:
    on y, in standard deviations of y. grain: standard deviation of every pixel's own grey. The marks' strengths can be
    read off the fields linearly, so that the composition, not the picture, is what is hard.
    Refuses: other levels, sides below 8 or no multiple of 4, rows below 50, negative noise or grain.
    """
    if levels not in (1, 2):
        raise ArgumentError(f"levels is {levels!r}; choose 1 or 2")
    D, size = arguments.positive_integer(rows, "rows"), arguments.positive_integer(side, "side")
    if size < SMALLEST_SIDE or size % FIELDS:
        raise ArgumentError(f"side is {size}; pass a multiple of {FIELDS} pixels, at least {SMALLEST_SIDE}")
    if D < 50:
        raise ArgumentError(f"rows is {D}; pass at least 50 images")
    structure = hierarchy(2) if levels == 2 else _sum_of_marks()
    marks = _marks(size)
    strengths = np.random.default_rng([seed, 30]).normal(size=(D, COMPONENTS))
    grains = np.random.default_rng([seed, 31]).normal(size=(D, size, size))
    images = GREY + CONTRAST * np.tensordot(strengths, marks, axes=1) + arguments.not_negative(grain, "grain") * grains
    clean = structure.network(strengths)[:, 0]
    noise = arguments.not_negative(noise, "noise")
    y = clean + noise * clean.std() * np.random.default_rng([seed, 32]).normal(size=D)
    X, truth = _fields(images), compose(structure.network, _reader(marks))
    # What the grain leaves of the strengths, and the noise of y: no model reads more from these fields.
    reachable = float(1 - np.mean((truth(X)[:, 0] - y) ** 2) / np.var(y))
    problem = PlantedProblem(
        kind=f"images of a {structure.level}",
        X=X,
        y=y,
        task="regression",
        columns=tuple(f"field_{i + 1}_{j + 1}" for i in range(FIELDS) for j in range(FIELDS)),
        criteria=Criteria("regression", "r2", target=structure.target * reachable, kill=0.3 * reachable),
        expected_verdict=structure.expected_verdict,
        derivation=structure.derivation + "; the strengths are linear in the fields, up to the grain",
        truth=truth,
        planted_ratio=structure.planted_ratio,
    )
    return PlantedImages(problem, images, marks)


def _sum_of_marks() -> Hierarchy:
    return Hierarchy(
        "surface",
        COMPONENTS,
        alternating_distances(COMPONENTS),
        target=0.85,
        expected_verdict="SIMPLE_SUFFICES",
        derivation="the severity adds and subtracts the marks' strengths: boosted trees reach the target",
        planted_ratio=1.0,
    )


def _marks(side: int) -> Floats:
    """Spot, blot, scratch and edge, each with its largest grey value 1."""
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    spot = np.exp(-((y - 0.25) ** 2 + (x - 0.25) ** 2) / 0.02)
    blot = np.exp(-((y - 0.7) ** 2 + (x - 0.65) ** 2) / 0.03)
    scratch = np.exp(-((y - x - 0.45) ** 2) / 0.008) * (y > 0.5)
    edge = np.exp(-((x - 1.0) ** 2) / 0.01)
    return np.stack([mark / mark.max() for mark in (spot, blot, scratch, edge)])


def _fields(images: Floats) -> Floats:
    """Means of FIELDS x FIELDS fields, row by row: (D, FIELDS * FIELDS)."""
    D, side, _ = images.shape
    part = side // FIELDS
    return images.reshape(D, FIELDS, part, FIELDS, part).mean(axis=(2, 4)).reshape(D, -1)


def _reader(marks: Floats) -> ReluNetwork:
    """Fields -> strengths by least squares: exact where there is no grain."""
    inverse = np.linalg.pinv(_fields(marks).T) / CONTRAST
    return ReluNetwork([inverse], [-GREY * inverse.sum(axis=1)])
