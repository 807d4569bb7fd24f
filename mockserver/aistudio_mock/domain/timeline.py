"""A record's story as dated facts, some of which have not happened yet.

The rules, each stated once here:

* a mark at exactly `now` has happened;
* a command may append to the future or cut it; it never edits the past;
* a terminal state absorbs: nothing can be appended after it;
* an *open* timeline awaits an outcome that is being computed: it shows its last mark until it is sealed.
"""

from bisect import bisect_right
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain.instant import Instant

S = TypeVar("S")


class Mark(Struct, Generic[S], frozen=True):
    """A state and the moment it begins."""

    at: Instant
    state: S
    terminal: bool = False


class Timeline(Struct, Generic[S], frozen=True):
    """Marks in order of time; at least one. Reading it with any `now` from the first mark on is valid."""

    marks: tuple[Mark[S], ...]
    is_open: bool = False

    @staticmethod
    def starting(at: Instant, state: S) -> "Timeline[S]":
        """A timeline whose first and so far only mark is `state` at `at`."""
        return Timeline((Mark(at, state),))

    def at(self, now: Instant) -> Mark[S]:
        """The last mark that has happened at `now`; before the first mark, the first one."""
        # From the end: most reads come when everything has happened.
        for mark in reversed(self.marks):
            if mark.at <= now:
                return mark
        return self.marks[0]

    def history(self, now: Instant) -> tuple[Mark[S], ...]:
        """Every mark that has happened at `now`, oldest first."""
        return self.marks[: bisect_right(self.marks, now, key=lambda mark: mark.at)]

    def next_after(self, now: Instant) -> Mark[S] | None:
        """The first mark that has not happened at `now`, if one is written."""
        index = bisect_right(self.marks, now, key=lambda mark: mark.at)
        return self.marks[index] if index < len(self.marks) else None

    @property
    def last(self) -> Mark[S]:
        """The latest mark written, whether it has happened or not."""
        return self.marks[-1]

    def then(self, at: Instant, state: S, *, terminal: bool = False) -> "Timeline[S]":
        """The same story with one more mark, no earlier than the last one.

        Raises:
            ValueError: the last mark is terminal, or lies later than `at`.
        """
        if self.last.terminal:
            raise ValueError(f"nothing follows the terminal state {self.last.state!r}")
        if at < self.last.at:
            raise ValueError(f"a mark at {at} would lie before the last one at {self.last.at}")
        return replace(self, marks=(*self.marks, Mark(at, state, terminal)))

    def cut(self, now: Instant) -> "Timeline[S]":
        """The same past without its future; what happened at exactly `now` stays. Never open."""
        return Timeline(self.history(now) or self.marks[:1])

    def awaiting(self) -> "Timeline[S]":
        """The same marks, open: an outcome is being computed."""
        return replace(self, is_open=True)

    def sealed(self) -> "Timeline[S]":
        """The same marks, complete: nothing is being computed any more."""
        return replace(self, is_open=False)
