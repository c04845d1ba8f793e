"""Every bad file ends in one clear sentence or in quarantined rows with a reason: no other error, no lost row."""

from pathlib import Path

import pytest

from flows.errors import DepthcaseError
from flows.lake import dataset
from flows.lake.quarantine import check
from flows.sources.read import read_source
from tests.corpus.bad_files import FILES

NO_TABLE = (
    'the file "a.csv" is not a table: its lines have no common number of cells; '
    "export it with one delimiter, or keep texts in a folder of their own"
)
# The sentence that the user reads.
REFUSED = {
    "no byte at all": 'the file "a.csv" is empty; export it again with at least a header and one row',
    "one line end": 'the file "a.csv" is empty; export it again with at least a header and one row',
    "blanks only": 'the file "a.csv" is empty; export it again with at least a header and one row',
    "a byte order mark only": 'the file "a.csv" is empty; export it again with at least a header and one row',
    "header only": 'the file "a.csv" has a header but no rows; export it again with its data',
    "header without line end": 'the file "a.csv" has a header but no rows; export it again with its data',
    "header and empty lines": 'the file "a.csv" has a header but no rows; export it again with its data',
    "a letter": NO_TABLE.replace(".csv", ".txt"),
    "one word": NO_TABLE,
    "a web page": (
        'the file "a.csv" is a web page or XML, whatever its name says; open it in Excel and save it as .xlsx'
    ),
    "a table that Excel keeps as a web page": (
        'the file "a.xls" is a web page or XML, whatever its name says; open it in Excel and save it as .xlsx'
    ),
    "one line of five million numbers": (
        'the file "a.csv" has a line of more than 4 million signs and is no table; export it with one line a row'
    ),
    "an archive of another kind": (
        'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel'
    ),
    "json": NO_TABLE,
    "delimiters only": (
        'no row of "a.csv" can be used (the first: no cell of the row has a value); correct the file and read it again'
    ),
    "quotation marks only": NO_TABLE,
    "a kilobyte of NUL": 'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel',
    "nothing but NUL": 'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel',
    "control signs": 'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel',
    "random bytes": 'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel',
    "one column of words": NO_TABLE,
    "a cut-off gz": 'the file "a.csv.gz" is a damaged or cut-off gz file; copy it again',
    "a gz with a wrong checksum": 'the file "a.csv.gz" is a damaged or cut-off gz file; copy it again',
    "a gz of nothing": 'the file "a.csv" is empty; export it again with at least a header and one row',
    "a gz within 600 others": 'the file "a.csv" is packed more than 3 times; unpack it yourself',
    "a zip within 600 others": 'the file "a.zip" is packed more than 3 times; unpack it yourself',
    "a Parquet file of no byte": 'the file "a.parquet" is empty; export it again with at least a header and one row',
    "a gz bomb": (
        'the file "a.csv.gz" grows to 68 MiB or more when unpacked; unpack it yourself and check what it holds'
    ),
    "a cut-off zip": 'the file "a.zip" is a damaged or locked zip file; copy it again without a password',
    "a zip of nothing": 'the zip file "a.zip" holds no file with rows; pack the data again',
    "a zip of an empty file": 'the zip file "a.zip" holds no file with rows; pack the data again',
    "a zip with a password": 'the file "a.zip" is a damaged or locked zip file; copy it again without a password',
    "a zip bomb": (
        'the file "a.zip" grows to 4095 MiB or more when unpacked; unpack it yourself and check what it holds'
    ),
    "a zip whose directory points nowhere": (
        'the file "a.zip" is a damaged or locked zip file; copy it again without a password'
    ),
    "a zip of a version to come": 'the file "a.zip" is a damaged or locked zip file; copy it again without a password',
    "a workbook with a damaged sheet": (
        'the workbook "a.xlsx" cannot be read (Truncated file header); open and save it again in Excel'
    ),
    "a zip that calls itself a workbook": (
        'the workbook "a.xlsx" cannot be read (File contains no valid workbook part); open and save it again in Excel'
    ),
    "a cut-off workbook": 'the workbook "a.xlsx" is damaged or cut off; copy it again',
    "an empty workbook": 'the workbook "a.xlsx" has no sheet with rows; save it again with its data',
    "a workbook with a header only": 'the workbook "a.xlsx" has no sheet with rows; save it again with its data',
    "an old workbook": 'the file "a.xls" is an old Excel file or has a password; save it as .xlsx without one',
    "a Parquet file of its mark only": 'the Parquet file "a.parquet" is damaged or cut off; copy it again',
    "a cut-off Parquet file": 'the Parquet file "a.parquet" is damaged or cut off; copy it again',
    "a Parquet file without rows": 'the Parquet file "a.parquet" has no rows; export it again with its data',
    "a picture": 'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel',
    "a program": 'the file "a.csv" is not text and no kind of file known here; export it as CSV or Excel',
}

