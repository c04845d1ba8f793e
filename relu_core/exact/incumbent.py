"""The best network so far, as the searches and their loops share it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats


class Incumbent(NamedTuple):
    """The best network so far, changed in place, search units. value (1,). shape (3,): units, positive ones, affine.

    weights (p,): [output bias] + [affine part] + v_1 .. v_units; the positive units come first.
    seen: numbers of patterns from which a descent has started, and of those from which one has glided.
    """

    value: Floats
    shape: NDArray[np.int64]
    weights: Floats
    seen: NDArray[np.uint64]
