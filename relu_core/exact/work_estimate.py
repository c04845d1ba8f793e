"""What a proof may cost, said before it starts."""

from relu_core.arguments import positive_integer
from relu_core.exact.enumeration import count_programs


def expected_work(D: int, n: int, width: int) -> str:
    """One sentence on the size of a proof for D rows, n inputs and `width` units.

    The number of convex programs of complete enumeration is exact for rows in general position; it grows as
    D^(n width). The branch and bound of fit_global begins with the tuples of orthants and visits a small part of the
    rest, which no formula tells beforehand.
    """
    D, n, width = positive_integer(D, "D"), positive_integer(n, "n"), positive_integer(width, "width")
    enumeration = f"complete enumeration would solve about {count_programs(D, n + 1, width):.2g} convex programs"
    cells = f"the search begins with {first_tuples(n + 1, width):,} tuples of cells"
    if n > 1:
        return f"{enumeration}; {cells}"
    return f"{enumeration}; {cells}, or for squared loss lists places of {width} knot{'s' if width > 1 else ''}"


def first_tuples(M: int, width: int, *, affine: bool = True) -> int:
    """Root nodes before the needless ones are dropped: sign counts times orthants of R^M, and those with a free affine
    part instead of a unit."""
    orthants = 1 << M
    return (width + 1) * orthants**width + (width * orthants ** (width - 1) if affine else 0)
