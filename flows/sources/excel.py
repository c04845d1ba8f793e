"""Excel workbooks: one sheet, or several that are compared before any row is counted twice."""

import hashlib
import io
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import load_workbook

from flows.errors import SourceError
from flows.sources.detect import is_number, looks_like_header, looks_like_units
from flows.sources.headers import Columns, numbered, read_headers
from flows.sources.table import SourceFile, Table, single_source, stack, with_notes
from flows.sources.typed import cell_text, text_frame


@dataclass(frozen=True)
class _Sheet:
    name: str
    columns: Columns
    rows: list[list[str]]
    lines: list[int]


def read_excel(data: bytes, name: str, *, sheet: str = "") -> Table:
    """The table of a workbook.

    Without `sheet`: sheets that hold the same rows in any order are one, sheets with the same header are stacked with
    their name in the column "sheet", of others the one with most rows is taken; the notes say which.
    """
    sheets = _sheets(data, name, sheet)
    if not sheets:
        raise SourceError(f'the workbook "{name}" has no sheet with rows; save it again with its data')
    distinct, notes = _without_copies(sheets, name)
    digest = hashlib.sha256(data).hexdigest()
    same_header = [one for one in distinct if one.columns.names == distinct[0].columns.names]
    if len(same_header) == len(distinct) and len(distinct) > 1:
        tables = [_table(one, name, digest) for one in distinct]
        notes.append(f'{len(distinct)} sheets of "{name}" have one header; they were stacked, see column "sheet".')
        return with_notes(stack(tables, [one.name for one in distinct], "sheet"), notes)
    chosen = max(distinct, key=lambda one: len(one.rows))
    if len(distinct) > 1:
        others = ", ".join(f'"{one.name}"' for one in distinct if one is not chosen)
        notes.append(f'Sheet "{chosen.name}" of "{name}" has most rows and was taken; not read: {others}.')
    return with_notes(_table(chosen, name, digest), notes)


def _sheets(data: bytes, name: str, wanted: str) -> list[_Sheet]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that openpyxl drops do not concern the cells
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            if wanted and wanted not in book.sheetnames:
                known = ", ".join(f'"{one}"' for one in book.sheetnames)
                raise SourceError(f'the workbook "{name}" has no sheet "{wanted}"; choose one of {known}')
            names = [wanted] if wanted else book.sheetnames
            found = [_read_sheet(one, list(book[one].iter_rows(values_only=True))) for one in names]
    except SourceError:
        raise
    except Exception as error:  # openpyxl lets through whatever its zip, XML and cell parsers raise
        raise SourceError(
            f'the workbook "{name}" cannot be read ({error or type(error).__name__}); open and save it again in Excel'
        ) from error
    return [one for one in found if one is not None]


def _read_sheet(name: str, values: Sequence[Sequence[object]]) -> _Sheet | None:
    cells = [[cell_text(value) for value in row] for row in values]
    filled = [(i + 1, row) for i, row in enumerate(cells) if any(row)]
    if not filled:
        return None
    used = [i for i in range(max(len(row) for _, row in filled)) if any(i < len(row) and row[i] for _, row in filled)]
    rows = [(line, [row[i] if i < len(row) else "" for i in used]) for line, row in filled]
    while len(rows) > 1 and sum(map(bool, rows[0][1])) == 1 and len(used) > 2:
        rows.pop(0)  # a title above the table
    columns, rows = _take_header(rows)
    if not rows:
        return None
    return _Sheet(name, columns, [row for _, row in rows], [line for line, _ in rows])


def _take_header(rows: list[tuple[int, list[str]]]) -> tuple[Columns, list[tuple[int, list[str]]]]:
    head = rows[0][1]
    if not looks_like_header(head):
        return numbered(len(head)), rows
    if len(rows) > 2 and _is_second_header(head, rows[1][1], rows[2][1]):
        joined = [f"{above} {below}".strip() for above, below in zip(_filled_right(head), rows[1][1], strict=True)]
        return read_headers(joined), rows[2:]
    if len(rows) > 1 and looks_like_units(rows[1][1], [row for _, row in rows[2:50]]):
        return read_headers(head, rows[1][1]), rows[2:]
    return read_headers(head), rows[1:]


def _is_second_header(first: list[str], second: list[str], third: list[str]) -> bool:
    """Merged cells in the first row leave holes that the second row fills with names."""
    holes = [i for i in range(1, len(first)) if not first[i]]
    return bool(holes) and all(second[i] for i in holes) and looks_like_header(second) and any(map(is_number, third))


def _filled_right(cells: list[str]) -> list[str]:
    result: list[str] = []
    for cell in cells:
        result.append(cell or (result[-1] if result else ""))
    return result


def _without_copies(sheets: list[_Sheet], name: str) -> tuple[list[_Sheet], list[str]]:
    kept: list[_Sheet] = []
    contents: list[Counter[tuple[str, ...]]] = []
    notes: list[str] = []
    for one in sheets:
        content = Counter(map(tuple, one.rows))
        twin = next((i for i, other in enumerate(contents) if other == content), None)
        if twin is None:
            kept.append(one)
            contents.append(content)
        else:
            notes.append(
                f'Sheet "{one.name}" of "{name}" holds the same {len(one.rows)} rows as sheet '
                f'"{kept[twin].name}", in whatever order; it was left out.'
            )
    return kept, notes


def _table(sheet: _Sheet, name: str, digest: str) -> Table:
    empty = [column for i, column in enumerate(sheet.columns.names) if not any(row[i] for row in sheet.rows)]
    formulas = [f'Column "{column}" is empty; formulas that Excel never computed show no value.' for column in empty]
    return single_source(
        text_frame(sheet.rows, sheet.columns.names),
        SourceFile(f"{name}[{sheet.name}]", digest, "Excel", "cells", len(sheet.rows)),
        sheet.lines,
        ["\t".join(row) for row in sheet.rows],
        units=sheet.columns.units,
        headers=sheet.columns.headers,
        notes=[*sheet.columns.notes, *formulas],
    )
