"""A folder's plan for people and tests: how its next tunings go, written before they start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from aistudio_mock.control_types import PlanShown
    from aistudio_mock.handles import Control


@dataclass(frozen=True, slots=True)
class PlannedTuning:
    """A script as it stands: what was written, and how many tunings have lived by it."""

    id: str
    fields: Mapping[str, Any] = field(hash=False)
    used: int


_Planned = list[PlannedTuning]  # beside a method called `list`


class MockPlan:
    """What becomes of the next tunings of a folder."""

    def __init__(self, control: "Control", folder_id: str) -> None:
        self._control = control
        self._folder_id = folder_id

    def add(
        self,
        outcome: Literal["complete", "fail", "cancel", "never"] = "complete",
        *,
        after: float | None = None,
        starts: bool = True,
        status: str | None = None,
        message: str | None = None,
        errors: Sequence[str | Mapping[str, str]] | None = None,
        closing: Literal["usual", "error-first", "bare"] = "usual",
        model: bool = True,
        heeds_cancel: bool = True,
        seconds: Mapping[str, float] | None = None,
        times: int | None = 1,
    ) -> PlannedTuning:
        """One more script, for tunings after those that the earlier ones are for.

        Args:
            outcome: how the run ends: COMPLETED, FAILED, CANCELED by somebody else, or never.
            after: the share of the run, 0 to 1, at which it fails or is cancelled; 1 when left out.
            starts: False for a task that never begins to run: it fails, or stays PENDING.
            status: the status code of the operation's error, such as RESOURCE_EXHAUSTED; OK for an error
                whose code is missing. INTERNAL when left out.
            message: the error's message.
            errors: the rows of ListErrors, text for a PUBLIC one, or {"message": …, "type": "INTERNAL"}; when
                left out, one row with the message.
            closing: error-first shows the error before the operation is done; bare ends it with neither error
                nor response.
            model: False for a COMPLETED task without a target URI.
            heeds_cancel: False for a task that goes on to its end although it is cancelled.
            seconds: virtual durations that are not left to chance: `pending` and `start`, both from Tune on,
                `run`, and `close`, from the task's end to the operation's.
            times: how many tunings go so; None for all from then on.

        Raises:
            PlanError: a script that can never work; the message says what would.
        """
        said = {"after": after, "status": status, "message": message, "errors": errors, "seconds": seconds}
        flags = {"starts": starts, "closing": closing, "model": model, "heeds_cancel": heeds_cancel}
        usual = {"starts": True, "closing": "usual", "model": True, "heeds_cancel": True}
        from aistudio_mock.domain import plan as written  # noqa: PLC0415 - only who plans needs it

        fields = {
            "outcome": outcome,
            **{name: value for name, value in said.items() if value is not None},
            **{name: value for name, value in flags.items() if value != usual[name]},
            "times": times,
        }
        script = written.read(fields)  # here too, so that both kinds of servers refuse with one error
        return _planned(self._control.add_plan(self._folder_id, script.fields()))

    def list(self) -> _Planned:
        """Every script of the folder, in order."""
        return [_planned(one) for one in self._control.list_plans(self._folder_id).plans]

    def clear(self) -> None:
        """The next tunings go as usual; those that have begun go on as planned."""
        self._control.clear_plans(self._folder_id)


def _planned(one: "PlanShown") -> PlannedTuning:
    return PlannedTuning(one.id, one.fields(), one.used)
