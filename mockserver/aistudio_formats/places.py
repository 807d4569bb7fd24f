"""Where in a line a flaw is, and the text around it: for people who look for it in an editor."""

import json
import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from aistudio_formats.flaws import Flaw

BEFORE, AFTER = 24, 40
"""Characters of an excerpt before the place and from it on."""

_BYTE = re.compile(r"\(byte (\d+)\)")
_PATH = re.compile(r"`(\$.*?)`(?= is | must | has |: |\Z)", re.DOTALL)
_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)
_SPACE = re.compile(r"[ \t\r\n]*")
# Numbers stay text: a long one would take its time, or be refused.
_SKIPPED = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


class Place(Struct, frozen=True):
    """A place in a line: its column in characters, counted from 1, if there is one; the text around it."""

    column: int | None
    excerpt: str


def place_of(line: bytes, flaw: Flaw) -> Place:
    """Where the flaw of a line is. Never raises: without a place of its own, it is the beginning."""
    line = line.rstrip(b"\r\n")
    text = line.decode("utf-8", "replace")
    try:
        offset = _offset(line, text, flaw)
    except (ValueError, RecursionError, IndexError):
        offset = None
    return Place(None if offset is None else offset + 1, excerpt(text, offset or 0))


def excerpt(text: str, offset: int) -> str:
    """What stands around an offset, printable, with an ellipsis where something is left out."""
    start, end = max(0, offset - BEFORE), offset + AFTER
    shown = text[start:end]
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)
    return f"{'…' if start else ''}{printable}{'…' if end < len(text) else ''}"


def offset_of(text: str, path: str) -> int:
    """The offset of the value at a path such as `$.request[0].text`, or of the nearest one that encloses it.

    Raises:
        ValueError, RecursionError: what stands before the value is no JSON, or is nested too deeply.
    """
    at, rest = _skip(text, 0), path.removeprefix("$")
    while rest:
        found = [
            (value, rest[len(step) :])
            for step, value in _steps(text, at)
            if rest.startswith(step) and rest[len(step) : len(step) + 1] in {"", ".", "["}
        ]
        if not found:
            return at
        at, rest = min(found, key=lambda each: len(each[1]))  # a key may have dots: the longest one fits
    return at


def _offset(line: bytes, text: str, flaw: Flaw) -> int | None:
    if find := _FINDERS.get(flaw.name.removeprefix("mock.row.")):
        return find(line, text)
    if byte := _BYTE.search(flaw.text):
        return _characters(line, int(byte[1]))
    if path := _PATH.match(flaw.text):
        return offset_of(text, path[1])
    return None


def _characters(line: bytes, count: int) -> int:
    return len(line[:count].decode("utf-8", "replace"))


def _not_utf8(line: bytes, text: str) -> int | None:
    del text
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return _characters(line, error.start)
    return None


def _half(line: bytes, text: str) -> int | None:
    del line
    found = _SURROGATE.search(text.replace("\\\\", "  "))
    return found.start() if found else None


def _repeated(text: str, at: int) -> int | None:
    """The value of the first key that an object has for the second time."""
    seen = set()
    for step, value in _steps(text, at):
        if step in seen:
            return value
        seen.add(step)
        if text[value] in "{[" and (inner := _repeated(text, value)) is not None:
            return inner
    return None


def _steps(text: str, at: int) -> Iterator[tuple[str, int]]:
    """What an object or a list holds: the step of a path that leads there, and the value's offset."""
    opening = text[at : at + 1]
    if opening not in {"{", "["}:
        return
    at, index = _skip(text, at + 1), 0
    while text[at : at + 1] not in {"", "}", "]"}:
        step = f"[{index}]"
        if opening == "{":
            key, at = _SKIPPED.raw_decode(text, at)
            step, at = f".{key}", _skip(text, _skip(text, at) + 1)
        yield step, at
        _, at = _SKIPPED.raw_decode(text, at)
        at, index = _skip(text, at), index + 1
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


_Finder = Callable[[bytes, str], int | None]
_FINDERS: dict[str, _Finder] = {
    "invalid_utf8": _not_utf8,
    "nul_byte": lambda line, _: _characters(line, line.index(b"\0")),
    "lone_surrogate": _half,
    "repeated_key": lambda _, text: _repeated(text, _skip(text, 0)),
    "more_than_one_value": lambda _, text: _skip(text, _SKIPPED.raw_decode(text, _skip(text, 0))[1]),
    "cut_short": lambda _, text: len(text),
    "byte_order_mark": lambda *_: 0,
}
"""Flaws whose words do not say where they are, or not quite."""
