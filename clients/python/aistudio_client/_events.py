"""Scalars of TensorBoard event files, read without TensorBoard: records, then the few fields that matter.

TensorBoard's own loader needs its whole package; this is the public format (TFRecord framing with masked
CRC-32C, then an `Event` message) and nothing else. Fields that hold no scalar are passed over.
"""

import struct
from collections.abc import Iterator

import google_crc32c
from msgspec import Struct

_HEAD, _TAIL = struct.Struct("<QI"), struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIZES = {_FIXED64: 8, _FIXED32: 4}
_DT_FLOAT, _DT_DOUBLE = 1, 2
_SCALARS = {_DT_FLOAT: struct.Struct("<f"), _DT_DOUBLE: struct.Struct("<d")}


class Scalar(Struct, frozen=True):
    """One value of one curve. `wall_time` is seconds since 1970, in the trainer's clock."""

    tag: str
    step: int
    value: float
    wall_time: float


class Broken(ValueError):
    """The bytes are no event file."""


def scalars(data: bytes) -> Iterator[Scalar]:
    """Every scalar, in the order of the file. One that is still being written ends at its last whole record.

    Raises:
        Broken: a checksum is wrong, or what it covers is no message.
    """
    for record in _records(memoryview(data)):
        yield from _of_event(record)


def _records(data: memoryview) -> Iterator[memoryview]:
    position = 0
    while position + _HEAD.size <= len(data):
        length, crc = _HEAD.unpack_from(data, position)
        if _masked(data[position : position + 8]) != crc:
            raise Broken(f"the length at byte {position} has a wrong checksum")
        begin = position + _HEAD.size
        position = begin + length + _TAIL.size
        if position > len(data):
            return
        record = data[begin : begin + length]
        if _masked(record) != _TAIL.unpack_from(data, begin + length)[0]:
            raise Broken(f"the record at byte {begin} has a wrong checksum")
        yield record


def _masked(data: memoryview) -> int:
    crc = int(google_crc32c.value(bytes(data)))
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def _of_event(record: memoryview) -> Iterator[Scalar]:
    fields = dict(_fields(record))
    summary = fields.get((5, _BYTES))
    if not isinstance(summary, memoryview):
        return
    wall_time, step = _double(fields.get((1, _FIXED64))), fields.get((2, _VARINT), 0)
    assert isinstance(step, int)
    for key, value in _fields(summary):
        if key == (1, _BYTES) and isinstance(value, memoryview):
            tag, number = _of_value(value)
            if number is not None:
                yield Scalar(tag, step, number, wall_time)


def _of_value(message: memoryview) -> tuple[str, float | None]:
    fields = dict(_fields(message))
    tag = fields.get((1, _BYTES), b"")
    assert not isinstance(tag, int)
    simple, tensor = fields.get((2, _FIXED32)), fields.get((8, _BYTES))
    name = bytes(tag).decode(errors="replace")
    if isinstance(simple, memoryview):
        return name, float(_SCALARS[_DT_FLOAT].unpack(simple)[0])
    return name, _of_tensor(tensor) if isinstance(tensor, memoryview) else None


def _of_tensor(message: memoryview) -> float | None:
    """The number of a tensor that is one float or double, in any of the places where it may stand."""
    fields = dict(_fields(message))
    kind = fields.get((1, _VARINT))
    scalar = _SCALARS.get(kind) if isinstance(kind, int) else None
    if scalar is None:
        return None
    places = ((4, _BYTES), (5, _BYTES), (5, _FIXED32), (6, _BYTES), (6, _FIXED64))
    found = (fields.get(place) for place in places)
    fits = (one for one in found if isinstance(one, memoryview) and len(one) == scalar.size)
    return next((float(scalar.unpack(one)[0]) for one in fits), None)


def _fields(message: memoryview) -> Iterator[tuple[tuple[int, int], int | memoryview]]:
    """((number, wire type), value) of every field. Raises Broken."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield (number, kind), value
            continue
        size = _SIZES.get(kind)
        if kind == _BYTES:
            size, position = _varint(message, position)
        if size is None or position + size > len(message):
            raise Broken(f"field {number} is no field of a message")
        yield (number, kind), message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7
    raise Broken("a number is cut short")


def _double(data: object) -> float:
    return float(struct.unpack("<d", data)[0]) if isinstance(data, memoryview) else 0.0
