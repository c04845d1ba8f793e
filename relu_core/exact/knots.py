"""One input: the search over places of knots, which needs far fewer programs than cones of directions do.

A network of one input is a continuous function of straight pieces. For every choice of the rows that each knot lies
between, the lines that fit the runs of rows one by one bound its loss, in a few operations for each choice; a table of
least losses of the rows still to come leaves out nearly all choices at once. What is left is settled by Theorem 4.1's
programs, best bound first.
"""

import time
from itertools import product
from typing import NamedTuple

import numpy as np

from relu_core.exact.incumbent import Incumbent
from relu_core.exact.knot_chains_kernels import LOSS, SLOPE_FREE
from relu_core.exact.knot_moves_kernels import FEWEST, climb, least_places
from relu_core.exact.knot_programs_kernels import LOGGED, SOLVED, settle_choices
from relu_core.exact.knots_kernels import ROUNDING, list_places
from relu_core.exact.knots_scratch import (
    KnotLeaves,
    Listing,
    SortedRows,
    make_chain,
    make_leaves,
    make_stack,
    make_walk,
    make_work,
)
from relu_core.exact.limits import Limits
from relu_core.exact.problem import Problem

# Inputs closer than this, in standard deviations, are left to the cones: programs cannot tell them apart.
CLOSEST = 1e-9
# Different inputs up to which the table of least losses, which takes a time like their square, is made.
MOST_ROWS = 10_000
# Places listed at a time, between two looks at the clock, and programs of one choice of places at most.
FIRST_LISTED, LISTED, CHUNK, PROGRAMS = 1 << 6, 1 << 18, 64, 1 << 12
# Units up to which every way of facing is climbed from, and choices found so that are settled.
MOST_CLIMBED, SETTLED = 6, 8
# Leaves are stored up to this many bytes; a longer search proves as much, but cannot be rechecked afterwards.
STORED_BYTES = 400e6


class KnotOutcome(NamedTuple):
    """What the search knows when it ends, as `search.Outcome`."""

    lower: float
    nodes: int
    ended: str
    leaves: KnotLeaves | None


def knots_apply(problem: Problem) -> bool:
    """Whether the search over knots can take this problem."""
    if not (problem.plain and problem.output_bias) or problem.loss != "squared" or problem.rows.shape[1] != 2:
        return False
    steps = np.diff(np.unique(problem.rows[:, 0]))
    return bool(0 < steps.size < MOST_ROWS and steps.min() > CLOSEST)


def sort_rows(problem: Problem) -> SortedRows:
    """The rows as the loops need them."""
    order = np.argsort(problem.rows[:, 0], kind="stable")
    inputs, targets, heavy = problem.rows[order, 0], problem.y[order], problem.weight[order]
    x, first = np.unique(inputs, return_index=True)
    weight = np.add.reduceat(heavy, first)
    y = np.add.reduceat(heavy * targets, first) / weight
    repeats = np.diff(np.append(first, len(inputs)))
    within = float((heavy * (targets - np.repeat(y, repeats)) ** 2).sum())
    return SortedRows(x, y, weight, np.sqrt(weight), within)


def search_knots(problem: Problem, best: Incumbent, limits: Limits) -> KnotOutcome:
    """Settles choices of places in bands of their bounds until none can beat the incumbent, or a limit is reached."""
    return _Search(problem, best, limits).run()


