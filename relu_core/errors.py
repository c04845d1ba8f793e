"""Everything relu_core refuses, drawn as a tree.

    ReluCoreError
    ├── ArgumentError          an argument cannot be used (also a ValueError)
    │   └── LayerError         a torch layer that is no part of a ReLU network
    └── UntouchedRowsError     the test rows were asked for a second time

Each message is one sentence: the argument, what was wrong with it, what to do.
"""


class ReluCoreError(Exception):
    """Base of every error raised on purpose by relu_core."""


class ArgumentError(ReluCoreError, ValueError):
    """An argument cannot be used; the message names it, its value and the remedy."""


class LayerError(ArgumentError):
    """A layer of a torch module cannot become part of a ReluNetwork; the message names the layer."""


class UntouchedRowsError(ReluCoreError):
    """The untouched rows were asked for a second time; they may be read once."""
