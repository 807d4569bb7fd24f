#!/usr/bin/env python3
"""Compare the contract with the official `yandexcloud` wheel, for the tests and for the page about it.

Run `python protos/compare.py` to write docs/reference/contract.md. The official modules live in protobuf's
default pool and ours in the private one, so one process reads both.
"""

import importlib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import (
    Descriptor,
    DescriptorBase,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from aistudio_protos.options import http_rule, operation_types
from aistudio_protos.pool import POOL, message_class, services

REPORT: Final = Path(__file__).parent.parent / "docs" / "reference" / "contract.md"
SOURCES: Final = Path(__file__).parent / "aistudio_protos" / "proto"

Facts: TypeAlias = dict[str, dict[str, Any]]
"""What the wire depends on, by element: "field yandex.cloud.operation.Operation.done" -> number, type…"""

ReadOptions: TypeAlias = Callable[[DescriptorBase], Message]


def our_files() -> list[FileDescriptor]:
    """The files we define, by path."""
    paths = sorted(path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.proto"))
    return [POOL.FindFileByName(path) for path in paths]


def official_file(path: str) -> FileDescriptor:
    """A file of the official wheel by its import path. Raises ModuleNotFoundError."""
    module = importlib.import_module(path.replace(".proto", "_pb2").replace("/", "."))
    found: FileDescriptor = module.DESCRIPTOR
    return found


def our_facts(file: FileDescriptor) -> Facts:
    """Facts of a file of ours."""
    return dict(_facts(file, _our_options))


def official_facts(file: FileDescriptor) -> Facts:
    """Facts of a file of the official wheel."""
    return dict(_facts(file, lambda descriptor: descriptor.GetOptions()))


def neighbours(package: str) -> list[FileDescriptor]:
    """Official files of a proto package, in the package's directory and one below, by path."""
    directory = package.replace(".", "/")
    wheel = Path(str(metadata.distribution("yandexcloud").locate_file("")))
    modules = [path for pattern in ("*_pb2.py", "*/*_pb2.py") for path in (wheel / directory).glob(pattern)]
    paths = sorted(path.relative_to(wheel).as_posix().replace("_pb2.py", ".proto") for path in modules)
    return [file for file in map(official_file, paths) if file.package == package]


def report() -> str:
    """The text of contract.md."""
    files = our_files()
    total = sum(len(our_facts(file)) for file in files)
    lacking = [line for file in files for line in _lacking(file)]
    return _REPORT.format(
        files="\n".join(_file_row(file) for file in files),
        methods="\n".join(_method_row(method) for service in services() for method in service.methods),
        version=metadata.version("yandexcloud"),
        total=total,
        lacking="\n".join(lacking) or "Nothing.",
        neighbours="\n".join(_file_row(file) for file in _undefined(files)),
    )


def _our_options(descriptor: DescriptorBase) -> Message:
    """Options of any descriptor as a private-pool message, in which our extensions can be read."""
    options: Message = descriptor.GetOptions()
    return message_class(options.DESCRIPTOR.full_name).FromString(options.SerializeToString())


def _facts(file: FileDescriptor, options: ReadOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"file {file.name}", {"package": file.package}
    for message in file.message_types_by_name.values():
        yield from _message(message, options)
    for enum in file.enum_types_by_name.values():
        yield from _enum(enum, options)
    for extension in file.extensions_by_name.values():
        yield f"extension {extension.full_name}", _field(extension, options)
    for service in file.services_by_name.values():
        yield from _service(service, options)


def _message(message: Descriptor, options: ReadOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"message {message.full_name}", {"options": _plain(message, options)}
    for oneof in message.oneofs:
        yield f"oneof {oneof.full_name}", {"options": _plain(oneof, options)}
    for field in message.fields:
        yield f"field {field.full_name}", _field(field, options)
    for nested in message.nested_types:
        yield from _message(nested, options)
    for enum in message.enum_types:
        yield from _enum(enum, options)


def _field(field: FieldDescriptor, options: ReadOptions) -> dict[str, Any]:
    named = field.message_type or field.enum_type
    return {
        "number": field.number,
        "type": field.type,
        "type_name": named.full_name if named else None,
        "extends": field.containing_type.full_name if field.is_extension and field.containing_type else None,
        "repeated": field.is_repeated,
        "required": field.is_required,
        "packed": field.is_packed,
        "presence": field.has_presence,
        "oneof": field.containing_oneof.name if field.containing_oneof else None,
        "default": field.default_value if not (named or field.is_repeated) else None,
        "json_name": field.json_name,
        "options": _plain(field, options),
    }


def _enum(enum: EnumDescriptor, options: ReadOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"enum {enum.full_name}", {"options": _plain(enum, options)}
    for value in enum.values:
        facts = {"number": value.number, "options": _plain(value, options)}
        yield f"enum value {enum.full_name}.{value.name}", facts


def _service(service: ServiceDescriptor, options: ReadOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"service {service.full_name}", {"options": _plain(service, options)}
    for method in service.methods:
        yield (
            f"method {method.full_name}",
            {
                "input": method.input_type.full_name,
                "output": method.output_type.full_name,
                "client_streaming": method.client_streaming,
                "server_streaming": method.server_streaming,
                "options": _plain(method, options),
            },
        )


def _plain(descriptor: DescriptorBase, options: ReadOptions) -> dict[str, Any]:
    return MessageToDict(options(descriptor), preserving_proto_field_name=True)


def _lacking(file: FileDescriptor) -> list[str]:
    """Elements that a file has upstream only, as list items."""
    upstream = official_facts(official_file(file.name))
    return [f"- {element}" for element in upstream if element not in our_facts(file)]


def _undefined(files: list[FileDescriptor]) -> Iterator[FileDescriptor]:
    """Official files of our packages that we do not define, but for those that hold file options only."""
    ours = {file.name for file in files}
    for package in sorted({file.package for file in files}):
        for file in neighbours(package):
            if file.name not in ours and len(official_facts(file)) > 1:
                yield file


def _file_row(file: FileDescriptor) -> str:
    names = ", ".join(file.services_by_name) or "–"
    return f"| `{file.name}` | {names} | {len(file.message_types_by_name)} |"


def _method_row(method: MethodDescriptor) -> str:
    service, stream = method.containing_service.name, "stream " if method.server_streaming else ""
    carried = [name.rpartition(".")[2] for name in operation_types(method) or () if name]
    rest = http_rule(method)
    return " | ".join(
        (
            f"| {service}/{method.name}",
            f"{method.input_type.name} → {stream}{method.output_type.name}",
            ", ".join(carried) or "–",
            f"`{rest.verb} {rest.path}` |" if rest else "– |",
        )
    )


_REPORT: Final = """\
# The wire contract

Generated by `python protos/compare.py`; do not edit.

Our own definitions, under `protos/aistudio_protos/proto`, at the official import paths. Names, numbers, types
and field options are the platform's; wording and order are ours. Java and Go options are left out.

## Files

| file | services | messages |
|---|---|---|
{files}

`google/api`, `google/rpc` and `google/protobuf` come from googleapis-common-protos and protobuf.

## Methods

| method | request → answer | metadata, response of the operation | REST |
|---|---|---|---|
{methods}

## Compared with yandexcloud {version}

All {total} elements defined here (messages, fields, oneofs, enums, values, services, methods, extensions) are
equal upstream: number, type, presence, oneof, default, JSON name, streaming and every option. A test compares
them.

### In these files upstream only

{lacking}

### Files of the same packages that we do not define

| file | services | messages |
|---|---|---|
{neighbours}
"""

if __name__ == "__main__":
    REPORT.write_text(report(), encoding="utf-8")
