"""A folder's journal for people and tests: entries to look into, an assertion that tells the conversation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aistudio_mock.handles import Control

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One call that was answered, by virtual time.

    `method` is `Service/Method`, for the storage the verb; `status` the name of a status code, for the
    storage the HTTP status, with `error_code` and `key` (BUCKET/FOLDER/NAME); `message` the status message.

    `request` and `responses` are the messages as JSON, by the names of the contract, without unset fields;
    `request` is None for the storage, and for bytes that are no message. `metadata` are names, in lower
    case, and values as they came, HTTP headers likewise. `deadline` is in seconds, None for none; `peer` the
    caller's host:port; `body` tells of what was sent to the storage: `bytes`, `announced`, `md5`,
    `chunked`, `complete`. `fault` is the id of the fault that the call met.

    Secrets are replaced everywhere, equal ones by equal text.
    """

    number: int
    time: datetime
    leg: str
    method: str
    status: str
    request_id: str
    key: str = ""
    error_code: str = ""
    message: str = ""
    request: Document | None = field(default=None, hash=False)
    responses: tuple[Document, ...] = field(default=(), hash=False)
    metadata: tuple[tuple[str, str], ...] = ()
    deadline: float | None = None
    peer: str = ""
    body: Document | None = field(default=None, hash=False)
    fault: str | None = None

    def __str__(self) -> str:
        """One line of a conversation."""
        what, end = f"{self.method} {self.key}".strip(), f"{self.status} {self.error_code}".strip()
        return f"{self.time:%H:%M:%S.%f} {what} → {end}"


class MockJournal:
    """What callers did in a folder, as far back as it is remembered."""

    def __init__(self, control: "Control", folder_id: str) -> None:
        self._control = control
        self._folder_id = folder_id

    def calls(self, method: str = "*", *, status: str | None = None, after: int = 0) -> list[JournalEntry]:
        """The calls of a method (a glob on `Service/Method`, or a verb of the storage), oldest first.

        `after` leaves out those up to that `number`.
        """
        return [entry for entry in self._entries(after) if _is_meant(entry, method, status)]

    def assert_called(
        self, method: str, *, times: int | None = None, status: str | None = None
    ) -> list[JournalEntry]:
        """The calls of a method, of which there must be `times`, or at least one.

        Raises:
            AssertionError: there are not; the message shows the conversation.
        """
        __tracebackhide__ = True
        entries = self._entries()
        found = [entry for entry in entries if _is_meant(entry, method, status)]
        if (not found) if times is None else (len(found) != times):
            raise AssertionError(_story(self._folder_id, entries, found, method, times, status))
        return found

    def _entries(self, after: int = 0) -> list[JournalEntry]:
        return [_read(entry) for entry in self._control.journal(self._folder_id, after)["entries"]]


_SAME = (
    "number",
    "leg",
    "method",
    "status",
    "request_id",
    "error_code",
    "message",
    "request",
    "deadline",
    "peer",
)
"""The fields of an entry that are taken over as they are."""


def _read(entry: Document) -> JournalEntry:
    return JournalEntry(
        **{name: entry[name] for name in _SAME},
        time=datetime.fromisoformat(entry["time"]),
        key=entry.get("key", ""),
        responses=tuple(entry["responses"]),
        metadata=tuple((name, value) for name, value in entry["metadata"]),
        body=entry.get("body"),
        fault=entry["fault"],
    )


def _is_meant(entry: JournalEntry, method: str, status: str | None) -> bool:
    return fnmatchcase(entry.method, method) and (status is None or entry.status == status)


_SHOWN = 30


def _story(
    folder_id: str,
    entries: list[JournalEntry],
    found: list[JournalEntry],
    method: str,
    times: int | None,
    status: str | None,
) -> str:
    wanted = f"{method} with status {status}" if status else method
    expected = "at least once" if times is None else _times(times)
    told = [f"expected {wanted} {expected}, was {_times(len(found))}; folder {folder_id} saw"]
    told[0] += f" {_times(len(entries), 'call')}:" if entries else " no call at all"
    if len(entries) > _SHOWN:
        told.append(f"  … {len(entries) - _SHOWN} earlier ones")
    told += [f"{'>' if entry in found else ' '} {entry}" for entry in entries[-_SHOWN:]]
    return "\n".join(told)


def _times(number: int, what: str = "time") -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
