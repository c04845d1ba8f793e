"""Tables of a historian that grow: the first time all rows are read, later only those above a watermark.

The watermark is the highest value of one column that was read so far: a time or a running number. Rows that come later
with exactly that value are read too; those known already are told apart by their hashes.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.errors import SourceError
from flows.sources.sql import Question, is_database, open_question, table_of
from flows.sources.table import Table, with_notes
from flows.sources.typed import cell_text


@dataclass(frozen=True)
class Watermark:
    """How far a growing table was read: `value` is the highest in `column`, as the database gave it.

    question: hash of what was asked; another question begins anew. rows_at_value: a hash for each row with that value.
    """

    column: str
    value: int | float | str
    question: str
    rows_at_value: tuple[str, ...]


@dataclass(frozen=True)
class NewRows:
    """What is new since the last time; no row where nothing is. anew: everything was read, not only the new."""

    table: Table
    watermark: Watermark
    anew: bool


def read_new_rows(
    file: Path, column: str, *, table: str = "", password: str = "", last: Watermark | None = None
) -> NewRows:
    """Rows of the SQLite file or .sql file `file` since `last`, in the order of `column`; all where that is None.

    table, password: as in `open_question`. Raises SourceError where `file` is no database, lacks the column or gives no
    row at all.
    """
    with file.open("rb") as stream:
        if not is_database(file, stream.read(16)):
            raise SourceError(
                f'"{file.name}" is no database, so what is new in "{column}" cannot be asked; leave the column empty'
            )
    with open_question(file, table=table, password=password) as question:
        asked = hashlib.sha256(f"{question.statement}\0{column}".encode()).hexdigest()
        known = last if last is not None and last.question == asked else None
        names, rows = _ask_in_order(question, column, known)
        place = _place(names, column, question.name)
        fresh = _without_known(rows, known)
        table_read = _named_table(question, names, fresh, place, known)
        reached = _reached(rows, place, column, asked, question.name) if fresh or known is None else known
        return NewRows(table_read, reached, known is None)


def _ask_in_order(question: Question, column: str, known: Watermark | None) -> tuple[list[str], list[Sequence[object]]]:
    quoted = question.quoted(column)
    # Departs from a plain "above": a logger may still write rows for the time that was the last one read.
    condition = f" WHERE {quoted} >= :since" if known else ""
    statement = f"SELECT * FROM ({{question}}) asked{condition} ORDER BY {quoted}"
    return question.ask(statement, known.value if known else None)


def _place(names: Sequence[str], column: str, name: str) -> int:
    # SQLite takes a name that it does not know for a text.
    if column not in names:
        listed = ", ".join(f'"{one}"' for one in names[:20])
        raise SourceError(f'"{name}" has no column "{column}"; choose one of {listed}')
    return list(names).index(column)


def _without_known(rows: list[Sequence[object]], known: Watermark | None) -> list[Sequence[object]]:
    left = Counter(known.rows_at_value if known else ())
    fresh: list[Sequence[object]] = []
    for i, row in enumerate(rows):
        if not left.total():
            return fresh + rows[i:]
        mark = _mark(row)
        if left[mark]:
            left[mark] -= 1
        else:
            fresh.append(row)
    return fresh


def _reached(rows: list[Sequence[object]], place: int, column: str, asked: str, name: str) -> Watermark:
    filled = [row for row in rows if row[place] is not None]
    if not filled:
        raise SourceError(f'"{name}" gives no row with a value in "{column}"; choose a column that grows')
    highest = filled[-1][place]
    value = highest if isinstance(highest, int | float) and not isinstance(highest, bool) else cell_text(highest)
    at_value = tuple(sorted(_mark(row) for row in filled if row[place] == highest))
    return Watermark(column, value, asked, at_value)


def _mark(row: Sequence[object]) -> str:
    return hashlib.sha256("\t".join(map(cell_text, row)).encode()).hexdigest()[:16]


def _named_table(
    question: Question, names: list[str], rows: list[Sequence[object]], place: int, known: Watermark | None
) -> Table:
    name = f"{question.name} from {known.value}" if known else question.name
    source = hashlib.sha256(f"{question.source}\0{name}".encode()).hexdigest() if known else question.source
    table = table_of(names, rows, name, source)
    without = sum(row[place] is None for row in rows)
    if not without:
        return table
    note = f'{without} row(s) of "{name}" have no "{names[place]}"; such rows that come later will not be read.'
    return with_notes(table, [note])
