"""Problems whose right verdict is known: the only way to measure whether our verdicts can be trusted.

The map:
    problem     PlantedProblem     the data, the promise, the expected verdict and its derivation
    kinds       depth_helps, ...   what each kind plants, and why its verdict is right
    functions   planted_problem    tables of sensor values, by kind and knobs
    hierarchy   hierarchy          faults of a component, a machine, a line
    sensors     planted_signals    multi-channel windows with such faults
    images      planted_images     small inspection images with marks
"""

from relu_core.planted.functions import KINDS, planted_problem
from relu_core.planted.hierarchy import Hierarchy, hierarchy
from relu_core.planted.images import PlantedImages, planted_images
from relu_core.planted.problem import PlantedProblem
from relu_core.planted.sensors import PlantedSignals, planted_signals

__all__ = [
    "planted_problem",
    "PlantedProblem",
    "KINDS",
    "hierarchy",
    "Hierarchy",
    "planted_signals",
    "PlantedSignals",
    "planted_images",
    "PlantedImages",
]
