"""What becomes of a folder's next tunings, written in advance: a script as data, and how it is read."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from msgspec import Struct, field

from aistudio_mock.domain.errors import BY_NAME
from aistudio_mock.domain.instant import SECOND, YEAR
from aistudio_mock.domain.tuning import Reason, TuningStatus

Outcome = Literal["complete", "fail", "cancel", "never"]
"""How a run ends: by itself, well or not; by somebody else's Cancel; or not at all."""

Closing = Literal["usual", "error-first", "bare"]
"""How its operation closes: as recorded; with the error set before it is done; with no result at all."""

PHASES = ("pending", "start", "run", "close")
"""Seconds from Tune to PENDING, from Tune to the start, of the run, from its end to the operation's."""

NO_CODE = "OK"
"""The status of a failure whose code is missing on the wire, as some have (service-behaviour a.6)."""

_MESSAGE = "a failure that was asked of aistudio-mock"


class PlanError(ValueError):
    """The script as written can never work. The message is one line and says what would."""


class Script(Struct, frozen=True):
    """The life of one tuning; what is left at its default goes as in a folder without a plan.

    `after` is the share of the run at which it fails or is cancelled; without `starts` it never begins to
    run, and ends, if it ends, when it would have begun. `errors` are what ListErrors shows, None for the
    message alone. `times` tunings live so; None for every one from then on.
    """

    outcome: Outcome = "complete"
    starts: bool = True
    after: float = 1.0
    status: str = "INTERNAL"
    message: str = _MESSAGE
    errors: tuple[Reason, ...] | None = None
    closing: Closing = "usual"
    model: bool = True
    """Without it, the target URI of a COMPLETED task is empty, and there is no model."""
    heeds_cancel: bool = True
    """Without it, Cancel always loses the race: it is answered, and the run goes on to its end."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    times: int | None = 1

    @property
    def end(self) -> TuningStatus | None:
        """The status that the task ends with, if it ends."""
        return _ENDS[self.outcome]

    @property
    def code(self) -> int:
        """The canonical code of its failure; 0 where that is missing."""
        return 0 if self.status == NO_CODE else BY_NAME[self.status].code

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What ListErrors shows once it has failed."""
        if self.outcome != "fail":
            return ()
        return (Reason(self.message),) if self.errors is None else self.errors

    def fields(self) -> dict[str, Any]:
        """The script as `read` takes it, without what is left at its default."""
        shown: dict[str, Any] = {
            name: getattr(self, name) for name in _READERS if getattr(self, name) != getattr(AS_USUAL, name)
        }
        if self.errors is not None:
            shown["errors"] = [{"message": each.message, "type": each.type} for each in self.errors]
        if self.seconds:
            shown["seconds"] = dict(self.seconds)
        return {"outcome": self.outcome, **shown, "times": self.times}


_ENDS: Mapping[str, TuningStatus | None] = {
    "complete": TuningStatus.COMPLETED,
    "fail": TuningStatus.FAILED,
    "cancel": TuningStatus.CANCELED,
    "never": None,
}

_ONLY_FOR: Mapping[str, tuple[Outcome, ...]] = {
    "after": ("fail", "cancel"),
    "status": ("fail",),
    "message": ("fail",),
    "errors": ("fail",),
    "model": ("complete",),
    "closing": ("complete", "fail", "cancel"),
}
"""Fields that say nothing about the other outcomes."""


class Planned(Struct, frozen=True):
    """A script in a folder's plan, and how many tunings have lived by it."""

    id: str
    script: Script
    used: int = 0

    @property
    def is_due(self) -> bool:
        """Whether the next tuning lives by it, if none before it does."""
        return self.script.times is None or self.used < self.script.times


def read(fields: Mapping[str, Any]) -> Script:
    """A script from its fields, as Python and the control API write it.

    Raises:
        PlanError: a field is unknown, of the wrong type or out of range, or contradicts another one.
    """
    for name in fields:
        if name not in _READERS:
            raise PlanError(f"a plan has no {name!r}; it has {', '.join(_READERS)}")
    script = Script(**{name: _READERS[name](name, value) for name, value in fields.items()})
    for name in fields:
        allowed = _ONLY_FOR.get(name, get_args(Outcome))
        if script.outcome not in allowed:
            raise PlanError(f"{name} says nothing about the outcome {script.outcome}; {_only(allowed)}")
    if not script.starts and script.outcome == "complete":
        raise PlanError(
            "a tuning that never starts cannot complete; choose the outcome fail, cancel or never"
        )
    if script.closing == "error-first" and script.outcome != "fail":
        raise PlanError(f"closing error-first needs an error; {_only(('fail',))}")
    return script


def _only(outcomes: tuple[str, ...]) -> str:
    return f"it goes with {' or '.join(outcomes)}"


def _one_of(choices: tuple[str, ...]) -> Callable[[str, Any], str]:
    def checked(name: str, value: Any) -> str:
        if value not in choices:
            raise PlanError(f"{name} is {', '.join(choices[:-1])} or {choices[-1]}; not {value!r}")
        return str(value)

    return checked


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PlanError(f"{name} is true or false, not {value!r}")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise PlanError(f"{name} is text, not {value!r}")
    return value


def _number(name: str, value: Any, most: float, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise PlanError(f"{name} is {unit} from 0 to {most:g}, not {value!r}")
    return float(value)


def _share(name: str, value: Any) -> float:
    return _number(name, value, 1, "a share of the run")


def _times(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise PlanError(f"{name} is a number of tunings from 1 on, or null for all; not {value!r}")
    return value


_LONGEST = YEAR / SECOND
"""The longest phase, in seconds of virtual time."""


def _seconds(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not value.keys() <= set(PHASES):
        raise PlanError(f"{name} are seconds by phase, of {', '.join(PHASES)}; not {value!r}")
    spans = {phase: _number(f"{name}.{phase}", span, _LONGEST, "seconds") for phase, span in value.items()}
    if spans.get("pending", 0) > spans.get("start", _LONGEST):
        raise PlanError(f"{name}: a tuning is PENDING before it starts; both are counted from Tune")
    return spans


def _errors(name: str, value: Any) -> tuple[Reason, ...]:
    if not isinstance(value, list | tuple):
        raise PlanError(f'{name} are rows such as {{"message": "…", "type": "PUBLIC"}}; not {value!r}')
    return tuple(_reason(f"{name}[{index}]", row) for index, row in enumerate(value))


def _reason(name: str, row: Any) -> Reason:
    if isinstance(row, str):
        return Reason(row)
    if not isinstance(row, Mapping) or not {"message"} <= row.keys() <= {"message", "type"}:
        raise PlanError(f'{name} is text, or {{"message": "…", "type": "PUBLIC"}}; not {row!r}')
    kind = _one_of(("PUBLIC", "INTERNAL"))(f"{name}.type", row.get("type", "PUBLIC"))
    return Reason(_text(f"{name}.message", row["message"]), kind)


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "outcome": _one_of(get_args(Outcome)),
    "after": _share,
    "starts": _flag,
    "status": _one_of((*BY_NAME, NO_CODE)),
    "message": _text,
    "errors": _errors,
    "closing": _one_of(get_args(Closing)),
    "model": _flag,
    "heeds_cancel": _flag,
    "seconds": _seconds,
    "times": _times,
}

AS_USUAL = Script()
"""A tuning of which nobody wrote anything."""
