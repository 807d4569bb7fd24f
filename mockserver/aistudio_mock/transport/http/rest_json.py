"""Messages as the REST faces write them: protobuf's JSON mapping with nothing left out.

The recorded answer of completionAsync has `"done": false` and `"metadata": null` (service-behaviour f):
defaults are written, and messages that are not set are null. Members of a oneof are there when they are set.
"""

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from multidict import MultiMapping

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_protos.pool import POOL

Document = dict[str, Any]
"""What JSON can say."""


def told(message: Message) -> Document:
    """The message: names in camel case, 64-bit integers as text, enums by name."""
    said = MessageToDict(message, always_print_fields_with_no_presence=True, descriptor_pool=POOL)
    return _whole(said, message.DESCRIPTOR)


def asked(message_class: type[Message], fields: Document) -> Message:
    """The message that `fields` are; unknown ones are ignored, as the gateway does whose errors these are.

    Raises InvalidArgument.
    """
    try:
        return ParseDict(fields, message_class(), ignore_unknown_fields=True, descriptor_pool=POOL)
    except (ParseError, ValueError, TypeError, RecursionError) as problem:
        name = message_class.DESCRIPTOR.name
        raise InvalidArgument(f"the body is not the JSON of a {name}: {problem}") from None


def of_query(descriptor: Descriptor, query: MultiMapping[str]) -> Document:
    """The fields that a query names, each as text: the JSON mapping reads numbers from text too."""
    found: Document = {}
    for name in query:
        field = descriptor.fields_by_camelcase_name.get(name) or descriptor.fields_by_name.get(name)
        if field is not None:
            found[name] = query.getall(name) if field.is_repeated else query[name]
    return found


def _whole(said: Document, descriptor: Any) -> Document:
    """The same with its unset messages as null, in the contract's order."""
    whole: Document = {}
    for field in descriptor.fields:
        name = field.json_name
        if name in said:
            whole[name] = _part(said[name], field)
        elif field.message_type is not None and not field.is_repeated and field.containing_oneof is None:
            whole[name] = None
    return whole


def _part(value: Any, field: FieldDescriptor) -> Any:
    inner = field.message_type
    if inner is None or inner.file.package == "google.protobuf" or inner.GetOptions().map_entry:
        return value
    if isinstance(value, Sequence):
        return [_whole(one, inner) for one in value]
    return _whole(value, inner)
