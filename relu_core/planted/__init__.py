"""Problems whose right verdict is known: the only way to measure whether our verdicts can be trusted.

problem     PlantedProblem     the data, the promise, the expected verdict and its derivation
functions   planted_problem    tables of sensor values, by kind
"""

from relu_core.planted.functions import KINDS, planted_problem
from relu_core.planted.problem import PlantedProblem

__all__ = ["planted_problem", "PlantedProblem", "KINDS"]
