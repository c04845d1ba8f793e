"""Whatever bytes arrive: one clear sentence, or every row either read or set aside; no line is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import DepthcaseError
from flows.lake.quarantine import check
from flows.sources.delimited import read_delimited
from flows.sources.split import split_lines

LAW = settings(max_examples=100, derandomize=True, deadline=None)
GOOD = [f"2026-03-02 10:{i // 60:02d}:{i % 60:02d},{i / 7:.3f},{20 + i % 3},n{i % 4}" for i in range(80)]
CELL = st.one_of(
    st.sampled_from(
        ["", "1", "-2.5", "NA", "ERR", "力", "é", '"', '""', '"a"', '"a,b"', "a\tb", "1;2", "\x00", "\u2028"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=8),
)
LINE = st.one_of(
    st.lists(CELL, min_size=1, max_size=6).map(",".join),
    st.text(st.sampled_from('",; \t|1a'), max_size=20),
    st.sampled_from(GOOD[:3]),
)
ENCODED = st.tuples(LINE, st.sampled_from(["utf-8", "cp932", "euc_jp", "latin_1"])).map(
    lambda pair: pair[0].encode(pair[1], errors="replace")
)


@LAW
@given(st.binary(max_size=400))
def test_random_bytes_end_well(data: bytes) -> None:
    ends_well(data)


@LAW
@given(st.lists(st.binary(max_size=30), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_random_bytes_after_a_table_end_well(lines: list[bytes], end: bytes) -> None:
    ends_well(end.join([b"time,force,temp,note", *(line.encode() for line in GOOD), *lines]))


def ends_well(data: bytes) -> None:
    """A sentence, or an account that adds up."""
    try:
        table = read_delimited(data, "a.csv")
        result = check(table)
    except DepthcaseError as error:
        assert "\n" not in str(error) and ";" in str(error)
        return
    assert result.rows_read == len(result.frame) + len(result.quarantined) == sum(s.rows for s in result.sources)
    assert all(result.quarantined["reason"])


@LAW
@given(st.lists(LINE, max_size=15))
def test_no_line_is_lost_whatever_its_quotation_marks(lines: list[str]) -> None:
    every_line_is_accounted_for([line.encode("utf-8", "surrogatepass") for line in lines])


@LAW
@given(st.lists(ENCODED, max_size=15))
def test_no_line_is_lost_whatever_its_encoding(lines: list[bytes]) -> None:
    every_line_is_accounted_for(lines)


def every_line_is_accounted_for(lines: list[bytes]) -> None:
    """Good lines with `lines` among them: the lines of all records are those of the file, but for the header."""
    half = [line.encode() for line in GOOD[:40]], [line.encode() for line in GOOD[40:]]
    data = b"\n".join([b"time,force,temp,note", *half[0], *lines, *half[1]]) + b"\n"
    table = read_delimited(data, "a.csv")
    text = data.decode(table.sources[0].encoding, errors="surrogateescape")
    written = sum(1 for line in split_lines(text) if line.strip()) - 1
    records = [*table.raw_lines, *(row.text for row in table.rejected)]
    assert sum(1 for record in records for line in split_lines(record) if line.strip()) == written
    assert table.rows_read == table.sources[0].rows == len(records)
