"""A line into cells, and a text into records that may run over several lines."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
_LONGEST_RECORD = 50


@dataclass(frozen=True)
class Record:
    """One record: its first line (from 1), its text as written, its cells; `broken` says why it has none."""

    line: int
    text: str
    cells: list[str]
    broken: str = ""


def split_lines(text: str) -> list[str]:
    """Lines of a text, whatever system wrote it; signs that only Unicode calls line ends stay in the cells."""
    return _LINE_END.split(text)


def split_fields(line: str, delimiter: str) -> list[str]:
    """Cells of one line, stripped; delimiter " " is any run of blanks, "" leaves the line whole."""
    if delimiter == "":
        return [line.strip()]
    if '"' in line and line.count('"') % 2 == 0:
        return [cell.strip() for cell in _quoted(line, delimiter)]
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in line.split(delimiter)]


def records(lines: Sequence[str], delimiter: str) -> Iterator[Record]:
    """Every record of the lines; empty lines are none.

    A quotation mark that is not closed within 50 lines breaks only its own line: what follows is read on.
    """
    i = 0
    while i < len(lines):
        line = lines[i]
        if not line.strip():
            i += 1
            continue
        if line.count('"') % 2 == 0 or not _opens_quote(line, delimiter):
            yield Record(i + 1, line, split_fields(line, delimiter))
            i += 1
            continue
        end = _closing_line(lines, i)
        if end is None:
            yield Record(i + 1, line, [], "a quotation mark is opened and not closed")
            i += 1
        else:
            text = "\n".join(lines[i : end + 1])
            yield Record(i + 1, text, [cell.strip() for cell in _quoted(text, delimiter)])
            i = end + 1


def _opens_quote(line: str, delimiter: str) -> bool:
    """Whether a cell begins with a quotation mark; within a cell it may be an inch."""
    return any(cell.lstrip().startswith('"') for cell in (line.split(delimiter) if delimiter else [line]))


def _closing_line(lines: Sequence[str], start: int) -> int | None:
    for end in range(start + 1, min(start + _LONGEST_RECORD, len(lines))):
        if lines[end].count('"') % 2 == 1:
            return end
    return None


def _quoted(text: str, delimiter: str) -> list[str]:
    if delimiter == "":
        return [text]
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=delimiter == " "))
    except csv.Error:
        return text.split(delimiter)
    return [cell for row in rows for cell in row]