class _Search:
    """above: no choice with a lower bound is left unsettled. proved: least bound of what was settled."""

    def __init__(self, problem: Problem, best: Incumbent, limits: Limits) -> None:
        self.rows, self.best, self.width, self.limits = sort_rows(problem), best, problem.width, limits
        self.walk = make_walk(self.rows, self.width)
        self.work, self.stack = make_work(self.rows, self.width), make_stack(PROGRAMS, self.width)
        self.leaves, self.counts, self.complete = make_leaves(4 * PROGRAMS, self.width), np.zeros(2, np.int64), True
        self.above, self.proved, self.ended = self._first_bound(), np.array([np.inf]), ""
        self.chain, self.listed = make_chain(self.width), FIRST_LISTED

    def run(self) -> KnotOutcome:
        self._climb()
        while not self.ended:
            if self.above >= self._cutoff():
                self.ended = "complete"
            elif (band := self._list_band()) is not None:
                self._settle_band(*band)
        used = self.leaves.chosen(np.arange(self.counts[LOGGED])) if self.complete else None
        return KnotOutcome(self._lower(), int(self.counts[SOLVED]), self.ended, used)

    def _first_bound(self) -> float:
        """What the lines alone prove of every network; a free slope and one knot less are among their choices."""
        return float(self.rows.within + self.walk.least[self.width + 1, 0] - 2.0 * ROUNDING)

    def _cutoff(self) -> float:
        return self.limits.cutoff(float(self.best.value[0]))

    def _lower(self) -> float:
        return max(0.0, min(float(self.proved[0]), self.above, float(self.best.value[0])))

    def _counts(self) -> range:
        """How many knots a choice may have: one fewer where a unit is on for all rows; none is listed apart."""
        return range(max(1, self.width - 1), self.width + 1)

    def _climb(self) -> None:
        """Looks for a good incumbent where lines that need not meet, or equal runs, cost least; proves nothing."""
        m, w = len(self.rows.x), self.width
        climbed: set[tuple[float, int, tuple[int, ...]]] = set()
        if m < FEWEST * (w + 1) or w > MOST_CLIMBED:
            return
        for count in self._counts():
            least, equal = np.zeros(count, dtype=np.int64), np.arange(1, count + 1) * m // (count + 1)
            least_places(self.rows, self.walk, least)
            for start in (least, equal):
                climb(self.rows, self.walk, start, SLOPE_FREE, self.chain)
                for facing in range(1 << w) if count == w else (SLOPE_FREE,):
                    if time.perf_counter() > self.limits.deadline:
                        return
                    places = start.copy()
                    cost = climb(self.rows, self.walk, places, facing, self.chain)
                    climbed.add((cost, facing, (*places.tolist(), *[-1] * (w - count))))
        _, facings, chosen = zip(*sorted(climbed)[:SETTLED], strict=True)
        listing = Listing(np.full(len(chosen), -np.inf), np.array(facings), np.array(chosen))
        leaves, counts, done = make_leaves(2 * PROGRAMS, w), np.zeros(2, np.int64), 0
        while done < len(chosen):
            counts[LOGGED] = 0
            done = settle_choices(
                self.rows, listing, done, len(chosen), self.limits.gap, self.limits.floor, self.best, self.stack,
                leaves, counts, np.zeros(1), self.work,
            )  # fmt: skip
        if self.limits.report(self._lower(), float(self.best.value[0]), 0):
            self.ended = "time"

    def _list_band(self) -> tuple[Listing, float] | None:
        """Choices from `above` on, sorted by their bound, and the bound below which none is missing."""
        # few at first: the best of them make a good incumbent, and that makes the list of the others short
        most, self.listed = self.listed, LISTED
        whole = np.empty(most, dtype=np.int64)
        listing = Listing(np.empty(most), whole, np.empty((most, self.width), dtype=np.int64))
        bounded = np.array([self._cutoff()])
        listed = self._list_line(listing, bounded[0])
        for count, start in product(self._counts(), range(1, len(self.rows.x))):
            self.walk.depth[0] = 0
            while self.walk.depth[0] >= 0:
                listed = list_places(
                    self.rows, self.walk, count, start, count < self.width, self.above, bounded, listing, listed,
                    self.chain,
                )  # fmt: skip
                if time.perf_counter() > self.limits.deadline:
                    self.ended = "time"
                    return None
        below = float(bounded[0])
        kept = np.flatnonzero(listing.bound[:listed] < below)
        if kept.size == 0 and below - self.above < ROUNDING:
            self.ended = "nodes"
            return None
        order = kept[np.argsort(listing.bound[kept], kind="stable")]
        return listing.chosen(order), below

    def _list_line(self, listing: Listing, below: float) -> int:
        """Lists the one choice without a knot, a free slope, which width 1 has."""
        bound = float(self.rows.within + self.walk.tails[0, LOSS] - ROUNDING)
        if self.width > 1 or not self.above <= bound < below:
            return 0
        listing.bound[0], listing.facing[0], listing.places[0] = bound, SLOPE_FREE, -1
        return 1

    def _settle_band(self, listing: Listing, below: float) -> None:
        """Settles the choices of one band; every bound below `below` is then that of a settled choice."""
        done, limits, listed = 0, self.limits, len(listing.bound)
        while done < listed and not self.ended:
            self._make_room()
            done = settle_choices(
                self.rows, listing, done, min(done + CHUNK, listed), limits.gap, limits.floor, self.best, self.stack,
                self.leaves, self.counts, self.proved, self.work,
            )  # fmt: skip
            self.above = float(listing.bound[done]) if done < listed else below
            stopped = limits.report(self._lower(), float(self.best.value[0]), int(self.counts[SOLVED]))
            if self.above >= self._cutoff():
                return
            if self.counts[SOLVED] >= limits.node_limit:
                self.ended = "nodes"
            elif stopped or time.perf_counter() > limits.deadline:
                self.ended = "time"
        if not self.ended:
            self.above = below

    def _make_room(self) -> None:
        """Room for the parts of at least one choice; a log that grew too long starts again, and is no proof."""
        size = len(self.leaves.facing)
        if self.counts[LOGGED] + PROGRAMS <= size:
            return
        if self.leaves.places.nbytes + self.leaves.sign.nbytes > STORED_BYTES:
            self.complete, self.counts[LOGGED] = False, 0
            return
        grown = make_leaves(2 * size, self.width)
        for old, new in zip(self.leaves, grown, strict=True):
            new[:size] = old
        self.leaves = grown
