"""Messages as JSON can say them, those of a type that nobody here knows included."""

import base64
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import Error, MessageToDict
from google.protobuf.message import DecodeError, Message

from aistudio_protos.pool import POOL, message_class

ANY = "google.protobuf.Any"

Document = dict[str, Any]

_Path = tuple[str | int, ...]


def read(type_name: str, data: bytes) -> Document | None:
    """The message in these bytes as proto JSON, by the contract's field names; None for what is none.

    An `Any` of an unknown type is `{"@type": …, "value": …}`, with its bytes in base64.
    """
    try:
        message = message_class(type_name).FromString(data)
        try:
            return _plain(message)
        except (DecodeError, Error, TypeError):  # an `Any` that cannot be unpacked
            strangers = {path: _stranger(packed) for path, packed in list(_strangers(message))}
            said = _plain(message)
    except (DecodeError, Error, KeyError, ValueError, TypeError):  # or a time beyond the calendar
        return None
    for path, stranger in strangers.items():
        _put(said, path, stranger)
    return said


def _plain(message: Message) -> Document:
    return dict(MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=POOL))


def _stranger(packed: Any) -> Document:
    """What is known of it; the message is emptied."""
    known = {"@type": packed.type_url, "value": base64.b64encode(packed.value).decode()}
    packed.Clear()
    return known


def _strangers(message: Message, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    """Every `Any` of an unknown type, and where it stands."""
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for place, part in _parts(field, value):
            if field.message_type.full_name != ANY:
                yield from _strangers(part, (*path, *place))
            elif not _is_known(part):
                yield (*path, *place), part


def _parts(field: FieldDescriptor, value: Any) -> list[tuple[_Path, Any]]:
    if field.is_repeated:
        return [((field.name, index), part) for index, part in enumerate(value)]
    return [((field.name,), value)]


def _is_known(packed: Any) -> bool:
    try:
        message_class(packed.type_url.rpartition("/")[2]).FromString(packed.value)
    except (KeyError, DecodeError):
        return False
    return True


def _put(said: Any, path: _Path, value: Document) -> None:
    *way, last = path
    for step in way:
        said = said[step]
    said[last] = value
