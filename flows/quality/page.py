"""The data-quality page: what was read, what was set aside and why, what columns hold. One HTML file by itself."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.lake.manifest import Manifest
from flows.places import Place
from flows.quality.clock import find_clock_troubles
from flows.quality.profile import ColumnProfile, profile
from flows.quality.traps import about_good_classes
from flows.whole_files import write_whole

_MOST_ROWS_SHOWN = 50
_MOST_NAMES = 12
_STRETCH = "depthcase:stretch"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d0d7de; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code { white-space: pre-wrap; word-break: break-all; } .scroll { overflow-x: auto; }
.headline { font-size: 1.2rem; } .bar { display: inline-block; height: .7rem; background: #57606a; }
"""


def quality_page(
    manifest: Manifest,
    frame: pd.DataFrame,
    quarantined: Iterable[pd.DataFrame],
    *,
    stretches: NDArray[np.int64] | None = None,
) -> str:
    """HTML of a data set's account: its rows `frame`, the rows that were set aside, and what its manifest says.

    quarantined: those rows, in one part or in several. stretches: where `frame` holds only some of the rows, (D,) the
    number of the stretch of neighbours each belongs to.
    """
    columns = profile(frame, manifest.units)
    group, decided = "source_file", [*_shortened(manifest.notes)]
    if stretches is not None:
        frame, group = frame.assign(**{_STRETCH: stretches}), _STRETCH
        columns = _counted_in_all(columns, manifest)
        decided.append(
            f"The file is large: middle and different values below are those of {len(frame):,} rows in "
            f"{len(np.unique(stretches)):,} stretches spread over it, all else was counted in every row."
        )
        decided += _about_lives(frame)
    shown, reasons = _counted(quarantined)
    findings = find_clock_troubles(frame, group=group)
    parts = [
        f"<h1>Data set {_safe(manifest.name)}</h1>",
        f'<p class="headline">{_headline(manifest)}</p>',
        _list("What was decided while reading", decided),
        _list("What the clock shows", [f"{one.evidence} {one.action}" for one in findings]),
        _list("What a person should look at", _look_at(frame, columns)),
        _columns(columns),
        _reasons(reasons),
        _set_aside(shown, manifest.rows_quarantined),
        _sources(manifest),
    ]
    title = f"Data set {_safe(manifest.name)}"
    body = "\n".join(part for part in parts if part)
    fitting = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{fitting}<title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def write_quality_page(place: Place, page: str) -> Place:
    """Write the page to `place`, whole. Raises DatasetError."""
    return write_whole(place, page)


def _headline(manifest: Manifest) -> str:
    files, left = len(manifest.sources), manifest.rows_quarantined
    return (
        f"{manifest.rows_read:,} rows were read from {files} {'file' if files == 1 else 'files'}: "
        f"{manifest.rows_stored:,} are stored, {left:,} {'was' if left == 1 else 'were'} set aside with a reason. "
        f"Version {manifest.version}."
    )


def _shortened(notes: Sequence[str]) -> list[str]:
    """The notes, one sentence for all files that have no header."""
    ending = " has no header; its columns are numbered."
    names = [note.removesuffix(ending) for note in notes if note.endswith(ending)]
    others = [note for note in notes if not note.endswith(ending)]
    if len(names) < 2:
        return list(notes)
    return [f"{len(names)} files have no header ({_listed(names)}); their columns are numbered.", *others]


def _counted_in_all(columns: Sequence[ColumnProfile], manifest: Manifest) -> list[ColumnProfile]:
    """Profiles of some rows with the counts and the ends that the manifest has of all."""
    records = {record.name: record for record in manifest.columns}
    whole = []
    for one in columns:
        record = records[one.name]
        whole.append(replace(one, rows=manifest.rows_stored, missing=record.missing))
        if record.kind == "time":
            whole[-1] = replace(whole[-1], first=record.minimum, last=record.maximum)
        elif record.kind != "text" and record.minimum:
            whole[-1] = replace(whole[-1], minimum=float(record.minimum), maximum=float(record.maximum))
    return whole


def _about_lives(frame: pd.DataFrame) -> list[str]:
    """What was not looked for in a large file, where its first rows could have it: a unit's number and a counter."""
    numbers = [values for _, values in frame.items() if pd.api.types.is_numeric_dtype(values)]
    if sum(bool((values == np.floor(values)).all()) for values in numbers) < 2:
        return []
    return [
        "Remaining life was not added: for a large file it is not looked for whether units run until they fail, "
        "because that needs all rows of a unit at once. If yours do, cut the file into several, put them into a "
        "folder, and read the folder."
    ]


