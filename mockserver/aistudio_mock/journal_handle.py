"""A folder's journal for people and tests: entries to look into, an assertion that tells the conversation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aistudio_mock.verification import Wanted, fits, how_often, story

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

    def calls(
        self,
        method: str = "*",
        *,
        status: str | None = None,
        key: str | None = None,
        request: Mapping[str, Any] | None = None,
        after: int = 0,
    ) -> list[JournalEntry]:
        """The calls that are meant, oldest first; what is left out does not matter.

        Args:
            method: `Service/Method` or a verb of the storage, as a glob.
            status: the name of a status code; of the storage, the HTTP status.
            key: BUCKET/KEY of the storage, as a glob.
            request: values of the request by path, such as {"name": "train-*"}. Text is a glob, None is for
                what is unset; a list is for all values, an object for the fields that it names; a function is
                given the value and decides.
            after: leaves out the calls up to that `number`.
        """
        wanted = Wanted(method, status, key, request)
        return [entry for entry in self._entries(after) if fits(entry, wanted)]

    def assert_called(
        self,
        method: str,
        *,
        times: int | None = None,
        status: str | None = None,
        key: str | None = None,
        request: Mapping[str, Any] | None = None,
        after: int = 0,
    ) -> list[JournalEntry]:
        """The calls that are meant (see `calls`), of which there must be `times`, or at least one.

        Raises:
            AssertionError: there are not. The message shows the conversation; when no call is meant, the
                nearest one, and why it is not.
        """
        __tracebackhide__ = True
        entries, wanted = self._entries(after), Wanted(method, status, key, request)
        found = [entry for entry in entries if fits(entry, wanted)]
        if (not found) if times is None else (len(found) != times):
            raise AssertionError(story(self._folder_id, entries, wanted, how_often(times)))
        return found

    def assert_not_called(
        self,
        method: str,
        *,
        status: str | None = None,
        key: str | None = None,
        request: Mapping[str, Any] | None = None,
        after: int = 0,
    ) -> None:
        """No call is one of those that are meant. AssertionError as `assert_called`."""
        __tracebackhide__ = True
        self.assert_called(method, times=0, status=status, key=key, request=request, after=after)

    def assert_order(self, *methods: str) -> list[JournalEntry]:
        """One call of each of `methods` (globs), one after the other; others may stand between them.

        Raises:
            AssertionError: some call is missing after those before it; the message shows the conversation.
        """
        __tracebackhide__ = True
        entries, found = self._entries(), list[JournalEntry]()
        for method in methods:
            rest = [entry for entry in entries if not found or entry.number > found[-1].number]
            later = next((entry for entry in rest if fits(entry, Wanted(method))), None)
            if later is None:
                where = f"after {found[-1].method} (call {found[-1].number})" if found else "at least once"
                raise AssertionError(story(self._folder_id, rest, Wanted(method), where))
            found.append(later)
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
