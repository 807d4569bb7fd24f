"""What the pure rules ask of the outside world."""

from typing import Protocol


class Chance(Protocol):
    """A source of chance that belongs to one record: the same seed and id give the same draws."""

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        ...
