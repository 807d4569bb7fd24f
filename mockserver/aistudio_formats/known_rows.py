"""Rows of a classifier that are known to be right: most of a file is its first rows with other texts."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from operator import concat, itemgetter

import msgspec

from aistudio_formats.rows import Text

_TEXT = re.compile(rb'[{,]\s*"text"\s*:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)
"""The text of a right row. No match begins inside of a string, where quotation marks follow backslashes."""
_LOOKS = 256
"""Unknown rows that are looked at; after so many, they are mixtures of classes that do not come again."""

_decode = msgspec.json.Decoder(Text).decode


class KnownRows:
    """What stands before and after the text of right rows, byte for byte: their frames.

    A line with the same frame around one JSON string that is not empty is as right as they are: it has the
    same keys, as often, and the same classes are 1. All frames have the text in the same place, that of the
    first row, counted from both ends.
    """

    def __init__(self) -> None:
        self._begin = 0
        self._end = 0
        self._frames: set[bytes] = set()
        self._looks = _LOOKS

    def cover(self, lines: Sequence[bytes]) -> bool:
        """Whether each line is a known row with any text. If not, nothing is said about any of them."""
        if not self._frames:
            return False
        starts = map(itemgetter(slice(self._begin)), lines)
        ends = map(itemgetter(slice(self._end, None)), lines)
        if not self._frames.issuperset(map(concat, starts, ends)):
            return False
        try:
            deque(map(_decode, map(itemgetter(slice(self._begin, self._end)), lines)), maxlen=0)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        return True

    def learn(self, lines: Iterable[bytes]) -> None:
        """Keep the frames of rows that are right."""
        for line in lines:
            if not self._looks:
                break
            if line[: self._begin] + line[self._end :] not in self._frames:
                self._looks -= 1
                self._look(line)

    def _look(self, line: bytes) -> None:
        if found := _TEXT.search(line):
            begin, end = found.start(1), found.end(1) - len(line)
            if not self._frames:
                self._begin, self._end = begin, end
            if (begin, end) == (self._begin, self._end):
                self._frames.add(line[:begin] + line[end:])
