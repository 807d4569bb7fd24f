"""What the control API does to folders: plain values in, values that JSON can say out."""

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Folder, FolderDefaults
from aistudio_mock.domain import plan
from aistudio_mock.domain.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from aistudio_mock.domain.faults import FaultError
from aistudio_mock.domain.instant import END, SECOND, rfc3339
from aistudio_mock.domain.plan import Planned

if TYPE_CHECKING:
    from aistudio_mock.backend.journal_entries import Teller

Document = dict[str, Any]
"""What JSON can say."""


class Control:
    """One method for each resource of the control API. Every method that names a folder raises NotFound.

    `settings` makes the settings of a new folder of what the caller wrote; it raises ValueError. `teller` is
    what makes entries of a journal; importing it waits for the first who asks. `process` is the id of the one
    that the server runs in.
    """

    def __init__(
        self,
        backend: Backend,
        settings: Callable[[Mapping[str, Any]], FolderDefaults],
        teller: "Callable[[], Teller]",
        process: int,
    ) -> None:
        self._backend = backend
        self._settings = settings
        self._teller = teller
        self._process = process

    def list_folders(self) -> Document:
        """Every folder that exists."""
        return {"folders": [_shown(folder) for folder in self._backend.folders]}

    def create_folder(self, settings: Mapping[str, Any]) -> Document:
        """A fresh folder. Raises InvalidArgument, and AlreadyExists where `id` names one that is there."""
        self._require_own_process()
        given = dict(settings)
        folder_id = given.pop("id", None)
        if folder_id is not None and (not isinstance(folder_id, str) or not 1 <= len(folder_id) <= 50):  # noqa: PLR2004 - the contract's length
            raise InvalidArgument("id: a folder id is text of 1 to 50 characters")
        try:
            chosen = self._settings(given)
        except ValueError as problem:
            raise InvalidArgument(str(problem)) from None
        try:
            return _shown(self._backend.folders.create(folder_id, lambda _: chosen))
        except ValueError as taken:
            raise AlreadyExists(str(taken)) from None

    def folder(self, folder_id: str) -> Document:
        """One folder: id, credentials, settings, virtual time."""
        return _shown(self._find(folder_id))

    def reset_folder(self, folder_id: str) -> Document:
        """Empties a folder; it stays, with its credentials and clock."""
        folder = self._find(folder_id)
        self._backend.empty(folder)
        return _shown(folder)

    def delete_folder(self, folder_id: str) -> Document:
        """Empties a folder and forgets it. The server's default folder is emptied only."""
        folder = self._find(folder_id)
        self._backend.empty(folder)
        self._backend.folders.forget(folder)
        return {}

    def issue_token(self, folder_id: str) -> Document:
        """A fresh IAM token of the folder, good for 12 hours of its clock."""
        issued = self._backend.identity.issue(self._find(folder_id))
        return {"iam_token": issued.token, "expires_at": rfc3339(issued.expires_at)}

    def clock(self, folder_id: str) -> Document:
        """The folder's virtual time."""
        return {"now": rfc3339(self._find(folder_id).clock.now())}

    def advance_clock(self, folder_id: str, seconds: Any) -> Document:
        """Moves the folder's clock forward; returns once everything due by then is visible.

        Raises:
            InvalidArgument: not a number of 0 or more.
            FailedPrecondition: the clock would leave the calendar.
        """
        folder = self._find(folder_id)
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not is_number or not 0 <= seconds < float("inf"):
            raise InvalidArgument(f"seconds: a clock moves forward by 0 or more, not by {seconds!r}")
        by = round(seconds * SECOND)
        if folder.clock.now() + by > END:
            raise FailedPrecondition(f"folder {folder_id}: the clock would pass the year 9999")
        self._backend.stories.settle(folder.id)
        return {"now": rfc3339(folder.clock.advance(by))}

    def list_faults(self, folder_id: str) -> Document:
        """Every fault of the folder, in order, with what became of it."""
        return {"faults": [one.document() for one in self._find(folder_id).faults.standings]}

    def add_fault(self, folder_id: str, fields: Mapping[str, Any]) -> Document:
        """One more fault. Raises InvalidArgument for one that can never work."""
        from aistudio_mock.backend.fault_check import require_possible  # noqa: PLC0415 - with the first fault
        from aistudio_mock.domain import fault_rules  # noqa: PLC0415

        folder = self._find(folder_id)
        try:
            fault = fault_rules.read(fields)
            require_possible(fault)
            return folder.faults.add(fault).document()
        except FaultError as problem:
            raise InvalidArgument(str(problem)) from None

    def clear_faults(self, folder_id: str) -> Document:
        """Forgets every fault of the folder."""
        self._find(folder_id).faults.clear()
        return {"faults": []}

    def list_plans(self, folder_id: str) -> Document:
        """What was written for the folder's next tunings, in order, and how often each was used."""
        return {"plans": [_planned(one) for one in self._find(folder_id).plans.planned]}

    def add_plan(self, folder_id: str, fields: Mapping[str, Any]) -> Document:
        """One more script. Raises InvalidArgument for one that can never work."""
        folder = self._find(folder_id)
        try:
            return _planned(folder.plans.add(plan.read(fields)))
        except plan.PlanError as problem:
            raise InvalidArgument(str(problem)) from None

    def clear_plans(self, folder_id: str) -> Document:
        """The next tunings go as usual."""
        self._find(folder_id).plans.clear()
        return {"plans": []}

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


def _shown(folder: Folder) -> Document:
    settings = folder.settings
    return {
        "id": folder.id,
        "api_key": folder.api_key,
        "service_account_id": folder.service_account_id,
        "polling": settings.pace.value,
        "rate": float(settings.rate),
        "durations": settings.durations.value,
        "auth": settings.auth.value,
        "seed": settings.seed,
        "now": rfc3339(folder.clock.now()),
    }


def _planned(one: Planned) -> Document:
    return {"id": one.id, **one.script.fields(), "used": one.used}


def _with_first_names(entry: Document) -> Document:
    """An entry with the names that the first form of the journal had for some of it."""
    more = {"time": entry["answered_at"]["virtual"]}
    return entry | more | ({"key": unquote(entry["path"])[1:]} if entry["leg"] == "storage" else {})
