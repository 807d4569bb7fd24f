"""Texts as vectors of length one: the more parts two texts share, the nearer they lie.

A text is the bag of its words and of their pieces of four letters. Each part has a direction of its own,
signs from a hash of the part, alike in every process; a text points where its parts point together (signed
random projection). Directions are sums of big integers, one number a lane, so a text takes well under a
millisecond and no library.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import shake_128
from math import fsum, sqrt
from struct import unpack

from aistudio_mock.domain.words import words

DIM = 256
"""Numbers in a vector, unless another length is asked for (service-behaviour f)."""

Vector = list[float]

_PIECE = 4
_OF_PIECE, _OF_WORD = 1, 3
"""How much a part counts."""
_LANE = 4
_LANES_OF_BYTE = tuple(
    b"".join((byte >> bit & 1).to_bytes(_LANE, "little") for bit in range(8)) for byte in range(256)
)
"""Each bit of a byte as the number of a lane, the lowest bit first."""


def vector(text: str, dim: int = DIM) -> Vector:
    """The direction of `text`. The beginning of a longer vector, made `unit`, is the shorter one."""
    parts = _parts(text)
    lanes = sum(count * _signs(part, dim) for part, count in parts.items())
    return unit(_read(lanes, parts.total(), dim))


def own_direction(text: str, dim: int = DIM) -> Vector:
    """A direction that no other text has, however alike."""
    return unit(_read(_signs(f"={text}", dim), 1, dim))


def mixed(weighted: Iterable[tuple[float, Vector]]) -> Vector:
    """The weighted sum of vectors, as a direction; there is at least one."""
    scaled = [[weight * each for each in one] for weight, one in weighted]
    return unit([sum(column) for column in zip(*scaled, strict=True)])


def unit(numbers: Sequence[float]) -> Vector:
    """The same direction at length one; nowhere at all becomes the first axis."""
    length = sqrt(fsum(each * each for each in numbers))
    return [each / length for each in numbers] if length else [1.0, *[0.0] * (len(numbers) - 1)]


def cosine(one: Vector, other: Vector) -> float:
    """How near two directions are: 1 the same, 0 unrelated, -1 opposite."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def _parts(text: str) -> Counter[str]:
    parts: Counter[str] = Counter()
    for word in words(text):
        marked = f"<{word}>"
        parts[marked] += _OF_WORD
        for start in range(len(marked) - _PIECE + 1):
            parts[marked[start : start + _PIECE]] += _OF_PIECE
    return parts or Counter({"": 1})


def _signs(part: str, dim: int) -> int:
    """A lane for each dimension, holding 1 for plus and 0 for minus."""
    digest = shake_128(part.encode("utf-8", "surrogatepass")).digest(-(-dim // 8))
    return int.from_bytes(b"".join([_LANES_OF_BYTE[byte] for byte in digest]), "little")


def _read(lanes: int, total: int, dim: int) -> list[float]:
    """The lanes as numbers: pluses less minuses."""
    count = -(-dim // 8) * 8
    numbers = unpack(f"<{count}I", lanes.to_bytes(_LANE * count, "little"))
    return [2.0 * pluses - total for pluses in numbers[:dim]]
