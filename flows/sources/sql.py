"""Historians: a table or a question in SQL, read and never changed.

A file that ends in .sql asks a server: its first line names the connection, the rest is one SELECT.

    -- connection: postgresql+psycopg://reader@historian.plant/line7
    SELECT time, force, temperature FROM strokes WHERE press = 7

The password does not belong into the file: it is the Prefect secret that the form names, or what PostgreSQL's library
finds in PGPASSWORD or in the user's .pgpass.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from flows.errors import SourceError
from flows.sources.headers import read_headers
from flows.sources.table import SourceFile, Table, single_source
from flows.sources.typed import text_frame

SQLITE_MARK = b"SQLite format 3\x00"
_CONNECTION = re.compile(r"^\s*--\s*connection\s*:\s*(\S+)\s*$", re.IGNORECASE)
# Servers guard their own data; a file named in an address would go round the data folder.
_SERVERS = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
# A text in quotation marks, or a comment: whichever begins first holds the signs of the other.
_QUOTED_OR_COMMENT = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/", re.DOTALL)
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Question:
    """One SELECT and the open, read-only connection that answers it. name: what the user is told.

    source: hash of what is asked: of an SQLite file's bytes, or of the statement to a server.
    """

    connection: Connection
    statement: str
    name: str
    source: str

    def ask(self, statement: str = "", since: object = None) -> tuple[list[str], list[Sequence[object]]]:
        """Names of the columns and all rows; `statement` may wrap the question and compare with `:since`."""
        # A colon in a question is a colon: in "text" it would announce a value.
        written = (statement or "{question}").replace("{question}", self.statement.replace(":", "\\:"))
        given = {"since": since} if ":since" in statement else {}
        answer = self.connection.execution_options(stream_results=True).execute(text(written), given)
        rows: list[Sequence[object]] = []
        for block in answer.partitions(_ROWS_AT_ONCE):
            rows += block
        return list(answer.keys()), rows

    def quoted(self, column: str) -> str:
        """A column's name as the database writes names."""
        return self.connection.dialect.identifier_preparer.quote_identifier(column)


def is_database(file: Path, head: bytes) -> bool:
    """Whether `file`, which begins with `head`, is an SQLite file or holds a question to a server."""
    return head.startswith(SQLITE_MARK) or file.suffix.lower() == ".sql"


def read_database(file: Path, *, table: str = "", password: str = "") -> Table:
    """All rows that an SQLite file or a .sql file gives; see `open_question`."""
    with open_question(file, table=table, password=password) as question:
        return _whole_answer(question)


def read_query(address: str, query: str, *, name: str, password: str = "") -> Table:
    """The rows that `query`, one SELECT, gives at `address`, an SQLAlchemy URL; in a read-only transaction.

    name: what the user is told; the address is never shown, for it may hold a password.
    """
    with _server_question(address, query, name, password) as question:
        return _whole_answer(question)


@contextmanager
def open_question(file: Path, *, table: str = "", password: str = "") -> Iterator[Question]:
    """What `file` asks: a .sql file its own question, an SQLite file for all rows of `table` ("": the only one it has).

    password: for the server that a .sql file names; "": the driver finds its own. Nothing can be written by it. Raises
    SourceError with one sentence, for what happens within the block as well.
    """
    with file.open("rb") as stream:
        is_sqlite = stream.read(16) == SQLITE_MARK
    if is_sqlite:
        with _sqlite_question(file, table) as question:
            yield question
        return
    first, _, query = file.read_bytes().decode("utf-8-sig", errors="replace").partition("\n")
    match = _CONNECTION.match(first)
    if match is None:
        raise SourceError(
            f'the file "{file.name}" does not begin with "-- connection: ADDRESS"; name the database in its first line'
        )
    if not match[1].startswith(_SERVERS):
        raise SourceError(f'the connection in "{file.name}" names no server; to read an SQLite file, name its own path')
    with _server_question(match[1], query, file.name, password) as question:
        yield question


