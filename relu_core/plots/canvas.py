"""The paper every picture is drawn on: one style, fixed margins, and the same bytes for the same drawing."""

import io
import logging
import warnings
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from relu_core.plot_style import FONTS, INK, PAPER, QUIET, RULE

STYLE: Any = {
    "font.family": "sans-serif", "font.sans-serif": list(FONTS), "font.size": 10.5, "axes.labelsize": 10.5,
    "text.color": INK, "axes.labelcolor": QUIET, "xtick.color": QUIET, "ytick.color": QUIET, "axes.edgecolor": RULE,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": RULE, "grid.linewidth": 0.7,
    "axes.axisbelow": True, "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
    "xtick.major.pad": 8.0,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "svg.fonttype": "none", "svg.hashsalt": "depthcase", "lines.linewidth": 2.0, "lines.markersize": 6.0,
}  # fmt: skip


def new_figure(
    width: float,
    height: float,
    *,
    left: float = 0.1,
    right: float = 0.97,
    bottom: float | None = None,
    top: float | None = None,
) -> tuple[Figure, Axes]:
    """Fixed margins: a layout that measures text would change with the fonts of the machine.

    The top has room for the name of the vertical axis, which is written level: Japanese does not read sideways.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
    low = 0.52 / height if bottom is None else bottom
    high = 1 - 0.42 / height if top is None else top
    figure.subplots_adjust(left=left, right=right, bottom=low, top=high)
    return figure, axes


def to_svg(figure: Figure) -> str:
    """The figure as one SVG element, the same bytes each time; its text stays text."""
    return _saved(figure, "svg", metadata={"Date": None, "Creator": None}).decode()


def to_png(figure: Figure, *, dots_per_inch: int = 150) -> bytes:
    """The figure on white paper as a PNG file, for places that show no SVG."""
    return _saved(figure, "png", dpi=dots_per_inch, facecolor=PAPER, metadata={"Software": None})


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    # A missing Japanese font matters to the reader's machine, not to this one: only text positions are computed here.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()
