"""Answers that name other hosts, made to name the proxy: URLs of the storage, and the list of endpoints."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from aistudio_protos.pool import message_class

Origins = dict[str, str]
"""Scheme and host of each storage URL that was given, by its path."""

_ENDPOINT = "yandex.cloud.endpoint.ApiEndpoint"


def rewritten(
    type_name: str, data: bytes, storage: str, origins: Origins, address: Callable[[str], str]
) -> bytes:
    """The message with its storage URLs at `storage` and its endpoints at what `address` says of them.

    Untouched bytes are given back where there was nothing to change. New origins are added to `origins`.
    """
    message = message_class(type_name).FromString(data)
    changes = [_change(*place, storage, origins, address) for place in [*_texts(message)]]
    return message.SerializeToString() if any(changes) else data


def _change(
    holder: Message,
    field: FieldDescriptor,
    index: int | None,
    storage: str,
    origins: Origins,
    address: Callable[[str], str],
) -> bool:
    values = getattr(holder, field.name)
    text: str = values if index is None else values[index]
    if holder.DESCRIPTOR.full_name == _ENDPOINT and field.name == "address":
        new = address(text)
    elif _is_of_storage(field, text):
        parts = urlsplit(text)
        origins[parts.path] = f"{parts.scheme}://{parts.netloc}"
        new = urlunsplit(("http", storage, *parts[2:]))
    else:
        return False
    if index is None:
        setattr(holder, field.name, new)
    else:
        values[index] = new
    return True


def _is_of_storage(field: FieldDescriptor, text: str) -> bool:
    """Whether it is a URL to be fetched or sent to: the contract calls such fields …url or …urls."""
    return field.name.removesuffix("s").endswith("url") and text.startswith(("http://", "https://"))


def _texts(message: Message) -> Iterator[tuple[Message, FieldDescriptor, int | None]]:
    """Every text field that is set, at any depth. Maps and `Any` hold no addresses in this contract."""
    for field, value in message.ListFields():
        several = _is_repeated(field)
        if field.type == FieldDescriptor.TYPE_STRING:
            yield from (
                ((message, field, index) for index in range(len(value)))
                if several
                else [(message, field, None)]
            )
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not _is_map(field):
            for inner in value if several else [value]:
                yield from _texts(inner)


def _is_repeated(field: Any) -> bool:
    return bool(field.is_repeated)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
