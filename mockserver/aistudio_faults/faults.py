"""Faults as data: which calls a fault is for, what those calls meet, and how it stands."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

Leg = Literal["grpc", "rest", "storage"]
"""Which wire a call comes by. Faults do not tell the first two apart: both are the API."""

VERBS = ("GET", "HEAD", "PUT")
"""The HTTP verbs of the storage."""

LONGEST = 600.0
"""The longest latency of a fault, in seconds of real time."""

MESSAGE = "a fault that was asked of aistudio-mock"
"""What a refusal says when the fault does not."""

Moment = Literal["before", "middle", "after"]


class FaultError(ValueError):
    """The fault as written can never work. The message is one line and says what would."""


def _says(text: str, **limits: Any) -> Meta:
    """What a field is, for people and for the schema, and its limits."""
    return Meta(description=text, **limits)


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault as it is written in Python, in files and by the control API: which calls, what they meet.

    A call is met by the first fault that is for it and due; later faults do not see it.
    """

    method: Annotated[
        str,
        _says("gRPC calls: a glob on `Service/Method`, such as `TuningService/Tune` or `*/List`"),
    ] = ""
    object: Annotated[
        str,
        _says(
            "requests to the storage: a verb, or a verb and a glob on `BUCKET/KEY`, such as `PUT` or "
            "`GET */*.jsonl`"
        ),
    ] = ""
    where: Annotated[
        Mapping[str, str | bool | int | float | None],
        _says(
            "values that the request has, by path: text is a glob, null is for what is unset; "
            "of the storage, `query.NAME` and `header.NAME`"
        ),
    ] = {}
    after: Annotated[int, _says("how many matching calls pass first", ge=0)] = 0
    times: Annotated[int, _says("how many calls are met; null for all from then on", ge=1)] | None = 1
    chance: Annotated[
        float,
        _says("the share of matching calls that are met, drawn from the folder's seed", gt=0, le=1),
    ] = 1.0

    latency: Annotated[float, _says("seconds of real time that the call waits first", ge=0, le=LONGEST)] = 0.0
    status: Annotated[
        str,
        _says("the refusal: a gRPC status code, such as `UNAVAILABLE`; of the storage, an S3 error code"),
    ] = ""
    message: Annotated[str, _says("the message of `status`")] = ""
    retry_after: (
        Annotated[float, _says("seconds: `status` comes with a RetryInfo that names them", ge=0, le=86400)]
        | None
    ) = None
    details: Annotated[
        tuple[Mapping[str, Any], ...],
        _says("details of `status`: messages of the contract as JSON, each with its `@type`"),
    ] = ()
    trailers: Annotated[Mapping[str, str], _says("trailing metadata that is added")] = {}
    headers: Annotated[
        Mapping[str, str],
        _says("headers of the answer, such as a wrong `ETag`"),
    ] = {}
    lost: Annotated[bool, _says("whether the answer is lost: the work is done, then `status` comes")] = False
    expired: Annotated[
        bool,
        _says(
            "whether the caller's credential, of the storage the presigned URL, expires: it is refused from "
            "this call on, and a fresh one works"
        ),
    ] = False
    cut: Annotated[
        Literal["", "before", "middle", "after"],
        _says(
            "the connection is cut: before the work; in the middle of the body that is sent, of a stream "
            "after its first answer; or after the work, before its answer"
        ),
    ] = ""
    goaway: Annotated[
        Literal["", "before", "after"],
        _says(
            "the connection is told to GOAWAY: `before` the work, so that the call is made again elsewhere, "
            "or `after` it, with the answer"
        ),
    ] = ""
    truncate: (
        Annotated[
            int,
            _says(
                "a download ends after so many bytes, in good order, whatever Content-Length has promised",
                ge=0,
            ),
        ]
        | None
    ) = None
    drip: Annotated[float, _says("bytes a second: the body comes, or is taken, no faster", gt=0)] | None = (
        None
    )
    redirect: Annotated[
        str, _says("it is sent elsewhere, by 307; a URL without a path gets path and query of the request")
    ] = ""
    set: Annotated[
        Mapping[str, Any],
        _says("fields of the answer, by path, and their new values as JSON; numbers for unknown enum values"),
    ] = {}
    clear: Annotated[
        tuple[str, ...], _says("fields of the answer, or elements of repeated ones, that are missing")
    ] = ()
    unknown_fields: Annotated[
        Mapping[str, Mapping[str, Any]],
        _says("messages of the answer, by path (the answer itself is empty text), and fields by number"),
    ] = {}
    page_token: Annotated[
        Literal["", "repeated", "empty-at-end"],
        _says(
            "`repeated`: the answer's next_page_token is the token that was asked with; "
            "`empty-at-end`: the last page that has something has no token"
        ),
    ] = ""

    @property
    def leg(self) -> Leg:
        """The wire of the calls that it is for."""
        return "grpc" if self.method else "storage"

    def relayed(self, *, is_stream: bool) -> str:
        """What a relay must do to the answer's frames (`transport.router.frames`); empty for nothing."""
        if self.leg == "storage":
            return ""
        if self.goaway:
            return f"goaway-{self.goaway}"
        if self.cut == "middle" and not is_stream:
            return "half"
        return f"drip={self.drip:g}" if self.drip else ""

    @property
    def has_edits(self) -> bool:
        """Whether the answer itself is changed."""
        return bool(self.set or self.clear or self.unknown_fields or self.page_token)

    def fields(self) -> dict[str, Any]:
        """The fault as `read` takes it, without what is left at its default."""
        written = {name: getattr(self, name) for name in Fault.__struct_fields__}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in written.items()
            if value != getattr(_NOTHING, name)
        }


