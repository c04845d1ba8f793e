"""Rows that repeat an earlier row, found in a table that does not fit into memory.

A number made of each row's values goes to disk, into one of 64 files by its highest bits: equal numbers end in one
file, which fits. Who has the same number may repeat; who also has the same text does.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from flows.errors import DatasetError

_FILES = 64
_HIGHEST_BITS = np.uint64(58)
_MOST_REPEATS = 5_000_000
# Odd numbers without pattern: the fractional parts of the golden ratio and of the square root of 3.
_FIRST_FACTOR, _SECOND_FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)


class RowNumbers:
    """Numbers of all rows of a table, on disk in `folder`; ends with its `with` block. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._places = [folder / f"{i:02d}" for i in range(_FILES)]
        self._files = [place.open("wb") for place in self._places]
        self._rows = 0

    def __enter__(self) -> "RowNumbers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files:
            file.close()

    def add(self, rows: pa.Table) -> None:
        """Take further rows, whose places follow on those before."""
        numbers = row_numbers(rows)
        files = (numbers >> _HIGHEST_BITS).astype(np.uint8)
        order = np.argsort(files, kind="stable")
        pairs = np.column_stack([numbers[order], order.astype(np.uint64) + np.uint64(self._rows)])
        ends = np.searchsorted(files[order], np.arange(_FILES + 1))
        for file, start, end in zip(self._files, ends[:-1], ends[1:], strict=True):
            file.write(pairs[start:end].tobytes())
        self._rows += len(rows)

    def repeats(self, name: str) -> "Repeats":
        """Rows with the number of an earlier one, and which; `name`: of the table. Raises DatasetError: too many."""
        for file in self._files:
            file.flush()
        found: list[NDArray[np.uint64]] = []
        for place in self._places:
            found.append(_equal_numbers(np.fromfile(place, dtype=np.uint64).reshape(-1, 2)))
            if sum(map(len, found)) > _MOST_REPEATS:
                raise DatasetError(
                    f'more than {_MOST_REPEATS:,} rows of "{name}" repeat an earlier row with the same time; '
                    "write every row once and read the file again"
                )
        pairs = np.concatenate(found).astype(np.int64)
        return Repeats(*pairs[np.argsort(pairs[:, 0])].T)


class Repeats:
    """What may repeat, sifted while the same rows pass again in the same order.

    later, first: (k,) places of rows, from 0 and climbing in `later`, and of the row that each may repeat.
    """

    def __init__(self, later: NDArray[np.int64], first: NDArray[np.int64]) -> None:
        self._later, self._first = later, first
        self._kept, self._which = np.unique(first, return_inverse=True)
        self._lines = np.zeros(len(self._kept), dtype=np.int64)
        self._texts = np.zeros(len(self._kept), dtype=np.int64)

    @classmethod
    def none(cls) -> "Repeats":
        """Nothing may repeat."""
        return cls(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._later)

    def touch(self, start: int, D: int) -> bool:
        """Whether any of the D rows from `start` on may repeat a row, or be repeated."""
        return any(len(_within(places, start, D)) for places in (self._later, self._kept))

    def sift(self, start: int, lines: NDArray[np.int64], texts: Sequence[bytes]) -> dict[int, int]:
        """Which of the rows from `start` on, with these lines and texts, repeat a row: place among them -> its line."""
        for i in _within(self._kept, start, len(lines)):
            at = int(self._kept[i]) - start
            self._lines[i], self._texts[i] = lines[at], hash(texts[at])
        found = {}
        for i in _within(self._later, start, len(lines)):
            at, first = int(self._later[i]) - start, self._which[i]
            if hash(texts[at]) == self._texts[first]:
                found[at] = int(self._lines[first])
        return found


def row_numbers(rows: pa.Table) -> NDArray[np.uint64]:
    """(D,) a number a row: rows of equal values have equal ones, others nearly never. Kinds: number, time, text."""
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.columns:
        np.bitwise_xor(mixed, _bits(column), out=mixed)
        for factor, shift in ((_FIRST_FACTOR, 32), (_SECOND_FACTOR, 29)):
            np.multiply(mixed, factor, out=mixed)
            np.bitwise_xor(mixed, mixed >> np.uint64(shift), out=mixed)
    return mixed


def _bits(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    if pa.types.is_floating(column.type):
        return column.to_numpy().view(np.uint64)
    if pa.types.is_timestamp(column.type):
        moments = pc.fill_null(column.cast(pa.int64()), np.iinfo(np.int64).min)
        return moments.to_numpy().view(np.uint64)
    words = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    numbers = pd.util.hash_array(words.dictionary.to_numpy(zero_copy_only=False))
    return numbers[words.indices.to_numpy()]


def _equal_numbers(pairs: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(k, 2) the place of every row whose number an earlier row has, and the place of the first of those."""
    numbers = np.sort(pairs[:, 0])
    if not (numbers[1:] == numbers[:-1]).any():
        return np.empty((0, 2), dtype=np.uint64)
    order = np.argsort(pairs[:, 0], kind="stable")
    numbers, places = pairs[order, 0], pairs[order, 1]
    same = np.concatenate([[False], numbers[1:] == numbers[:-1]])
    begins = np.maximum.accumulate(np.where(same, 0, np.arange(len(same))))
    return np.column_stack([places[same], places[begins[same]]])


def _within(places: NDArray[np.int64], start: int, D: int) -> range:
    """Which of the climbing places are among the D rows from `start` on."""
    low, high = np.searchsorted(places, [start, start + D])
    return range(int(low), int(high))
