"""Chance for example data: the same for the same seed, everywhere and in every version of Python."""

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Chance:
    """A linear congruential generator (Knuth's MMIX constants); the upper bits are the good ones."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, end: int) -> int:
        """A whole number from 0 up to `end`, without it."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self._state >> 33) % end

    def pick(self, things: Sequence[_T]) -> _T:
        """One of the things."""
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[_T]) -> list[_T]:
        """All the things, in some order."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in things]
