"""The private descriptor pool: our message classes, out of reach of protobuf's process-wide default pool.

Two definitions of one message name cannot share a pool, and the official SDK puts its own into the default
one. Everything here comes from `api.binpb`, so both can be imported into one process, in any order.
"""

import pkgutil
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, ServiceDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


def message_class(full_name: str) -> type[Message]:
    """Class of a message by its full name, such as "google.protobuf.Timestamp". Raises KeyError."""
    return GetMessageClass(POOL.FindMessageTypeByName(full_name))


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
    found = GetMessageClass(message)
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


POOL: Final = DescriptorPool()
"""Holds the contract with all it imports, descriptor.proto included."""

_FILES: Final = tuple(
    POOL.AddSerializedFile(file)
    for file in _serialized_files(pkgutil.get_data("aistudio_protos", "api.binpb") or b"")
)
