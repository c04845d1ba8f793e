"""planted_signals: multi-channel sensor windows with faults of one, two or three levels of a plant's structure."""

from dataclasses import dataclass

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import Criteria
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.planted.hierarchy import hierarchy
from relu_core.planted.kinds import random_directions
from relu_core.planted.problem import PlantedProblem
from relu_core.theory import compose

SAMPLES_PER_SECOND = 200.0
SMALLEST_WINDOW = 8


@dataclass(frozen=True, eq=False)
class PlantedSignals:
    """problem: its X holds the channels' window means. signals: (D, channels, samples), one window a row, in volts.

    seconds: (samples,), time within a window. machine: (D,), which machine a window comes from.
    """

    problem: PlantedProblem
    signals: Floats
    seconds: Floats
    machine: np.ndarray


def planted_signals(
    levels: int,
    *,
    rows: int,
    seed: int,
    samples: int = 64,
    noise: float = 0.0,
    vibration: float = 1.0,
    irrelevant: int = 0,
    machines: int = 1,
) -> PlantedSignals:
    """Windows of a vibrating machine whose channels carry the components' conditions, mixed; the severity is y.

    levels: 1 component, 2 machine, 3 line (`hierarchy`): how often the fault is composed. rows: D windows. samples: per
    window and channel, at 200 a second. noise: on y, in standard deviations of y. vibration: amplitude of each
    channel's own oscillation; whole periods fit a window, so that the window mean shows the mixed condition and its
    spread nothing. irrelevant: channels that carry none. machines: windows come from that many machines in turn, each
    with its own phase.
    Every channel is an oblique mixture of all components, so that no single one shows a fault.
    Refuses: other levels, fewer than 8 samples, negative amplitudes, rows below 50.
    """
    structure = hierarchy(levels)
    D, length = arguments.positive_integer(rows, "rows"), arguments.positive_integer(samples, "samples")
    _check(D, length, noise, vibration)
    conditions = np.random.default_rng([seed, 20]).normal(size=(D, structure.components))
    mixing = random_directions(structure.components, seed)
    relevant = conditions @ mixing
    others = np.random.default_rng([seed, 21]).normal(size=(D, irrelevant))
    levels_of_channels = np.concatenate([relevant, others], axis=1)
    machine = np.arange(D) % arguments.positive_integer(machines, "machines")
    seconds = np.arange(length) / SAMPLES_PER_SECOND
    signals = _oscillation(levels_of_channels.shape[1], machine, seconds, vibration, seed)
    signals += levels_of_channels[:, :, None]
    X = signals.mean(axis=2)
    truth = compose(structure.network, _unmixing(mixing, X.shape[1]))
    clean = structure.network(conditions)[:, 0]
    y = clean + noise * clean.std() * np.random.default_rng([seed, 22]).normal(size=D)
    reachable = 1 / (1 + noise**2)
    problem = PlantedProblem(
        kind=f"signals of a {structure.level}",
        X=X,
        y=y,
        task="regression",
        columns=tuple(f"channel_{i + 1:02d}_mean" for i in range(X.shape[1])),
        criteria=Criteria("regression", "r2", target=structure.target * reachable, kill=0.3 * reachable),
        expected_verdict=structure.expected_verdict,
        derivation=structure.derivation,
        groups=machine if machines > 1 else None,
        times=np.arange(D) * length / SAMPLES_PER_SECOND,
        truth=truth,
        planted_ratio=structure.planted_ratio,
    )
    return PlantedSignals(problem, signals, seconds, machine)


def _check(D: int, length: int, noise: float, vibration: float) -> None:
    if D < 50:
        raise ArgumentError(f"rows is {D}; pass at least 50 windows")
    if length < SMALLEST_WINDOW:
        raise ArgumentError(f"samples is {length}; pass at least {SMALLEST_WINDOW} a window")
    arguments.not_negative(noise, "noise")
    arguments.not_negative(vibration, "vibration")


def _oscillation(channels: int, machine: np.ndarray, seconds: Floats, amplitude: float, seed: int) -> Floats:
    """(D, channels, samples): a whole number of periods a window, another number and phase each channel and machine."""
    rng = np.random.default_rng([seed, 23])
    length = len(seconds)
    periods = 1 + np.arange(channels) % (length // 2 - 1)
    phases = rng.uniform(0, 2 * np.pi, size=(int(machine.max()) + 1, channels))
    turns = 2 * np.pi * periods[:, None] * np.arange(length) / length
    waves = amplitude * np.sin(turns[None] + phases[:, :, None])
    return waves[machine]


def _unmixing(mixing: Floats, channels: int) -> ReluNetwork:
    weight = np.zeros((len(mixing), channels))
    weight[:, : len(mixing)] = mixing
    return ReluNetwork([weight], [np.zeros(len(mixing))])
