"""What may enter relu_core: one function a kind of argument, one sentence per refusal."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_core.errors import ArgumentError

Floats = NDArray[np.float64]


def finite_array(values: ArrayLike, name: str) -> Floats:
    """`values` as a float64 array in C order; float32 values are kept exactly. Refuses text, NaN and infinity."""
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name} must hold numbers only; convert or encode the others first ({error})") from None
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ArgumentError(f"{name} holds {count} missing or infinite values; impute or drop them first")
    return array


def rows(X: ArrayLike, n: int | None = None, name: str = "X") -> Floats:
    """X (D, n) with D >= 1. `n` is the number of columns it must have, where that is known."""
    array = finite_array(X, name)
    if array.ndim != 2:
        raise ArgumentError(f"{name} has shape {array.shape}; pass a table of shape (rows, columns)")
    if array.shape[0] == 0:
        raise ArgumentError(f"{name} has no rows; pass at least one")
    if n is not None and array.shape[1] != n:
        raise ArgumentError(f"{name} has {array.shape[1]} columns where {n} are needed; pass those it was built for")
    return array


def targets(y: ArrayLike, D: int, name: str = "y") -> Floats:
    """y (D,): one number a row of X."""
    array = finite_array(y, name)
    if array.shape != (D,):
        raise ArgumentError(f"{name} has shape {array.shape} where X has {D} rows; pass one number a row, shape ({D},)")
    return array


def box(lower: ArrayLike, upper: ArrayLike, n: int) -> tuple[Floats, Floats]:
    """Corners (n,), (n,) of a box with non-empty interior."""
    low, high = finite_array(lower, "lower"), finite_array(upper, "upper")
    if low.shape != (n,) or high.shape != (n,):
        raise ArgumentError(f"lower has shape {low.shape} and upper {high.shape}; the network takes ({n},)")
    if not (low < high).all():
        i = int(np.flatnonzero(~(low < high))[0])
        raise ArgumentError(f"the box is empty in input {i}: lower {low[i]:g} is not below upper {high[i]:g}; widen it")
    return low, high


def positive_integer(value: int, name: str) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"{name} is {value!r}; pass a whole number of at least 1")
    return int(value)


def not_negative(value: float, name: str) -> float:
    """A finite number of at least 0."""
    if not np.isfinite(value) or value < 0:
        raise ArgumentError(f"{name} is {value!r}; pass a finite number of at least 0")
    return float(value)


def one_of(value: str, choices: Sequence[str], name: str) -> str:
    """One of a fixed set of words."""
    if value not in choices:
        raise ArgumentError(f"{name} is {value!r}; choose one of {', '.join(choices)}")
    return value


def hidden_widths(widths: Iterable[int], name: str = "hidden_widths") -> tuple[int, ...]:
    """Units of each hidden layer, all at least 1; empty for a network without hidden layers."""
    return tuple(positive_integer(w, f"{name}[{i}]") for i, w in enumerate(widths))
