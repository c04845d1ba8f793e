"""How many pieces a network uses, and how they lie."""

import math

import matplotlib
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from relu_core.comparison.schema import Comparison
from relu_core.plot_style import INK, QUIET, WORDS, family_color, family_name
from relu_core.plots.canvas import new_figure
from relu_core.plots.marks import axis_names, band, end_labels, or_nothing, size_axis
from relu_core.regions import SliceRegions

# Times the largest count that the axis goes up to show bounds.
ROOM_ABOVE = 1e4


def regions_against_parameters(comparison: Comparison, *, language: str = "en") -> Figure:
    """Linear pieces against parameters, both logarithmic; dashed: what the architecture could have at most."""
    words = WORDS[language]
    figure, axes = new_figure(5.9, 3.9, right=0.74)
    labels = []
    # Far above the counts a bound says nothing that a reader could use, and would squeeze them.
    counts = [p.regions.count.value for f in comparison.families for p in f.points if p.regions]
    ceiling = ROOM_ABOVE * max([1.0, *counts])
    for family in comparison.families:
        found = [(p.parameters, p.regions) for p in family.points if p.regions and p.regions.count.value > 0]
        if not found:
            continue
        color, name = family_color(family.hidden_layers), family_name(family.hidden_layers, language)
        band(axes, [size for size, _ in found], [regions.count for _, regions in found], family.hidden_layers)
        labels.append((found[-1][1].count.value, name, color))
        bounds = [(size, r.log10_upper_bound) for size, r in found if math.isfinite(r.log10_upper_bound)]
        if bounds:
            # A line that leaves the picture goes on for a while above it, or it would seem to end there.
            highest = math.log10(ceiling) + 1
            values = [10.0 ** min(bound, highest) for _, bound in bounds]
            axes.plot([size for size, _ in bounds], values, color=color, linewidth=1.2, linestyle=(0, (4, 3)))
            labels.append((min(values[-1], ceiling), words["bound"], color))
    axes.set_yscale("log")
    if axes.get_ylim()[1] > ceiling:
        axes.set_ylim(top=ceiling)
    size_axis(axes, [p.parameters for f in comparison.families for p in f.points])
    end_labels(axes, labels)
    axis_names(axes, words["parameters"], words["regions"])
    return or_nothing(figure, axes, labels, words)


def region_slice(regions: SliceRegions, rows: ArrayLike = (), *, language: str = "en") -> Figure:
    """The polygons of a 2-D slice, one soft tone for each affine map, with data rows (k, 2) in slice coordinates."""
    words = WORDS[language]
    figure, axes = new_figure(5.2, 4.8, left=0.08)
    polygons = [np.asarray(polygon) for polygon in regions.polygons]
    tones = _tones(regions.maps) if polygons else []
    axes.add_collection(PolyCollection(polygons, facecolors=tones, edgecolors=QUIET, linewidths=0.6))
    points = np.asarray(rows, dtype=float).reshape(-1, 2)
    axes.plot(points[:, 0], points[:, 1], "o", color=INK, markersize=2.6, alpha=0.7, markeredgewidth=0)
    axes.grid(False)
    left, right, low, high = regions.extent
    axes.set(xlim=(left, right), ylim=(low, high))
    axes.set_aspect("equal")
    axis_names(axes, words["direction"].format(i=1), words["direction"].format(i=2))
    return or_nothing(figure, axes, polygons, words)


def _tones(maps: np.ndarray) -> list[tuple[float, ...]]:
    """A soft colour for each affine map: equal maps look equal, and the tone rises with the steepness."""
    steepness = np.round(np.linalg.norm(maps[:, :, :2], axis=(1, 2)), 12)
    levels, rank = np.unique(steepness, return_inverse=True)
    shades = rank / max(1, len(levels) - 1)
    return [tuple(matplotlib.colormaps["cividis"](0.25 + 0.7 * float(shade), alpha=0.45)) for shade in shades]
