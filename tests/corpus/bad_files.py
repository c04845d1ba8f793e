"""Small bad files, made by code: what plants, loggers, copies and attackers leave in a data folder."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import openpyxl
import pandas as pd

GOOD = "time,force,temp\n" + "".join(f"2026-03-02 10:00:{i:02d},{i}.5,{20 + i % 3}\n" for i in range(12))
Maker = Callable[[], bytes]


def text(content: str, encoding: str = "utf-8") -> Maker:
    """The bytes of a text."""
    return lambda: content.encode(encoding)


def plus(*lines: str) -> Maker:
    """The good table with further lines."""
    return lambda: (GOOD + "\n".join(lines) + "\n").encode()


def zipped(members: dict[str, bytes], *, cut: int = 0) -> Maker:
    """A zip file, its last `cut` bytes missing."""

    def make() -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return sink.getvalue()[: -cut or None]

    return make


def workbook(*sheets: list[list[object]], cut: int = 0) -> Maker:
    """A workbook of the sheets, its last `cut` bytes missing."""

    def make() -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for i, rows in enumerate(sheets):
            sheet = book.create_sheet(f"Sheet{i + 1}")
            for row in rows:
                sheet.append(row)
        sink = io.BytesIO()
        book.save(sink)
        return sink.getvalue()[: -cut or None]

    return make


def parquet(frame: pd.DataFrame, *, cut: int = 0) -> Maker:
    """A Parquet file, its last `cut` bytes missing."""

    def make() -> bytes:
        sink = io.BytesIO()
        frame.to_parquet(sink)
        return sink.getvalue()[: -cut or None]

    return make


def zip_bomb() -> bytes:
    """A zip file whose directory claims 40 GiB in one member."""
    content = zipped({"big.csv": b"0" * 10})()
    claimed = struct.pack("<L", 0xFFFFFFF0)
    place = content.rindex(b"PK\x01\x02") + 24
    return content[:place] + claimed + content[place + 4 :]


def gzip_bomb() -> bytes:
    """160 MiB of zeros in about 160 KiB of gz."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 24)
    return b"".join(packer.compress(block) for _ in range(10)) + packer.flush()


def nested_gzip() -> bytes:
    """A table in a gz file in a gz file, 600 times."""
    content = GOOD.encode()
    for _ in range(600):
        content = gzip.compress(content, 0)
    return content


def nested_zip() -> bytes:
    """A table in a zip file in a zip file, 600 times."""
    content = GOOD.encode()
    for _ in range(600):
        content = zipped({"a.zip": content})()
    return content


def locked_zip() -> bytes:
    """A zip file whose member says that it has a password."""
    content = bytearray(zipped({"a.csv": GOOD.encode()})())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def flipped(make: Maker, mark: bytes, offset: int, value: int) -> Maker:
    """A file with one byte changed, `offset` bytes after the last `mark`."""

    def changed() -> bytes:
        content = bytearray(make())
        content[content.rindex(mark) + offset] = value
        return bytes(content)

    return changed


def random_bytes() -> bytes:
    """4,000 bytes without meaning."""
    return np.random.default_rng(0).bytes(4000)


_WIDE = ",".join(f"s{i}" for i in range(10_000))
_WORKBOOK_ROWS: list[list[object]] = [["a", "b"], [1, 2], [3, 4]]

