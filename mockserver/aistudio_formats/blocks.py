"""A file as blocks of whole lines: read once, in order, in memory bounded by the longest line allowed."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

BLOCK = 1 << 17
"""Bytes of a block; its last line, and so the block, may be longer."""

_SKIPPED = 1 << 20


class Block(NamedTuple):
    """Lines with their line ends, and the same bytes in fewer pieces; no line is longer than `longest`."""

    lines: list[bytes]
    pieces: Sequence[bytes]
    longest: int


@runtime_checkable
class _File(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class Blocks(Protocol):
    """The rest of a file: as blocks, or as a mere count."""

    def __iter__(self) -> Iterator[Block]:
        """The next blocks; read when asked for."""
        ...

    def count_rest(self) -> int:
        """Skip to the end, and say how many lines that was."""
        ...


def blocks_of(source: BinaryIO | Iterable[bytes], longest: int) -> Blocks:
    """The blocks of a buffered binary file, or of lines that each end with a line feed.

    Of a line over `longest` bytes only the beginning is read, somewhat more than `longest` of it.
    """
    if isinstance(source, _File):
        return _FileBlocks(source, longest)
    return _LineBlocks(iter(source))


class _FileBlocks:
    def __init__(self, file: _File, longest: int) -> None:
        self._file = file
        self._longest = longest

    def __iter__(self) -> Iterator[Block]:
        # Measured against iterating over the file: no slower, and the quotation marks of the whole piece can
        # be counted at once.
        while piece := self._file.read(BLOCK):
            lines = BytesIO(piece).readlines()
            rest = b"" if lines[-1].endswith(b"\n") else self._rest_of_line()
            lines[-1] += rest
            yield Block(lines, (piece, rest), _longest(lines, len(piece) + len(rest)))

    def count_rest(self) -> int:
        lines, last = 0, b"\n"
        while piece := self._file.read(_SKIPPED):
            lines += piece.count(b"\n")
            last = piece
        return lines + (not last.endswith(b"\n"))

    def _rest_of_line(self) -> bytes:
        rest = self._file.readline(self._longest + 1)
        if len(rest) > self._longest and not rest.endswith(b"\n"):
            while not (self._file.readline(_SKIPPED) or b"\n").endswith(b"\n"):
                pass
        return rest


class _LineBlocks:
    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Block]:
        lines: list[bytes] = []
        size = 0
        for line in self._lines:
            lines.append(line)
            size += len(line)
            if size >= BLOCK:
                yield Block(lines, lines, _longest(lines, size))
                lines, size = [], 0
        if lines:
            yield Block(lines, lines, _longest(lines, size))

    def count_rest(self) -> int:
        return sum(1 for _ in self._lines)


def _longest(lines: list[bytes], size: int) -> int:
    """Only a block that is longer than most is worth a look at each of its lines."""
    return 2 * BLOCK if size <= 2 * BLOCK else max(map(len, lines))
