"""The convex program of all units with every piece's units known by their first and second moments only.

Each network is a point of it, so its optimum bounds every width; its multipliers are the dual that `convex_bound` asks
for. Solved by an interior point method with Nesterov and Todd's scaling; nothing of a bound rests on how well it ends.
Source: Shor 1987 (moments in place of a point), Sherali and Adams 1990 (products of inequalities), applied to the
dictionary of units of Bach 2017; the pieces are this library's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from relu_core.arguments import Floats
from relu_core.exact.piece import ConeValues, Piece
from relu_core.exact.piece_cones import (
    SymmetricSpace,
    inverse_hessian,
    inverse_moments,
    inverse_of_each,
    inverse_vectors,
    scaled_multipliers,
    scaling_moments,
    scaling_of_vectors,
)

# The ball of the second moments and the cone of a plane's mean are this much wider than they need be, which keeps the
# multipliers in bounds. A step leaves this share of every distance to the border.
BALL, WIDER, KEPT = 1.02, 1.001, 0.03


def _inside(own: ConeValues, kept: ConeValues, half: float) -> bool:
    """Whether all cones hold when a share of `kept` is taken off; half: of the rows' middle entry that counts."""
    try:
        np.linalg.cholesky(own.moments - KEPT * kept.moments)
    except np.linalg.LinAlgError:
        return False
    if not (own.slack > KEPT * kept.slack).all():
        return False
    for side, other in ((own.on, kept.on), (own.off, kept.off)):
        amount, along, square = (side - KEPT * other).T
        if not ((amount > 0) & (square > 0) & (amount * square > (half * along) ** 2)).all():
            return False
    left = own.cones - KEPT * kept.cones
    return bool((left[:, 0] > np.linalg.norm(left[:, 1:], axis=1)).all())


