"""How a file is cut into the parts of an upload."""

from collections.abc import Sequence

from msgspec import Struct


class Part(Struct, frozen=True):
    """A piece of a file and where it goes. `repr` does not show the URL."""

    number: int
    offset: int
    length: int
    url: str

    def __repr__(self) -> str:
        """Without the URL: its signature is a secret."""
        return f"Part({self.number}, {self.offset}+{self.length})"


def cut(size: int, part_size: int, urls: Sequence[str]) -> list[Part]:
    """The parts of a file of `size` bytes, numbered from 1; the last one has the rest.

    ValueError when there are not as many URLs as parts of that size.
    """
    offsets = range(0, size, part_size)
    return [
        Part(number, offset, min(part_size, size - offset), url)
        for number, (offset, url) in enumerate(zip(offsets, urls, strict=True), 1)
    ]
