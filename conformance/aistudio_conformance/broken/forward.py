"""Broken clients of the pack `forward`: each refuses one thing that is new; three refuse all of a kind."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.packs import forward
from aistudio_conformance.packs.news import News
from aistudio_conformance.protocol import Refused


class _Picky(RawStubs):
    """A client that looks through every answer before it uses it."""

    def _attempt(self, stub: Any, method: str, request: Any, left: float) -> Any:
        reply = super()._attempt(stub, method, request, left)
        name = f"{type(stub).__name__.removesuffix('Stub')}/{method}"
        for answer in reply if isinstance(reply, list) else [reply]:
            for kind, path in _news(answer):
                if self._minds(name, kind, path):
                    raise Refused(f"{name}: {path or 'the answer'} is new: {kind}")
        return reply

    def _minds(self, method: str, kind: str, path: str) -> bool:
        raise NotImplementedError


class KnowsEveryValue(_Picky):
    """It refuses an answer with a value of an enum that it does not know."""

    def _minds(self, method: str, kind: str, path: str) -> bool:  # noqa: ARG002 - wherever it is
        return kind == "value"


class KnowsEveryField(_Picky):
    """It refuses an answer with fields that it does not know."""

    def _minds(self, method: str, kind: str, path: str) -> bool:  # noqa: ARG002 - wherever it is
        return kind == "fields"


class KnowsEveryType(_Picky):
    """It refuses an answer that holds a message of a type that it does not know."""

    def _minds(self, method: str, kind: str, path: str) -> bool:  # noqa: ARG002 - wherever it is
        return kind == "type"


def _one_for(scene: forward.Scene, one: News) -> type[RawStubs]:
    """The client that refuses these news, in the answer that the last step of this scene gets."""
    verb = [*scene.steps.values()][-1].do.replace(".", "_")

    def minds(self: Any, method: str, kind: str, path: str) -> bool:
        return self.is_there and fnmatchcase(method, scene.answer) and (kind, path) == (one.kind, one.path)

    def last(self: Any, ask: Any) -> Any:
        self.is_there = True
        try:
            return getattr(RawStubs, verb)(self, ask)
        finally:
            self.is_there = False

    defect = f"It refuses news in an answer to {scene.answer}: {one.kind}, {one.path or 'the answer itself'}."
    return type("Refuses", (_Picky,), {"__doc__": defect, "is_there": False, "_minds": minds, verb: last})


def _news(message: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """What is new in a message to this client, and where."""
    if isinstance(message, Packed):
        inside = _unpacked(message)
        if inside is None:
            yield "type", ".".join(way)
        else:
            yield from _news(inside, way)
        return
    if len(UnknownFieldSet(message)):
        yield "fields", ".".join(way)
    for field, value in message.ListFields():
        there = (*way, field.name)
        each = value if field.is_repeated else [value]
        if field.enum_type is not None and any(one not in field.enum_type.values_by_number for one in each):
            yield "value", ".".join(there)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in each:
                yield from _news(part, there)


def _unpacked(packed: Packed) -> Message | None:
    """What it holds; None of a type that nobody knows here."""
    try:
        kind = GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(packed.TypeName()))
    except KeyError:
        return None
    return kind.FromString(packed.value)


def refuser(case_id: str) -> str:
    """The name of the client that refuses what is new in a case."""
    return f"Refuses_{re.sub(r'[^A-Za-z0-9]', '_', case_id)}"


def _checks(kind: str) -> frozenset[str]:
    """The checks of the pack that are about one kind of news."""
    return frozenset(
        f"{forward.case_id(scene, one)}/{forward.CHECK}"
        for scene in forward.scenes()
        for one in forward.of_scene(scene)
        if one.kind == kind
    )


FORWARD: dict[str, tuple[type[RawStubs], frozenset[str]]] = {
    "KnowsEveryValue": (KnowsEveryValue, _checks("value")),
    "KnowsEveryField": (KnowsEveryField, _checks("fields")),
    "KnowsEveryType": (KnowsEveryType, _checks("type")),
} | {
    refuser(name): (_one_for(scene, one), frozenset({f"{name}/{forward.CHECK}"}))
    for scene in forward.scenes()
    for one in forward.of_scene(scene)
    for name in [forward.case_id(scene, one)]
}
"""By name: the client, and exactly the checks of the pack that it turns red."""
