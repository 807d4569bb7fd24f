"""TensorBoard event files, as bytes: TFRecord frames around hand-encoded `tensorflow.Event` messages.

Scalars are `simple_value`s without metadata, the form of TensorFlow 1 and PyTorch writers: TensorBoard's
dashboards, `EventFileLoader` and `EventAccumulator.Scalars` all read it; the last cannot see the tensor form.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
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
_VALUE_METADATA = b"\x4a"  # message, field 9
_METADATA_PLUGIN = b"\x0a"  # message, field 1
_PLUGIN_NAME = b"\x0a"  # string, field 1
_PLUGIN_CONTENT = b"\x12"  # bytes, field 2

_DOUBLE = Struct("<d")
_FLOAT = Struct("<f")
_UINT32 = Struct("<I")
_UINT64 = Struct("<Q")
_MASK_DELTA = 0xA282EAD8


def event_file(created: float, events: Iterable[bytes]) -> bytes:
    """One event file: the version, written at `created` seconds since the epoch, then the events."""
    version = _wall_time(created) + delimited(_EVENT_FILE_VERSION, FILE_VERSION.encode())
    return b"".join(map(record, (version, *events)))


def scalar_events(
    wall_times: Sequence[float], steps: Sequence[int], scalars: Mapping[str, Sequence[float]]
) -> Iterator[bytes]:
    """An event per step that holds every scalar of that step.

    `wall_times` are in seconds since the epoch; `scalars` is a series of values by tag, stored as float32
    (too large a value becomes infinite). Raises ValueError if the series differ in length.
    """
    heads = [_value_head(tag) for tag in scalars]
    summary_head = _EVENT_SUMMARY + varint(sum(len(head) + _FLOAT.size for head in heads))
    for wall_time, step, *values in zip(wall_times, steps, *scalars.values(), strict=True):
        summary = b"".join(head + _float32(value) for head, value in zip(heads, values, strict=True))
        yield _wall_time(wall_time) + _EVENT_STEP + varint(step) + summary_head + summary


def plugin_event(wall_time: float, tag: str, plugin: str, content: bytes) -> bytes:
    """An event without a step that holds what a plugin of TensorBoard reads, in its own encoding."""
    data = delimited(_PLUGIN_NAME, plugin.encode()) + delimited(_PLUGIN_CONTENT, content)
    metadata = delimited(_VALUE_METADATA, delimited(_METADATA_PLUGIN, data))
    value = delimited(_VALUE_TAG, tag.encode()) + metadata
    return _wall_time(wall_time) + delimited(_EVENT_SUMMARY, delimited(_SUMMARY_VALUE, value))


def record(data: bytes) -> bytes:
    """A TFRecord frame: length, masked CRC of the length, data, masked CRC of the data; all little-endian."""
    return _record_head(len(data)) + data + _UINT32.pack(masked_crc32c(data))


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


def delimited(field: bytes, data: bytes) -> bytes:
    """A length-delimited protobuf field, of which `field` is the tag."""
    return field + varint(len(data)) + data


@lru_cache(maxsize=64)  # the records of one file have few lengths
def _record_head(size: int) -> bytes:
    length = _UINT64.pack(size)
    return length + _UINT32.pack(masked_crc32c(length))


def _value_head(tag: str) -> bytes:
    """All of a `Summary.Value` but its last four bytes, which are the number."""
    head = delimited(_VALUE_TAG, tag.encode()) + _VALUE_SIMPLE_VALUE
    return _SUMMARY_VALUE + varint(len(head) + _FLOAT.size) + head


def _wall_time(seconds: float) -> bytes:
    return _EVENT_WALL_TIME + _DOUBLE.pack(seconds)


def _float32(value: float) -> bytes:
    try:
        return _FLOAT.pack(value)
    except OverflowError:
        return _FLOAT.pack(copysign(inf, value))
