"""What was seen on the wire: the journal of a server, entry by entry, as its version 1 has it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

VERSION = 1


class JournalError(ValueError):
    """The text is no journal of a version that this suite reads. The message is one line."""


class Times(Struct, frozen=True):
    """One moment on both clocks."""

    real: datetime
    virtual: datetime


class Body(Struct, frozen=True):
    """The body of a request to the storage. `announced` is the Content-Length; None when there was none."""

    bytes: int
    md5: str = ""
    announced: int | None = None
    chunked: bool = False
    complete: bool = True


class Entry(Struct, frozen=True, dict=True):
    """One call that was answered, on any leg; the API's, by gRPC or REST, have the same fields.

    `method` is `Service/Method` or an HTTP verb; `status` the name of a status code or an HTTP status;
    `metadata` the names, in lower case, and values as sent, secrets replaced by what only equality can be
    told from.
    """

    number: int
    folder: str
    leg: Literal["grpc", "rest", "storage"]
    method: str
    status: str
    received_at: Times
    answered_at: Times
    path: str = ""
    url: str = ""
    peer: str = ""
    deadline: float | None = None
    request_id: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    request_type: str = ""
    response_type: str = ""
    request: Mapping[str, Any] | None = None
    responses: tuple[Mapping[str, Any] | None, ...] = ()
    message: str = ""
    error_code: str = ""
    body: Body | None = None
    fault: str | None = None

    @property
    def response(self) -> Mapping[str, Any]:
        """The only or last reply; empty when the call was refused, or nobody can read it."""
        return (self.responses[-1] or {}) if self.responses else {}

    @property
    def headers(self) -> Mapping[str, str]:
        """`metadata` as a mapping; of a name that comes more than once, the first."""
        return dict(reversed(self.metadata))

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The entry as checks look into it: plain values, with `response` and `headers`."""
        plain = msgspec.to_builtins(self)
        return {**plain, "response": self.response, "headers": self.headers}


class Header(Struct, frozen=True):
    """The first line of a journal."""

    journal: int
    server: str = ""
    version: str = ""
    dropped: int = 0


class Journal(Struct, frozen=True):
    """Entries in the order of their answers. `dropped` counts those that the server no longer had."""

    entries: tuple[Entry, ...] = ()
    dropped: int = 0

    def calls(self, method: str, status: str | None = None) -> tuple[Entry, ...]:
        """The entries of one method, of one status if given."""
        return tuple(
            one for one in self.entries if one.method == method and (status is None or one.status == status)
        )


def read(lines: Iterable[bytes]) -> Journal:
    """A journal from its JSON Lines. Raises JournalError, naming the line."""
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    header: Header | None = None
    entries: list[Entry] = []
    for number, line in numbered:
        try:
            if header is None:
                header = msgspec.json.decode(line, type=Header)
            else:
                entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError as problem:
            raise JournalError(f"line {number} of the journal cannot be read: {problem}") from None
        if header.journal != VERSION:
            raise JournalError(f"journal of version {header.journal}; this suite reads version {VERSION}")
    if header is None:
        raise JournalError("the journal is empty; it begins with a line that tells its version")
    return Journal(tuple(entries), header.dropped)
