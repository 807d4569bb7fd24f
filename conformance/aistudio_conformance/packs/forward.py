"""The pack `forward`: whatever may be new in an answer, one case each, from the contract's own descriptors.

A scene says how a client comes to get an answer, and what its user must be told whatever is new in it. The
contract says what may be new. What stands in the contract tomorrow has its case tomorrow.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from google.protobuf.descriptor import MethodDescriptor
from msgspec import Struct, field

from aistudio_conformance.case import Case, File
from aistudio_conformance.load import CaseError, case_of
from aistudio_conformance.packs.news import Kind, News, news
from aistudio_conformance.protocol import ASKED, Verb
from aistudio_protos.options import operation_types
from aistudio_protos.pool import services

RULES: Mapping[Kind, str] = {
    "value": "unknown-value-survived",
    "fields": "unknown-fields-survived",
    "type": "unknown-any-survived",
}

CHECK = "survived"
"""The one check of each case."""

_NEW: Mapping[Kind, str] = {"value": "a new value of", "fields": "new fields in", "type": "a new type in"}
_COSTS = frozenset(one for one in ASKED if one.startswith(("tuning.start", "model.", "dataset.upload_parts")))
"""What is paid for at a real account."""

_TIMEOUT = 20.0
"""Seconds for the step that meets the news: a client that cannot read an answer may ask for it for ever."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A step, as cases have it."""

    do: Verb
    with_: Mapping[str, Any] = field(default_factory=dict, name="with")
    after_error: bool = False


class Scene(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a client comes to get an answer.

    `answer` is the method, or a glob where clients may choose. `begun_by` names the method whose operation is
    asked for, and so what that carries. The last of `steps` meets the news; its user is then told what `told`
    says, or of the failure that `fails` says. `without` are parts that the answer does not have here, or
    of which the contract does not say what to make, with the reason: a path with all that is in it, or a kind
    of news and a path; `only` are the parts that are asked about; `made` are fields that the answer gets
    besides, so that a part is there. `monitors_off` is as in a case, `alone` as of its server.
    """

    id: str
    title: str
    answer: str
    steps: Mapping[str, Asked]
    begun_by: str = ""
    files: Mapping[str, File] = {}
    told: Mapping[str, Any] | None = None
    fails: Mapping[str, Any] | None = None
    only: tuple[str, ...] = ()
    without: Mapping[str, str] = {}
    made: Mapping[str, Any] = {}
    monitors_off: Mapping[str, str] = {}
    alone: bool = False


@cache
def cases() -> tuple[Case, ...]:
    """Every case of the pack, by id. Raises CaseError."""
    found = (_case(scene, one) for scene in scenes() for one in of_scene(scene))
    return tuple(sorted(found, key=lambda case: case.id))


@cache
def scenes() -> tuple[Scene, ...]:
    """Every scene. Raises CaseError."""
    text = files("aistudio_conformance").joinpath("packs", "forward.yaml").read_bytes()
    try:
        return msgspec.yaml.decode(text, type=tuple[Scene, ...])
    except msgspec.MsgspecError as problem:
        raise CaseError(f"forward.yaml: {' '.join(str(problem).split())}") from None


def of_scene(scene: Scene) -> Iterator[News]:
    """What may be new there: in the answer of every method that the client may choose. Raises CaseError."""
    methods = [method for name, method in _methods().items() if fnmatchcase(name, scene.answer)]
    if not methods:
        raise CaseError(f"forward.yaml: {scene.id}: the contract has no {scene.answer}")
    found = [[*news(method.output_type, _held(scene))] for method in methods]
    for one in found[0]:
        if all(one in others for others in found) and _is_asked(scene, one):
            yield one


def case_id(scene: Scene, one: News) -> str:
    """The case's id: it changes only when the contract does."""
    return "-".join(filter(None, (scene.id, one.kind, one.path)))


def _is_asked(scene: Scene, one: News) -> bool:
    left_out = f"{one.kind} {one.path}" in scene.without or any(
        f"{one.path}.".startswith(f"{part}.") for part in scene.without
    )
    return not left_out and (not scene.only or one.path in scene.only)


def _held(scene: Scene) -> Mapping[str, str]:
    if not scene.begun_by:
        return {}
    types = operation_types(_methods()[scene.begun_by])
    found = {"metadata": types.metadata, "response": types.response} if types else {}
    return {name: message for name, message in found.items() if message}


@cache
def _methods() -> Mapping[str, MethodDescriptor]:
    return {f"{service.name}/{method.name}": method for service in services() for method in service.methods}


def _case(scene: Scene, one: News) -> Case:
    steps = [{"id": name, **msgspec.to_builtins(asked)} for name, asked in scene.steps.items()]
    fault = {
        "method": scene.answer,
        "times": None,
        "set": {**scene.made, **one.set},
        "unknown_fields": dict(one.unknown_fields),
    }
    steps[-1] |= {"before": {"faults": [fault]}, "timeout": _TIMEOUT}
    witness = {"method": scene.answer, "status": "OK", "where": {"fault": {"absent": False}, **one.seen}}
    kind, expect = ("fails", scene.fails) if scene.fails is not None else ("reply", scene.told or {})
    check = {
        "id": CHECK,
        "rule": RULES[one.kind],
        "step": steps[-1]["id"],
        kind: {"witness": witness, "expect": expect},
    }
    written = {
        "id": case_id(scene, one),
        "title": f"{scene.title}: {_NEW[one.kind]} {one.path or 'the answer itself'}",
        "covers": ["FC-01", "FC-02", "FC-03", "FC-04"],
        "relies_on": ["journal", "faults"],
        "costs": "money" if any(asked.do in _COSTS for asked in scene.steps.values()) else "nothing",
        "server": {"alone": scene.alone},
        "files": msgspec.to_builtins(scene.files),
        "steps": steps,
        "checks": [check],
        "monitors_off": dict(scene.monitors_off),
    }
    return case_of(written, f"forward.yaml: {scene.id}")