@contextmanager
def _sqlite_question(file: Path, table: str) -> Iterator[Question]:
    engine = _sqlite_engine(file)
    try:
        with engine.connect() as connection:
            _make_read_only(connection)
            name = _only_table(connection, file.name, table)
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            quoted = connection.dialect.identifier_preparer.quote(name)
            yield Question(connection, f"SELECT * FROM {quoted}", f"{file.name}[{name}]", digest)
    except SQLAlchemyError as error:
        raise SourceError(
            f'the database "{file.name}" cannot be read ({_reason(error)}); check its views, or copy it again'
        ) from None
    finally:
        engine.dispose()


@contextmanager
def _server_question(address: str, query: str, name: str, password: str) -> Iterator[Question]:
    statement = _one_select(query, name)
    engine = _engine(address, name, password)
    try:
        with engine.connect() as connection:
            _make_read_only(connection)
            yield Question(connection, statement, name, hashlib.sha256(statement.encode()).hexdigest())
    except SQLAlchemyError as error:
        raise SourceError(
            f'the question in "{name}" was not answered ({_reason(error)}); check the server, the rights and the names'
        ) from None
    finally:
        engine.dispose()


def _one_select(query: str, name: str) -> str:
    statement = _QUOTED_OR_COMMENT.sub(lambda found: found[1] or " ", query).strip().rstrip(";").strip()
    bare = _QUOTED_OR_COMMENT.sub("''", statement)
    if not re.match(r"(?:select|with)\b", bare, re.IGNORECASE) or ";" in bare:
        raise SourceError(f'"{name}" must ask one question that begins with SELECT or WITH; nothing else is run')
    return statement


def _engine(address: str, name: str, password: str) -> Engine:
    try:
        url: URL = make_url(address)
        if url.drivername.startswith("sqlite"):
            return _sqlite_engine(Path(url.database or ""))
        url = url.set(password=password) if password else url
        return create_engine(url, connect_args={"connect_timeout": 10} if "postgresql" in url.drivername else {})
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SourceError(
            f'the connection in "{name}" names no database that can be reached from here ({type(error).__name__}); '
            "write it as postgresql+psycopg://user@host/database"
        ) from None


def _sqlite_engine(file: Path) -> Engine:
    place = file.resolve().as_uri().removeprefix("file://")
    return create_engine(f"sqlite:///file:{place}?mode=ro&uri=true")


def _make_read_only(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA query_only = ON"))
    else:
        connection.execute(text("SET TRANSACTION READ ONLY"))


def _only_table(connection: Connection, name: str, wanted: str) -> str:
    inspected = inspect(connection)
    tables, views = sorted(inspected.get_table_names()), sorted(inspected.get_view_names())
    known = [*tables, *views]
    if not known:
        raise SourceError(f'the database "{name}" has no table; export it again')
    listed = ", ".join(f'"{one}"' for one in known)
    if wanted and wanted not in known:
        raise SourceError(f'the database "{name}" has no table "{wanted}"; choose one of {listed}')
    # A view repeats what its tables hold: the only table is meant, where nobody says otherwise.
    usual = tables or views
    if not wanted and len(usual) > 1:
        raise SourceError(f'the database "{name}" has {len(usual)} tables; name one of {listed} as the sheet')
    return wanted or usual[0]


def _whole_answer(question: Question) -> Table:
    names, rows = question.ask()
    if not rows:
        raise SourceError(f'"{question.name}" gives no rows; check its conditions')
    return table_of(names, rows, question.name, question.source)


def table_of(names: Sequence[str], rows: Sequence[Sequence[object]], name: str, source: str) -> Table:
    """An answer as a table. name, source: of the question that was answered."""
    columns = read_headers(list(names))
    frame = text_frame(rows, columns.names)
    return single_source(
        frame,
        SourceFile(name, source, "SQL", "cells", len(frame)),
        list(range(1, len(frame) + 1)),
        ["\t".join(row) for row in frame.to_numpy()],
        units=columns.units,
        headers=columns.headers,
        notes=columns.notes,
    )


def _reason(error: SQLAlchemyError) -> str:
    """The database's own first line, without the statement and without any address."""
    cause = getattr(error, "orig", None) or error
    line = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return re.sub(r"\w+://\S+", "...", line)[:200]
