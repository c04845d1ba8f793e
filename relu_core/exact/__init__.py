"""Provably optimal shallow training: fit_global, its reference enumerate_global, convex_bound, and their records."""

from relu_core.exact.certificate import GlobalFit, Verification
from relu_core.exact.convex import ConvexBound, convex_bound
from relu_core.exact.enumeration import enumerate_global
from relu_core.exact.fit import fit_global
from relu_core.exact.work_estimate import expected_work

__all__ = [
    "fit_global",
    "enumerate_global",
    "convex_bound",
    "expected_work",
    "GlobalFit",
    "Verification",
    "ConvexBound",
]
