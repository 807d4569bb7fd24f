"""The platform's options on fields, oneofs and methods, read as plain values.

`descriptor.GetOptions()` parses with protobuf's default pool, where our extensions are unknown and
`.Extensions[…]` raises KeyError. So every option is parsed again with the private pool's own classes, once
per descriptor and not before somebody asks.
"""

from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import DescriptorBase, FieldDescriptor, MethodDescriptor, OneofDescriptor
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
    options = parsed(field)
    rules = {rule: _extension(options, f"yandex.cloud.{rule}") for rule in FieldRules._fields}
    given = {name: value for name, value in rules.items() if value is not None}
    if key := given.get("map_key"):
        given["map_key"] = MapKeyRules(key.value, key.pattern, key.length)
    return FieldRules(**given)


@cache
def exactly_one(oneof: OneofDescriptor) -> bool:
    """Whether leaving the whole oneof unset is an error."""
    return _extension(parsed(oneof), "yandex.cloud.exactly_one") is True


@cache
def operation_types(method: MethodDescriptor) -> OperationTypes | None:
    """What a method's Operation carries, or None if the contract does not say."""
    types = _extension(parsed(method), "yandex.cloud.api.operation")
    if types is None:
        return None
    package = method.containing_service.file.package
    return OperationTypes(_full_name(package, types.metadata), _full_name(package, types.response))


@cache
def http_rule(method: MethodDescriptor) -> HttpRule | None:
    """REST mapping of a method, or None: gRPC only."""
    rule = _extension(parsed(method), "google.api.http")
    if rule is None:
        return None
    verb = rule.WhichOneof("pattern")
    return HttpRule(verb.upper(), getattr(rule, verb), rule.body)


def parsed(descriptor: DescriptorBase) -> Message:
    """Options of any descriptor as a private-pool message, in which our extensions can be read."""
    options: Message = descriptor.GetOptions()
    return message_class(options.DESCRIPTOR.full_name).FromString(options.SerializeToString())


def _extension(options: Message, name: str) -> Any:
    extension: Any = POOL.FindExtensionByName(name)
    return options.Extensions[extension] if options.HasExtension(extension) else None


def _full_name(package: str, name: str) -> str | None:
    """A type named relative to the package; a dotted name is full already."""
    return f"{package}.{name}" if name and "." not in name else name or None
