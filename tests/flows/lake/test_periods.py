"""Labels from a maintenance log: inside a period its label, outside none; what cannot be joined is refused."""

import pandas as pd
import pytest

from flows.errors import DatasetError
from flows.lake.periods import with_labelled_periods
from flows.lake.quarantine import Checked, check
from flows.sources.delimited import read_delimited

TIMED = "time,x\n" + "".join(f"2026-03-02 08:{i:02d}:00,{i}\n" for i in range(30))
NUMBERED = "unit,x\n" + "".join(f"{u},{i}\n" for u in ("A", "B") for i in range(10))


def read(text: str, name: str = "data.csv") -> Checked:
    return check(read_delimited(text.encode(), name))


def labels(data: str, log: str) -> list[object]:
    return with_labelled_periods(read(data), read(log, "log.csv")).frame["label"].tolist()


def test_times_inside_a_period_are_marked() -> None:
    log = "start,end\n2026-03-02 08:03,2026-03-02 08:05\n2026-03-02 08:20,2026-03-02 08:20\n"
    assert [i for i, mark in enumerate(labels(TIMED, log)) if mark] == [3, 4, 5, 20]


def test_labels_are_taken_over_and_a_period_without_end_lasts() -> None:
    log = "fault,begin,until\nleak,2026-03-02 08:02,2026-03-02 08:03\nworn,2026-03-02 08:28,\n"
    found = labels(TIMED, log)
    assert found[1:5] == ["normal", "leak", "leak", "normal"] and found[27:] == ["normal", "worn", "worn"]


def test_numbers_count_the_rows_and_shared_columns_say_where() -> None:
    log = "unit,start,end,label\nB,13,15,3\nA,2,,4\n"
    found = labels(NUMBERED, log)
    assert found == ["normal", *["4"] * 9, "normal", "normal", "3", "3", "3", *["normal"] * 5]


def test_the_later_of_two_periods_counts_and_the_account_says_how_many_rows() -> None:
    result = with_labelled_periods(read(NUMBERED), read("start,end,label\n1,5,a\n3,4,b\n", "log.csv"))
    assert result.frame["label"].tolist()[:6] == ["a", "a", "b", "b", "a", "normal"]
    assert result.notes[-1] == '"log.csv" labels 5 of 20 rows by 2 periods.'
    assert result.schema.names == list(result.frame.columns)
    pd.testing.assert_frame_equal(result.frame.drop(columns="label"), read(NUMBERED).frame)


@pytest.mark.parametrize(
    ("data", "log", "sentence"),
    [
        (
            NUMBERED,
            "start,end\n2026-03-02 08:03,2026-03-02 08:05\n",
            'the labelled periods "log.csv" hold times and the data has none; count rows instead',
        ),
        (
            NUMBERED,
            "unit,start,end\nC,1,5\n",
            'no row of the data has the unit of any period in "log.csv"; write them alike',
        ),
        (
            TIMED,
            "what,when\nleak,2026-03-02 08:03\n",
            'the labelled periods "log.csv" have no two columns of times or numbers; give start and end',
        ),
        (
            TIMED.replace("x", "label", 1),
            "start,end\n1,2\n",
            'the data has a column "label" already; leave the file of labelled periods out',
        ),
        (
            TIMED,
            "start,end\n" + "1,2\n" * 5 + "1,tomorrow\n",
            'a row of the labelled periods "log.csv" cannot be read '
            '(column "end" holds "tomorrow" where a number is needed); correct it',
        ),
    ],
)
def test_what_cannot_be_joined_is_refused(data: str, log: str, sentence: str) -> None:
    with pytest.raises(DatasetError) as refused:
        labels(data, log)
    assert str(refused.value) == sentence
