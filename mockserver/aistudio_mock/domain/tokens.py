"""A simple tokenizer, so that usage numbers are plausible and the same every time.

The real one is not public. This one gives the four counts of the documented run exactly (the how-to «Создать
дообучение модели генерации текста»: 14 and 11, 13 and 2).
"""

import re
from collections.abc import Iterable
from typing import Protocol
from unicodedata import normalize

PIECE_LENGTH = 7
"""A longer word falls into pieces of this many letters, the last one shorter."""

PROMPT_OVERHEAD = 10
"""What a chat prompt costs besides its texts, however many messages it has."""

INPUT_OVERHEAD = 1
"""What a text given to a classifier or an embedding model costs besides itself."""

_TOKEN = re.compile(rf"[^\W_]{{1,{PIECE_LENGTH}}}|[^\w\s]|_")


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


def count_input(text: str) -> int:
    """How many tokens a text has for a classifier or an embedding model.

    Recorded for a classifier: "hello" has 2 (service-behaviour f).
    """
    return INPUT_OVERHEAD + count(text)
