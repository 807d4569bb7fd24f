"""The platform's options on fields, oneofs and methods, read as plain values.

`descriptor.GetOptions()` parses with protobuf's default pool, where our extensions are unknown and
`.Extensions[…]` raises KeyError; and it imports `descriptor_pb2`, which takes 10 ms. So a whole
declaration is read as a message of the private pool, once and not before somebody asks.
"""

from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    OneofDescriptor,
    ServiceDescriptor,
)
from google.protobuf.message import Message

from aistudio_protos.pool import POOL, message_class


class MapKeyRules(NamedTuple):
    """Limits on the keys of a map field; "" where there is none."""

    value: str
    pattern: str
    length: str


class FieldRules(NamedTuple):
    """Limits on one field. Ranges are strings as written in the contract: "<=63", ">0", "1-10000"."""

    required: bool = False
    pattern: str | None = None
    value: str | None = None
    size: str | None = None
    length: str | None = None
    bytes: str | None = None
    unique: bool = False
    map_key: MapKeyRules | None = None


class OperationTypes(NamedTuple):
    """Full names of the messages that a method's Operation carries."""

    metadata: str | None
    response: str | None


class HttpRule(NamedTuple):
    """REST mapping of a method: "POST", "/iam/v1/tokens", "*"; body is "" when there is none."""

    verb: str
    path: str
    body: str


@cache
def field_rules(field: FieldDescriptor) -> FieldRules:
    """Limits that the contract puts on a field; all defaults when it puts none."""
    options = declared_options(field)
    rules = {rule: _extension(options, f"yandex.cloud.{rule}") for rule in FieldRules._fields}
    given = {name: value for name, value in rules.items() if value is not None}
    if key := given.get("map_key"):
        given["map_key"] = MapKeyRules(key.value, key.pattern, key.length)
    return FieldRules(**given)


@cache
def exactly_one(oneof: OneofDescriptor) -> bool:
    """Whether leaving the whole oneof unset is an error."""
    return _extension(declared_options(oneof), "yandex.cloud.exactly_one") is True


@cache
def operation_types(method: MethodDescriptor) -> OperationTypes | None:
    """What a method's Operation carries, or None if the contract does not say."""
    types = _extension(declared_options(method), "yandex.cloud.api.operation")
    if types is None:
        return None
    package = method.containing_service.file.package
    return OperationTypes(_full_name(package, types.metadata), _full_name(package, types.response))


@cache
def http_rule(method: MethodDescriptor) -> HttpRule | None:
    """REST mapping of a method, or None: gRPC only."""
    rule = _extension(declared_options(method), "google.api.http")
    if rule is None:
        return None
    verb = rule.WhichOneof("pattern")
    return HttpRule(verb.upper(), getattr(rule, verb), rule.body)


def declared_options(part: FieldDescriptor | OneofDescriptor | MethodDescriptor) -> Message:
    """Options of a part as a private-pool message, in which our extensions can be read."""
    if isinstance(part, MethodDescriptor):
        declared = _declaration(part.containing_service).method
    elif isinstance(part, OneofDescriptor):
        declared = _declaration(part.containing_type).oneof_decl
    else:
        declared = _declaration(part.containing_type).field
    options: Message = declared[part.index].options
    return options


@cache
def _declaration(whole: Descriptor | ServiceDescriptor) -> Any:
    """What a .proto file says of a message or a service."""
    if isinstance(whole, ServiceDescriptor):
        return _file(whole.file).service[whole.index]
    around = whole.containing_type
    messages = _file(whole.file).message_type if around is None else _declaration(around).nested_type
    return next(message for message in messages if message.name == whole.name)


@cache
def _file(file: FileDescriptor) -> Any:
    return message_class("google.protobuf.FileDescriptorProto").FromString(file.serialized_pb)


def _extension(options: Message, name: str) -> Any:
    extension: Any = POOL.FindExtensionByName(name)
    return options.Extensions[extension] if options.HasExtension(extension) else None


def _full_name(package: str, name: str) -> str | None:
    """A type named relative to the package; a dotted name is full already."""
    return f"{package}.{name}" if name and "." not in name else name or None
