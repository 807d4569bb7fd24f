"""TensorBoard event files, as bytes: TFRecord frames around hand-encoded `tensorflow.Event` messages.

Scalars are `simple_value`s without metadata, the form of TensorFlow 1 and PyTorch writers: TensorBoard's
dashboards, `EventFileLoader` and `EventAccumulator.Scalars` all read it; the last cannot see the tensor form.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import copysign, inf
from struct import Struct

import google_crc32c

FILE_VERSION = "brain.Event:2"
"""What the first event of every file says."""

# Tags of the fields written: (field number << 3) | wire type.
# Wire types: 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32.
_EVENT_WALL_TIME = b"\x09"  # double, field 1
_EVENT_STEP = b"\x10"  # int64, field 2
_EVENT_FILE_VERSION = b"\x1a"  # string, field 3
_EVENT_SUMMARY = b"\x2a"  # message, field 5
_SUMMARY_VALUE = b"\x0a"  # repeated message, field 1
_VALUE_TAG = b"\x0a"  # string, field 1
_VALUE_SIMPLE_VALUE = b"\x15"  # float, field 2

_DOUBLE = Struct("<d")
_FLOAT = Struct("<f")
_UINT32 = Struct("<I")
_UINT64 = Struct("<Q")
_MASK_DELTA = 0xA282EAD8


def event_file(
    created: float, wall_times: Sequence[float], steps: Sequence[int], scalars: Mapping[str, Sequence[float]]
) -> bytes:
    """One event file: the version, then an event per step that holds every scalar of that step.

    `created` and `wall_times` are in seconds since the epoch; `scalars` is a series of values by tag, stored
    as float32 (too large a value becomes infinite). Raises ValueError if the series differ in length.
    """
    version = _wall_time(created) + _delimited(_EVENT_FILE_VERSION, FILE_VERSION.encode())
    return b"".join(map(record, (version, *_scalar_events(wall_times, steps, scalars))))


def record(data: bytes) -> bytes:
    """A TFRecord frame: length, masked CRC of the length, data, masked CRC of the data; all little-endian."""
    length = _UINT64.pack(len(data))
    return length + _UINT32.pack(masked_crc32c(length)) + data + _UINT32.pack(masked_crc32c(data))


def masked_crc32c(data: bytes) -> int:
    """The CRC-32C of `data`, rotated and shifted as TFRecord asks, so that a CRC of CRCs stays sound."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def varint(number: int) -> bytes:
    """The protobuf base-128 encoding of an int64; a negative number takes ten bytes."""
    rest = number & 0xFFFFFFFFFFFFFFFF
    encoded = bytearray()
    while rest > 0x7F:  # noqa: PLR2004  seven bits a byte
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def _scalar_events(
    wall_times: Sequence[float], steps: Sequence[int], scalars: Mapping[str, Sequence[float]]
) -> Iterator[bytes]:
    heads = [_value_head(tag) for tag in scalars]
    summary_head = _EVENT_SUMMARY + varint(sum(len(head) + _FLOAT.size for head in heads))
    for wall_time, step, *values in zip(wall_times, steps, *scalars.values(), strict=True):
        summary = b"".join(head + _float32(value) for head, value in zip(heads, values, strict=True))
        yield _wall_time(wall_time) + _EVENT_STEP + varint(step) + summary_head + summary


def _value_head(tag: str) -> bytes:
    """All of a `Summary.Value` but its last four bytes, which are the number."""
    head = _delimited(_VALUE_TAG, tag.encode()) + _VALUE_SIMPLE_VALUE
    return _SUMMARY_VALUE + varint(len(head) + _FLOAT.size) + head


def _delimited(field: bytes, data: bytes) -> bytes:
    return field + varint(len(data)) + data


def _wall_time(seconds: float) -> bytes:
    return _EVENT_WALL_TIME + _DOUBLE.pack(seconds)


def _float32(value: float) -> bytes:
    try:
        return _FLOAT.pack(value)
    except OverflowError:
        return _FLOAT.pack(copysign(inf, value))
