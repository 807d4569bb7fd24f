"""A folder for people: the same handles for a server in this process and for one that is reached by URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from aistudio_mock.domain import faults as written
from aistudio_mock.journal_handle import MockJournal
from aistudio_mock.plan_handle import MockPlan

Document = Mapping[str, Any]


class Control(Protocol):
    """The control API, as `backend.control.Control` and `control_client.ControlClient` offer it."""

    def issue_token(self, folder_id: str) -> Document: ...  # noqa: D102 - see backend.control
    def clock(self, folder_id: str) -> Document: ...  # noqa: D102
    def advance_clock(self, folder_id: str, seconds: float) -> Document: ...  # noqa: D102
    def list_faults(self, folder_id: str) -> Document: ...  # noqa: D102
    def add_fault(self, folder_id: str, fields: Mapping[str, Any]) -> Document: ...  # noqa: D102
    def clear_faults(self, folder_id: str) -> Document: ...  # noqa: D102
    def list_plans(self, folder_id: str) -> Document: ...  # noqa: D102
    def add_plan(self, folder_id: str, fields: Mapping[str, Any]) -> Document: ...  # noqa: D102
    def clear_plans(self, folder_id: str) -> Document: ...  # noqa: D102
    def journal(self, folder_id: str, after: int = 0) -> Document: ...  # noqa: D102
    def reset_folder(self, folder_id: str) -> Document: ...  # noqa: D102
    def delete_folder(self, folder_id: str) -> Document: ...  # noqa: D102


class MockClock:
    """A folder's virtual clock."""

    def __init__(self, control: Control, folder_id: str) -> None:
        self._control = control
        self._folder_id = folder_id

    def now(self) -> datetime:
        """Virtual time, aware, UTC."""
        return _moment(self._control.clock(self._folder_id)["now"])

    def advance(
        self,
        by: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> datetime:
        """Moves time forward as if it were lived through, and returns the new time.

        Work that the server does in the meantime (scanning an upload) is waited for, so that everything due
        by then is visible when this returns. ValueError for a negative duration.
        """
        span = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if span < timedelta():
            raise ValueError(f"a clock moves forward only, not by {span}")
        return _moment(self._control.advance_clock(self._folder_id, span.total_seconds())["now"])


@dataclass(frozen=True, slots=True)
class MockFault:
    """A fault as it stands: what was written, the calls it was held against, and the calls it met."""

    id: str
    fields: Mapping[str, Any]
    seen: int
    hits: int

    def __str__(self) -> str:
        """As it was written, with how often it was close."""
        words = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.id} ({words}): held against {self.seen} calls, met {self.hits}"


_Faults = list[MockFault]  # beside a method called `list`


class MockFaults:
    """What goes wrong in a folder, on purpose."""

    def __init__(self, control: Control, folder_id: str) -> None:
        self._control = control
        self._folder_id = folder_id
        self.is_touched = False
        """Whether a fault was written by this handle."""

    def add(
        self,
        *,
        method: str | None = None,
        object: str | None = None,  # noqa: A002 - S3's own word
        status: str | None = None,
        message: str = "",
        latency: float = 0.0,
        times: int | None = 1,
        after: int = 0,
    ) -> MockFault:
        """One more fault, tried after those that are there.

        Args:
            method: the gRPC calls that meet it: `TuningService/Tune`, or a glob such as `DatasetService/*`.
                Calls belong to the folder of their credential, else to the folder that they name.
            object: instead of `method`: requests to the storage, by verb: `PUT`, `GET`, `HEAD` or `*`.
            status: the status code (`UNAVAILABLE`), for the storage the S3 error code (`SlowDown`); left out,
                the call is answered after all.
            message: what comes with the status.
            latency: seconds of real time that the call waits first, whatever the folder's clock does.
            times: how many calls meet it; None for all from then on.
            after: how many matching calls pass before.

        Raises:
            FaultError: a fault that can never work; the message says what would.
        """
        fields = {
            "method": method,
            "object": object,
            "status": status,
            "message": message,
            "latency": latency,
            "times": times,
            "after": after,
        }
        fault = written.read(fields)  # here too, so that both kinds of servers refuse with one error
        self.is_touched = True
        return _fault(self._control.add_fault(self._folder_id, fault.fields()))

    def list(self) -> _Faults:
        """Every fault of the folder, in order."""
        return [_fault(one) for one in self._control.list_faults(self._folder_id)["faults"]]

    def unmatched(self) -> _Faults:
        """Those that no call has met."""
        return [fault for fault in self.list() if not fault.hits]

    def clear(self) -> None:
        """Nothing goes wrong any more, and nothing is left to account for."""
        self._control.clear_faults(self._folder_id)


class MockFolder:
    """A folder of one's own: id, credentials, clock, faults, plan, journal. Nobody else is in it."""

    def __init__(self, control: Control, folder_id: str, api_key: str) -> None:
        self._control = control
        self.id = folder_id
        self.api_key = api_key
        self.clock = MockClock(control, folder_id)
        self.faults = MockFaults(control, folder_id)
        self.plan = MockPlan(control, folder_id)
        self.journal = MockJournal(control, folder_id)

    def __repr__(self) -> str:
        """Never shows the key."""
        return f"MockFolder({self.id!r})"

    def iam_token(self) -> str:
        """A fresh IAM token of this folder, good for 12 hours of its clock."""
        return str(self._control.issue_token(self.id)["iam_token"])

    def reset(self) -> None:
        """Forgets datasets, tunings, operations, files, faults, plan and journal; the clock goes on."""
        self._control.reset_folder(self.id)

    def delete(self) -> None:
        """Forgets the folder and everything in it. The handle is of no use any more."""
        self._control.delete_folder(self.id)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fault(document: Document) -> MockFault:
    fields = {name: value for name, value in document.items() if name not in {"id", "seen", "hits"}}
    return MockFault(document["id"], fields, document["seen"], document["hits"])