class PieceState:
    """One piece within the program: its moments, its multipliers, and the Newton system they meet in."""

    def __init__(self, piece: Piece, rows: Floats, mass: float, central: float) -> None:
        self.piece, self.rows = piece, rows
        self.space = SymmetricSpace(rows.shape[1] + 1)
        self.moments, self.split = mass * piece.moments, mass * piece.split
        self.heights = rows[piece.crossing]
        R, zero = len(piece.crossing), np.zeros(len(piece.crossing))
        self.on_edge = np.stack([zero, piece.most, np.full(R, -1.0)], axis=1)
        self.off_edge = np.stack([zero, piece.least, np.full(R, -1.0)], axis=1)
        self.degree = self.space.N + 6 * R + 1 + len(piece.pairs[0]) + 2 * len(piece.planes)
        at = self.cones(self.moments, self.split)
        self.multipliers = ConeValues(
            np.asarray(central * np.linalg.inv(at.moments), dtype=np.float64),
            central * inverse_moments(at.on),
            central * inverse_moments(at.off),
            central / at.slack,
            central * inverse_vectors(at.cones),
        )

    def row_moments(self, moments: Floats) -> Floats:
        """Amount, mean and square (R, 3) of the crossing rows' heights; linear in the moments."""
        along = self.heights @ moments[0, 1:]
        square = np.einsum("ia,ia->i", self.heights @ moments[1:, 1:], self.heights)
        return np.stack([np.full(len(along), moments[0, 0]), along, square], axis=1)

    def cones(self, moments: Floats, split: Floats) -> ConeValues:
        """All that must stay inside its cone, at these moments and this split of the rows."""
        off = self.row_moments(moments) - split
        seen = self.piece.planes @ moments
        slack = np.concatenate(
            [
                [BALL * moments[0, 0] - np.trace(moments[1:, 1:])],
                (seen @ self.piece.planes.T)[self.piece.pairs],
                np.sum(self.on_edge * split, axis=1),
                np.sum(self.off_edge * off, axis=1),
            ]
        )
        seen[:, 0] *= WIDER
        return ConeValues(moments, split, off, slack, seen)

    def inner(self) -> float:
        """How far the moments and their multipliers are from complementing each other, summed over all cones."""
        at, by = self.cones(self.moments, self.split), self.multipliers
        pairs = ((at.moments, by.moments), (at.on, by.on), (at.off, by.off), (at.slack, by.slack), (at.cones, by.cones))
        return float(sum(np.sum(own * other) for own, other in pairs))

    def outputs(self, moments: Floats, split: Floats) -> Floats:
        """What the piece's units give each row in all (D,), without their sign."""
        given = np.where(self.piece.active, self.rows @ moments[0, 1:], 0.0)
        given[self.piece.crossing] = split[:, 1]
        return given

    def certificate(self) -> ConeValues:
        """The multipliers as `limit_over_piece` takes them."""
        by = self.multipliers
        cones = by.cones.copy()
        cones[:, 0] *= WIDER
        return ConeValues(by.moments, by.on, by.off, by.slack, cones)

    def _linear_forms(self, root: Floats) -> None:
        """Every inequality as a linear function of the change of moments, in coordinates where the scaling is the
        identity: change = root . matrix . root^T."""
        space, planes = self.space, self.piece.planes @ root
        wide = self.rows @ root[1:]
        corner = np.repeat(root[:1], len(self.rows), axis=0)
        self.amount_form = space.forms(root[:1], root[:1])[0]
        self.along_form = space.forms(corner, wide)
        crossing = wide[self.piece.crossing]
        self.square_form = space.forms(crossing, crossing)
        first, second = self.piece.pairs
        ball = BALL * self.amount_form - space.forms(root[1:], root[1:]).sum(axis=0)
        self.slack_form = np.vstack([ball, space.forms(planes[first], planes[second])])
        self.cone_form = np.zeros((len(planes), space.N, len(space.first)))
        for form, plane in zip(self.cone_form, planes, strict=True):
            form[:] = space.forms(np.repeat(plane[None], space.N, axis=0), root)
            form[0] *= WIDER

    def _row_forms(self, weights: Floats) -> Floats:
        """weights (R, 3) times the rows' three moments, as linear forms (R, .)."""
        along = self.along_form[self.piece.crossing]
        return weights[:, :1] * self.amount_form + weights[:, 1:2] * along + weights[:, 2:] * self.square_form

    def factor(self) -> Floats:
        """Prepares the step; comes back: how the multipliers change the piece's outputs (D, D)."""
        at, by, crossing = self.cones(self.moments, self.split), self.multipliers, self.piece.crossing
        lower = np.linalg.cholesky(at.moments)
        self.length, turn = np.linalg.eigh(lower.T @ by.moments @ lower)
        self.root = lower @ turn * self.length**-0.25
        self._linear_forms(self.root)
        count, R = len(self.slack_form), len(crossing)
        system = np.eye(len(self.space.first))
        weighed = self.slack_form * np.sqrt(by.slack[:count] / at.slack[:count])[:, None]
        system += weighed.T @ weighed
        self.cone_hessian = scaling_of_vectors(at.cones, by.cones)
        for form, hessian in zip(self.cone_form, self.cone_hessian, strict=True):
            system += form.T @ hessian @ form
        ratio = at.slack[count:] / by.slack[count:]
        self.on_scaling, self.off_scaling = scaling_moments(at.on, by.on), scaling_moments(at.off, by.off)
        self.on_inverse = inverse_hessian(self.on_scaling, self.on_edge, ratio[:R])
        self.off_inverse = inverse_hessian(self.off_scaling, self.off_edge, ratio[R:])
        self.joint = inverse_of_each(self.on_inverse + self.off_inverse)
        to_output = np.einsum("iab,ib->ia", self.joint, self.on_inverse[:, :, 1])
        roots = np.linalg.cholesky(self.joint * (1.0 + 1e-13 * np.eye(3)))
        for column in range(3):
            weighed = self._row_forms(np.ascontiguousarray(roots[:, :, column]))
            system += weighed.T @ weighed
        outputs = np.where(self.piece.active[:, None], self.along_form, 0.0)
        outputs[crossing] = self._row_forms(to_output)
        self.size = 1.0 / np.sqrt(np.diag(system))
        self.triangle = _cholesky(system * self.size[:, None] * self.size)
        self.reach = solve_triangular(self.triangle, (outputs * self.size).T, lower=True, check_finite=False)
        response = self.reach.T @ self.reach
        response[crossing, crossing] += np.sum(to_output * self.off_inverse[:, :, 1], axis=1)
        self.at, self.to_output = at, to_output
        return response

    def aim(self, central: float, weight_decay: float) -> Floats:
        """Change of outputs (D,) that centres the cones at `central` before the multipliers of the rows have a say."""
        at, crossing, count = self.at, self.piece.crossing, len(self.slack_form)
        R = len(crossing)
        on = central * (inverse_moments(at.on) + self.on_edge / at.slack[count : count + R, None])
        off = central * (inverse_moments(at.off) + self.off_edge / at.slack[count + R :, None])
        self.on_aim = np.einsum("iab,ib->ia", self.on_inverse, on)
        self.both_aim = self.on_aim + np.einsum("iab,ib->ia", self.off_inverse, off)
        right = np.zeros(len(self.space.first))
        right[self.space.diagonal] = central * self.length**-0.5
        right += (central / at.slack[:count]) @ self.slack_form - weight_decay * self.amount_form
        right += self._row_forms(np.einsum("iab,ib->ia", self.joint, self.both_aim)).sum(axis=0)
        for form, vector in zip(self.cone_form, inverse_vectors(at.cones), strict=True):
            right += central * vector @ form
        self.central = central
        self.toward = solve_triangular(self.triangle, right * self.size, lower=True, check_finite=False)
        change = self.reach.T @ self.toward
        change[crossing] += self.on_aim[:, 1] - np.sum(self.to_output * self.both_aim, axis=1)
        return change

    def direction(self, dual: Floats) -> None:
        """Sets the step of moments, split and multipliers that goes with the rows' multipliers (D,)."""
        at, by = self.at, self.multipliers
        pull = self.piece.sign * dual
        scaled = self.size * solve_triangular(
            self.triangle, self.toward - self.reach @ pull, lower=True, trans=1, check_finite=False
        )
        within = self.space.matrix(scaled)
        moments = self.root @ within @ self.root.T
        self.step_moments = 0.5 * (moments + moments.T)
        change, felt = self.row_moments(self.step_moments), pull[self.piece.crossing]
        off = np.einsum("iab,ib->ia", self.joint, self.both_aim - self.on_inverse[:, :, 1] * felt[:, None] - change)
        on = off.copy()
        on[:, 1] += felt
        self.step_split = self.on_aim - np.einsum("iab,ib->ia", self.on_inverse, on)
        rest = change - self.step_split
        slack = [self.slack_form @ scaled, np.sum(self.on_edge * self.step_split, axis=1)]
        moved = np.concatenate([*slack, np.sum(self.off_edge * rest, axis=1)])
        back = np.linalg.inv(self.root)
        cones = self.central * inverse_vectors(at.cones)
        cones -= np.einsum("kab,kb->ka", self.cone_hessian, self.cone_form @ scaled)
        new = ConeValues(
            back.T @ (self.central * np.diag(self.length**-0.5) - within) @ back,
            self.central * inverse_moments(at.on) - scaled_multipliers(self.on_scaling, self.step_split),
            self.central * inverse_moments(at.off) - scaled_multipliers(self.off_scaling, rest),
            (self.central - by.slack * moved) / at.slack,
            cones,
        )
        self.step_multipliers = _combined(new, by, -1.0)

    def allows(self, share: float) -> bool:
        """Whether that share of the step stays inside all cones."""
        at = self.cones(self.moments + share * self.step_moments, self.split + share * self.step_split)
        by = _combined(self.multipliers, self.step_multipliers, share)
        return _inside(at, self.at, 1.0) and _inside(by, self.multipliers, 0.5)

    def take(self, share: float) -> None:
        """Moves by that share of the step."""
        self.moments = self.moments + share * self.step_moments
        self.split = self.split + share * self.step_split
        self.multipliers = _combined(self.multipliers, self.step_multipliers, share)


