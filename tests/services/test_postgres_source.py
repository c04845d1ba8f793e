"""A real PostgreSQL on loopback as the historian: asked, never changed, its password never shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flows.errors import SourceError
from flows.lake.quarantine import check
from flows.sources.read import read_source
from flows.sources.sql import read_query
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


def test_only_new_rows_since_a_watermark(historian: str) -> None:
    table = read_query(
        historian, "SELECT * FROM strokes", name="ask.sql", watermark="time", since="2026-03-02 10:16:30+09"
    )
    assert len(table.frame) == 9


@pytest.mark.parametrize(
    "question, refusal",
    [
        (
            "WITH gone AS (DELETE FROM strokes RETURNING *) SELECT * FROM gone",
            "DECLARE CURSOR must not contain data-modifying statements in WITH",
        ),
        ("SELECT nextval('counter')", "cannot execute nextval() in a read-only transaction"),
    ],
)
def test_a_question_that_would_write_is_refused_by_the_server(historian: str, question: str, refusal: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_query(historian, question, name="ask.sql")
    assert str(caught.value) == (
        f'the question in "ask.sql" was not answered ({refusal}); check the server, the rights and the names'
    )
    assert len(read_query(historian, "SELECT * FROM strokes", name="ask.sql").frame) == 1000


def test_no_sentence_shows_the_password(historian: str) -> None:
    for address in (historian.replace("secret-7", "wrong-8"), historian.replace("127.0.0.1", "127.0.0.2")):
        with pytest.raises(SourceError) as caught:
            read_query(address, "SELECT 1 AS x", name="ask.sql")
        assert "secret" not in str(caught.value) and "wrong-8" not in str(caught.value)
