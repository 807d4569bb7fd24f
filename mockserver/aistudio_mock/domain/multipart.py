"""Multipart uploads: how a file is cut into parts, which lists of them S3 accepts, and what they make."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl

from msgspec import Struct, field

from aistudio_mock.domain.errors import FieldViolation, InvalidArgument
from aistudio_mock.domain.objects import FinishedUpload, PartAddress, Piece
from aistudio_mock.domain.s3_errors import EntityTooSmall, InvalidPart, InvalidPartOrder
from aistudio_mock.domain.s3_errors import InvalidArgument as InvalidS3Argument

MIN_PART = 5 << 20
"""The least size of every part but the last, in bytes: what S3 calls 5 MB (service-behaviour c.5)."""

MAX_PART = 5 << 30
"""The greatest size of a part, in bytes (c.5)."""

MAX_PARTS = 10_000

CHOSEN_PART: Mapping[str, int] = {"100-mib": 100 << 20, "8-mib": 8 << 20, "5-mib": 5 << 20}
"""The size of the parts where the caller leaves their number to the service, by what it is set to."""


class Plan(Struct, frozen=True):
    """A file of `size` bytes in `parts` parts of `part_size` bytes; the last one is what is left."""

    size: int
    parts: int
    part_size: int

    def begin(self, number: int) -> int:
        """Where a part begins in the file."""
        return (number - 1) * self.part_size

    def length(self, number: int) -> int:
        """How long a part is, in bytes; negative past the last one."""
        return min(self.part_size, self.size - self.begin(number))


class Upload(Struct, frozen=True):
    """One upload under way; its id is that of its dataset, which has no other.

    The first PUT of a part writes where the part will stay: into `spool`, if its length is the planned one.
    Any other PUT gets a file of its own.
    """

    id: str
    folder_id: str
    upload_id: str
    plan: Plan
    spool: str | None = None
    begun: frozenset[int] = frozenset()
    """The parts that a PUT was let into the spool for."""
    in_place: frozenset[int] = frozenset()
    """The parts whose PUT into the spool is over, sent again since or not."""
    parts: Mapping[int, FinishedUpload] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[str]:
        """Every file that it has."""
        own = frozenset(part.path for part in self.parts.values())
        return own if self.spool is None else own | {self.spool}

    def reserved(self, taken: Iterable[FinishedUpload]) -> str | None:
        """The spool, if somebody may still be writing to it, or it holds a part that is not taken."""
        spooled = {part.offset for part in self.parts.values() if part.path == self.spool}
        left = spooled - {part.offset for part in taken if part.path == self.spool}
        return self.spool if left or self.begun != self.in_place else None


def plan(size: int, parts: int, chosen: int) -> Plan:
    """A file of `size` bytes in so many parts; in parts of at least `chosen` bytes when `parts` is 0.

    Raises:
        InvalidArgument: the parts would be too many, too small or too big; the message says what would fit.
    """
    if size > MAX_PARTS * MAX_PART:
        raise _wrong("size_bytes", f"Value must be at most {MAX_PARTS * MAX_PART}: {MAX_PARTS} parts of 5 GB")
    least, most = -(-size // MAX_PART), min(MAX_PARTS, -(-size // MIN_PART))
    fitting = f"for {size} bytes ask for {least} to {most} parts, or leave their number out"
    parts = parts or max(least, min(most, size // chosen))
    if not 1 <= parts <= MAX_PARTS:
        raise _wrong("parts", f"Value must be in the range of 0 to {MAX_PARTS}; {fitting}")
    if parts < least:
        raise _wrong("parts", f"A part must be at most 5 GB ({MAX_PART} bytes); {fitting}")
    if parts > most:
        raise _wrong("parts", f"A part must be at least 5 MB ({MIN_PART} bytes), but the last; {fitting}")
    return Plan(size, parts, max(MIN_PART, -(-size // parts)))


_OF_A_PART = re.compile("(?:^|&)(?:partNumber|uploadId|[^=&]*%)")
"""A query with a parameter of such a name, or one whose name has escapes."""


def addressed(query_string: str) -> PartAddress | None:
    """The part that the query of a PUT names; None when the PUT is of a whole object.

    Raises:
        InvalidS3Argument: a part without an upload, or a number that is none.
    """
    if not _OF_A_PART.search(query_string):
        return None
    named = dict(parse_qsl(query_string, keep_blank_values=True))
    number, upload_id = named.get("partNumber"), named.get("uploadId")
    if number is None and upload_id is None:
        return None
    if upload_id is None:
        raise InvalidS3Argument("This operation does not accept partNumber without uploadId")
    if number is None or not re.fullmatch("[0-9]{1,5}", number) or not 1 <= int(number) <= MAX_PARTS:
        raise InvalidS3Argument(
            f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive",
            (("ArgumentName", "partNumber"), ("ArgumentValue", number or "")),
        )
    return PartAddress(upload_id, int(number))


class Receipt(Struct, frozen=True):
    """One line of the list that finishes an upload: a part and the ETag that its PUT was answered with."""

    number: int
    etag: str

    @property
    def md5(self) -> str:
        """The ETag without its quotes: clients send it either way (c.5)."""
        return self.etag[1:-1] if re.fullmatch('".*"', self.etag) else self.etag


def accepted(
    receipts: Sequence[Receipt], uploaded: Mapping[int, FinishedUpload], upload_id: str
) -> tuple[FinishedUpload, ...]:
    """The parts that a list names, in its order. As in S3, parts that it does not name do not count.

    Raises:
        InvalidPartOrder: the numbers do not ascend.
        InvalidPart: a part was not uploaded, or was sent again and has another ETag now.
        EntityTooSmall: a part that is not the last is smaller than 5 MB.
    """
    numbers = [receipt.number for receipt in receipts]
    if numbers != sorted(set(numbers)):
        hint = f"the part numbers are {_shown(numbers)}; list each once, the lowest first"
        raise InvalidPartOrder(details=(("UploadId", upload_id), ("Hint", hint)))
    parts = tuple(_found(receipt, uploaded.get(receipt.number), upload_id) for receipt in receipts)
    for receipt, part in zip(receipts[:-1], parts[:-1], strict=True):
        if part.size < MIN_PART:
            sizes = (("ProposedSize", str(part.size)), ("MinSizeAllowed", str(MIN_PART)))
            named = (("PartNumber", str(receipt.number)), ("ETag", part.md5))
            hint = f"part {receipt.number} has {part.size} bytes; only the last may have less than {MIN_PART}"
            raise EntityTooSmall(details=(*sizes, *named, ("Hint", hint)))
    return parts


def etag(md5s: Sequence[str]) -> str:
    """The ETag of an object made of parts: the MD5 of their MD5s, and their number."""
    digests = b"".join(bytes.fromhex(md5) for md5 in md5s)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(md5s)}"


def is_made_of(known: str, receipts: Sequence[Receipt]) -> bool:
    """Whether an object with the ETag `known` was made of these parts."""
    md5s = [receipt.md5 for receipt in receipts]
    return all(re.fullmatch("[0-9a-f]{32}", md5) for md5 in md5s) and etag(md5s) == known


def pieces(parts: Iterable[FinishedUpload]) -> Iterator[Piece]:
    """The parts, one after the other."""
    target = 0
    for part in parts:
        yield Piece(part.path, part.offset or 0, part.size, target)
        target += part.size


def home(found: Iterable[Piece], reserved: str | None) -> str | None:
    """The file that becomes the object with the fewest bytes copied; None where only a new one can.

    All its own pieces lie where they belong. `reserved` is a file that must stay as it is.
    """
    settled: dict[str, int] = {}
    moved = {reserved}
    for piece in found:
        settled[piece.path] = settled.get(piece.path, 0) + piece.size
        if piece.offset != piece.target:
            moved.add(piece.path)
    return max((path for path in settled if path not in moved), key=settled.__getitem__, default=None)


_SHOWN = 10
_SHOWN_ETAG = 40


def _shown(numbers: Sequence[int]) -> str:
    rest = f", … ({len(numbers)} in all)" if len(numbers) > _SHOWN else ""
    return ", ".join(map(str, numbers[:_SHOWN])) + rest


def _wrong(field: str, description: str) -> InvalidArgument:
    return InvalidArgument.of(FieldViolation(field, description))


def _found(receipt: Receipt, part: FinishedUpload | None, upload_id: str) -> FinishedUpload:
    if part is not None and part.md5 == receipt.md5:
        return part
    was = "was not uploaded" if part is None else f'has the ETag "{part.md5}"'
    details = (("UploadId", upload_id), ("PartNumber", str(receipt.number)))
    hint = f"part {receipt.number} {was}; the list gives {receipt.etag[:_SHOWN_ETAG]}"
    raise InvalidPart(details=(*details, ("Hint", hint)))