# Name -> the file's name and its bytes.
FILES: dict[str, tuple[str, Maker]] = {
    "no byte at all": ("a.csv", text("")),
    "one line end": ("a.csv", text("\n")),
    "blanks only": ("a.csv", text("   \n\t\n  ")),
    "a byte order mark only": ("a.csv", lambda: b"\xef\xbb\xbf"),
    "header only": ("a.csv", text("a,b,c\n")),
    "header without line end": ("a.csv", text("a,b,c")),
    "header and empty lines": ("a.csv", text("a,b,c\n\n\n")),
    "header and units only": ("a.csv", text("a,b\nkN,mm\n")),
    "a letter": ("a.txt", text("Dear colleague,\nthe data is attached.\nKind regards\nand many thanks for it\n")),
    "one word": ("a.csv", text("hello")),
    "a web page": ("a.csv", text("<html><body>\n<h1>404</h1>\nNot found\n</body></html>\n")),
    "json": ("a.csv", text('{\n "a": [1, 2],\n "b": {"c": 3}\n}\n')),
    "delimiters only": ("a.csv", text(",,,\n,,,\n,,,\n")),
    "quotation marks only": ("a.csv", text('"\n"\n"\n')),
    "one open quotation mark": ("a.csv", plus('2026-03-02 11:00:00,"9.5,20')),
    "a quotation mark within a cell": ("a.csv", plus('2026-03-02 11:00:00,9"5,20', '2026-03-02 11:00:01,9"6,20')),
    "a short row": ("a.csv", plus("2026-03-02 11:00:00,9.5")),
    "a long row": ("a.csv", plus("2026-03-02 11:00:00,9.5,20,extra")),
    "a torn last line": ("a.csv", lambda: (GOOD + "2026-03-02 11:0").encode()),
    "a row of another file": ("a.csv", plus("a;b;c")),
    "the header again": ("a.csv", plus("time,force,temp", "2026-03-02 11:00:00,9.5,20")),
    "two files in one": ("a.csv", lambda: (GOOD + "x;y\n1;2\n3;4\n").encode()),
    "text in a number column": ("a.csv", plus("2026-03-02 11:00:00,ERR,20")),
    "a unit in a cell": ("a.csv", plus("2026-03-02 11:00:00,9.5 kN,20")),
    "a spreadsheet error": ("a.csv", plus("2026-03-02 11:00:00,#DIV/0!,20")),
    "a limit of detection": ("a.csv", plus("2026-03-02 11:00:00,<0.5,20")),
    "two decimal points": ("a.csv", plus("2026-03-02 11:00:00,1.2.3,20")),
    "1e308": ("a.csv", plus("2026-03-02 11:00:00,1e308,20")),
    "1e999": ("a.csv", plus("2026-03-02 11:00:00,1e999,20")),
    "infinity": ("a.csv", plus("2026-03-02 11:00:00,inf,20")),
    "a number of 400 digits": ("a.csv", plus(f"2026-03-02 11:00:00,{'9' * 400},20")),
    "hexadecimal": ("a.csv", plus("2026-03-02 11:00:00,0x1F,20")),
    "an underscore in a number": ("a.csv", plus("2026-03-02 11:00:00,1_000,20")),
    "a date that does not exist": ("a.csv", plus("2026-02-30 11:00:00,9.5,20")),
    "a time of 25 o'clock": ("a.csv", plus("2026-03-02 25:00:00,9.5,20")),
    "the year 9999": ("a.csv", plus("9999-12-31 00:00:00,9.5,20")),
    "a line written twice": ("a.csv", plus("2026-03-02 10:00:11,11.5,22")),
    "an empty row of delimiters": ("a.csv", plus(",,")),
    "missing words only": ("a.csv", plus("NA,-,null")),
    "NUL bytes in a row": ("a.csv", plus("2026-03-02 11:00:00,9\x005,20")),
    "a kilobyte of NUL": ("a.csv", lambda: GOOD.encode() + bytes(1000)),
    "nothing but NUL": ("a.csv", lambda: bytes(1000)),
    "control signs": ("a.csv", lambda: bytes(range(1, 9)) * 200),
    "random bytes": ("a.csv", random_bytes),
    "bytes of another encoding in one row": ("a.csv", lambda: GOOD.encode() + b"2026-03-02 11:00:00,\xff\xfe,20\n"),
    "half a letter at the end": ("a.csv", lambda: ("名,値\n" + "力,1\n" * 20 + "力").encode()[:-1]),
    "UTF-16 without mark": ("a.csv", text(GOOD, "utf-16-le")),
    "UTF-16 cut in half a letter": ("a.csv", lambda: GOOD.encode("utf-16")[:-1]),
    "UTF-8 called cp932": ("a.csv", text("時刻,荷重\n" + "10,1\n" * 5, "cp932")),
    "old Mac line ends": ("a.csv", lambda: GOOD.replace("\n", "\r").encode()),
    "mixed line ends": ("a.csv", lambda: GOOD.replace("\n", "\r\n", 5).encode()),
    "a form feed between pages": ("a.csv", plus("\f", "2026-03-02 11:00:00,9.5,20")),
    "a Unicode line separator in a cell": ("a.csv", plus("2026-03-02 11:00:00,9.5\u2028,20")),
    "bytes of another encoding in the header": (
        "a.csv",
        lambda: "力,値\n".encode("cp932") + ("é,1\n" * 20).encode() + b"x,2\n",
    ),
    "names repeated": ("a.csv", text("a,a,a\n1,2,3\n4,5,6\n")),
    "names empty": ("a.csv", text(",,x\n1,2,3\n4,5,6\n")),
    "a name of 5,000 letters": ("a.csv", text(f"{'x' * 5000},b\n1,2\n3,4\n")),
    "a name with line ends": ("a.csv", text('"force\n[kN]",b\n1,2\n3,4\n')),
    "a cell of 200,000 letters": ("a.csv", plus(f"2026-03-02 11:00:00,{'y' * 200_000},20")),
    "10,000 columns": ("a.csv", text(_WIDE + "\n" + ",".join("1" for _ in range(10_000)) + "\n")),
    "one column of words": ("a.csv", text("name\nAlice\nBob\nCarol\n")),
    "mixed kinds in one column": (
        "a.csv",
        text("a,b\n" + "".join(f"{i},{i if i % 2 else 'x' * i}\n" for i in range(12))),
    ),
    "a formula that runs a program": ("a.csv", plus("2026-03-02 11:00:00,\"=cmd|'/c calc'!A0\",20")),
    "a cut-off gz": ("a.csv.gz", lambda: gzip.compress(GOOD.encode() * 50)[:-20]),
    "a gz with a wrong checksum": ("a.csv.gz", lambda: gzip.compress(GOOD.encode())[:-8] + bytes(8)),
    "a gz of nothing": ("a.csv.gz", lambda: gzip.compress(b"")),
    "a gz within a gz": ("a.csv.gz", lambda: gzip.compress(gzip.compress(GOOD.encode()))),
    "a gz within 600 others": ("a.csv.gz", nested_gzip),
    "a zip within 600 others": ("a.zip", nested_zip),
    "a gz bomb": ("a.csv.gz", gzip_bomb),
    "a cut-off zip": ("a.zip", zipped({"a.csv": GOOD.encode()}, cut=30)),
    "a zip of nothing": ("a.zip", zipped({})),
    "a zip of an empty file": ("a.zip", zipped({"a.csv": b""})),
    "a zip with a password": ("a.zip", locked_zip),
    "a zip bomb": ("a.zip", zip_bomb),
    "a zip that climbs out of its folder": ("a.zip", zipped({"../../etc/a.csv": GOOD.encode()})),
    "a zip whose directory points nowhere": (
        "a.zip",
        flipped(zipped({"a.csv": GOOD.encode()}), b"PK\x05\x06", 16, 200),
    ),
    "a zip of a version to come": ("a.zip", flipped(zipped({"a.csv": GOOD.encode()}), b"PK\x01\x02", 6, 241)),
    "a zip that calls itself a workbook": ("a.xlsx", zipped({"[Content_Types].xml": b"<x/>"})),
    "text that calls itself a workbook": ("a.xlsx", text(GOOD)),
    "a cut-off workbook": ("a.xlsx", workbook(_WORKBOOK_ROWS, cut=100)),
    "an empty workbook": ("a.xlsx", workbook([])),
    "a workbook with a damaged sheet": ("a.xlsx", flipped(workbook(_WORKBOOK_ROWS), b"sheet1.xml", -80, 255)),
    "a workbook with a header only": ("a.xlsx", workbook([["a", "b"]])),
    "a workbook with formulas never computed": ("a.xlsx", workbook([["a", "b"], [1, "=A2*2"], [2, "=A3*2"]])),
    "a workbook with an error cell": ("a.xlsx", workbook([["a", "b"], *[[i, i] for i in range(9)], [9, "#REF!"]])),
    "a workbook with notes beside the table": ("a.xlsx", workbook([["a", "b", None, "see page 2"], [1, 2], [3, 4]])),
    "an old workbook": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)),
    "a Parquet file of no byte": ("a.parquet", text("")),
    "a Parquet file of its mark only": ("a.parquet", lambda: b"PAR1"),
    "a cut-off Parquet file": ("a.parquet", parquet(pd.DataFrame({"a": [1, 2]}), cut=20)),
    "a Parquet file without rows": ("a.parquet", parquet(pd.DataFrame({"a": []}))),
    "a Parquet file of lists": ("a.parquet", parquet(pd.DataFrame({"a": [[1, 2], [3]], "b": [1, 2]}))),
    "a picture": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n" + np.random.default_rng(1).bytes(600)),
    "a table that Excel keeps as a web page": (
        "a.xls",
        text("<html><table>" + "".join(f"<tr><td>{i}</td></tr>\n" for i in range(9)) + "</table></html>"),
    ),
    "Excel's line about the delimiter": ("a.csv", text("sep=;\n" + GOOD.replace(",", ";"))),
    "quotation marks and signs of Windows": (
        "a.csv",
        text("time,force,note\n" + "2026-03-02 10:00:00,9.5,“worn” – 5° €\n" * 1, "cp1252"),
    ),
    "one line of five million numbers": ("a.csv", lambda: b"1.5," * 5_000_000),
    "a Parquet file of records in records": (
        "a.parquet",
        parquet(pd.DataFrame({"a": [{"x": [1, 2], "y": {"z": 1}}, {"x": [], "y": {"z": 2}}], "b": [1, 2]})),
    ),
    "an archive of another kind": ("a.csv", lambda: b"7z\xbc\xaf\x27\x1c" + np.random.default_rng(3).bytes(600)),
    "a program": ("a.csv", lambda: b"\x7fELF\x02\x01\x01" + bytes(9) + np.random.default_rng(2).bytes(600)),
}
