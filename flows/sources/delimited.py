"""Text files: comma, semicolon, tab, bar or blanks between the cells, any common encoding, with or without a header."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from flows.errors import SourceError
from flows.sources.detect import (
    detect_delimiter,
    detect_encoding,
    is_number,
    looks_like_header,
    looks_like_units,
    usual_width,
)
from flows.sources.headers import Columns, numbered, read_headers
from flows.sources.split import Record, records, split_lines
from flows.sources.table import RejectedRow, SourceFile, Table, single_source

_LONGEST_LINE = 4 << 20
_MARKUP = re.compile(r"\ufeff?\s*<(?:!doctype|html|table|\?xml)\b", re.IGNORECASE)
_SAYS_DELIMITER = re.compile(r"^\ufeff?\"?sep=([,;\t|])\"?\s*$", re.IGNORECASE)
DELIMITER_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma", " ": "blanks", "": "none"}


def read_delimited(data: bytes, name: str) -> Table:
    """The table in the bytes of a text file; `name` is what the user is told. Refuses what is empty or no table."""
    encoding = detect_encoding(data)
    # UTF-16 has no place for stray bytes: they become the replacement sign, which spoils its row just as well.
    text = data.decode(encoding, errors="replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape")
    if not text.strip():
        raise SourceError(f'the file "{name}" is empty; export it again with at least a header and one row')
    lines = split_lines(text)
    _refuse_binary(text, name)
    _refuse_web_page(text, name)
    _refuse_long_line(lines, name)
    if told := _SAYS_DELIMITER.match(lines[0]):
        # Excel's own line above a table; emptied, so that lines keep their numbers.
        lines[0] = ""
    delimiter = told[1] if told else detect_delimiter(lines)
    found = list(records(lines, delimiter))
    _refuse_prose(found, delimiter, name)
    return _table(found, SourceFile(name, hashlib.sha256(data).hexdigest(), encoding, DELIMITER_NAMES[delimiter], 0))


def read_further(text: str, names: Sequence[str], source: SourceFile, first_line: int) -> Table:
    """Rows of `text`, which begins at line `first_line` of a source whose layout and columns are known."""
    delimiter = next(sign for sign, word in DELIMITER_NAMES.items() if word == source.delimiter)
    moved = [replace(row, line=row.line + first_line - 1) for row in records(split_lines(text), delimiter)]
    kept, rejected = _fit_to_width(moved, len(names), source.name)
    frame = pd.DataFrame([row.cells for row in kept], columns=list(names), dtype="str")
    counted = replace(source, rows=len(moved))
    return single_source(frame, counted, [row.line for row in kept], [row.text for row in kept], rejected=rejected)


def _refuse_binary(text: str, name: str) -> None:
    head = text[:20_000]
    odd = sum(ord(sign) < 32 and sign not in "\t\r\n\f\v" for sign in head)
    if odd > 0.02 * len(head):
        raise SourceError(f'the file "{name}" is not text and no kind of file known here; export it as CSV or Excel')


def _refuse_long_line(lines: Sequence[str], name: str) -> None:
    if max(map(len, lines)) > _LONGEST_LINE:
        raise SourceError(
            f'the file "{name}" has a line of more than {_LONGEST_LINE >> 20} million signs and is no table; '
            "export it with one line a row"
        )


def _refuse_web_page(text: str, name: str) -> None:
    if _MARKUP.match(text[:200]):
        raise SourceError(
            f'the file "{name}" is a web page or XML, whatever its name says; open it in Excel and save it as .xlsx'
        )


def _refuse_prose(found: Sequence[Record], delimiter: str, name: str) -> None:
    """Without a delimiter, or with blanks, only numbers make a table: everything else may be a letter."""
    cells = [cell for row in (found[1:300] or found) for cell in row.cells]
    if delimiter in ("", " ") and 2 * sum(map(is_number, cells)) < max(len(cells), 1):
        raise SourceError(
            f'the file "{name}" is not a table: its lines have no common number of cells; '
            "export it with one delimiter, or keep texts in a folder of their own"
        )


def _table(found: list[Record], source: SourceFile) -> Table:
    whole = [row for row in found if not row.broken]
    if not whole:
        raise SourceError(
            f'no line of the file "{source.name}" can be read (quotation marks are left open); export it again'
        )
    width = usual_width([row.cells for row in whole[:1000]])
    skipped, body = _after_preamble(found, width)
    columns, units_read, body = _take_header(body, width, source.name)
    kept, rejected = _fit_to_width(body, len(columns.names), source.name)
    if not kept:
        raise SourceError(f'the file "{source.name}" has a header but no rows; export it again with its data')
    notes = [*columns.notes]
    if skipped:
        notes.append(f'{skipped} line(s) above the table of "{source.name}" were passed over.')
    if not columns.headers:
        notes.append(f'"{source.name}" has no header; its columns are numbered.')
    if units_read:
        notes.append(f'The row under the header of "{source.name}" was read as units.')
    frame = pd.DataFrame([row.cells for row in kept], columns=list(columns.names), dtype="str")
    table = single_source(
        frame,
        SourceFile(source.name, source.sha256, source.encoding, source.delimiter, len(kept) + len(rejected)),
        [row.line for row in kept],
        [row.text for row in kept],
        units=columns.units,
        headers=columns.headers,
        rejected=rejected,
        notes=notes,
    )
    return _upright(table) if not columns.headers else table


def _after_preamble(found: list[Record], width: int) -> tuple[int, list[Record]]:
    """Lines above the header, as loggers write them: shorter than the table, and a header follows."""
    for i, row in enumerate(found[:50]):
        if len(row.cells) >= width - 1 and not row.broken:
            return (i, found[i:]) if i and looks_like_header(row.cells) else (0, found)
    return 0, found


def _take_header(body: list[Record], width: int, name: str) -> tuple[Columns, bool, list[Record]]:
    if not looks_like_header(body[0].cells):
        return numbered(width), False, body
    header, rest = [printable(cell) for cell in body[0].cells], body[1:]
    if not rest:
        raise SourceError(f'the file "{name}" has a header but no rows; export it again with its data')
    while len(header) > width and not header[-1]:
        header.pop()
    if len(header) == width - 1 and any(len(row.cells) == width and row.cells[-1] for row in rest):
        header.insert(0, "")  # R writes row names without naming their column
    has_units = len(rest[0].cells) == len(header) and looks_like_units(rest[0].cells, [row.cells for row in rest[1:50]])
    units = [printable(cell) for cell in rest[0].cells] if has_units else None
    return read_headers(header, units), has_units, rest[1:] if has_units else rest


def _fit_to_width(body: list[Record], width: int, name: str) -> tuple[list[Record], list[RejectedRow]]:
    kept, rejected = [], []
    for row in body:
        cells = row.cells
        while len(cells) > width and not cells[-1]:
            cells.pop()
        reason = row.broken or _reason(row, width)
        if reason:
            rejected.append(RejectedRow(name, row.line, printable(row.text), reason))
        else:
            kept.append(row)
    return kept, rejected


def _reason(row: Record, width: int) -> str:
    if len(row.cells) != width:
        return f"the row has {len(row.cells)} cells where the table has {width} columns"
    if not row.text.isascii() and any("\udc80" <= sign <= "\udcff" or sign == "\ufffd" for sign in row.text):
        return "the row holds bytes that are no text in the file's encoding"
    if "\x00" in row.text:
        return "the row holds NUL bytes"
    return ""


def printable(text: str) -> str:
    """`text` with undecodable bytes and NULs written as escapes, so that any file can hold it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _upright(table: Table) -> Table:
    """The table turned where its rows are variables: wide, all numbers, and rows differ far more than columns do."""
    D, width = table.frame.shape
    if width < 3 * D or D < 3 or table.rejected:
        return table
    try:
        values = table.frame.to_numpy(dtype=np.float64)
    except ValueError:
        return table
    total = values.var()
    between_rows, between_columns = values.mean(axis=1).var(), values.mean(axis=0).var()
    if not total > 0 or between_rows < 0.9 * total or between_rows < 5 * between_columns:
        return table
    source = table.sources[0]
    frame = pd.DataFrame(table.frame.to_numpy().T, columns=[f"column_{i + 1}" for i in range(D)], dtype="str")
    note = f'"{source.name}" lies on its side ({D} variables by {width} samples); it was turned.'
    return single_source(
        frame,
        SourceFile(source.name, source.sha256, source.encoding, source.delimiter, width),
        list(range(1, width + 1)),
        [" ".join(row) for row in frame.to_numpy()],
        notes=[*table.notes, note],
    )
