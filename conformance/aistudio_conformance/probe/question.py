"""A question to an account, and what an answer means for the behaviours that it decides."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from aistudio_conformance.probe.account import Account

STATED: Final = "as stated"
"""The server does what the statement of the behaviour says."""

ANOTHER: Final = "another"
"""It does something else; the exchanges show what."""

UNTOLD: Final = "not told"
"""This account could not show it; the exchanges show why."""

Meanings = dict[str, str]
"""What the answers mean, by the id of the behaviour: one of its values, or one of the three words above."""


class Question(Struct, frozen=True, kw_only=True):
    """One question. `ask` raises `CannotAsk` where it does not get as far as asking."""

    id: str
    asks: str
    open: str
    """Where the question stands in the list of what nobody knows."""
    sends: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]
    """The behaviours that it decides, and which of their values it can tell; () for `STATED` or not."""
    ask: Callable[[Account], Meanings]


def stated(*holds: Any) -> str:
    """`STATED` when all of it holds."""
    return STATED if all(holds) else ANOTHER


def by_status(status: str, values: Mapping[str, str]) -> str:
    """The value that a status code stands for; `ANOTHER` for any other code."""
    return values.get(status, ANOTHER)
