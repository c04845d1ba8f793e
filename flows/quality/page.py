"""The data-quality page: what was read, what left and why, what each column holds. One HTML file, nothing fetched."""

import html
from collections.abc import Iterable, Sequence

import pandas as pd

from flows.lake.manifest import Manifest
from flows.places import Place
from flows.quality.clock import find_clock_troubles
from flows.quality.profile import ColumnProfile, profile
from flows.whole_files import write_whole

_MOST_ROWS_SHOWN = 50
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d0d7de; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { white-space: pre-wrap; word-break: break-all; }
.headline { font-size: 1.2rem; } .bar { display: inline-block; height: .7rem; background: #57606a; }
"""


def quality_page(manifest: Manifest, frame: pd.DataFrame, quarantined: pd.DataFrame) -> str:
    """HTML of a data set's account: its rows `frame`, the rows that left, and what its manifest says."""
    findings = find_clock_troubles(frame, group="source_file")
    columns = profile(frame, manifest.units)
    parts = [
        f"<h1>Data set {_safe(manifest.name)}</h1>",
        f'<p class="headline">{_headline(manifest)}</p>',
        _list("What was decided while reading", manifest.notes),
        _list("What the clock shows", [f"{one.evidence} {one.action}" for one in findings]),
        _list("What a person should look at", [text for one in columns for text in _remarks(one)]),
        _columns(columns),
        _reasons(quarantined),
        _left(quarantined),
        _sources(manifest),
    ]
    title = f"Data set {_safe(manifest.name)}"
    body = "\n".join(part for part in parts if part)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def write_quality_page(place: Place, page: str) -> Place:
    """Write the page to `place`, whole. Raises DatasetError."""
    return write_whole(place, page)


def _headline(manifest: Manifest) -> str:
    files = len(manifest.sources)
    return (
        f"{manifest.rows_read:,} rows were read from {files} {'file' if files == 1 else 'files'}: "
        f"{manifest.rows_stored:,} are stored, {manifest.rows_quarantined:,} left with a reason. "
        f"Version {manifest.version}."
    )


def _remarks(column: ColumnProfile) -> list[str]:
    if column.missing == column.rows:
        return [f'"{column.name}" is empty in every row.']
    remarks = []
    if column.constant:
        remarks.append(f'"{column.name}" is {column.most_frequent} wherever it has a value.')
    if column.missing > 0.05 * column.rows:
        remarks.append(f'"{column.name}" is empty in {100 * column.missing / column.rows:.0f} % of the rows.')
    if column.outliers:
        remarks.append(
            f'"{column.name}" has {column.outliers} value(s) far from all others '
            f"(it reaches from {column.minimum:g} to {column.maximum:g}, half of it lies near {column.median:g})."
        )
    return remarks


def _columns(columns: Sequence[ColumnProfile]) -> str:
    rows = [
        [
            _safe(one.name),
            _safe(one.unit),
            one.kind,
            _share(one.missing, one.rows),
            f"{one.distinct:,}",
            *([_number(one.minimum), _number(one.median), _number(one.maximum)] if one.first == "" else _ends(one)),
            _safe(one.most_frequent[:40]) if one.kind == "text" else "",
        ]
        for one in columns
    ]
    heads = ("column", "unit", "kind", "empty", "different", "smallest", "middle", "largest", "most frequent")
    return _table("Columns", heads, rows, numbers=(4, 5, 6, 7))


def _ends(column: ColumnProfile) -> list[str]:
    return [column.first[:19], "", column.last[:19]]


def _reasons(quarantined: pd.DataFrame) -> str:
    if quarantined.empty:
        return "<p>No row had to leave.</p>"
    # The cell's own text would make every reason one of a kind.
    kinds = quarantined["reason"].str.replace(r'holds ".*?"', "holds a text", regex=True).value_counts()
    rows = [[_safe(str(reason)), f"{count:,}"] for reason, count in kinds.items()]
    return _table("Why rows left", ("reason", "rows"), rows, numbers=(1,))


def _left(quarantined: pd.DataFrame) -> str:
    if quarantined.empty:
        return ""
    shown = quarantined.head(_MOST_ROWS_SHOWN)
    rows = [
        [_safe(str(row.file)), str(row.line), f"<code>{_safe(str(row.text)[:200])}</code>", _safe(str(row.reason))]
        for row in shown.itertuples()
    ]
    caption = f"Rows that left, the first {len(shown)} of {len(quarantined):,}; all are in quarantine.parquet"
    return _table(caption, ("file", "line", "as written", "reason"), rows, numbers=(1,))


def _sources(manifest: Manifest) -> str:
    rows = [
        [_safe(one.name), one.encoding, one.delimiter, f"{one.rows:,}", f"<code>{one.sha256[:16]}</code>"]
        for one in manifest.sources[:_MOST_ROWS_SHOWN]
    ]
    heads = ("file", "encoding", "between the cells", "rows", "sha256 begins")
    return _table(f"Files, the first {len(rows)} of {len(manifest.sources)}", heads, rows, numbers=(3,))


def _table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int]) -> str:
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{' class=number' if i in numbers else ''}>{cell}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><caption>{caption}</caption><tr>{head}</tr>\n{body}</table>"


def _list(caption: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return f"<h2>{caption}</h2><ul>" + "".join(f"<li>{_safe(one)}</li>" for one in sentences) + "</ul>"


def _share(part: int, whole: int) -> str:
    share = part / whole if whole else 0.0
    bar = f'<span class="bar" style="width:{60 * share:.0f}px"></span> ' if part else ""
    return f"{bar}{part:,}" if part else ""


def _number(value: float) -> str:
    return "" if value != value else f"{value:.6g}"


def _safe(text: str) -> str:
    return html.escape(text)
