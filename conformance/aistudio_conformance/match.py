"""Matchers: how a case says what a value must be."""

import re
from collections.abc import Callable, Mapping, Sized
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathTypeError


class MatcherError(ValueError):
    """The matcher as written can never work."""


def look(path: str, document: Any) -> Any:
    """The value at a JMESPath, None where there is nothing, or nothing of the kind that the path is for."""
    try:
        return jmespath.search(path, document)
    except JMESPathTypeError:
        return None


def mismatch(wanted: Any, seen: Any) -> str:
    """What is wrong with `seen`, in words; empty when it is as wanted.

    A matcher is a plain value, meant exactly, or a mapping of one name in `MATCHERS` to what it takes.
    """
    if isinstance(wanted, Mapping):
        ((name, argument),) = _read(wanted)
        return "" if MATCHERS[name](argument, seen) else f"{_short(seen)} is not {name} {_short(argument)}"
    return "" if _equal(wanted, seen) else f"{_short(seen)} instead of {_short(wanted)}"


def require_matcher(wanted: Any) -> None:
    """Raises MatcherError for one that can never work."""
    if not isinstance(wanted, Mapping):
        return
    ((name, argument),) = _read(wanted)
    if name == "matches":
        try:
            re.compile(argument)
        except re.error as problem:
            raise MatcherError(f"{argument!r} is no pattern: {problem}") from None


def _read(wanted: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    pairs = tuple(wanted.items())
    if len(pairs) != 1 or pairs[0][0] not in MATCHERS:
        raise MatcherError(f"{dict(wanted)!r} is no matcher; one of {', '.join(MATCHERS)}, and its argument")
    return pairs


def _equal(wanted: Any, seen: Any) -> bool:
    # proto JSON writes int64 as text; a case may write the number
    if isinstance(wanted, int) and not isinstance(wanted, bool) and isinstance(seen, str):
        return seen == str(wanted)
    return type(wanted) is type(seen) and bool(wanted == seen)


def _matches(pattern: Any, seen: Any) -> bool:
    return isinstance(seen, str) and re.search(pattern, seen) is not None


def _has_length(wanted: Any, seen: Any) -> bool:
    return isinstance(seen, Sized) and len(seen) == wanted


def _contains(wanted: Any, seen: Any) -> bool:
    return isinstance(seen, str | list | tuple | Mapping) and wanted in seen


MATCHERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exactly": _equal,
    "matches": _matches,
    "one-of": lambda wanted, seen: any(_equal(one, seen) for one in wanted),
    "contains": _contains,
    "length": _has_length,
    "absent": lambda wanted, seen: (seen is None) == wanted,
}
"""`exactly` takes any value, also a mapping; `absent` true or false."""


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - what fits a report
