"""Whether a fault can ever meet a call of the contract: its methods exist, its paths lead to fields."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from google.protobuf.descriptor import Descriptor, MethodDescriptor

from aistudio_faults.edits import ANY, OUTSIDE_ANY, EditError, edit
from aistudio_faults.faults import Fault, FaultError
from aistudio_faults.paths import Step, steps
from aistudio_mock.domain.fault_rules import near
from aistudio_protos.google.protobuf.any_pb2 import Any as Packed
from aistudio_protos.pool import POOL, message_class, services


def require_possible(fault: Fault) -> None:
    """Raises FaultError for one that no call could ever meet as it is written."""
    if fault.leg == "storage":
        return
    methods = [method for name, method in _methods() if fnmatchcase(name, fault.method)]
    if not methods:
        known = tuple(name for name, _ in _methods())
        raise FaultError(f"no method fits {fault.method!r}; {near(fault.method, known)}")
    asked, answers = _types(methods, "input_type"), _types(methods, "output_type")
    for path in fault.where:
        _require_path("where", path, asked)
    for path in (*fault.set, *fault.clear, *filter(None, fault.unknown_fields)):
        _require_path("the answer", path, answers)
    if fault.page_token:
        _require_path("page_token", "next_page_token", answers)
    for answer in answers:
        _require_values(fault, answer)
    packed_details(fault)


def packed_details(fault: Fault) -> tuple[tuple[str, bytes], ...]:
    """The details of a fault's status, as type URL and bytes. Raises FaultError."""
    return tuple((packed.type_url, packed.value) for packed in map(_packed, fault.details))


def _packed(detail: Any) -> Packed:
    from google.protobuf.json_format import ParseDict, ParseError  # noqa: PLC0415 - few faults have details

    try:
        return ParseDict(dict(detail), Packed(), descriptor_pool=POOL)
    except (ParseError, ValueError, TypeError, KeyError) as problem:
        raise FaultError(
            f'details: {problem}; write a message of google.rpc, such as {{"@type": '
            '"type.googleapis.com/google.rpc.ErrorInfo", "reason": "…"}'
        ) from None


def _methods() -> Iterator[tuple[str, MethodDescriptor]]:
    for service in services():
        for method in service.methods:
            yield f"{service.name}/{method.name}", method


def _types(methods: Iterable[MethodDescriptor], which: str) -> list[Descriptor]:
    return list({one.full_name: one for one in (getattr(method, which) for method in methods)}.values())


def _require_path(where: str, path: str, types: Sequence[Descriptor]) -> None:
    if any(_leads(one, steps(path)) for one in types):
        return
    first = steps(path)[0].name
    known = tuple(dict.fromkeys(name for one in types for name in one.fields_by_name))
    hint = near(first, known) if known and first not in known else f"it begins in {types[0].name}"
    raise FaultError(f"{where}: no field at {path!r}; {hint}")


def _leads(descriptor: Descriptor, path: Sequence[Step]) -> bool:
    if descriptor.full_name == ANY and path[0].name not in OUTSIDE_ANY:
        return True  # what it will hold is not known yet
    field = descriptor.fields_by_name.get("type_url" if path[0].name == "@type" else path[0].name)
    if field is None or len(path) == 1:
        return field is not None
    return field.message_type is not None and _leads(field.message_type, path[1:])


def _require_values(fault: Fault, answer: Descriptor) -> None:
    """Tries the edits on an empty answer; what stands inside an Any, or an element, is tried at the call."""
    try:
        edit(message_class(answer.full_name)(), fault)
    except EditError as problem:
        raise FaultError(f"set: {problem}") from None