def _look_at(frame: pd.DataFrame, columns: Sequence[ColumnProfile]) -> list[str]:
    remarks = [*_constants(columns), *(text for one in columns for text in _remarks(one))]
    # Labels that were read off pictures are what will be predicted; of other columns only the charter knows.
    findings = about_good_classes(frame["label"]) if "label_from" in frame.columns else []
    return [*remarks, *(f"{one.evidence} {one.action}" for one in findings)]


def _constants(columns: Sequence[ColumnProfile]) -> list[str]:
    same = [f'"{one.name}" ({one.most_frequent})' for one in columns if one.constant and one.missing < one.rows]
    if not same:
        return []
    subject = "One column has" if len(same) == 1 else f"{len(same)} columns have"
    return [f"{subject} the same value in every row and can tell nothing apart: {_listed(same)}."]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _remarks(column: ColumnProfile) -> list[str]:
    if column.missing == column.rows:
        return [f'"{column.name}" is empty in every row.']
    remarks = []
    if column.missing > 0.05 * column.rows:
        remarks.append(f'"{column.name}" is empty in {100 * column.missing / column.rows:.0f} % of the rows.')
    if column.outliers:
        count = "1 value lies" if column.outliers == 1 else f"{column.outliers:,} values lie"
        remarks.append(
            f'"{column.name}": {count} far from the rest (usual is about {column.median:.4g}, the smallest is '
            f"{column.minimum:.4g}, the largest {column.maximum:.4g}); measured so, or a sensor that failed?"
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
    heads = ("column", "unit", "kind", "empty", "different values", "smallest", "middle", "largest", "most often")
    return _table("Columns", heads, rows, numbers=(4, 5, 6, 7))


def _ends(column: ColumnProfile) -> list[str]:
    return [column.first[:19], "", column.last[:19]]


def _counted(quarantined: Iterable[pd.DataFrame]) -> tuple[pd.DataFrame, Counter[str]]:
    """The first rows that were set aside, and how often each kind of reason was given in all."""
    first, reasons = pd.DataFrame(), Counter[str]()
    for part in quarantined:
        first = pd.concat([first, part.head(_MOST_ROWS_SHOWN - len(first))])
        # The cell's own text and the other line's number would make every reason one of a kind.
        kinds = part["reason"].str.replace(r'holds ".*?"', "holds a text", regex=True)
        reasons.update(kinds.str.replace(r"repeats line \d+", "repeats an earlier line", regex=True))
    return first, reasons


def _reasons(reasons: Counter[str]) -> str:
    if not reasons:
        return "<p>Every row could be used.</p>"
    rows = [[_safe(reason), f"{count:,}"] for reason, count in reasons.most_common(_MOST_ROWS_SHOWN)]
    return _table("Why rows were set aside", ("reason", "rows"), rows, numbers=(1,))


def _set_aside(shown: pd.DataFrame, count: int) -> str:
    if shown.empty:
        return ""
    rows = [
        [_safe(str(row.file)), str(row.line), f"<code>{_safe(str(row.text)[:200])}</code>", _safe(str(row.reason))]
        for row in shown.itertuples()
    ]
    caption = f"Rows that were set aside, the first {len(shown)} of {count:,}; all are in quarantine.parquet"
    return _table(caption, ("file", "line", "as written", "reason"), rows, numbers=(1,))


def _sources(manifest: Manifest) -> str:
    rows = [
        [_safe(one.name), one.encoding, one.delimiter, f"{one.rows:,}", f"<code>{one.sha256[:16]}</code>"]
        for one in manifest.sources[:_MOST_ROWS_SHOWN]
    ]
    heads = ("file", "encoding", "between the cells", "rows", "sha256 begins")
    return _table(f"Files, the first {len(rows)} of {len(manifest.sources)}", heads, rows, numbers=(3,))


def _table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int]) -> str:
    head = "".join(f"<th{' class=number' if i in numbers else ''}>{one}</th>" for i, one in enumerate(heads))
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{' class=number' if i in numbers else ''}>{cell}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<div class=scroll><table><caption>{caption}</caption><tr>{head}</tr>\n{body}</table></div>"


def _list(caption: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return f"<h2>{caption}</h2><ul>" + "".join(f"<li>{_safe(one)}</li>" for one in sentences) + "</ul>"


def _share(part: int, whole: int) -> str:
    if not part:
        return ""
    share = part / whole
    percent = "under 1" if share < 0.01 else f"{100 * share:.0f}"
    return f'<span class="bar" style="width:{60 * share:.0f}px"></span> {part:,} ({percent} %)'


def _number(value: float) -> str:
    """Five digits; large numbers as people write them, with powers of ten only where they are out of scale."""
    if value != value:
        return ""
    return f"{value:,.0f}" if 1e5 <= abs(value) < 1e12 else f"{value:.5g}"


def _safe(text: str) -> str:
    return html.escape(text)
