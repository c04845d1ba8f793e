"""Rechecks a GlobalFit without the search's code."""

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.exact.certificate import GlobalFit, Verification


def verify_fit(fit: GlobalFit, X: ArrayLike, y: ArrayLike) -> Verification:
    """See GlobalFit.verify."""
    rows = arguments.rows(X, fit.network.input_dim)
    arguments.targets(y, len(rows))
    return Verification(np.inf, 0.0, False, False, 0, "no duals are stored with this fit")
