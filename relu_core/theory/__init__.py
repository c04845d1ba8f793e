"""The theorems as objects: hard functions, constructions, bounds.

The map:
    constructions   zigzag, hard_function, tent_power, zonotope_function   small when deep, large when shallow
    maximum         maximum, shallow_maximum                               what every CPWL function is made of
    pieces          from_pieces, to_pieces, count_pieces                   functions of one input and back
    cpwl            from_max_affine, from_cpwl                             any number of inputs
    minimise        minimise                                               the same function with fewer units
    gap             gap, gap_table, shallow_size_lower_bound               one theorem a function
    composition     compose, side_by_side                                  networks from networks
    rational        evaluate_exactly, float64_error_bound                  exact values, proven error bounds
    precision       float64_check                                          whether float64 still carries a network
"""

from relu_core.theory.composition import compose, side_by_side
from relu_core.theory.constructions import hard_function, tent_power, zigzag, zonotope_cones, zonotope_function
from relu_core.theory.cpwl import LinearRegion, from_cpwl, from_max_affine
from relu_core.theory.gap import Gap, gap, gap_table, shallow_size_lower_bound, super_exponential_gap
from relu_core.theory.maximum import maximum, maximum_hidden_layers, shallow_maximum
from relu_core.theory.minimise import minimise
from relu_core.theory.pieces import Pieces, count_pieces, from_pieces, to_pieces
from relu_core.theory.precision import Float64Check, float64_check
from relu_core.theory.rational import evaluate_exactly, float64_error_bound

__all__ = [
    "zigzag",
    "hard_function",
    "tent_power",
    "zonotope_function",
    "zonotope_cones",
    "maximum",
    "shallow_maximum",
    "maximum_hidden_layers",
    "Pieces",
    "from_pieces",
    "to_pieces",
    "count_pieces",
    "from_max_affine",
    "from_cpwl",
    "LinearRegion",
    "minimise",
    "Gap",
    "gap",
    "gap_table",
    "super_exponential_gap",
    "shallow_size_lower_bound",
    "compose",
    "side_by_side",
    "evaluate_exactly",
    "float64_error_bound",
    "float64_check",
    "Float64Check",
]
