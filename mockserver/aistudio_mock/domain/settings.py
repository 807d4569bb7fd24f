"""Which behaviours are in force: the edition's, with single ones set by hand."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from aistudio_mock.domain import quotas
from aistudio_mock.domain.behaviours import EDITIONS, VALUES, Behaviours
from aistudio_mock.domain.instant import read_seconds

_DIGITS = 10


def read_limit(text: str) -> int:
    """A number of tokens from 1 on. Raises ValueError."""
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < _DIGITS and int(text)):
        raise ValueError(f"{text!r} is no limit; write off, or a number of tokens such as 8000")
    return int(text)


READERS: Mapping[str, Callable[[str], object]] = {
    "prompt_limit": read_limit,
    "quotas": quotas.read,
    "tuning_visible_after": read_seconds,
}
"""Behaviours that take other text than their values as well: what reads it, and raises ValueError."""


def choose(edition: str, settings: Mapping[str, str]) -> Behaviours:
    """The behaviours of `edition`, with each `ID=VALUE` of `settings` on top.

    Raises:
        ValueError: an edition, id or value that does not exist; the message lists those that do.
    """
    if edition not in EDITIONS:
        raise ValueError(f"edition: no {edition!r}; known: {', '.join(EDITIONS)}")
    chosen: dict[str, Any] = dict(EDITIONS[edition])
    for behaviour, value in settings.items():
        name = behaviour.replace("-", "_")
        if name not in VALUES:
            known = ", ".join(sorted(VALUES)).replace("_", "-")
            raise ValueError(f"set: no settable behaviour {behaviour!r}; known: {known}")
        _require_value(behaviour, name, value)
        chosen[name] = value
    return replace(Behaviours(), **chosen)


def _require_value(behaviour: str, name: str, value: str) -> None:
    if value in VALUES[name]:
        return
    if name not in READERS:
        raise ValueError(f"set: {behaviour} cannot be {value!r}; it can be {' or '.join(VALUES[name])}")
    try:
        READERS[name](value)
    except ValueError as problem:
        raise ValueError(f"set: {behaviour} cannot be {value!r}: {problem}") from None
