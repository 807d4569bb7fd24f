"""What the control API does to folders: plain values in, values that JSON can say out."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aistudio_faults.faults import FaultError, Standing
from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Folder, FolderDefaults
from aistudio_mock.control_types import (
    ClockShown,
    Document,
    FolderList,
    FolderShown,
    MetricsShown,
    NewFolder,
    Nothing,
    Plans,
    PlanShown,
    PresetList,
    PresetShown,
    Standings,
    State,
    Token,
)
from aistudio_mock.domain import plan
from aistudio_mock.domain.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from aistudio_mock.domain.instant import LAST, SECOND, Instant, instant_of, moment
from aistudio_mock.domain.plan import Planned, Script

if TYPE_CHECKING:
    from aistudio_mock.backend.journal_entries import Teller
    from aistudio_mock.backend.watching import Watch


class Control:
    """One method for each resource of the control API. Every method that names a folder raises NotFound.

    `settings` makes the settings of a new folder of what the caller wrote; it raises ValueError. `teller` is
    what makes entries of a journal; importing it waits for the first who asks. `process` is the id of the one
    that the server runs in. `shutdown` has the server stop; None where somebody else decides that.
    """

    def __init__(
        self,
        backend: Backend,
        settings: Callable[[NewFolder], FolderDefaults],
        teller: "Callable[[], Teller]",
        process: int,
        shutdown: Callable[[], None] | None = None,
    ) -> None:
        self._backend = backend
        self._settings = settings
        self._teller = teller
        self._process = process
        self._shutdown = shutdown

    def shutdown(self) -> Callable[[], None]:
        """What makes the server stop, once this call is answered. Raises FailedPrecondition."""
        if self._shutdown is None:
            raise FailedPrecondition(
                "this mock lives as long as the program that started it; end that, or leave its `with` block"
            )
        return self._shutdown

    def list_folders(self) -> FolderList:
        """Every folder that exists."""
        return FolderList([_shown(folder) for folder in self._backend.folders])

    def create_folder(self, new: NewFolder) -> FolderShown:
        """A fresh folder. Raises InvalidArgument, and AlreadyExists where `id` names one that is there."""
        self._require_own_process()
        try:
            chosen = self._settings(new)
        except ValueError as problem:
            raise InvalidArgument(str(problem)) from None
        try:
            return _shown(self._backend.folders.create(new.id, lambda _: chosen))
        except ValueError as taken:
            raise AlreadyExists(str(taken)) from None

    def folder(self, folder_id: str) -> FolderShown:
        """One folder: id, credentials, settings, virtual time."""
        return _shown(self._find(folder_id))

    def reset_folder(self, folder_id: str) -> FolderShown:
        """Empties a folder; it stays, with its credentials and clock."""
        folder = self._find(folder_id)
        self._backend.empty(folder)
        return _shown(folder)

    def delete_folder(self, folder_id: str) -> Nothing:
        """Empties a folder and forgets it. The server's default folder is emptied only."""
        folder = self._find(folder_id)
        self._backend.empty(folder, forget=True)
        return Nothing()

    def state(self, folder_id: str, at: datetime | None = None) -> State:
        """Every object of a folder as seen now, or at another moment, past or to come.

        What is to come waits for scans that are under way. Raises InvalidArgument for a moment before 1970.
        """
        from aistudio_mock.backend import state  # noqa: PLC0415 - for those who ask

        folder = self._find(folder_id)
        now = folder.clock.now()
        asked = now if at is None else _instant("at", at)
        if asked > now:
            self._backend.stories.settle(folder.id)
        return state.seen(self._backend.store, folder.id, asked)

    def save_folder(self, folder_id: str) -> bytes:
        """The folder as a document that `load_folder` and `serve --load` take; waits for running scans.

        Raises FailedPrecondition for one that is too big.
        """
        from aistudio_mock.backend import saved  # noqa: PLC0415 - for those who ask

        folder = self._find(folder_id)
        return saved.written(saved.save(self._backend, self._backend.blobs, folder))

    def load_folder(self, document: bytes) -> FolderShown:
        """The folder of a document, as it was when it was saved. Its API key is a new one.

        Raises:
            InvalidArgument: that is no saved folder, or one of a newer version.
            AlreadyExists: the folder is there already, or something of it.
        """
        from aistudio_mock.backend import saved  # noqa: PLC0415 - for those who ask

        self._require_own_process()
        return _shown(saved.load(self._backend, self._backend.blobs, saved.read(document)))

    def issue_token(self, folder_id: str) -> Token:
        """A fresh IAM token of the folder, good for 12 hours of its clock."""
        issued = self._backend.identity.issue(self._find(folder_id))
        return Token(issued.token, moment(issued.expires_at))

    def clock(self, folder_id: str) -> ClockShown:
        """The folder's virtual time."""
        return clock_of(self._find(folder_id))

    def advance_clock(self, folder_id: str, seconds: float) -> ClockShown:
        """Moves the folder's clock forward; returns once everything due by then is visible.

        Raises:
            InvalidArgument: not a number of 0 or more.
            FailedPrecondition: the clock would leave the calendar.
        """
        folder = self._find(folder_id)
        if not 0 <= seconds < float("inf"):
            raise InvalidArgument(f"seconds: a clock moves forward by 0 or more, not by {seconds!r}")
        _require_calendar(folder, folder.clock.now() + seconds * SECOND)
        self._backend.stories.settle(folder.id)
        folder.clock.advance(round(seconds * SECOND))
        return self._moved(folder)

    def set_clock(self, folder_id: str, now: datetime) -> ClockShown:
        """Moves the folder's clock forward to `now`; returns once everything due by then is visible.

        Raises:
            InvalidArgument: a moment before 1970.
            FailedPrecondition: the moment is past, and clocks never go back; or the clock would leave the
                calendar.
        """
        folder, there = self._find(folder_id), _instant("now", now)
        _require_calendar(folder, there)
        self._backend.stories.settle(folder.id)
        try:
            folder.clock.advance_to(there)
        except ValueError as problem:
            raise FailedPrecondition(f"folder {folder_id}: {problem}") from None
        return self._moved(folder)

    def set_mode(self, folder_id: str, time: str) -> ClockShown:
        """The folder's clock goes like that from now on. Raises InvalidArgument for what is no mode."""
        folder = self._find(folder_id)
        try:
            chosen = self._settings(NewFolder(time=time))
        except ValueError as problem:
            raise InvalidArgument(str(problem)) from None
        self._backend.folders.run(folder, chosen.pace, chosen.rate)
        return self._moved(self._find(folder_id))

    def metrics(self, folder_id: str, tuning_id: str) -> MetricsShown:
        """Where the metrics of a tuning are read, as GetMetricsUrl says. NotFound where there are none."""
        folder = self._find(folder_id)
        task = self._backend.store.tunings.get(tuning_id)
        if task is None or task.folder_id != folder.id:
            raise NotFound(f"tuning task {tuning_id} not found in folder {folder.id}")
        url = self._backend.tunings.metrics_url(Door.PLAINTEXT, task, folder, folder.clock.now())
        return MetricsShown(url)

    def list_presets(self) -> PresetList:
        """Every preset, with its faults."""
        from aistudio_mock.domain import fault_presets, fault_rules  # noqa: PLC0415 - for those who ask

        presets = fault_presets.PRESETS.items()
        return PresetList(
            [
                PresetShown(name, one.what, [fault_rules.read(each) for each in one.faults])
                for name, one in presets
            ]
        )

    def list_faults(self, folder_id: str) -> Standings:
        """Every fault of the folder, in order, with what became of it."""
        return Standings([*self._find(folder_id).faults.standings])

    def add_fault(self, folder_id: str, fields: Mapping[str, Any]) -> Standing:
        """One more fault. Raises InvalidArgument for one that can never work."""
        from aistudio_mock.backend.fault_lists import read_one  # noqa: PLC0415 - with the first fault

        folder = self._find(folder_id)
        try:
            added = folder.faults.add(read_one(fields))[0]
        except FaultError as problem:
            raise InvalidArgument(str(problem)) from None
        self._ring(folder)
        return added

    def load_faults(self, folder_id: str, listed: Sequence[Any]) -> Standings:
        """Further faults: fields, or presets by name. Raises InvalidArgument, and then adds none of them."""
        from aistudio_mock.backend.fault_lists import read_all  # noqa: PLC0415 - with the first fault

        folder = self._find(folder_id)
        try:
            added = folder.faults.add(*read_all(listed))
        except FaultError as problem:
            raise InvalidArgument(str(problem)) from None
        self._ring(folder)
        return Standings([*added])

    def clear_faults(self, folder_id: str) -> Standings:
        """Forgets every fault of the folder."""
        folder = self._find(folder_id)
        folder.faults.clear()
        self._ring(folder)
        return Standings([])

    def list_plans(self, folder_id: str) -> Plans:
        """What was written for the folder's next tunings, in order, and how often each was used."""
        return Plans([_planned(one) for one in self._find(folder_id).plans.planned])

    def add_plan(self, folder_id: str, fields: Mapping[str, Any]) -> PlanShown:
        """One more script. Raises InvalidArgument for one that can never work."""
        folder = self._find(folder_id)
        try:
            return _planned(folder.plans.add(plan.read(fields)))
        except plan.PlanError as problem:
            raise InvalidArgument(str(problem)) from None

    def clear_plans(self, folder_id: str) -> Plans:
        """The next tunings go as usual."""
        self._find(folder_id).plans.clear()
        return Plans([])

    def journal(self, folder_id: str, after: int = 0) -> Document:
        """The folder's calls after number `after`, oldest first, as far as they are remembered."""
        journal = self._find(folder_id).journal
        tell = self._teller().entry
        return {
            "entries": [_with_first_names(tell(noted)) for noted in journal.calls(after)],
            "dropped": journal.dropped,
        }

    def journal_lines(self, folder_id: str, after: int = 0) -> Iterator[Document]:
        """What `journal` tells, a line each, after a line that names the format."""
        journal, teller = self._find(folder_id).journal, self._teller()
        calls, dropped = journal.calls(after), journal.dropped
        return chain([teller.header() | {"dropped": dropped}], map(teller.entry, calls))

    def watch(self, folder_id: str, after: int | None = None) -> "Watch":
        """Tells what changes in the folder; of calls those to come, or those after number `after`."""
        from aistudio_mock.backend.watching import Watch  # noqa: PLC0415 - for those who watch

        return Watch(self._backend, self._find(folder_id), self._teller(), after)

    def _moved(self, folder: Folder) -> ClockShown:
        self._ring(folder)
        return clock_of(folder)

    def _ring(self, folder: Folder) -> None:
        self._backend.journal.bells.ring(folder.id)

    def _find(self, folder_id: str) -> Folder:
        self._require_own_process()
        folder = self._backend.folders.find(folder_id)
        if folder is None:
            raise NotFound(f"folder {folder_id} not found; it was deleted, or nobody named it yet")
        return folder

    def _require_own_process(self) -> None:
        if os.getpid() != self._process:
            raise RuntimeError(
                "this process was forked from the one that runs aistudio-mock, and holds a dead copy of it; "
                "start processes by spawn, and reach the mock by the variables of MockServer.env"
            )


