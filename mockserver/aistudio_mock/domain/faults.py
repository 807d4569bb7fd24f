"""Faults as data: which call a fault meets, what the call meets then, and how often."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain import errors, s3_errors
from aistudio_mock.domain.errors import ApiError
from aistudio_mock.domain.s3_errors import S3Error

Leg = Literal["grpc", "rest", "storage"]
"""Which wire a call comes by. Faults do not tell the first two apart: both are the API."""

VERBS = ("GET", "HEAD", "PUT")
"""The HTTP verbs of the storage."""

LONGEST = 600.0
"""The longest latency of a fault, in seconds of real time."""

_T = TypeVar("_T")


class FaultError(ValueError):
    """The fault as written can never work. The message is one line and says what would."""


class Match(Struct, frozen=True):
    """The calls that a fault is for: those of one leg whose name fits a glob.

    A call of the API is named `Service/Method` and meets faults as "grpc" by either face; a request to the
    storage is named by its verb.
    """

    leg: Leg
    pattern: str

    def fits(self, leg: Leg, name: str) -> bool:
        """Whether a call of that name is meant."""
        return leg == self.leg and fnmatchcase(name, self.pattern)


class Effect(Struct, frozen=True):
    """What a call meets: a wait in `latency` seconds of real time, then a refusal, or its own answer.

    `status` is the name of a gRPC status code, or an S3 error code; empty when the call is answered
    after all.
    """

    status: str = ""
    message: str = ""
    latency: float = 0.0

    def api_error(self) -> ApiError | None:
        """The refusal of a gRPC call."""
        if not self.status:
            return None
        return errors.BY_NAME[self.status](self.message or "a fault that was asked of aistudio-mock")

    def s3_error(self) -> S3Error | None:
        """The refusal of a request to the storage."""
        return s3_errors.BY_CODE[self.status](self.message or None) if self.status else None


class Fault(Struct, frozen=True):
    """One fault as it was written: it lets `after` matching calls pass, then meets `times` of them.

    `times` is None for every call from then on.
    """

    match: Match
    effect: Effect
    times: int | None = 1
    after: int = 0

    def fields(self) -> dict[str, Any]:
        """The fault as `read` takes it, without what is left at its default."""
        where = {"method": self.match.pattern} if self.match.leg == "grpc" else {"object": self.match.pattern}
        what = {"status": self.effect.status, "message": self.effect.message, "latency": self.effect.latency}
        return {
            **where,
            **{name: value for name, value in what.items() if value},
            "times": self.times,
            "after": self.after,
        }


class Standing(Struct, frozen=True):
    """A fault, and what became of it so far: calls it was held against, and calls it met."""

    id: str
    fault: Fault
    seen: int = 0
    hits: int = 0

    @property
    def is_due(self) -> bool:
        """Whether the next matching call meets it."""
        times = self.fault.times
        return self.seen >= self.fault.after and (times is None or self.hits < times)


class Met(Struct, frozen=True):
    """What becomes of one call: how every fault stands after it, and the effect on it, if any, and whose."""

    standings: tuple[Standing, ...] = ()
    effect: Effect | None = None
    fault_id: str | None = None


def meet(standings: tuple[Standing, ...], leg: Leg, name: str) -> Met:
    """Holds one call against all faults, in the order they were written.

    The first one that is due takes the call and later ones do not see it, so two faults on one method
    follow each other.
    """
    after: list[Standing] = []
    for index, standing in enumerate(standings):
        if not standing.fault.match.fits(leg, name):
            after.append(standing)
        elif standing.is_due:
            taken = replace(standing, seen=standing.seen + 1, hits=standing.hits + 1)
            return Met((*after, taken, *standings[index + 1 :]), standing.fault.effect, standing.id)
        else:  # it lets this one pass, or is spent
            after.append(replace(standing, seen=standing.seen + 1))
    return Met(tuple(after))


def read(fields: Mapping[str, Any]) -> Fault:
    """A fault from its fields, as Python, the control API and files write it.

    `method` (a glob on `Service/Method`) or `object` (a glob on the storage's verbs); `status`, `message`,
    `latency` in seconds; `times` (None for always), `after`.

    Raises:
        FaultError: a field is unknown, of the wrong type or out of range, or nothing would ever happen.
    """
    _refuse_unknown(fields)
    status = _typed(fields, "status", str, "")
    effect = Effect(status, _typed(fields, "message", str, ""), _latency(fields))
    if not effect.status and not effect.latency:
        raise FaultError(
            "a fault does something: give it a status, such as UNAVAILABLE, or a latency in seconds"
        )
    match = _match(fields)
    known = tuple(errors.BY_NAME) if match.leg == "grpc" else tuple(s3_errors.BY_CODE)
    if effect.status and effect.status not in known:
        raise FaultError(f"no status {effect.status!r} on this leg; {_near(effect.status, known)}")
    times, after = fields.get("times", 1), _typed(fields, "after", int, 0)
    if times is not None and (not _is_count(times) or times < 1):
        raise FaultError(f"times is a number from 1 on, or None for always; not {times!r}")
    if after < 0:
        raise FaultError(f"after is the number of calls to let pass, 0 or more; not {after}")
    return Fault(match, effect, times, after)


_FIELDS = ("method", "object", "status", "message", "latency", "times", "after")


def _refuse_unknown(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in _FIELDS:
            raise FaultError(f"a fault has no {name!r}; it has {', '.join(_FIELDS)}")


def _match(fields: Mapping[str, Any]) -> Match:
    method, verb = _typed(fields, "method", str, ""), _typed(fields, "object", str, "")
    if bool(method) == bool(verb):
        raise FaultError('a fault is on one of two legs: method="TuningService/Tune", or object="PUT"')
    if verb:
        if not any(fnmatchcase(known, verb) for known in VERBS):
            raise FaultError(f"object {verb!r} fits no verb of the storage: {', '.join(VERBS)}, or * for all")
        return Match("storage", verb)
    short = method.strip("/").rpartition(".")[2]  # the full name of a service will do as well
    if "/" not in short and "*" not in short:
        raise FaultError(
            f"method {method!r}: write Service/Method, such as TuningService/Tune; * fits anything"
        )
    return Match("grpc", short)


def _latency(fields: Mapping[str, Any]) -> float:
    given = fields.get("latency", 0.0)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= LONGEST:
        raise FaultError(f"latency is a number of seconds, 0 to {LONGEST:g}; not {given!r}")
    return float(given)


def _typed(fields: Mapping[str, Any], name: str, kind: type[_T], default: _T) -> _T:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise FaultError(f"{name} is {'text' if kind is str else 'a whole number'}, not {value!r}")
    return value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _near(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelt status needs it

    near = get_close_matches(word.upper() if known[0].isupper() else word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
