"""A folder for people: the same handles for a server in this process and for one that is reached by URL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from msgspec import ValidationError, convert, to_builtins

from aistudio_faults.faults import Standing
from aistudio_mock.config import Auth, ConfigError, Durations
from aistudio_mock.control_types import (
    ClockShown,
    FolderList,
    FolderShown,
    NewFolder,
    Nothing,
    Plans,
    PlanShown,
    Standings,
    State,
    Token,
)
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.faults_handle import MockFaults
from aistudio_mock.journal_handle import MockJournal
from aistudio_mock.plan_handle import MockPlan

Document = Mapping[str, Any]


class Control(Protocol):
    """The control API, as `backend.control.Control` and `control_client.ControlClient` offer it."""

    def issue_token(self, folder_id: str) -> Token: ...  # noqa: D102 - see backend.control
    def clock(self, folder_id: str) -> ClockShown: ...  # noqa: D102
    def set_clock(self, folder_id: str, now: datetime) -> ClockShown: ...  # noqa: D102
    def set_mode(self, folder_id: str, time: str) -> ClockShown: ...  # noqa: D102
    def save_folder(self, folder_id: str) -> bytes: ...  # noqa: D102
    def state(self, folder_id: str, at: datetime | None = None) -> State: ...  # noqa: D102
    def advance_clock(self, folder_id: str, seconds: float) -> ClockShown: ...  # noqa: D102
    def list_faults(self, folder_id: str) -> Standings: ...  # noqa: D102
    def add_fault(self, folder_id: str, fields: Mapping[str, Any]) -> Standing: ...  # noqa: D102
    def load_faults(self, folder_id: str, listed: Sequence[Any]) -> Standings: ...  # noqa: D102
    def clear_faults(self, folder_id: str) -> Standings: ...  # noqa: D102
    def list_plans(self, folder_id: str) -> Plans: ...  # noqa: D102
    def add_plan(self, folder_id: str, fields: Mapping[str, Any]) -> PlanShown: ...  # noqa: D102
    def clear_plans(self, folder_id: str) -> Plans: ...  # noqa: D102
    def journal(self, folder_id: str, after: int = 0) -> Document: ...  # noqa: D102
    def reset_folder(self, folder_id: str) -> FolderShown: ...  # noqa: D102
    def delete_folder(self, folder_id: str) -> Nothing: ...  # noqa: D102


class Making(Control, Protocol):
    """The part of it that makes folders."""

    def create_folder(self, new: NewFolder) -> FolderShown: ...  # noqa: D102
    def load_folder(self, document: bytes) -> FolderShown: ...  # noqa: D102
    def list_folders(self) -> FolderList: ...  # noqa: D102


class Folders:
    """The folders of a server, whether it runs in this process or elsewhere."""

    @property
    def _making(self) -> Making:
        raise NotImplementedError

    @property
    def folders(self) -> "dict[str, MockFolder]":
        """Every folder that there is, by id: also those that were in the directory of `state`."""
        known = self._making.list_folders().folders
        return {one.id: MockFolder(self._making, one.id, one.api_key) for one in known}

    def folder(
        self,
        *,
        time: str | None = None,
        durations: Durations | None = None,
        auth: Auth | None = None,
        seed: int | None = None,
        settings: Mapping[str, str] | None = None,
        now: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the API's own word
    ) -> "MockFolder":
        """A fresh folder, with settings of its own where given. ConfigError for one that cannot work.

        `now` is the first moment of its clock, aware. The same calls in folders of one `id`, `seed` and `now`
        whose time stands still (`manual`) have the same answers, byte for byte.
        """
        new = NewFolder(id, time, durations, auth, seed, settings, now)
        try:
            # By way of its JSON form, as from outside: what is wrong there is wrong here.
            made = self._making.create_folder(convert(to_builtins(new, builtin_types=(datetime,)), NewFolder))
        except (InvalidArgument, ValidationError) as refusal:
            raise ConfigError(str(refusal)) from None
        return MockFolder(self._making, made.id, made.api_key)

    def load(self, path: str | Path) -> "MockFolder":
        """The folder that `MockFolder.save` wrote to `path`, as it was then; with an API key of its own.

        Raises:
            OSError: the file cannot be read.
            InvalidArgument: it is no saved folder, or one of a newer version.
            AlreadyExists: the folder, or something of it, is in this server already.
        """
        made = self._making.load_folder(Path(path).read_bytes())
        return MockFolder(self._making, made.id, made.api_key)


class MockClock:
    """A folder's virtual clock."""

    def __init__(self, control: Control, folder_id: str) -> None:
        self._control = control
        self._folder_id = folder_id

    def now(self) -> datetime:
        """Virtual time, aware, UTC."""
        return self._control.clock(self._folder_id).now

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
        return self._control.advance_clock(self._folder_id, span.total_seconds()).now

    def set(self, now: datetime) -> datetime:
        """Moves time forward to `now`, an aware moment, as `advance` does; returns the new time.

        Raises:
            FailedPrecondition: `now` is past; clocks never go back.
        """
        return self._control.set_clock(self._folder_id, now).now

    def mode(self, time: str) -> datetime:
        """Has time go on as `MockServer(time=…)` would from now on, and returns what it is.

        Raises:
            InvalidArgument: that is no mode.
        """
        return self._control.set_mode(self._folder_id, time).now


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
        return self._control.issue_token(self.id).iam_token

    def state(self, at: datetime | None = None) -> State:
        """Every object of the folder as seen now, or at another moment of its clock, past or to come."""
        return self._control.state(self.id, at)

    def save(self, path: str | Path) -> None:
        """Writes the folder to a file that can be committed, and loaded by `mock.load` or `serve --load`.

        Settings, clock, plan, datasets with their files, tunings, operations; not the API key, faults,
        journal. OSError when it cannot be written: what was there is there still.
        """
        from aistudio_mock.runtime.whole_file import write_whole  # noqa: PLC0415 - for those who save

        write_whole(Path(path), self._control.save_folder(self.id))

    def reset(self) -> None:
        """Forgets datasets, tunings, operations, files, faults, plan and journal; the clock goes on."""
        self._control.reset_folder(self.id)

    def delete(self) -> None:
        """Forgets the folder and everything in it. The handle is of no use any more."""
        self._control.delete_folder(self.id)
