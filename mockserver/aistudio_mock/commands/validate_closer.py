"""A second look at a file that was scanned: the place of each flaw, and the tokens."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import BinaryIO

from msgspec import Struct

from aistudio_formats.blocks import Block, blocks_of
from aistudio_formats.check import Check
from aistudio_formats.flaws import Flaw
from aistudio_formats.places import Place, place_of
from aistudio_formats.report import Report
from aistudio_formats.rows import Row
from aistudio_mock.commands.validate_tokens import Tokens, TokenTally


class Closer(Struct, frozen=True):
    """What the second look shows: the flaw of each listed row and its place, and the tokens of the others."""

    flaws: dict[int, tuple[Flaw, Place]]
    tokens: Tokens | None


def look(file: BinaryIO, model: type[Row], report: Report) -> Closer:
    """Read the file again, from where it stands: its beginning."""
    listed = {number for error in report.errors for number in error.row_numbers}
    flaws, tally = _Flaws(model, listed), TokenTally(model)
    for start, block in _numbered(blocks_of(file, model.longest), report.processed_rows):
        if flaws.wants(start, len(block.lines)) or tally.wants(max(map(len, block.lines))):
            for number, line in enumerate(block.lines, start):
                if not flaws.add(number, line):
                    tally.add(number, line)
    return Closer(flaws.found, tally.result(report.valid_rows))


def _numbered(blocks: Iterable[Block], rows: int) -> Iterator[tuple[int, Block]]:
    """The blocks with the number of their first row, as far as they were scanned."""
    start = 1
    for block in blocks:
        if start > rows:
            return
        yield start, block
        start += len(block.lines)


class _Flaws:
    """The flaws of the listed rows. The first right row sets the classes of a classifier, as ever."""

    def __init__(self, model: type[Row], listed: AbstractSet[int]) -> None:
        self.found: dict[int, tuple[Flaw, Place]] = {}
        self._check = Check(model)
        self._listed = listed
        self._sorted = sorted(listed)
        self._is_set = False

    def wants(self, start: int, count: int) -> bool:
        """Whether one of these rows is listed, or may set the classes."""
        first = bisect_left(self._sorted, start)
        return not self._is_set or (first < len(self._sorted) and self._sorted[first] < start + count)

    def add(self, number: int, line: bytes) -> bool:
        """Look at a row; whether it is a listed one."""
        is_listed = number in self._listed
        if is_listed or not self._is_set:
            flaw = self._check.flaw_of(line)
            if flaw is None:
                self._is_set = True
            elif is_listed:
                self.found[number] = flaw, place_of(line, flaw)
        return is_listed
