"""What one look at the evidence says, before the level of the rule makes an outcome of it."""

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from aistudio_conformance.journal import Entry


class Sight(Enum):
    """Whether the rule was kept, or could not be seen."""

    KEPT = "kept"
    VIOLATED = "violated"
    NOT_REACHED = "not reached"
    NOT_APPLICABLE = "not applicable"


class Seen(Struct, frozen=True):
    """One sight, why, and the entries that show it."""

    sight: Sight
    why: str = ""
    entries: tuple[int, ...] = ()


def kept(entries: Sequence[Entry] = ()) -> Seen:
    """The rule was kept, as these entries show."""
    return Seen(Sight.KEPT, "", numbers(entries))


def violated(why: str, entries: Sequence[Entry] = ()) -> Seen:
    """The rule was broken."""
    return Seen(Sight.VIOLATED, why, numbers(entries))


def not_reached(why: str) -> Seen:
    """The situation never came about."""
    return Seen(Sight.NOT_REACHED, why)


def not_applicable(why: str) -> Seen:
    """There was nothing to look at, and need not have been."""
    return Seen(Sight.NOT_APPLICABLE, why)


def numbers(entries: Sequence[Entry]) -> tuple[int, ...]:
    """How entries are named in a finding."""
    return tuple(one.number for one in entries)
