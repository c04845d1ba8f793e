"""Databases are read as tables, and only read."""

import sqlite3
from pathlib import Path

import pytest

from flows.errors import SourceError
from flows.lake.quarantine import check
from flows.sources.read import read_source
from flows.sources.sql import read_query


@pytest.fixture
def historian(tmp_path: Path) -> Path:
    file = tmp_path / "historian 7.db"
    connection = sqlite3.connect(file)
    connection.execute('CREATE TABLE strokes (time TEXT, "force [kN]" REAL, note TEXT)')
    rows = [(f"2026-03-02 10:00:{i:02d}", None if i == 3 else i / 3, f"n{i % 2}") for i in range(12)]
    connection.executemany("INSERT INTO strokes VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return file


def test_a_table_arrives_with_all_its_digits(historian: Path) -> None:
    result = check(read_source(historian))
    assert result.units == {"force": "kN"}
    assert result.frame["force"][7] == 7 / 3 and result.frame["force"].isna().sum() == 1
    assert result.frame["time"].dt.second.tolist() == list(range(12))
    assert result.sources[0].name == "historian 7.db[strokes]"


def test_a_question_in_a_file_goes_to_servers_only(tmp_path: Path) -> None:
    (tmp_path / "ask.sql").write_text("-- connection: sqlite:///historian.db\nSELECT * FROM strokes")
    with pytest.raises(SourceError) as caught:
        read_source("ask.sql", root=tmp_path)
    assert str(caught.value) == (
        'the connection in "ask.sql" names no server; to read an SQLite file, name its own path'
    )


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE strokes",
        "SELECT 1; DELETE FROM strokes",
        "UPDATE strokes SET note = ''",
        "PRAGMA query_only = OFF",
        "ATTACH DATABASE 'other.db' AS other",
        "SELECT ';' ; DELETE FROM strokes",
        "SELECT '--' ; DELETE FROM strokes",
        "/* SELECT */ DELETE FROM strokes",
        "SELECT /* ' */ 1; DELETE FROM strokes -- '",
        "",
    ],
)
def test_nothing_but_a_question_is_run(historian: Path, query: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_query(f"sqlite:///{historian}", query, name="ask.sql")
    assert str(caught.value) == ('"ask.sql" must ask one question that begins with SELECT or WITH; nothing else is run')


@pytest.mark.parametrize(
    "query", ["WITH x AS (SELECT 1) DELETE FROM strokes", "WITH x AS (SELECT 1) INSERT INTO strokes SELECT 1, 2, 3"]
)
def test_a_question_that_would_write_fails_in_the_database(historian: Path, query: str) -> None:
    before = historian.read_bytes()
    with pytest.raises(SourceError) as caught:
        read_query(f"sqlite:///{historian}", query, name="ask.sql")
    assert str(caught.value) == (
        'the question in "ask.sql" was not answered (attempt to write a readonly database); '
        "check the server, the rights and the names"
    )
    assert historian.read_bytes() == before


@pytest.mark.parametrize("text", ["a--b", "/* a */", ":a", "10:00::int", "50 %s", 'a"b', "it''s"])
def test_signs_within_a_text_are_no_commands(historian: Path, text: str) -> None:
    table = read_query(f"sqlite:///{historian}", f"SELECT time, '{text}' AS x FROM strokes -- end", name="ask.sql")
    assert set(table.frame["x"]) == {text.replace("''", "'")}


def test_a_semicolon_within_a_text_is_no_second_question(historian: Path) -> None:
    table = read_query(f"sqlite:///{historian}", "SELECT time, 'a;b' AS x FROM strokes", name="ask.sql")
    assert set(table.frame["x"]) == {"a;b"}


def test_refusals_show_no_password(historian: Path, tmp_path: Path) -> None:
    cases = [
        (
            "nowhere://user:secret@host/db",
            'the connection in "ask.sql" names no database that can be reached from here (NoSuchModuleError); '
            "write it as postgresql+psycopg://user@host/database",
        ),
        (
            f"sqlite:///{historian}",
            'the question in "ask.sql" was not answered (no such table: gone); '
            "check the server, the rights and the names",
        ),
    ]
    for address, sentence in cases:
        with pytest.raises(SourceError) as caught:
            read_query(address, "SELECT * FROM gone", name="ask.sql")
        assert str(caught.value) == sentence
    (tmp_path / "bare.sql").write_text("SELECT 1")
    with pytest.raises(SourceError) as caught:
        read_source(tmp_path / "bare.sql")
    assert str(caught.value) == (
        'the file "bare.sql" does not begin with "-- connection: ADDRESS"; name the database in its first line'
    )


def test_a_database_with_several_tables_asks_which(historian: Path) -> None:
    connection = sqlite3.connect(historian)
    connection.execute("CREATE TABLE other (x REAL)")
    connection.commit()
    connection.close()
    with pytest.raises(SourceError) as caught:
        read_source(historian)
    assert str(caught.value) == (
        'the database "historian 7.db" has 2 tables; name one of "other", "strokes" as the sheet'
    )
    assert read_source(historian, sheet="strokes").frame.shape == (12, 3)
    (historian.parent / "broken.db").write_bytes(historian.read_bytes()[:100] + b"\0" * 500)
    with pytest.raises(SourceError, match=r'^the database "broken.db" cannot be read'):
        read_source(historian.parent / "broken.db")


def test_a_view_is_read_where_it_is_named_and_says_why_it_fails(historian: Path) -> None:
    with sqlite3.connect(historian) as connection:
        connection.execute('CREATE VIEW halves AS SELECT time, "force [kN]" / 2 AS half FROM strokes')
        connection.execute("CREATE VIEW broken AS SELECT missing_function(time) AS x FROM strokes")
    assert len(read_source(historian).frame.columns) == 3
    assert list(read_source(historian, sheet="halves").frame.columns) == ["time", "half"]
    with pytest.raises(SourceError) as caught:
        read_source(historian, sheet="broken")
    assert str(caught.value) == (
        'the database "historian 7.db" cannot be read (no such function: missing_function); '
        "check its views, or copy it again"
    )
