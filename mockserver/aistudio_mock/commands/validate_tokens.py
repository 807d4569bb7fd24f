"""How many tokens the rows of a file have, by the mock's own tokenizer, and which go over what is documented.

Every row that may be over a limit is counted, as no text has more tokens than characters (in NFC). Totals
come from the first rows: the tokenizer takes longer than everything else.
"""

from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import normalize

import msgspec
from msgspec import Struct

from aistudio_formats import rows
from aistudio_formats.classes import ClassRow
from aistudio_formats.flaws import MAX_ROW_NUMBERS
from aistudio_formats.rows import Row
from aistudio_mock.domain import tokens

SAMPLE = 4 << 20
"""Bytes of the rows that are counted whatever their length."""
REQUEST, RESPONSE, BOTH, TEXT = "request", "response", "request and response", "text"

_Texts = Mapping[str, list[str]]
_OVERHEAD = {
    REQUEST: tokens.PROMPT_OVERHEAD,
    RESPONSE: 0,
    BOTH: tokens.PROMPT_OVERHEAD,
    TEXT: tokens.INPUT_OVERHEAD,
}


class _Reading(Struct, frozen=True):
    """How rows are read: as what, which texts its parts have, and the parts' documented limits."""

    type: type[Struct]
    texts: Callable[[Any], _Texts]
    limits: Mapping[str, int] = {}


class _Classified(Struct):
    """A classifier's row; what else it has are classes."""

    text: str


def _chat(row: Any) -> _Texts:
    request = [message.text for message in row.request]
    return _answered(row, request)


def _images(row: Any) -> _Texts:
    parts = [part for message in row.request for part in message.content]
    return _answered(row, [part.text for part in parts if isinstance(part, rows.TextPart)])


def _answered(row: Any, request: list[str]) -> _Texts:
    response = getattr(row, "response", None)
    if response is None:
        return {REQUEST: request}
    return {REQUEST: request, RESPONSE: [response], BOTH: [*request, response]}


# Limits: service-behaviour d. Of images and embeddings nothing is documented.
_CHATS = {REQUEST: 8000, RESPONSE: 2000, BOTH: 8000}
_READINGS: tuple[tuple[type[Row], _Reading], ...] = (
    (rows.Generation, _Reading(rows.Generation, _chat, _CHATS)),
    (rows.GenerationRequest, _Reading(rows.GenerationRequest, _chat, {REQUEST: 8000})),
    (rows.ImageGeneration, _Reading(rows.ImageGeneration, _images)),
    (rows.ImageGenerationRequest, _Reading(rows.ImageGenerationRequest, _images)),
    (ClassRow, _Reading(_Classified, lambda row: {TEXT: [row.text]}, {TEXT: 8000})),
    (rows.Pair, _Reading(rows.Pair, lambda row: {TEXT: [row.anchor, row.positive]})),
    (rows.Triplet, _Reading(rows.Triplet, lambda row: {TEXT: [row.anchor, row.positive, row.negative]})),
)


def _characters(text: str) -> int:
    return len(normalize("NFC", text))


class TokenCount(Struct, frozen=True):
    """The tokens of one part of the rows: a total of the whole file; the rest of the rows that were counted.

    `over` are the first rows that go over the documented limit, `over_count` is how many there are.
    """

    part: str
    total: int
    average: float
    longest: int
    longest_row: int
    limit: int | None
    over: tuple[int, ...]
    over_count: int


class Tokens(Struct, frozen=True):
    """What was counted; estimates all. The totals are made up from the first `sampled_rows`."""

    sampled_rows: int
    parts: tuple[TokenCount, ...]


class _Part(Struct):
    total: int = 0
    longest: int = 0
    longest_row: int = 0
    over_count: int = 0
    over: list[int] = msgspec.field(default_factory=list)


class TokenTally:
    """Counts the rows it is given, in order."""

    def __init__(self, model: type[Row]) -> None:
        reading = next(reading for kind, reading in _READINGS if issubclass(model, kind))
        self._texts_of, self._limits = reading.texts, reading.limits
        self._decode = msgspec.json.Decoder(reading.type).decode
        self._parts: dict[str, _Part] = {}
        self._bytes = 0
        self._sampled = 0
        self._shortest = min(self._limits.values(), default=None)

    def wants(self, longest: int) -> bool:
        """Whether any of the next rows is worth a look, if none has more bytes than that."""
        return self._bytes < SAMPLE or (self._shortest is not None and longest > self._shortest)

    def add(self, number: int, line: bytes) -> None:
        """Count a row. One that is no right row is left out."""
        if not self.wants(len(line)):
            return
        try:
            texts = self._texts_of(self._decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        is_sampled = self._bytes < SAMPLE
        self._bytes += len(line)
        self._sampled += is_sampled
        for part, said in texts.items():
            self._count(part, said, number, is_sampled=is_sampled)

    def result(self, total_rows: int) -> Tokens | None:
        """What was counted of a file with so many right rows; None if nothing was."""
        if not self._sampled:
            return None
        counts = tuple(self._result_of(name, part, total_rows) for name, part in self._parts.items())
        return Tokens(self._sampled, counts)

    def _count(self, name: str, texts: list[str], number: int, *, is_sampled: bool) -> None:
        limit = self._limits.get(name)
        part = self._parts.setdefault(name, _Part())
        if not is_sampled and (limit is None or _OVERHEAD[name] + sum(map(_characters, texts)) <= limit):
            return
        count = _OVERHEAD[name] + sum(map(tokens.count, texts))
        if is_sampled:
            part.total += count
        if count > part.longest:
            part.longest, part.longest_row = count, number
        if limit is not None and count > limit:
            part.over_count += 1
            if len(part.over) < MAX_ROW_NUMBERS:
                part.over.append(number)

    def _result_of(self, name: str, part: _Part, total_rows: int) -> TokenCount:
        average = part.total / self._sampled
        return TokenCount(
            name,
            total=part.total if total_rows == self._sampled else round(average * total_rows),
            average=round(average, 1),
            longest=part.longest,
            longest_row=part.longest_row,
            limit=self._limits.get(name),
            over=tuple(part.over),
            over_count=part.over_count,
        )
