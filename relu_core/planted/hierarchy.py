"""Faults that grow along a plant's structure: component -> machine -> line. The number of levels is the composition.

Every component has a condition, standard normal, that is bad when it is far from 0 on either side. A machine is out of
balance when the sum of its components' distances is far from what is usual; a line is as bad as its worst machine.
"""

from dataclasses import dataclass

import numpy as np

from relu_core import arguments
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.planted.kinds import MEAN_OF_ABSOLUTE_NORMAL
from relu_core.theory import compose, maximum, minimise, side_by_side, zigzag

LEVELS = ("component", "machine", "line")
COMPONENTS = 4


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """What a level means. network: conditions (D, components) -> severity (D, 1), with `levels` hidden layers."""

    level: str
    components: int
    network: ReluNetwork
    target: float
    expected_verdict: str
    derivation: str
    planted_ratio: float


def hierarchy(levels: int) -> Hierarchy:
    """The fault of 1, 2 or 3 levels. Refuses other numbers.

    1, component: y = |c_1| - |c_2| + ... - |c_6|, one hidden layer: width suffices, as in `shallow_teacher`.
    2, machine: one fold of |c_1| + ... + |c_4|: depth pays, as in `depth_helps`. Measured as signals with 4,000 rows
    and noise 0.1 (target 0.92): 8-4 (81 parameters) reaches r2 0.99, one hidden layer 0.91 with 3,073 parameters.
    3, line: the larger of two such folds of three components each: depth pays, but takes more rows. With 12,000
    rows and noise 0.1 (target 0.79): 18-8-8 (359 parameters) reaches r2 0.99, 18-8-4 (319) 0.89, two hidden layers of
    24-8 (377) 0.83, one hidden layer 0.61 with 4,097 parameters, boosted trees 0.32. With 4,000 rows training finds it
    in one run of five, and no verdict about depth can be right.
    """
    if arguments.positive_integer(levels, "levels") > len(LEVELS):
        raise ArgumentError(f"levels is {levels}; choose 1 (component), 2 (machine) or 3 (line)")
    return (_component, _machine, _line)[levels - 1]()


def alternating_distances(components: int) -> ReluNetwork:
    """c -> |c_1| - |c_2| + |c_3| - ..., one hidden layer of two units a component."""
    eye, signs = np.eye(components), np.where(np.arange(components) % 2, -1.0, 1.0)
    return ReluNetwork(
        [np.concatenate([eye, -eye]), np.concatenate([signs, signs])[None, :]], [np.zeros(2 * components), [0.0]]
    )


def _component() -> Hierarchy:
    return Hierarchy(
        "component",
        6,
        alternating_distances(6),
        target=0.95,
        expected_verdict="WIDTH_SUFFICES",
        derivation="the severity is a sum over components, each of which bends along one hyperplane of the sensors",
        planted_ratio=1.0,
    )


def _machine() -> Hierarchy:
    return Hierarchy(
        "machine",
        COMPONENTS,
        _out_of_balance(COMPONENTS),
        target=0.93,
        expected_verdict="DEPTH_PAYS",
        derivation="the severity folds the sum of the components' distances: two hidden layers of 2n + 2 units hold "
        "it, one hidden layer must approximate a bend along a curved surface",
        planted_ratio=10.0,
    )


def _line() -> Hierarchy:
    machine = _out_of_balance(3)
    halves = [np.eye(6)[:3], np.eye(6)[3:]]
    machines = side_by_side([compose(machine, ReluNetwork([half], [np.zeros(3)])) for half in halves])
    return Hierarchy(
        "line",
        6,
        minimise(compose(maximum(2), machines)),
        target=0.8,
        expected_verdict="DEPTH_PAYS",
        derivation="the severity is the larger of two machines' folds: three levels, three hidden layers; learnt from "
        "about 12,000 rows on",
        planted_ratio=5.0,
    )


def _out_of_balance(components: int) -> ReluNetwork:
    """The zigzag of two pieces over the sum of distances, falling on both sides of what is usual."""
    usual = components * MEAN_OF_ABSOLUTE_NORMAL
    eye = np.eye(components)
    distances = ReluNetwork(
        [np.concatenate([eye, -eye]), np.ones((1, 2 * components))], [np.zeros(2 * components), [0.0]]
    )
    return compose(zigzag([usual], 2 * usual), distances)
