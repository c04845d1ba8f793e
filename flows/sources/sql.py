"""Historians: a table or a question in SQL, read and never changed.

A file that ends in .sql asks a server: its first line names the connection, the rest is one SELECT.

    -- connection: postgresql+psycopg://reader@historian.plant/line7
    SELECT time, force, temperature FROM strokes WHERE press = 7

The password does not belong into the file: PostgreSQL's library finds it in PGPASSWORD or in the user's .pgpass.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from flows.errors import SourceError
from flows.sources.headers import read_headers
from flows.sources.table import SourceFile, Table, single_source
from flows.sources.typed import text_frame

_CONNECTION = re.compile(r"^\s*--\s*connection\s*:\s*(\S+)\s*$", re.IGNORECASE)
# Servers guard their own data; a file named in an address would go round the data folder.
_SERVERS = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_ROWS_AT_ONCE = 50_000


def read_sqlite(file: Path, *, table: str = "") -> Table:
    """A table of an SQLite file; "" is the only one it has. The file is opened read-only."""
    engine = _sqlite_engine(file)
    try:
        with engine.connect() as connection:
            name = _only_table(connection, file.name, table)
            quoted = connection.dialect.identifier_preparer.quote(name)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            return _ask(connection, f"SELECT * FROM {quoted}", {}, f"{file.name}[{name}]", digest)
    except SQLAlchemyError as error:
        raise SourceError(f'the database "{file.name}" cannot be read ({_reason(error)}); copy it again') from None
    finally:
        engine.dispose()


def read_sql_file(file: Path, content: str) -> Table:
    """The answer to the question in a .sql file, from the server that its first line names."""
    first, _, query = content.partition("\n")
    match = _CONNECTION.match(first)
    if match is None:
        raise SourceError(
            f'the file "{file.name}" does not begin with "-- connection: ADDRESS"; name the database in its first line'
        )
    if not match[1].startswith(_SERVERS):
        raise SourceError(f'the connection in "{file.name}" names no server; to read an SQLite file, name its own path')
    return read_query(match[1], query, name=file.name)


def read_query(address: str, query: str, *, name: str, watermark: str = "", since: str = "") -> Table:
    """The rows that `query`, one SELECT, gives at `address`, an SQLAlchemy URL; in a read-only transaction.

    watermark, since: only rows whose column `watermark` lies above the value `since`, in its order: what is new since
    the last time. name: what the user is told; the address is never shown, for it may hold a password.
    """
    statement = _one_select(query, name)
    if watermark:
        statement = f'SELECT * FROM ({statement}) AS asked WHERE "{watermark}" > :since ORDER BY "{watermark}"'
    engine = _engine(address, name)
    try:
        with engine.connect() as connection:
            _make_read_only(connection)
            values = {"since": since} if watermark else {}
            return _ask(connection, statement, values, name, hashlib.sha256(statement.encode()).hexdigest())
    except SQLAlchemyError as error:
        raise SourceError(
            f'the question in "{name}" was not answered ({_reason(error)}); check the server, the rights and the names'
        ) from None
    finally:
        engine.dispose()


def _one_select(query: str, name: str) -> str:
    statement = _COMMENT.sub(" ", query).strip().rstrip(";").strip()
    bare = _QUOTED.sub("''", statement)
    if not re.match(r"(?:select|with)\b", bare, re.IGNORECASE) or ";" in bare:
        raise SourceError(f'"{name}" must ask one question that begins with SELECT or WITH; nothing else is run')
    return statement


def _engine(address: str, name: str) -> Engine:
    try:
        url: URL = make_url(address)
        if url.drivername.startswith("sqlite"):
            return _sqlite_engine(Path(url.database or ""))
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
    known = sorted(inspect(connection).get_table_names())
    if not known:
        raise SourceError(f'the database "{name}" has no table; export it again')
    listed = ", ".join(f'"{one}"' for one in known)
    if wanted and wanted not in known:
        raise SourceError(f'the database "{name}" has no table "{wanted}"; choose one of {listed}')
    if not wanted and len(known) > 1:
        raise SourceError(f'the database "{name}" has {len(known)} tables; name one of {listed} as the sheet')
    return wanted or known[0]


def _ask(connection: Connection, statement: str, values: dict[str, str], name: str, digest: str) -> Table:
    answer = connection.execution_options(stream_results=True).execute(text(statement), values)
    columns = read_headers(list(answer.keys()))
    rows: list[Sequence[object]] = []
    for block in answer.partitions(_ROWS_AT_ONCE):
        rows += block
    if not rows:
        raise SourceError(f'"{name}" gives no rows; check its conditions')
    frame = text_frame(rows, columns.names)
    return single_source(
        frame,
        SourceFile(name, digest, "SQL", "cells", len(frame)),
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