# Rows stored, rows in quarantine, and the first reason.
STORED = {
    "header and units only": (1, 0, ""),
    "one open quotation mark": (12, 1, "a quotation mark is opened and not closed"),
    "a quotation mark within a cell": (12, 2, 'column "force" holds "9"5" where a number is needed'),
    "a short row": (12, 1, "the row has 2 cells where the table has 3 columns"),
    "a long row": (12, 1, "the row has 4 cells where the table has 3 columns"),
    "a torn last line": (12, 1, "the row has 1 cells where the table has 3 columns"),
    "a row of another file": (12, 1, "the row has 1 cells where the table has 3 columns"),
    "the header again": (13, 1, 'column "time" holds "time" where a time is needed'),
    "two files in one": (12, 3, "the row has 1 cells where the table has 3 columns"),
    "text in a number column": (12, 1, 'column "force" holds "ERR" where a number is needed'),
    "a unit in a cell": (12, 1, 'column "force" holds "9.5 kN" where a number is needed'),
    "a spreadsheet error": (12, 1, 'column "force" holds "#DIV/0!" where a number is needed'),
    "a limit of detection": (12, 1, 'column "force" holds "<0.5" where a number is needed'),
    "two decimal points": (12, 1, 'column "force" holds "1.2.3" where a number is needed'),
    "1e308": (12, 1, 'column "force" holds "1e308", too large a number for a measurement'),
    "1e999": (12, 1, 'column "force" holds "1e999", too large a number for a measurement'),
    "infinity": (12, 1, 'column "force" holds "inf" where a number is needed'),
    "a number of 400 digits": (
        12,
        1,
        'column "force" holds "9999999999999999999999999999999999999999", too large a number for a measurement',
    ),
    "hexadecimal": (12, 1, 'column "force" holds "0x1F" where a number is needed'),
    "an underscore in a number": (12, 1, 'column "force" holds "1_000" where a number is needed'),
    "a date that does not exist": (12, 1, 'column "time" holds "2026-02-30 11:00:00" where a time is needed'),
    "a time of 25 o'clock": (12, 1, 'column "time" holds "2026-03-02 25:00:00" where a time is needed'),
    "the year 9999": (13, 0, ""),
    "a line written twice": (12, 1, "the row repeats line 13, with the same time"),
    "an empty row of delimiters": (12, 1, "no cell of the row has a value"),
    "missing words only": (12, 1, "no cell of the row has a value"),
    "NUL bytes in a row": (12, 1, "the row holds NUL bytes"),
    "bytes of another encoding in one row": (12, 1, 'column "force" holds "ÿþ" where a number is needed'),
    "half a letter at the end": (20, 1, "the row has 1 cells where the table has 2 columns"),
    "UTF-16 without mark": (12, 0, ""),
    "UTF-16 cut in half a letter": (11, 1, "the row holds bytes that are no text in the file's encoding"),
    "UTF-8 called cp932": (5, 0, ""),
    "old Mac line ends": (12, 0, ""),
    "mixed line ends": (12, 0, ""),
    "a form feed between pages": (13, 0, ""),
    "a Unicode line separator in a cell": (13, 0, ""),
    "bytes of another encoding in the header": (21, 0, ""),
    "names repeated": (2, 0, ""),
    "names empty": (2, 0, ""),
    "a name of 5,000 letters": (2, 0, ""),
    "a name with line ends": (2, 0, ""),
    "a cell of 200,000 letters": (
        12,
        1,
        'column "force" holds "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" where a number is needed',
    ),
    "10,000 columns": (1, 0, ""),
    "mixed kinds in one column": (12, 0, ""),
    "a formula that runs a program": (12, 1, 'column "force" holds "=cmd|\'/c calc\'!A0" where a number is needed'),
    "a gz within a gz": (12, 0, ""),
    "a zip that climbs out of its folder": (12, 0, ""),
    "text that calls itself a workbook": (12, 0, ""),
    "a workbook with formulas never computed": (2, 0, ""),
    "a workbook with an error cell": (9, 1, 'column "b" holds "#REF!" where a number is needed'),
    "a workbook with notes beside the table": (2, 0, ""),
    "a Parquet file of lists": (2, 0, ""),
    "Excel's line about the delimiter": (12, 0, ""),
    "quotation marks and signs of Windows": (1, 0, ""),
    "a Parquet file of records in records": (2, 0, ""),
}


def test_the_corpus_is_large_and_every_file_has_its_end() -> None:
    assert len(FILES) >= 80
    assert set(REFUSED) | set(STORED) == set(FILES) and not set(REFUSED) & set(STORED)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_ends_well(name: str, tmp_path: Path) -> None:
    file_name, make = FILES[name]
    (tmp_path / file_name).write_bytes(make())
    if name in REFUSED:
        with pytest.raises(DepthcaseError) as caught:
            check(read_source(file_name, root=tmp_path))
        assert str(caught.value) == REFUSED[name]
        return
    result = check(read_source(file_name, root=tmp_path))
    stored, quarantined, reason = STORED[name]
    assert (len(result.frame), len(result.quarantined)) == (stored, quarantined)
    assert result.rows_read == stored + quarantined == sum(source.rows for source in result.sources)
    assert not quarantined or result.quarantined["reason"].iloc[0] == reason
    version = dataset.write(result, name="corpus", lake=tmp_path / "lake")
    assert (version.rows, version.quarantined) == (stored, quarantined)
