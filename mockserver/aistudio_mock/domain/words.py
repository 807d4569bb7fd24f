"""Texts cut into words, the same everywhere: what a classifier counts and what vectors are made of."""

import re
from unicodedata import normalize

_WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """Words and single marks of `text`, in order; case and Unicode form do not matter."""
    return _WORD.findall(normalize("NFC", text.casefold()))


def plain(text: str) -> str:
    """`text` as its words alone: equal for texts that differ in case, Unicode form or spacing."""
    return " ".join(words(text))
