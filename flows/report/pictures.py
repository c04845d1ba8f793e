"""Figures as part of a page: one SVG element each, with a name for screen readers and the colours of the page."""

import re

from markupsafe import Markup, escape

from relu_core.plot_style import BAD, BASELINE, EXACT, FAMILY, GOOD, INK, PAPER, QUIET, RULE

# A page gives each of these a light and a dark value; the picture follows.
COLORS = {
    INK: "ink", QUIET: "quiet", RULE: "rule", PAPER: "paper", GOOD: "good", BAD: "bad", EXACT: "exact",
    BASELINE: "baseline", **{color: f"family-{k}" for k, color in FAMILY.items()},
}  # fmt: skip


def inline(svg: str, name: str, label: str) -> Markup:
    """The drawing `svg` for use inside a page. name: unique on the page. label: what a screen reader says."""
    drawing = svg[svg.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<style.*?</style>", "", drawing, flags=re.DOTALL)
    # Two drawings on one page must not share an id, or a clip path of one cuts the other.
    drawing = re.sub(r'\bid="', f'id="{name}-', drawing)
    drawing = re.sub(r"url\(#", f"url(#{name}-", drawing)
    drawing = re.sub(r'xlink:href="#', f'href="#{name}-', drawing)
    drawing = re.sub(r"font-family: [^;\"]*;? ?", "", drawing)
    drawing = re.sub(r"#[0-9a-f]{6}\b", lambda found: _variable(found.group()), drawing)
    box = re.search(r'viewBox="[^"]*"', drawing)
    head = (
        f'<svg {box.group() if box else ""} role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">'
    )
    body = drawing[drawing.index(">") + 1 :]
    return Markup(head + re.sub(r"\s*\n\s*", "\n", body))


def _variable(color: str) -> str:
    return f"var(--{COLORS[color]})" if color in COLORS else color
