"""The older format, one JSON array of pairs, as JSON Lines: in memory bounded by the longest element.

The DataSphere tutorial's file is `[{"request": "…", "response": "…"}, …]` (service-behaviour d, end). An
array of rows that are of the current format already is taken as well.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from msgspec import Struct

from aistudio_formats.check import Check
from aistudio_formats.flaws import shorten
from aistudio_formats.rows import Row

MAX_REFUSALS = 20
"""Elements after which no more are looked at."""

_CHUNK = 1 << 16
_MALFORMED = "the text is not JSON: {what}"
_SPACE = re.compile(r"[ \t\r\n]*")
_AT_THE_END = 8
"""Characters before the end of what is read where an error may only mean that more must be read."""


class Refusal(Struct, frozen=True):
    """Why a file is not converted, and where; lines and columns (in characters) count from 1.

    `element` is the number of the array's element, from 1; None where there is none.
    """

    text: str
    line: int
    column: int
    element: int | None = None


class NotConvertible(ValueError):
    """The file is not the older format, or elements of it are no rows. `refusals` has at least one."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(refusals[0].text)
        self.refusals = tuple(refusals)


class Element(Struct, frozen=True):
    """One element of an array; `repeated` is a key that an object of it has twice."""

    number: int
    line: int
    column: int
    value: Any
    repeated: str | None

    def refused(self, text: str) -> Refusal:
        """This element, refused."""
        return Refusal(text, self.line, self.column, self.number)


def convert(source: BinaryIO, target: BinaryIO, model: type[Row]) -> int:
    """Write the elements of the array in `source` as lines to `target`; how many they are.

    Raises:
        NotConvertible: with everything that is in the way, up to a cap. `target` has some lines then.
    """
    check, refusals, rows = Check(model), list[Refusal](), 0
    try:
        for element in elements(source):
            rows = element.number
            line = _line(element.value)
            if why := _why_not(element, line, check):
                refusals.append(element.refused(why))
                if len(refusals) >= MAX_REFUSALS:
                    break
            target.write(line)
    except NotConvertible as error:
        raise NotConvertible([*refusals, *error.refusals]) from error
    if refusals:
        raise NotConvertible(refusals)
    if not rows:
        raise NotConvertible([Refusal("the array is empty; there is nothing to convert", 1, 1)])
    return rows


def elements(source: BinaryIO) -> Iterator[Element]:
    """The elements of a JSON array, in order, read when asked for.

    Raises:
        NotConvertible: there is no array, or it is no JSON from some place on.
    """
    window = _Window(source)
    if window.peek() != "[":
        text = "the file is not one JSON array: it does not begin with [; JSON Lines need no conversion"
        raise NotConvertible([window.refusal(text)])
    window.take()
    number, closing = 0, window.peek()
    while closing != "]":
        number += 1
        yield window.element(number)
        closing = window.peek()
        if closing not in {",", "]"}:
            raise window.malformed("expected ',' or ']'" if closing else "the array has no end")
        if window.take() == "," and window.peek() == "]":
            raise window.malformed("trailing comma in array")
    if number == 0:
        window.take()
    if window.peek():
        raise window.malformed("there is more text after the array")


class _Window:
    """The part of the file that is being read, and the place in the file where it begins."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        # What is no UTF-8 becomes half a surrogate pair, which `_line` cannot write.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._json = json.JSONDecoder(object_pairs_hook=self._object)
        self._text, self._at, self._ended = "", 0, False
        self._line, self._column = 1, 1
        self._repeated: str | None = None

    def peek(self) -> str:
        """The next character that is no space, not yet taken; empty at the end of the file."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or not self._read_on():
                return self._text[self._at : self._at + 1]

    def take(self) -> str:
        """The next character that is no space, taken."""
        character = self.peek()
        self._at += len(character)
        return character

    def element(self, number: int) -> Element:
        """The next value."""
        self.peek()
        line, column = self._place(self._at)
        value, self._at = self._value(number)
        return Element(number, line, column, value, self._repeated)

    def refusal(self, text: str, ahead: int = 0, element: int | None = None) -> Refusal:
        """A refusal that names the place where the window stands, or `ahead` of that."""
        return Refusal(text, *self._place(self._at + ahead), element)

    def malformed(self, what: str, ahead: int = 0, element: int | None = None) -> NotConvertible:
        """The error of text that is no JSON."""
        return NotConvertible([self.refusal(_MALFORMED.format(what=what), ahead, element)])

    def _value(self, number: int) -> tuple[Any, int]:
        while True:
            self._repeated = None
            try:
                return self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                may_go_on = error.pos >= len(self._text) - _AT_THE_END or "Unterminated" in error.msg
                if len(self._text) - self._at > Row.longest:
                    raise self.malformed(f"an element is longer than {Row.longest >> 20} MiB") from error
                ahead = error.pos - self._at
                if not (may_go_on and self._read_on()):
                    raise self.malformed(error.msg, ahead, number) from error
            except RecursionError as error:
                raise self.malformed("it is nested too deeply", element=number) from error
            except ValueError as error:  # the interpreter's limit of digits
                raise self.malformed("a number has too many digits", element=number) from error

    def _read_on(self) -> bool:
        """Forget what is taken and read as much again as there is left: retries stay linear together."""
        self._line, self._column = self._place(self._at)
        self._text, self._at = self._text[self._at :], 0
        if self._ended:
            return False
        piece = self._source.read(max(_CHUNK, len(self._text)))
        self._ended = not piece
        self._text += self._decoder.decode(piece, final=self._ended)
        return True

    def _place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset of the window."""
        breaks = self._text.count("\n", 0, offset)
        if not breaks:
            return self._line, self._column + offset
        return self._line + breaks, offset - self._text.rfind("\n", 0, offset)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            self._repeated = next(key for key in keys if keys.count(key) > 1)
        return found


def _line(value: Any) -> bytes:
    """The row of an element: a text as request becomes what the user says; empty if it is no Unicode text."""
    if isinstance(value, dict) and isinstance(value.get("request"), str):
        value = value | {"request": [{"role": "user", "text": value["request"]}]}
    try:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return b""


def _why_not(element: Element, line: bytes, check: Check) -> str | None:
    if not line:
        return "a text is not UTF-8, or has half of a surrogate pair"
    if element.repeated is not None:
        return f'an object has the key "{shorten(element.repeated)}" twice; keep one'
    flaw = check.flaw_of(line)
    return flaw.text if flaw else None
