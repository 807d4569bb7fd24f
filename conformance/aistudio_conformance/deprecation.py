"""Which fields of a request the contract calls deprecated."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor

from aistudio_protos.pool import POOL


def deprecated(message: str, said: Mapping[str, Any]) -> Iterator[str]:
    """The deprecated fields, by their paths, that a message of that full name fills; `said` is its JSON.

    A message that the contract does not have has none.
    """
    try:
        kind = POOL.FindMessageTypeByName(message)
    except KeyError:
        return
    yield from _in(kind, said)


def _in(kind: Descriptor, said: Mapping[str, Any]) -> Iterator[str]:
    for name, value in said.items():
        field = kind.fields_by_name.get(name)
        if field is None:
            continue
        if field.GetOptions().deprecated:
            yield name
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, Mapping):
                    yield from (f"{name}.{inner}" for inner in _in(field.message_type, part))
