"""The check of one block of lines. Right lines cost their decoding and a count of their quotation marks."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec.structs import astuple

from aistudio_formats import flaws
from aistudio_formats.blocks import Block
from aistudio_formats.classes import TEXT, ClassRow, UnusableClasses, model_of
from aistudio_formats.flaws import Flaw
from aistudio_formats.known_rows import KnownRows
from aistudio_formats.rows import BROKEN, Row

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NAMED = 1 << 20
"""Bytes of the longest line in which a repeated key is looked up by name: that takes memory."""
_FAR_APART = 32
_SAMPLE = 1 << 12
"""Bytes between two quotation marks from which on `replace`, which skips fast, counts faster than `count`."""
_HALF_AT_THE_END = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}[^\\].{0,4}\}\Z", re.DOTALL)

_Decode = Callable[[bytes], Any]


class Check:
    """Finds the flawed lines, block after block; of classifier rows the first right one sets the classes."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        self._decode: _Decode | None = None
        self._tried: tuple[type[Row], _Decode] | None = None
        self._unseen: set[str] = set()
        self._known = KnownRows()
        if not issubclass(model, ClassRow):
            self._fix(model, msgspec.json.Decoder(model).decode)

    @property
    def unseen_classes(self) -> frozenset[str]:
        """The classes that no right row so far belongs to."""
        return frozenset(self._unseen)

    def __call__(self, block: Block) -> Iterable[tuple[int, Flaw]]:
        """The flawed lines of a block: (index, flaw)."""
        if self._is_right(block):
            return ()
        return self._one_by_one(block.lines)

    def _is_right(self, block: Block) -> bool:
        """Whether everything decodes and the quotation marks add up (see `Row.quotes`)."""
        if self._decode is None or block.longest > self.model.longest:
            return False
        if self._known.cover(block.lines):
            return True
        rows: Iterator[Any] = map(self._decode, block.lines)
        found = sum(map(_marks, block.pieces))
        try:
            expected = self.model.quotes(self._tally(rows) if self._unseen else rows, len(block.lines), found)
        except _UNREADABLE:
            return False
        is_right = found == expected or (expected != BROKEN and _unescaped(block.pieces) == expected)
        if is_right and issubclass(self.model, ClassRow):
            self._known.learn(block.lines)
        return is_right

    def _one_by_one(self, lines: Iterable[bytes]) -> Iterator[tuple[int, Flaw]]:
        for index, line in enumerate(lines):
            if flaw := self.flaw_of(line):
                yield index, flaw

    def flaw_of(self, line: bytes) -> Flaw | None:
        """The first thing that is wrong with a line, or None."""
        line = line.rstrip(
            b"\r\n"
        )  # else the end of a line that is cut short is a wrong character to the decoder
        if len(line) > self.model.longest:
            text = f"the line is longer than {self.model.longest >> 20} MiB"
            return Flaw("mock.row.too_long", "", text, row=False)
        try:
            model, decode = self._reader_of(line)
            row = decode(line)
        except (*_UNREADABLE, UnusableClasses) as error:
            return _of_error(error, line)
        if rule := row.broken_rule():
            return flaws.of_rule(rule)
        marks = _unescaped([line])
        if marks != model.quotes([row], 1, marks):
            return _repeated_key(line)
        if self._decode is None:
            self._fix(model, decode)
        if self._unseen:
            self._tally(iter([row]))
        return None

    def _reader_of(self, line: bytes) -> tuple[type[Row], _Decode]:
        """The model to read a line with; while the classes are not known, the one that it would set."""
        if self._decode is not None:
            return self.model, self._decode
        assert issubclass(self.model, ClassRow)
        model = model_of(line, self.model)
        if self._tried is None or self._tried[0].__struct_encode_fields__ != model.__struct_encode_fields__:
            self._tried = model, msgspec.json.Decoder(model).decode
        return self._tried

    def _fix(self, model: type[Row], decode: _Decode) -> None:
        self.model = model
        self._decode = decode
        if issubclass(model, ClassRow):
            self._unseen = set(model.classes)

    def _tally(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The rows, after a look at which classes they belong to."""
        kept = list(rows)
        columns = zip(*map(astuple, kept), strict=True)
        for name, column in zip(self.model.__struct_encode_fields__, columns, strict=True):
            if name != TEXT and 1 in column:
                self._unseen.discard(name)
        return iter(kept)


def _marks(piece: bytes) -> int:
    """How many quotation marks there are; in long lines they are few, and `replace` skips fast."""
    if piece.count(b'"', 0, _SAMPLE) * _FAR_APART < min(len(piece), _SAMPLE):
        return len(piece) - len(piece.replace(b'"', b""))
    return piece.count(b'"')


def _unescaped(pieces: Iterable[bytes]) -> int:
    """How many of them are not escaped: a backslash starts an escape unless the one before it does."""
    text = b"".join(pieces).replace(b"\\\\", b"")
    return text.count(b'"') - text.count(b'\\"')


def _of_error(error: Exception, line: bytes) -> Flaw:
    match error:
        case UnusableClasses():
            return flaws.of_rule(error.rule)
        case UnicodeDecodeError():
            return flaws.of_byte(error.object[error.start])
        case RecursionError():
            return Flaw("mock.row.too_deep", "", "the line is nested too deeply")
    return _special(line, str(error)) or flaws.of_message(str(error))


def _special(line: bytes, message: str) -> Flaw | None:
    """What the decoder has no right words of its own for."""
    if not line.strip():
        text = "the line is blank; remove it (an empty line at the end counts too)"
        return Flaw("mock.row.blank", "", text, row=False)
    if line.startswith(b"\xef\xbb\xbf"):
        text = "the line starts with a byte order mark; save the file as UTF-8 without BOM"
        return Flaw("mock.row.byte_order_mark", "", text, row=False)
    if b"\0" in line:
        return Flaw("mock.row.nul_byte", "", "the line has a NUL byte; JSON text has none", row=False)
    if "surrogate pair" in message or ("truncated" in message and _HALF_AT_THE_END.search(line[-32:])):
        text = "a text has half of a surrogate pair (such as \\ud83d alone)"
        return Flaw("mock.row.lone_surrogate", "", text)
    return None


def _repeated_key(line: bytes) -> Flaw:
    """A key that an object of the line has more than once; one of them has."""
    twice: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(keys := Counter(key for key, _ in pairs)) < len(pairs):
            twice.append(keys.most_common(1)[0][0])

    if len(line) <= _NAMED:
        json.loads(line, object_pairs_hook=note)
    key = f' "{flaws.shorten(twice[0])}"' if twice else ""
    return Flaw("mock.row.repeated_key", key, f"an object has the key{key} twice; keep one")
