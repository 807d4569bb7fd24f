"""Reading a fault: what is written is of the right kind, and says something that can happen."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec.structs import fields as fields_of

from aistudio_mock.domain import errors, s3_errors
from aistudio_mock.domain.faults import VERBS, Fault, FaultError
from aistudio_mock.domain.paths import PathError, steps

GRPC_ONLY = ("retry_after", "details", "trailers", "set", "clear", "unknown_fields", "page_token")
"""Effects that requests to the storage cannot meet."""

WITH_STATUS = ("message", "retry_after", "details")
"""What says nothing without a refusal."""

ENDINGS = ("status", "expired")
"""Each ends the call in a way of its own."""

EFFECTS = ("latency", "status", "lost", "expired", "trailers", "set", "clear", "unknown_fields", "page_token")
"""Something happens when one of these is given."""

MATCHES = ("method", "object", "where", "after", "times", "chance")
"""Which calls a fault is for."""


def read(given: Mapping[str, Any]) -> Fault:
    """A fault from its fields, as Python, the control API and files write it.

    Raises:
        FaultError: a field is unknown, of the wrong type or out of range, or nothing would ever happen.
    """
    for name in given:
        if name not in Fault.__struct_fields__:
            raise FaultError(f"a fault has no {name!r}; {near(str(name), Fault.__struct_fields__)}")
    try:
        fault = msgspec.convert(msgspec.to_builtins(dict(given), str_keys=True), Fault)
    except msgspec.ValidationError as problem:
        raise FaultError(_told(str(problem))) from None
    if fault.method:  # the full name of a service will do as well
        fault = msgspec.structs.replace(fault, method=fault.method.strip("/").rpartition(".")[2])
    for wrong in _problems(fault):
        raise FaultError(wrong)
    return fault


def near(word: str, known: tuple[str, ...]) -> str:
    """What to say of a word that is not among the known ones."""
    found = get_close_matches(word.upper() if known[0].isupper() else word, known, n=1)
    return f"did you mean {found[0]}?" if found else f"known: {', '.join(sorted(known))}"


def _told(problem: str) -> str:
    """A complaint of msgspec's, with what the field is."""
    what, _, place = problem.partition(" - at ")
    path = place.strip("`").removeprefix("$.")
    description = DESCRIPTIONS.get(path.partition("[")[0].partition(".")[0], "")
    return f"{path}: {what[:1].lower()}{what[1:]}; it is {description}" if description else problem


def _problems(fault: Fault) -> Iterator[str]:
    for rule in _RULES:
        yield from rule(fault)


def _place(fault: Fault) -> Iterator[str]:
    if bool(fault.method) == bool(fault.object):
        yield 'a fault is on one of two legs: method="TuningService/Tune", or object="PUT"'
    elif fault.method and "/" not in fault.method and "*" not in fault.method:
        yield f"method {fault.method!r}: write Service/Method, such as TuningService/Tune; * fits anything"
    elif fault.object:
        verb, space, target = fault.object.partition(" ")
        if not any(fnmatchcase(known, verb) for known in VERBS):
            yield f"object {verb!r} fits no verb of the storage: {', '.join(VERBS)}, or * for all"
        elif space and "/" not in target and "*" not in target:
            yield f"object {fault.object!r}: after the verb comes BUCKET/KEY, such as PUT */train.jsonl"


def _something(fault: Fault) -> Iterator[str]:
    if not any(getattr(fault, name) for name in EFFECTS):
        yield (
            "a fault does something: give it a status, such as UNAVAILABLE, a latency in seconds, or one of "
            f"{', '.join(EFFECTS[2:])}"
        )


def _one_leg(fault: Fault) -> Iterator[str]:
    for name in GRPC_ONLY if fault.leg == "storage" else ():
        if getattr(fault, name) not in (None, "", (), {}):
            yield f"{name} is for gRPC calls; say which with method="


def _one_ending(fault: Fault) -> Iterator[str]:
    endings = [name for name in ENDINGS if getattr(fault, name)]
    if len(endings) > 1:
        yield f"a call ends in one way: {' or '.join(endings)}, not both"
    refused = fault.status or fault.lost or fault.expired
    if fault.has_edits and refused:
        yield "a call that is refused has no answer to change; write two faults"
    if fault.lost and fault.expired:
        yield "an expired credential is refused before the work is done: leave lost out"
    for name in WITH_STATUS:
        if getattr(fault, name) not in (None, "", ()) and not (fault.status or fault.lost):
            yield f"{name} goes with a status, such as UNAVAILABLE"


def _status(fault: Fault) -> Iterator[str]:
    known = tuple(errors.BY_NAME) if fault.leg == "grpc" else tuple(s3_errors.BY_CODE)
    if fault.status and fault.status not in known:
        yield f"no status {fault.status!r} on this leg; {near(fault.status, known)}"


def _paths(fault: Fault) -> Iterator[str]:
    for path in fault.where if fault.leg == "storage" else ():
        kind, _, name = path.partition(".")
        if kind not in {"query", "header"} or not name:
            yield f"where {path!r}: a request to the storage has query.NAME and header.NAME"
    inside = (*fault.set, *fault.clear, *filter(None, fault.unknown_fields))
    for path in (*inside, *(fault.where if fault.leg == "grpc" else ())):
        try:
            steps(path)
        except PathError as problem:
            yield str(problem)
    for numbers in fault.unknown_fields.values():
        for number in numbers:
            if not number.isdecimal() or not 1 <= int(number) < 2**29:
                yield f"unknown_fields: {number!r} is no number of a field; use one from 1 to 536870911"


def _trailers(fault: Fault) -> Iterator[str]:
    for name, value in fault.trailers.items():
        is_name = (
            name and name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
        )
        if not is_name or name != name.lower() or name.startswith("grpc-") or name.endswith("-bin"):
            yield f"trailers: {name!r} cannot be sent; use lower case, digits and -, and no grpc- or -bin"
        elif not value.isascii() or not value.isprintable():
            yield f"trailers: the value of {name!r} cannot be sent; use printable ASCII"


_RULES: tuple[Callable[[Fault], Iterator[str]], ...] = (
    _something,
    _place,
    _one_leg,
    _one_ending,
    _status,
    _paths,
    _trailers,
)


def _descriptions() -> Iterator[tuple[str, str]]:
    for field in fields_of(Fault):
        info = msgspec.inspect.type_info(field.type)
        candidates = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
        for one in candidates:
            if isinstance(one, msgspec.inspect.Metadata):
                yield field.name, str((one.extra_json_schema or {}).get("description", ""))


DESCRIPTIONS: Mapping[str, str] = dict(_descriptions())
"""What each field is, in its own words."""