def _combined(first: ConeValues, second: ConeValues, share: float) -> ConeValues:
    return ConeValues(
        first.moments + share * second.moments,
        first.on + share * second.on,
        first.off + share * second.off,
        first.slack + share * second.slack,
        first.cones + share * second.cones,
    )


def _cholesky(system: Floats) -> Floats:
    """Of a positive definite matrix with unit diagonal; rounding that loses a pivot is made up for."""
    shift = 1e-15
    while True:
        try:
            return np.asarray(np.linalg.cholesky(system + shift * np.eye(len(system))), dtype=np.float64)
        except np.linalg.LinAlgError:
            if not np.isfinite(system).all() or shift > 1e3:
                raise
            shift *= 100.0


@dataclass(frozen=True, eq=False)
class RowsProblem:
    """Least squares over rows: weight (D,) summing to 1, y (D,), the price of a unit's length, is there a free bias."""

    weight: Floats
    y: Floats
    weight_decay: float
    output_bias: bool


def solve_pieces(
    problem: RowsProblem, states: list[PieceState], judge: Callable[[Floats, float], bool], deadline: Callable[[], bool]
) -> None:
    """Runs the interior point method until `judge` says it is enough, the deadline is over, or it gets no further.

    judge(dual, distance): called before each step with the rows' multipliers and the distance of the program's bounds.
    """
    bias, degree = 0.0, sum(state.degree for state in states)
    dual: Floats | None = None
    for _ in range(80):
        distance = sum(state.inner() for state in states)
        outputs = np.full(len(problem.y), bias)
        for state in states:
            outputs += state.piece.sign * state.outputs(state.moments, state.split)
        if deadline() or (dual is not None and judge(dual, distance)):
            return
        try:
            with np.errstate(all="ignore"):
                found, shift, share = _step(problem, states, outputs, distance / degree)
        except np.linalg.LinAlgError:
            return  # rounding has the last word; what was judged so far holds
        if share == 0.0:
            return
        for state in states:
            state.take(share)
        bias += share * shift
        dual = found if dual is None else dual + share * (found - dual)


