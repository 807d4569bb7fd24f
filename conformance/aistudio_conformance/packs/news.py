"""What may be new in an answer: a value of an enum, fields of a message, the type that an Any holds."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from msgspec import Struct

from aistudio_protos.pool import POOL

ANY = "google.protobuf.Any"
NEW_TYPE = "type.googleapis.com/yandex.cloud.ai.NewToEveryClient"
NEW_FIELDS: Mapping[str, Any] = {"1000": "new", "1001": 7, "1002": {"1": "new"}}
"""One of each way in which a field may be written: text, a number, a message. No message has such numbers."""

_OF_EVERYBODY = "google.protobuf."
"""Messages that come with protobuf itself are not the service's to extend."""

_FAR = 1000
"""How far a new value is from the last one that is known."""

Kind = Literal["value", "fields", "type"]


class News(Struct, frozen=True):
    """One thing that is new: where in the answer, and how a fault of the mock makes it so.

    `path` is empty for the answer itself. `seen` maps paths of the journal's entry to what they then have.
    """

    kind: Kind
    path: str
    set: Mapping[str, Any] = {}
    unknown_fields: Mapping[str, Mapping[str, Any]] = {}
    seen: Mapping[str, Any] = {}


def news(answer: Descriptor, held: Mapping[str, str]) -> Iterator[News]:
    """All that may be new in an answer. `held` names the messages in its Any fields, by the field."""
    yield from _in_message(answer, (), (), held)


def _in_message(
    message: Descriptor, way: tuple[FieldDescriptor, ...], around: tuple[str, ...], held: Mapping[str, str]
) -> Iterator[News]:
    if message.full_name == ANY:
        yield from _in_any(way, held)
        return
    if message.full_name.startswith(_OF_EVERYBODY) or message.full_name in around:
        return
    yield _new_fields(way)
    for field in message.fields:
        inner = (*way, field)
        if field.enum_type is not None:
            yield _new_value(inner, field.enum_type)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            yield from _in_message(field.message_type, inner, (*around, message.full_name), held)


def _in_any(way: tuple[FieldDescriptor, ...], held: Mapping[str, str]) -> Iterator[News]:
    path = _path(way)
    # A journal cannot show an answer with a type that the contract does not have.
    yield News("type", path, set={f"{path}.@type": NEW_TYPE}, seen={"responses[-1]": {"absent": True}})
    if path in held:
        yield from _in_message(POOL.FindMessageTypeByName(held[path]), way, (), held)


def _new_fields(way: tuple[FieldDescriptor, ...]) -> News:
    path = _path(way)
    return News("fields", path, unknown_fields={path: NEW_FIELDS}, seen={_seen(way): {"absent": False}})


def _new_value(way: tuple[FieldDescriptor, ...], enum: EnumDescriptor) -> News:
    number = max(enum.values_by_number) + _FAR
    return News("value", _path(way), set={_path(way): number}, seen={_seen(way): number})


def _path(way: tuple[FieldDescriptor, ...]) -> str:
    """As faults have it: a list stands for all its elements."""
    return ".".join(field.name for field in way)


def _seen(way: tuple[FieldDescriptor, ...]) -> str:
    """As a JMESPath into the journal's entry: the first that there is."""
    steps = "".join(f".{field.name}{'[]' if field.is_repeated else ''}" for field in way)
    return f"response{steps} | [0]" if "[]" in steps else f"response{steps}"
