"""Reading a fault: what is written is of the right kind, and says something that can happen."""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec.structs import fields as fields_of

from aistudio_faults.faults import VERBS, Fault, FaultError
from aistudio_faults.paths import PathError, steps
from aistudio_mock.domain import errors, s3_errors

GRPC_ONLY = ("goaway", "retry_after", "details", "trailers", "set", "clear", "unknown_fields", "page_token")
"""Effects that requests to the storage cannot meet."""

STORAGE_ONLY = ("headers", "truncate", "redirect")
"""Effects that calls by gRPC cannot meet."""

WITH_STATUS = ("message", "retry_after", "details")
"""What says nothing without a refusal."""

ENDINGS = ("status", "expired", "cut", "goaway", "redirect")
"""Each ends the call in a way of its own."""

MATCHES = ("method", "object", "where", "after", "times", "chance")
"""Which calls a fault is for."""

EFFECTS = tuple(
    name for name in Fault.__struct_fields__ if name not in (*MATCHES, "message", "retry_after", "details")
)
"""Something happens when one of these is given."""


_NOTHING = Fault()


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
    if not any(_has(fault, name) for name in EFFECTS):
        yield (
            "a fault does something: give it a status, such as UNAVAILABLE, a latency in seconds, or one of "
            f"{', '.join(EFFECTS[2:])}"
        )


def _one_leg(fault: Fault) -> Iterator[str]:
    foreign, which = (
        (GRPC_ONLY, "gRPC calls; say which with method=")
        if fault.leg == "storage"
        else (STORAGE_ONLY, "the storage; say which requests with object=")
    )
    for name in foreign:
        if _has(fault, name):
            yield f"{name} is for {which}"


def _one_ending(fault: Fault) -> Iterator[str]:
    endings = [name for name in ENDINGS if getattr(fault, name)]
    if len(endings) > 1:
        yield f"a call ends in one way: {' or '.join(endings)}, not both"
    if fault.has_edits and (endings or fault.lost):
        yield "a call that is refused has no answer to change; write two faults"
    for name in ENDINGS[1:]:
        if fault.lost and getattr(fault, name):
            yield f"lost is a status that comes after the work: leave it out beside {name}"
    for name in WITH_STATUS:
        if _has(fault, name) and not (fault.status or fault.lost):
            yield f"{name} goes with a status, such as UNAVAILABLE"


def _has(fault: Fault, name: str) -> bool:
    """Whether something is written there."""
    return bool(getattr(fault, name) != getattr(_NOTHING, name))


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


def _metadata(fault: Fault) -> Iterator[str]:
    for name in fault.trailers:
        if name != name.lower() or name.startswith("grpc-") or name.endswith("-bin"):
            yield f"trailers: {name!r} cannot be sent; use lower case, and no grpc- or -bin"
    for name, value in (*fault.trailers.items(), *fault.headers.items()):
        if not _HEADER.fullmatch(name):
            yield f"{name!r} cannot be sent; use letters, digits and -"
        if not value.isascii() or not value.isprintable():
            yield f"the value of {name!r} cannot be sent; use printable ASCII"


def _redirect(fault: Fault) -> Iterator[str]:
    if fault.redirect and not _URL.fullmatch(fault.redirect):
        yield f"redirect {fault.redirect!r}: write a URL, such as http://127.0.0.1:8000"


_HEADER = re.compile(r"[A-Za-z0-9_.-]+")
_URL = re.compile(r"https?://[!-~]+")

_RULES: tuple[Callable[[Fault], Iterator[str]], ...] = (
    _something,
    _place,
    _one_leg,
    _one_ending,
    _status,
    _paths,
    _metadata,
    _redirect,
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
