"""Training of many small networks at once: specs, folds and seeds in, records of trained networks out."""

from relu_core.training.recipe import Recipe
from relu_core.training.records import Fold, MatrixFold, NetworkSpec, TrainedNetwork, TrainingProgress, TrainingResult
from relu_core.training.train import train_networks

__all__ = [
    "train_networks",
    "NetworkSpec",
    "Recipe",
    "Fold",
    "MatrixFold",
    "TrainingResult",
    "TrainedNetwork",
    "TrainingProgress",
]