class Standing(Fault, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A fault, and what became of it so far."""

    id: str
    seen: Annotated[int, _says("the calls that it was for")]
    hits: Annotated[int, _says("those of them that met it")]

    @property
    def is_due(self) -> bool:
        """Whether its turn has come and is not over; chance apart."""
        return self.seen >= self.after and (self.times is None or self.hits < self.times)

    @property
    def short(self) -> str:
        """As a line of a summary has it."""
        words = [
            str(value) if name in {"method", "object", "status"} else name
            for name, value in self.fields().items()
        ]
        return f"{self.id} ({' '.join(word for word in words if word not in {'times', 'message'})})"


class Asked(Struct, frozen=True):
    """One call as faults see it: `Service/Method`, or the verb with `target` BUCKET/KEY.

    `look` finds the values at a path of the request.
    """

    leg: Leg
    name: str
    look: Callable[[str], Iterable[Any]]
    target: str = ""


class Met(Struct, frozen=True):
    """What becomes of one call: how every fault stands after it, and the one that it meets, if any."""

    standings: tuple[Standing, ...] = ()
    fault: Standing | None = None


def standing(fault: Fault, fault_id: str) -> Standing:
    """A fault that no call has come to yet."""
    written = {name: getattr(fault, name) for name in Fault.__struct_fields__}
    told = {name: value for name, value in written.items() if value != getattr(_NOTHING, name)}
    return Standing(**told, id=fault_id, seen=0, hits=0)


def add_up(one: tuple[Standing, ...], other: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """The same faults in two folders, with their counts together; either may have none."""
    if not one or not other:
        return one or other
    return tuple(
        replace(mine, seen=mine.seen + theirs.seen, hits=mine.hits + theirs.hits)
        for mine, theirs in zip(one, other, strict=True)
    )


def meet(standings: tuple[Standing, ...], asked: Asked, seed: int) -> Met:
    """Holds one call against all faults, in the order they were written.

    The first one that is due takes the call and later ones do not see it, so two faults on one method
    follow each other. Chance is drawn per fault and call: neither time nor other calls change it.
    """
    after: list[Standing] = []
    for index, one in enumerate(standings):
        if not fits(one, asked):
            after.append(one)
        elif one.is_due and _drawn(one, seed):
            taken = replace(one, seen=one.seen + 1, hits=one.hits + 1)
            return Met((*after, taken, *standings[index + 1 :]), taken)
        else:  # it lets this one pass, or is spent
            after.append(replace(one, seen=one.seen + 1))
    return Met(tuple(after))


def fits(fault: Fault, asked: Asked) -> bool:
    """Whether the fault is for that call."""
    if fault.leg != asked.leg:
        return False
    if fault.method:
        is_named = fnmatchcase(asked.name, fault.method)
    else:
        verb, _, target = fault.object.partition(" ")
        is_named = fnmatchcase(asked.name, verb) and (not target or fnmatchcase(asked.target, target))
    return is_named and all(_has(asked, path, wanted) for path, wanted in fault.where.items())


def _has(asked: Asked, path: str, wanted: object) -> bool:
    found = tuple(asked.look(path))
    if wanted is None:
        return not any(found)
    if isinstance(wanted, str):
        return any(fnmatchcase(str(one), wanted) for one in found)
    return any(one == wanted for one in found)


def _drawn(fault: Standing, seed: int) -> bool:
    if fault.chance >= 1:
        return True
    digest = blake2b(f"{seed}/{fault.id}/{fault.seen}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < fault.chance * 2**64


_NOTHING = Fault()
