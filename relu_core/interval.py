"""A number with its error bars: the form in which every estimate leaves relu_core."""

from dataclasses import dataclass

from relu_core.errors import ArgumentError


@dataclass(frozen=True)
class Interval:
    """An estimate and the range that holds the truth with probability `level`.

    value, low, high: the same unit, low <= value <= high (nan where nothing could be measured; inf where unbounded).
    level: 0 < level < 1, 1.0 for proven bounds. method: how it was made, in a few words.
    """

    value: float
    low: float
    high: float
    level: float
    method: str

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ArgumentError(f"the interval [{self.low:g}, {self.high:g}] is inverted; give the lower end first")
        if not 0 < self.level <= 1:
            raise ArgumentError(f"level is {self.level!r}; pass a probability above 0 and at most 1")

    def holds(self, number: float) -> bool:
        """Whether `number` lies between the ends, ends included."""
        return self.low <= number <= self.high
