"""Values of a message by path, and changes to them: also inside an Any, and in every element of a list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from aistudio_faults.faults import Fault
from aistudio_faults.paths import Step, steps
from aistudio_protos.pool import POOL, message_class

_Act = Callable[[Message, FieldDescriptor, str], int]
"""Does something to one field of a message; how many places it was done at."""

ANY = "google.protobuf.Any"
OUTSIDE_ANY = frozenset({"@type", "type_url"})
"""Steps that an Any has itself; any other leads inside."""

_LENGTH_DELIMITED = 2


class EditError(ValueError):
    """A value does not fit its field. The message is one line."""


def values(message: Message, path: str) -> list[Any]:
    """What stands at a path: numbers, text, names of enum values, messages as JSON; "" for unset text."""
    found: list[Any] = []

    def take(parent: Message, field: FieldDescriptor, selector: str) -> int:
        found.extend(_plain(field, one) for one in _elements(parent, field, selector))
        return 0

    _walk(message, steps(path), take, create=False)
    return found


def edit(message: Message, fault: Fault) -> list[str]:
    """Changes an answer as the fault says; the paths that lead nowhere in it. Raises EditError."""
    nowhere = [
        path for path, value in fault.set.items() if not _walk(message, steps(path), _set(value), create=True)
    ]
    nowhere += [path for path in fault.clear if not _walk(message, steps(path), _clear, create=False)]
    for path, numbers in fault.unknown_fields.items():
        raw = b"".join(_encoded(int(number), value) for number, value in numbers.items())
        if not path:
            message.MergeFromString(raw)
        elif not _walk(message, steps(path), _extend(raw), create=False):
            nowhere.append(path)
    return nowhere


def _walk(message: Any, path: Sequence[Step], act: _Act, *, create: bool) -> int:
    step, rest = path[0], path[1:]
    if message.DESCRIPTOR.full_name == ANY and step.name not in OUTSIDE_ANY:
        return _inside(message, lambda inner: _walk(inner, path, act, create=create))
    name = "type_url" if step.name == "@type" else step.name
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        return 0
    if not rest:
        return act(message, field, step.selector)
    parts = _parts(message, field, step.selector, create=create)
    return sum(_walk(part, rest, act, create=create) for part in parts)


def _inside(packed: Any, act: Callable[[Message], int]) -> int:
    """Does it to the message that an Any holds; nothing where its type is not known."""
    try:
        inner = message_class(packed.type_url.rpartition("/")[2]).FromString(packed.value)
    except KeyError:
        return 0
    done = act(inner)
    if done:
        packed.value = inner.SerializeToString()
    return done


def _parts(message: Message, field: FieldDescriptor, selector: str, *, create: bool) -> list[Any]:
    """The messages that a step leads to."""
    if field.message_type is None:
        return []
    if create and field.is_repeated and selector == "+" and not _is_map(field):
        return [getattr(message, field.name).add()]
    if create and not field.is_repeated:
        return [getattr(message, field.name)]
    return _elements(message, field, selector)


def _elements(message: Message, field: FieldDescriptor, selector: str) -> list[Any]:
    """The values of a field that are there."""
    value = getattr(message, field.name)
    if _is_map(field):
        return list(value.values()) if selector == "*" else [value[selector]] if selector in value else []
    if field.is_repeated:
        return [value[index] for index in _indexes(value, selector)]
    return [value] if field.message_type is None or message.HasField(field.name) else []


def _indexes(elements: Sequence[Any], selector: str) -> list[int]:
    if selector == "*":
        return list(range(len(elements)))
    name, equals, wanted = selector.partition("=")
    if equals:
        return [index for index, one in enumerate(elements) if wanted in map(str, values(one, name))]
    try:
        index = int(selector)
    except ValueError:
        return []
    return [index % len(elements)] if -len(elements) <= index < len(elements) else []


def _set(value: Any) -> _Act:
    def act(message: Message, field: FieldDescriptor, selector: str) -> int:
        if value is None:
            return _clear(message, field, selector)
        if field.is_repeated and not _is_map(field) and selector != "*":
            return _set_elements(message, field, selector, value)
        if _is_map(field) and selector != "*":
            made = getattr(_made(message, field, {selector: value}), field.name)
            message.MergeFrom(_with(message, field, made))
            return 1
        made = getattr(_made(message, field, value), field.name)
        if field.message_type is None and not field.is_repeated:
            setattr(message, field.name, made)
        else:
            message.ClearField(field.name)
            message.MergeFrom(_with(message, field, made))
        return 1

    return act


def _with(message: Message, field: FieldDescriptor, value: Any) -> Message:
    """A message of the same type that has nothing but this field."""
    one = type(message)()
    target = getattr(one, field.name)
    target.MergeFrom(value)
    if not field.is_repeated:
        target.SetInParent()
    return one


def _set_elements(message: Message, field: FieldDescriptor, selector: str, value: Any) -> int:
    made = getattr(_made(message, field, [value]), field.name)
    elements = getattr(message, field.name)
    if selector == "+":
        elements.MergeFrom(made)
        return 1
    indexes = _indexes(elements, selector)
    for index in indexes:
        if field.message_type is None:
            elements[index] = made[0]
        else:
            elements[index].CopyFrom(made[0])
    return len(indexes)


def _made(message: Message, field: FieldDescriptor, value: Any) -> Message:
    """A message of the same type whose field has been read from JSON. Raises EditError."""
    from google.protobuf.json_format import ParseDict, ParseError  # noqa: PLC0415 - only an edited answer needs it

    if message.DESCRIPTOR.full_name == ANY:
        return type(message)(type_url=str(value))
    try:
        return ParseDict({field.name: value}, type(message)(), descriptor_pool=POOL)
    except (ParseError, ValueError, TypeError, AttributeError) as problem:
        raise EditError(f"{field.full_name} cannot be {value!r}: {problem}") from None


def _clear(message: Message, field: FieldDescriptor, selector: str) -> int:
    if not field.is_repeated or selector == "*":
        message.ClearField(field.name)
        return 1
    elements = getattr(message, field.name)
    if _is_map(field):
        return 1 if elements.pop(selector, None) is not None else 0
    indexes = _indexes(elements, selector)
    for index in sorted(indexes, reverse=True):
        del elements[index]
    return len(indexes)


def _extend(raw: bytes) -> _Act:
    def merge(message: Message) -> int:
        message.MergeFromString(raw)
        return 1

    def act(message: Message, field: FieldDescriptor, selector: str) -> int:
        return sum(
            _inside(part, merge) if part.DESCRIPTOR.full_name == ANY else merge(part)
            for part in _parts(message, field, selector, create=False)
        )

    return act


def _encoded(number: int, value: Any) -> bytes:
    """One field on the wire: a number as a varint, text as it is, an object as a message of its fields."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value & (2**64 - 1))
    if isinstance(value, Mapping):
        content = b"".join(_encoded(int(inner), one) for inner, one in value.items())
    else:
        content = str(value).encode()
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*groups, number))


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, Message):
        from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - rarely asked for

        return MessageToDict(value, preserving_proto_field_name=True, descriptor_pool=POOL)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else value
    return value
