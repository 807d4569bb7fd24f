"""What a GET or HEAD of an object is answered with: the conditions of its headers first, then its range."""

import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from msgspec import Struct

from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.s3_errors import InvalidRange, PreconditionFailed

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Reading(Struct, frozen=True):
    """The answer to one read: `count` bytes from `first` on, and the headers that speak of the object."""

    status: int
    first: int
    count: int
    headers: Mapping[str, str]


def reading(asked: Mapping[str, str], blob: Blob) -> Reading:
    """The whole object (200), one range of it (206), or that the caller has it already (304).

    `asked` are the request's headers, names in any case.

    Raises:
        PreconditionFailed: If-Match or If-Unmodified-Since does not hold.
        InvalidRange: no byte of the range lies within the object.
    """
    known = {"Etag": f'"{blob.etag}"', "Last-Modified": http_date(blob.modified)}
    _require_match(asked, blob)
    if _has_it(asked, blob):
        return Reading(304, 0, 0, known)
    span = _span(asked.get("Range", ""), blob.size) if _is_same(asked.get("If-Range"), blob) else None
    first, count = span or (0, blob.size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(count), **known}
    if span is None:
        return Reading(200, first, count, headers)
    part = {"Content-Range": f"bytes {first}-{first + count - 1}/{blob.size}"}
    return Reading(206, first, count, headers | part)


def http_date(instant: Instant) -> str:
    """As HTTP writes dates."""
    return _written(instant // SECOND)


@lru_cache(maxsize=64)
def _written(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _require_match(asked: Mapping[str, str], blob: Blob) -> None:
    tags, date = asked.get("If-Match"), asked.get("If-Unmodified-Since")
    if tags is not None:
        if not _named(tags, blob):
            raise PreconditionFailed(details=(("Condition", "If-Match"),))
    elif date is not None and _changed_since(date, blob, unreadable=False):
        raise PreconditionFailed(details=(("Condition", "If-Unmodified-Since"),))


def _has_it(asked: Mapping[str, str], blob: Blob) -> bool:
    tags, date = asked.get("If-None-Match"), asked.get("If-Modified-Since")
    if tags is not None:
        return _named(tags, blob)
    return date is not None and not _changed_since(date, blob, unreadable=True)


def _is_same(validator: str | None, blob: Blob) -> bool:
    """Whether If-Range lets a range through: it names this very object, or is not there."""
    if validator is None:
        return True
    return validator in {f'"{blob.etag}"', http_date(blob.modified)}


def _named(tags: str, blob: Blob) -> bool:
    names = (tag.strip().removeprefix("W/").strip('"') for tag in tags.split(","))
    return any(name in {blob.etag, "*"} for name in names)


def _changed_since(date: str, blob: Blob, *, unreadable: bool) -> bool:
    """Whether the object was made in a later second than `date`; `unreadable` where that is no date."""
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return unreadable
    return blob.modified // SECOND > moment


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes of a single range; None (the whole object) for anything else."""
    match = _RANGE.fullmatch(wanted)
    start, end = match.groups() if match else ("", "")
    if not start and not end:
        return None
    if start and end and int(end) < int(start):
        return None
    first = int(start) if start else max(0, size - int(end))
    last = min(int(end), size - 1) if start and end else size - 1
    if first > last:
        raise InvalidRange(details=(("RangeRequested", wanted), ("ActualObjectSize", str(size))))
    return first, last - first + 1
