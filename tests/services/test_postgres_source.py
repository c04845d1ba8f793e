"""A real PostgreSQL on loopback as the historian: asked, never changed, its password never shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flows.errors import SourceError
from flows.lake import dataset
from flows.lake.quarantine import check
from flows.settings import read_settings
from flows.sources.read import read_source
from flows.sources.sql import read_query
from flows.steps.ingest import StoredDataset, Wanted, look_at_source, store_dataset
from flows.whole_files import write_whole
from tests.postgres import cluster, only_where_installed

pytestmark = [pytest.mark.services, only_where_installed]


@pytest.fixture(scope="module")
def historian() -> Iterator[str]:
    """Address of a server with the table "strokes", for a user with a password and all rights."""
    with cluster("plant", "secret-7") as server:
        engine = create_engine(server.address("psycopg"))
        with engine.begin() as connection:
            connection.execute(text('CREATE TABLE strokes (time timestamptz, "force [kN]" float8, ok bool)'))
            connection.execute(text("CREATE SEQUENCE counter"))
            connection.execute(
                text(
                    "INSERT INTO strokes SELECT timestamptz '2026-03-02 10:00:00+09' + i * interval '1 second', "
                    "i / 3.0::float8, i % 5 = 0 FROM generate_series(0, 999) AS i"
                )
            )
        engine.dispose()
        yield server.address("psycopg")


def test_rows_arrive_exactly_and_in_utc(historian: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret-7")
    asked = tmp_path / "ask.sql"
    asked.write_text(f"-- connection: {historian.replace(':secret-7', '')}\nSELECT * FROM strokes ORDER BY time;\n")
    result = check(read_source("ask.sql", root=tmp_path))
    assert len(result.frame) == 1000 and result.units == {"force": "kN"}
    assert result.frame["force"].tolist() == [i / 3.0 for i in range(1000)]
    assert str(result.frame["time"].iloc[0]) == "2026-03-02 01:00:00"
    assert set(result.frame["ok"]) == {"true", "false"}


def ingest(folder: Path, **more: str) -> StoredDataset:
    """Ingest ask.sql of the folder by what is new in "time"."""
    here = read_settings({"DEPTHCASE_DATA": str(folder)})
    wanted = Wanted("strokes", watermark="time", **more)
    secrets = {"historian": "secret-7"}
    source = look_at_source("ask.sql", str(here.raw))
    return store_dataset(source, wanted, here, lambda name: secrets[name], lambda progress: None)


def test_a_table_that_grows_is_read_once(historian: str, tmp_path: Path) -> None:
    address = historian.replace(":secret-7", "")
    write_whole(tmp_path / "1_raw" / "ask.sql", f"-- connection: {address}\nSELECT * FROM growing")
    engine = create_engine(historian)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE growing AS SELECT * FROM strokes WHERE time < '2026-03-02 10:10:00+09'"))
    with pytest.raises(SourceError, match="was not answered"):
        ingest(tmp_path)
    first = ingest(tmp_path, secret="historian")
    assert (first.rows, first.created, first.added) == (600, True, -1)
    again = ingest(tmp_path, secret="historian")
    assert (again.version, again.rows, again.created, again.added) == (first.version, 600, False, 0)
    late = "SELECT time, -1, ok FROM strokes WHERE time = '2026-03-02 10:09:59+09'"
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO growing SELECT * FROM strokes WHERE time > '2026-03-02 10:09:59+09'"))
        connection.execute(text(f"INSERT INTO growing {late}"))
        # What lies below the watermark is not read again, however it changes.
        connection.execute(text("DELETE FROM growing WHERE time < '2026-03-02 10:05:00+09'"))
    engine.dispose()
    grown = ingest(tmp_path, secret="historian")
    assert (grown.rows, grown.created, grown.added) == (1001, True, 401)
    frame, manifest = dataset.read(tmp_path / "2_lake", "strokes")
    assert frame["force"].tolist() == [i / 3.0 for i in range(600)] + [-1.0] + [i / 3.0 for i in range(600, 1000)]
    assert str(frame["time"].iloc[-1]) == "2026-03-02 01:16:39" and manifest.units == {"force": "kN"}
    assert [source.rows for source in manifest.sources] == [600, 401]
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"secret-7" not in everything


@pytest.mark.parametrize(
    "question, refusal",
    [
        (
            "WITH gone AS (DELETE FROM strokes RETURNING *) SELECT * FROM gone",
            "DECLARE CURSOR must not contain data-modifying statements in WITH",
        ),
        ("SELECT nextval('counter')", "cannot execute nextval() in a read-only transaction"),
        (
            "SELECT set_config('transaction_read_only', 'off', false) FROM strokes",
            "transaction read-write mode must be set before any query",
        ),
        ("SELECT * INTO taken FROM strokes", "SELECT ... INTO is not allowed here"),
        ("SELECT * FROM strokes FOR UPDATE", "cannot execute SELECT FOR UPDATE in a read-only transaction"),
    ],
)
def test_a_question_that_would_write_is_refused_by_the_server(historian: str, question: str, refusal: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_query(historian, question, name="ask.sql")
    assert str(caught.value) == (
        f'the question in "ask.sql" was not answered ({refusal}); check the server, the rights and the names'
    )
    assert len(read_query(historian, "SELECT * FROM strokes", name="ask.sql").frame) == 1000


def test_what_a_function_writes_is_taken_back(historian: str) -> None:
    # Older servers let it pass even where nothing may be written; but no question is ever committed.
    read_query(historian, "SELECT lo_create(4711) AS x", name="ask.sql")
    assert read_query(historian, "SELECT count(*) AS n FROM pg_largeobject_metadata", name="n").frame["n"].tolist() == [
        "0"
    ]


def test_no_sentence_shows_the_password(historian: str) -> None:
    for address in (historian.replace("secret-7", "wrong-8"), historian.replace("127.0.0.1", "127.0.0.2")):
        with pytest.raises(SourceError) as caught:
            read_query(address, "SELECT 1 AS x", name="ask.sql")
        assert "secret" not in str(caught.value) and "wrong-8" not in str(caught.value)
