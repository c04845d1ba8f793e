"""Arrays of the search over knots: the sorted rows, its lists, its leaves, and scratch of its loops."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.knot_chains_kernels import FIELDS
from relu_core.exact.knot_columns_kernels import TARGET
from relu_core.exact.knots_kernels import fit_tails


class SortedRows(NamedTuple):
    """Rows of one input in its order, equal inputs made one. x, y, weight, root (m,): search units, root of the weight.

    within: loss among rows of equal input.
    """

    x: Floats
    y: Floats
    weight: Floats
    root: Floats
    within: float


class KnotWork(NamedTuple):
    """Scratch of the programs: m rows, p columns. column, basis (p, m), row (3, m), vector (6, p), gram, factor (p, p),
    shape, passive, refused, index (p,), place, sign (w,)."""

    column: Floats
    row: Floats
    vector: Floats
    gram: Floats
    factor: Floats
    shape: Floats
    passive: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    basis: Floats
    index: NDArray[np.int64]  # type: ignore[assignment]  # a tuple has a method of this name, which no loop calls
    place: NDArray[np.int64]
    sign: NDArray[np.int64]


class Chain(NamedTuple):
    """Scratch of `chain_excess`.

    sides, ends (w + 2, w + 1): of each part's knots, see `meet`. missed, turned (1,): results of loops. share (w + 1,):
    see `face`. The others have a line for each condition: its knot, side, place, and their quadratic program.
    """

    sides: NDArray[np.int64]
    ends: NDArray[np.int64]
    missed: NDArray[np.int64]
    turned: Floats
    share: Floats
    knot: NDArray[np.int64]
    side: NDArray[np.int64]
    held: NDArray[np.bool_]
    at: Floats
    pull: Floats
    slope: Floats
    diagonal: Floats
    coupled: Floats
    pivot: Floats
    right: Floats
    multiplier: Floats
    moved: Floats


class Walk(NamedTuple):
    """State of `list_places`. tails, least: see `fit_tails`. here, following (w + 2,): of each knot, its place and the
    next knot's next one. loss (w + 2,), half (w + 2, 2), lines (w + 2, FIELDS): of the runs so far. ends: as tails, of
    one run's ends. depth (1,): knots that stand, see `list_places`."""

    tails: Floats
    least: Floats
    here: NDArray[np.int64]
    following: NDArray[np.int64]
    loss: Floats
    half: Floats
    lines: Floats
    ends: Floats
    depth: NDArray[np.int64]


class Listing(NamedTuple):
    """Choices: bound (L,) on their networks; facing (L,), places (L, w): as KnotLeaves has them."""

    bound: Floats
    facing: NDArray[np.int64]
    places: NDArray[np.int64]

    def chosen(self, which: NDArray[np.int64]) -> "Listing":
        """The choices of the given numbers, in their order."""
        return Listing(self.bound[which], self.facing[which], self.places[which])


class Stack(NamedTuple):
    """Programs still to be solved for one choice: facing (L,) and sign (L, w), as KnotLeaves has them."""

    facing: NDArray[np.int64]
    sign: NDArray[np.int64]


class KnotLeaves(NamedTuple):
    """Programs that bound their networks without parts of their own, with where the dual is read off.

    places (L, w): rows left of each knot, -1 beyond the last. facing (L,): bit j set where unit j is on for rows left
    of its knot, SLOPE_FREE where one more unit is on for all rows, ANY_WAY for every way. sign (L, w): of the output
    weights, 0 for both. held (L,): bit a set where column a of the program has a length, see `fill_columns`.
    """

    places: NDArray[np.int64]
    facing: NDArray[np.int64]
    sign: NDArray[np.int64]
    held: NDArray[np.int64]

    def chosen(self, which: NDArray[np.int64]) -> "KnotLeaves":
        """The leaves of the given numbers, in their order."""
        return KnotLeaves(self.places[which], self.facing[which], self.sign[which], self.held[which])


def make_work(rows: SortedRows, w: int) -> KnotWork:
    """Scratch of the programs of `rows` and w units."""
    p, m = 2 * w + 2, len(rows.x)
    row = np.zeros((3, m))
    row[TARGET] = rows.root * rows.y
    return KnotWork(
        column=np.zeros((p, m)),
        row=row,
        vector=np.zeros((6, p)),
        gram=np.zeros((p, p)),
        factor=np.zeros((p, p)),
        shape=np.zeros(p),
        passive=np.zeros(p, dtype=np.bool_),
        refused=np.zeros(p, dtype=np.bool_),
        basis=np.zeros((p, m)),
        index=np.zeros(p, dtype=np.int64),
        place=np.zeros(w, dtype=np.int64),
        sign=np.zeros(w, dtype=np.int64),
    )


def make_walk(rows: SortedRows, w: int) -> Walk:
    """State of a walk over the places of w knots among `rows`."""
    m = len(rows.x)
    tails, least = np.zeros((m + 1, FIELDS)), np.zeros((w + 2, m + 1))
    fit_tails(rows, w + 1, tails, least, np.zeros((1, FIELDS)))
    whole = np.zeros(w + 2, dtype=np.int64)
    return Walk(
        tails=tails,
        least=least,
        here=whole,
        following=whole.copy(),
        loss=np.zeros(w + 2),
        half=np.zeros((w + 2, 2)),
        lines=np.zeros((w + 2, FIELDS)),
        ends=np.zeros((m + 1, FIELDS)),
        depth=np.zeros(1, dtype=np.int64),
    )


def make_chain(w: int) -> Chain:
    """Scratch for w knots."""
    lines = np.zeros((10, w + 1))
    return Chain(
        sides=np.zeros((w + 2, w + 1), dtype=np.int64),
        ends=np.zeros((w + 2, w + 1), dtype=np.int64),
        missed=np.zeros(1, dtype=np.int64),
        turned=np.zeros(1),
        share=lines[0],
        knot=np.zeros(w + 1, dtype=np.int64),
        side=np.zeros(w + 1, dtype=np.int64),
        held=np.zeros(w + 1, dtype=np.bool_),
        at=lines[1],
        pull=lines[2],
        slope=lines[3],
        diagonal=lines[4],
        coupled=lines[5],
        pivot=lines[6],
        right=lines[7],
        multiplier=lines[8],
        moved=lines[9],
    )


def make_stack(room: int, w: int) -> Stack:
    """Room for `room` programs of w units."""
    return Stack(np.zeros(room, dtype=np.int64), np.zeros((room, w), dtype=np.int64))


def make_leaves(size: int, w: int) -> KnotLeaves:
    """Room for `size` leaves of w units."""
    whole = np.zeros((size, w), dtype=np.int64)
    return KnotLeaves(whole, np.zeros(size, dtype=np.int64), whole.copy(), np.zeros(size, dtype=np.int64))
