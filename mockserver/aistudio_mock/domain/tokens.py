"""The tokenizer: one for usage, limits, `validate` and the Tokenize calls, and the same every time.

The real one is not public. This one gives the four counts of the documented run exactly (the how-to «Создать
дообучение модели генерации текста»: 14 and 11, 13 and 2).
"""

import re
from collections.abc import Iterable
from typing import Protocol
from unicodedata import normalize
from zlib import crc32

from msgspec import Struct

PIECE_LENGTH = 7
"""A longer word falls into pieces of this many letters, the last one shorter."""

PROMPT_OVERHEAD = 10
"""What a chat prompt costs besides its texts, however many messages it has."""

INPUT_OVERHEAD = 1
"""What a text given to a classifier or an embedding model costs besides itself."""

_TOKEN = re.compile(rf"[^\W_]{{1,{PIECE_LENGTH}}}|[^\w\s]|_")


BEGINNING = "<s>"
_FRAME, _REPLY = "<frame>", "<reply>"
_BEFORE = (BEGINNING, *[_FRAME] * 4)
_AFTER = (*[_FRAME] * 4, _REPLY)
_SPACE = "▁"
"""What stands in a token's text for the space before it, as in SentencePiece."""

_VOCABULARY = 1 << 17
_SPECIAL_IDS = {BEGINNING: 1, _FRAME: 2, _REPLY: 3}
_FIRST_ID = 4


class Piece(Struct, frozen=True):
    """One token as Tokenize shows it; a special one is the prompt's layout, not its text."""

    id: int
    text: str
    special: bool = False


class HasText(Protocol):
    """A message of a chat, as far as counting goes."""

    @property
    def text(self) -> str:
        """What the message says."""
        ...


def tokenize(text: str) -> list[str]:
    """The tokens of `text`: pieces of words and single punctuation marks.

    Not lossless: whitespace is dropped and the text is composed first (NFC), so that both ways of writing й
    count as one letter.
    """
    return _TOKEN.findall(normalize("NFC", text))


def count(text: str) -> int:
    """How many tokens `text` has; the completion tokens of an answer."""
    return len(tokenize(text))


def count_prompt(messages: Iterable[HasText]) -> int:
    """How many tokens a chat prompt has: `PROMPT_OVERHEAD` and the texts; roles cost nothing."""
    return PROMPT_OVERHEAD + sum(count(message.text) for message in messages)


def pieces(text: str) -> list[Piece]:
    """The tokens of a text as a model is given it: as many as `count_input` says."""
    return [_special(BEGINNING), *_pieces(text)]


def prompt_pieces(messages: Iterable[HasText]) -> list[Piece]:
    """The tokens of a chat prompt: as many as `count_prompt` says."""
    told = [piece for message in messages for piece in _pieces(message.text)]
    return [*map(_special, _BEFORE), *told, *map(_special, _AFTER)]


def shortened(text: str, tokens: int) -> str | None:
    """The first `tokens` tokens of a text; None where it has no more than that."""
    composed = normalize("NFC", text)
    end = 0
    for number, found in enumerate(_TOKEN.finditer(composed)):
        if number == tokens:
            return composed[:end]
        end = found.end()
    return None


def _special(text: str) -> Piece:
    return Piece(_SPECIAL_IDS[text], text, special=True)


def _pieces(text: str) -> list[Piece]:
    composed = normalize("NFC", text)
    told = []
    for found in _TOKEN.finditer(composed):
        begins = found.start() == 0 or composed[found.start() - 1].isspace()
        told.append(_SPACE + found[0] if begins else found[0])
    return [Piece(_FIRST_ID + crc32(one.encode()) % _VOCABULARY, one) for one in told]


def count_input(text: str) -> int:
    """How many tokens a text has for a classifier or an embedding model.

    Recorded for a classifier: "hello" has 2 (service-behaviour f).
    """
    return INPUT_OVERHEAD + count(text)
