"""The private descriptor pool: our message classes, out of reach of protobuf's process-wide default pool.

Two definitions of one message name cannot share a pool, and the official SDK puts its own into the default
one. Everything here comes from `api.binpb`, so both can be imported into one process, in any order.
"""

import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.internal import api_implementation
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool


_COMPILED: Any = getattr(api_implementation, "_c_module", None)
"""protobuf's compiled half; None where it has none. Its public names import the whole Python half first.

That half (text format, pure-Python messages) is 10 ms that nothing here uses, a tenth of a server's start.
"""


def _new_pool() -> "DescriptorPool":
    """What `descriptor_pool.DescriptorPool()` gives."""
    if _COMPILED is None:
        from google.protobuf import descriptor_pool  # noqa: PLC0415 - see _COMPILED

        return descriptor_pool.DescriptorPool()
    made: DescriptorPool = _COMPILED.DescriptorPool()
    return made


def _class_of(message: Descriptor) -> type[Message]:
    """What `message_factory.GetMessageClass(message)` gives."""
    made: type[Message] | None = getattr(message, "_concrete_class", None)
    if made is None and _COMPILED is None:
        from google.protobuf.message_factory import GetMessageClass  # noqa: PLC0415 - see _COMPILED

        return GetMessageClass(message)
    parts = {"DESCRIPTOR": message, "__module__": None}
    return made or _COMPILED.MessageMeta(message.name, (Message,), parts)


def message_class(full_name: str) -> type[Message]:
    """Class of a message by its full name, such as "google.protobuf.Timestamp". Raises KeyError."""
    return _class_of(POOL.FindMessageTypeByName(full_name))


def method_of(path: str) -> MethodDescriptor:
    """The method at an HTTP/2 path such as "/package.Service/Method". Raises KeyError."""
    return POOL.FindMethodByName(path.strip("/").replace("/", "."))


def services() -> tuple[ServiceDescriptor, ...]:
    """Every service of the platform in the contract, by full name."""
    found = (service for file in _FILES for service in file.services_by_name.values())
    return tuple(sorted(found, key=lambda service: service.full_name))


def bind(file_name: str, namespace: dict[str, Any]) -> None:
    """Fill a generated module's namespace with what its .proto file defines."""
    file = POOL.FindFileByName(file_name)
    namespace["DESCRIPTOR"] = file
    for name, message in file.message_types_by_name.items():
        namespace[name] = _class_with_nested(message, namespace["__name__"])
    for name, enum in file.enum_types_by_name.items():
        namespace[name] = EnumTypeWrapper(enum)
        namespace.update((value.name, value.number) for value in enum.values)
    for name, extension in file.extensions_by_name.items():
        namespace[name] = extension
        namespace[f"{name.upper()}_FIELD_NUMBER"] = extension.number


def _class_with_nested(message: Descriptor, module: str) -> type[Message]:
    """Class of a message, its nested messages reachable as attributes in pure-Python protobuf too."""
    found = _class_of(message)
    found.__module__ = module
    for nested in message.nested_types:
        setattr(found, nested.name, _class_with_nested(nested, module))
    return found


def _serialized_files(data: bytes) -> Iterator[bytes]:
    """Files of a FileDescriptorSet, imports before importers; importing descriptor_pb2 for it costs more."""
    position = 0
    while position < len(data):
        position += 1  # the tag of field 1, the message's only one
        size = shift = 0
        while True:
            byte = data[position]
            position += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield data[position : position + size]
        position += size


POOL: Final = _new_pool()
"""Holds the contract with all it imports, descriptor.proto included."""

_FILES: Final = tuple(
    POOL.AddSerializedFile(file)
    for file in _serialized_files(pkgutil.get_data("aistudio_protos", "api.binpb") or b"")
)