def _shown(folder: Folder) -> FolderShown:
    settings = folder.settings
    return FolderShown(
        id=folder.id,
        api_key=folder.api_key,
        service_account_id=folder.service_account_id,
        polling=settings.pace.value,
        rate=float(settings.rate),
        durations=settings.durations.value,
        auth=settings.auth.value,
        seed=settings.seed,
        now=moment(folder.clock.now()),
    )


def clock_of(folder: Folder) -> ClockShown:
    """How a folder's clock goes."""
    return ClockShown(moment(folder.clock.now()), float(folder.clock.rate), folder.settings.pace.value)


def _instant(name: str, moment: datetime) -> Instant:
    instant = instant_of(moment)
    if instant < 0:
        raise InvalidArgument(f"{name}: virtual time begins in 1970, not at {moment.isoformat()}")
    return instant


def _require_calendar(folder: Folder, there: float) -> None:
    if there > LAST:
        raise FailedPrecondition(f"folder {folder.id}: the clock would pass {moment(LAST):%Y-%m-%d}")


def _planned(one: Planned) -> PlanShown:
    written = {name: getattr(one.script, name) for name in Script.__struct_fields__}
    told = {name: value for name, value in written.items() if value != getattr(plan.AS_USUAL, name)}
    always = {"outcome": one.script.outcome, "times": one.script.times}
    return PlanShown(id=one.id, used=one.used, **told | always)


def _with_first_names(entry: Document) -> Document:
    """An entry with the names that the first form of the journal had for some of it."""
    more = {"time": entry["answered_at"]["virtual"]}
    return entry | more | ({"key": unquote(entry["path"])[1:]} if entry["leg"] == "storage" else {})
