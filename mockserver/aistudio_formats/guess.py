"""Which task type a file has, by its first rows."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from msgspec import Struct

from aistudio_formats.blocks import blocks_of
from aistudio_formats.rows import Row
from aistudio_formats.task_types import TASK_TYPES
from aistudio_formats.validation import scan

SAMPLE = 100
"""Rows that are looked at."""
_MOST = 16 << 20
"""Bytes after which the sample is big enough."""
_CLEAR = 2
"""How many times more right rows the best type must have than any other."""


class Guess(Struct, frozen=True):
    """The types that fit, the best one first; `rows` were looked at."""

    task_types: tuple[str, ...]
    rows: int

    @property
    def task_type(self) -> str | None:
        """The type, if there is no doubt."""
        return self.task_types[0] if len(self.task_types) == 1 else None


def guess(file: BinaryIO) -> Guess:
    """Guess by the next rows of a file: the type that most of them are right rows of.

    A file that is no JSON Lines at all (empty, an archive, one JSON array) is the same error as any type: of
    the types that fit, all of them, the first of the table is as good as any.
    """
    lines = list(_first_lines(file))
    right: dict[str, int] = {}
    for name, each in TASK_TYPES.items():
        if each.is_validated:
            report = scan(lines, name)
            if not lines or any(error.error.startswith("mock.file.") for error in report.errors):
                return Guess((name,), len(lines))
            right[name] = report.valid_rows
    best = max(right.values())
    fitting = sorted((name for name in right if right[name] * _CLEAR > best), key=lambda name: -right[name])
    return Guess(tuple(fitting) if best else (), len(lines))


def _first_lines(file: BinaryIO) -> Iterator[bytes]:
    size = 0
    lines = (line for block in blocks_of(file, Row.longest) for line in block.lines)
    for line in islice(lines, SAMPLE):
        yield line
        size += len(line)
        if size > _MOST:
            return
