"""Losses: their names, what a target must look like for each, and how much each class counts."""

from collections.abc import Sequence

import numpy as np

from relu_core.arguments import Floats
from relu_core.errors import ArgumentError

# The place in this tuple is the code the compiled kernels know the loss by.
LOSSES = ("squared", "huber", "logistic", "softmax")
CLASSIFYING = ("logistic", "softmax")
# Beyond this many standard deviations of the target a residual counts linearly, not squared.
HUBER_DELTA = 1.0


def check_targets(y: Floats, loss: str, m: int, name: str) -> None:
    """Refuses targets that do not suit the loss: fractions for classes, a class the network has no output for."""
    if loss != "softmax" and m != 1:
        raise ArgumentError(f"loss {loss!r} takes networks of one output where a spec has m = {m}; pass m = 1")
    if loss == "softmax" and m < 2:
        raise ArgumentError(
            "loss 'softmax' takes one output a class where a spec has m = 1; pass m = number of classes"
        )
    if loss not in CLASSIFYING:
        return
    classes = 2 if loss == "logistic" else m
    wrong = y[(y != np.floor(y)) | (y < 0) | (y >= classes)]
    if len(wrong):
        raise ArgumentError(
            f"{name} holds {wrong[0]:g} where loss {loss!r} needs whole numbers from 0 to {classes - 1}; "
            "encode the classes first"
        )


def check_varied(y: Floats, loss: str, name: str) -> None:
    """Refuses training targets that are all the same."""
    if (y == y[0]).all():
        what = "one class only" if loss in CLASSIFYING else "one value only"
        raise ArgumentError(
            f"{name} holds {what} ({y[0]:g}); there is nothing to learn, choose other rows or another target"
        )


def class_weights(y_training: Floats, class_weight: str | Sequence[float] | None, loss: str, m: int) -> Floats | None:
    """Importance of each class (classes,); "balanced" makes every class count the same in all."""
    if class_weight is None:
        return None
    if loss not in CLASSIFYING:
        raise ArgumentError(f"class_weight is given where loss {loss!r} has no classes; pass sample_weight instead")
    classes = 2 if loss == "logistic" else m
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ArgumentError(f"class_weight is {class_weight!r}; pass 'balanced' or one number a class")
        counts = np.bincount(y_training.astype(np.int64), minlength=classes)
        return len(y_training) / (np.maximum(counts, 1) * max(1, np.count_nonzero(counts)))
    weights = np.asarray(class_weight, dtype=np.float64)
    if weights.shape != (classes,) or not np.isfinite(weights).all() or (weights <= 0).any():
        raise ArgumentError(f"class_weight is {class_weight!r}; pass {classes} numbers above 0, one a class")
    return weights