def _step(
    problem: RowsProblem, states: list[PieceState], outputs: Floats, central: float
) -> tuple[Floats, float, float]:
    """The rows' multipliers and the bias's step of a full step, set in all pieces, and the share of it to take.

    How far the step aims at the border is told by how far one that aims at it alone would come.
    """
    system = np.diag(0.5 / problem.weight)
    for state in states:
        system += state.factor()
    if not np.isfinite(system).all():
        raise np.linalg.LinAlgError
    factor = cho_factor(system, check_finite=False)
    _aimed(problem, states, factor, outputs, 0.0)
    share = _longest(states)
    dual, shift = _aimed(
        problem, states, factor, outputs, central * (max((1.0 - share) ** 2, 0.02) if share > 0.1 else 0.8)
    )
    return dual, shift, _longest(states)


def _aimed(
    problem: RowsProblem, states: list[PieceState], factor: tuple[Floats, bool], outputs: Floats, central: float
) -> tuple[Floats, float]:
    """The rows' multipliers after a full step, and the step of the bias; sets the steps of all pieces."""
    right = outputs - problem.y
    for state in states:
        right = right + state.piece.sign * state.aim(central, problem.weight_decay)
    dual, shift = cho_solve(factor, right), 0.0
    if problem.output_bias:
        ones = cho_solve(factor, np.ones(len(right)))
        shift = -float(dual.sum() / ones.sum())
        dual = dual + shift * ones
    for state in states:
        state.direction(dual)
    return dual, shift


def _longest(states: list[PieceState]) -> float:
    """The longest share of the step, of 1, 0.8, 0.8^2, ..., that all cones allow; 0 where none above 1e-3 does."""
    share = 1.0
    for state in states:
        # the cones are convex: what allows a share allows every smaller one
        while not state.allows(share):
            share *= 0.8
            if share < 1e-3:
                return 0.0
    return share
