"""From a file to PostgreSQL: every experiment, run, number and model that MLflow has noted, with the same names."""

from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from flows.errors import ServiceError

# Rows that travel at a time: numbers of a large installation are counted in millions.
_ROWS = 5000


def move_records(source: Path, target: str) -> dict[str, int]:
    """Copy all of MLflow's tables from the SQLite file `source` into the PostgreSQL database `target`, in one go.

    The target has MLflow's tables and no runs yet; its server must be stopped. Returns the rows of each table.
    Raises ServiceError: tables of different versions, or a target that holds runs; nothing is written then.
    """
    if not source.is_file():
        raise ServiceError(f"there is no file {source}; name the mlflow.db of the installation that is moved.")
    old, new = create_engine(f"sqlite:///{source}"), create_engine(target)
    try:
        tables = MetaData()
        tables.reflect(new)
        _require_same_version(old, new, source)
        _require_empty(new, tables)
        with old.connect() as giving, new.begin() as taking:
            held = set(inspect(giving).get_table_names()) - {"alembic_version"}
            chosen = [table for table in tables.sorted_tables if table.name in held]
            # A new server notes its default experiment by itself.
            for table in reversed(chosen):
                taking.execute(table.delete())
            return {table.name: _copy(giving, taking, table) for table in chosen}
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise ServiceError(f"the records of {source} were not moved, nothing was written: {reason}") from None
    finally:
        old.dispose()
        new.dispose()


def _require_same_version(old: Engine, new: Engine, source: Path) -> None:
    question = text("SELECT version_num FROM alembic_version")
    with old.connect() as giving, new.connect() as taking:
        versions = giving.execute(question).scalar(), taking.execute(question).scalar()
    if versions[0] != versions[1]:
        raise ServiceError(
            f"the tables of {source} are of version {versions[0]}, those of the server {versions[1]}; "
            "bring both to the installed version first, with depthcase migrate."
        )


def _require_empty(new: Engine, tables: MetaData) -> None:
    with new.connect() as taking:
        held = taking.execute(select(func.count()).select_from(tables.tables["runs"])).scalar() or 0
    if held:
        raise ServiceError(f"the server's database holds {held} runs already; move into an empty one.")


def _copy(giving: Connection, taking: Connection, table: Table) -> int:
    """Copy the rows of one table, then let its counters go on after the highest number."""
    known = {column["name"] for column in inspect(giving).get_columns(table.name)}
    # The types are the target's: they turn what SQLite keeps (0 and 1, texts of dates) into what PostgreSQL takes.
    asked = select(*(column for column in table.columns if column.name in known))
    copied = 0
    for rows in giving.execution_options(yield_per=_ROWS).execute(asked).mappings().partitions():
        taking.execute(table.insert(), [dict(row) for row in rows])
        copied += len(rows)
    for column in table.primary_key:
        counter = taking.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
        if counter:
            highest = taking.execute(select(func.max(column))).scalar() or 0
            taking.execute(select(func.setval(counter, highest + 1, False)))
    return copied
