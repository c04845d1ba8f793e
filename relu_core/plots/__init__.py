"""A record in, a figure out; one question a file. Matplotlib is imported here alone; nothing is shown, saved or kept.

Every function returns a fresh matplotlib Figure that `to_svg` turns into the same bytes each time. Text stays text, so
that a page can be searched, read aloud and shown in the reader's own Japanese font. Values that are no numbers are left
out of a picture, never drawn at a made-up place.
"""

from matplotlib.figure import Figure

from relu_core.plots.canvas import to_png, to_svg
from relu_core.plots.marks import spread
from relu_core.plots.money import confusion, cost_curve, saving
from relu_core.plots.regions import region_slice, regions_against_parameters
from relu_core.plots.sizes import size_for_accuracy
from relu_core.plots.theory import gap_on_one_page
from relu_core.plots.training import learning_curve, success_rate, time_used

__all__ = [
    "Figure",
    "size_for_accuracy",
    "regions_against_parameters",
    "region_slice",
    "learning_curve",
    "success_rate",
    "time_used",
    "saving",
    "cost_curve",
    "confusion",
    "gap_on_one_page",
    "spread",
    "to_svg",
    "to_png",
]
