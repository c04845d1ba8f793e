"""What a file is made of: its encoding, its delimiter, and whether it has a header."""

import codecs
import re
from collections import Counter
from collections.abc import Sequence

from charset_normalizer import from_bytes

from flows.sources.split import split_fields

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In this order: a semicolon file may hold decimal commas, any file may hold blanks inside its text.
_DELIMITERS = ("\t", ";", "|", ",", " ")
_LEGACY = ("cp932", "euc_jp", "gb18030", "cp1252", "latin_1")
_JAPANESE = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_RARE = re.compile(r"[\uff61-\uff9f\ue000-\uf8ff\u0080-\u009f\u2500-\u257f\u0400-\u04ff]")
_NUMBER = re.compile(r"^[+-]?(?:\d+(?:[.,]\d*)*|[.,]\d+)(?:[eE][+-]?\d+)?%?$")
_DATE = re.compile(r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}")
_SAMPLE_LINES = 300
_SAMPLE_BYTES = 200_000


def detect_encoding(data: bytes) -> str:
    """Encoding of `data`: by its mark, else UTF-8 if (nearly) every line is, else the likeliest legacy one."""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name
    if wide := _unmarked_utf16(data):
        return wide
    if _is_mostly(data, "utf-8"):
        return "utf-8"
    return _legacy_encoding(data[:_SAMPLE_BYTES].rsplit(b"\n", 1)[0] or data)


def detect_delimiter(lines: Sequence[str]) -> str:
    """The character between cells; " " means any run of blanks, "" a single column.

    The first candidate that gives at least half of the sampled lines (blanks: 80 %, for sentences have blanks as well)
    one and the same number of cells, 2 or more; a later one must do so for clearly more lines.
    """
    sample = [line for line in lines[: 4 * _SAMPLE_LINES] if line.strip()][:_SAMPLE_LINES]
    best, best_share = "", 0.0
    for delimiter in _DELIMITERS:
        share = _share_of_usual_width(sample, delimiter)
        if share > best_share + 0.1 and share >= (0.8 if delimiter == " " else 0.5):
            best, best_share = delimiter, share
    return best


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """The most frequent number of cells; the larger one where two are as frequent."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda width: (counts[width], width))


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number in any of the usual notations."""
    return bool(_NUMBER.match(cell.strip()))


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether a row names columns: under half of its cells are numbers or dates."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    values = sum(is_number(cell) or bool(_DATE.match(cell)) or cell.lower() in ("nan", "na") for cell in filled)
    return bool(filled) and 2 * values < len(filled)


def looks_like_units(cells: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Whether the row under the header holds units: no number in it, where the rows below hold mostly numbers."""
    if not following or any(is_number(cell) or _DATE.match(cell.strip()) for cell in cells):
        return False
    numeric = [
        i
        for i in range(len(cells))
        if sum(i < len(row) and is_number(row[i]) for row in following) > len(following) / 2
    ]
    named = [i for i in numeric if cells[i].strip()]
    missing = {"na", "nan", "null", "none", "n/a", "-", "--", "?"}
    return bool(named) and not any(cells[i].strip().lower() in missing or len(cells[i]) > 16 for i in named)


def _share_of_usual_width(sample: Sequence[str], delimiter: str) -> float:
    widths = Counter(len(split_fields(line, delimiter)) for line in sample)
    wide = {width: count for width, count in widths.items() if width > 1}
    return max(wide.values()) / len(sample) if wide else 0.0


def _unmarked_utf16(data: bytes) -> str:
    """Two bytes a sign: the NUL bytes of digits and delimiters stand at odd or at even places, not at both."""
    even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
    if len(data) % 2 or even + odd < 0.1 * min(len(data), 4000) or min(even, odd) > 0.1 * max(even, odd):
        return ""
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if _decodes(data, name) else ""


def _is_mostly(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
        return True
    except UnicodeDecodeError:
        pass
    marked = [line for line in data.split(b"\n") if not line.isascii()]
    good = sum(_decodes(line, encoding) for line in marked)
    return good > 0 and good >= 0.9 * len(marked)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(data: bytes) -> str:
    candidates = [name for name in _LEGACY if _decodes(data, name)]
    # Statistics need more letters than a header has: kana settle it where they stand alone, without any odd sign.
    for name in candidates[:3]:
        text = data.decode(name)
        if name in ("cp932", "euc_jp") and _JAPANESE.search(text) and not _RARE.search(text):
            return name
    plausible = [name for name in candidates if not _RARE.search(data.decode(name))]
    guess = from_bytes(data, cp_isolation=plausible or candidates or ["latin_1"]).best()
    return guess.encoding if guess is not None else (plausible or candidates or ["latin_1"])[0]
