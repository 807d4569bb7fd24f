"""Answers that stay the same for a while, and the calls that were given one of them again."""

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct

from aistudio_mock.backend.heard import GrpcCall, Metadata, size_of

if TYPE_CHECKING:
    from aistudio_faults.faults import Leg
    from aistudio_mock.backend.addresses import Door
    from aistudio_mock.backend.folders import Folder
    from aistudio_mock.backend.store import Record, Table
    from aistudio_mock.domain.clock import ClockReading
    from aistudio_mock.domain.instant import Instant


class Lasting(Struct, frozen=True):
    """What a request about one record is answered until the record, its folder's clock or the time changes.

    Records and readings are values: as long as both are the same objects, nothing was written and nobody has
    moved the clock. `until` is when the time alone changes the answer, by `steady_now`.
    """

    reply: bytes
    record: "Record"
    table: "Table[Any]"
    folder: "Folder"
    reading: "ClockReading"
    until: "Instant"

    def holds(self, now: "Instant") -> bool:
        """Whether the same request, arriving at `now` by `steady_now`, is answered the same."""
        folder = self.folder
        return (
            now < self.until
            and self.table.get(self.record.id) is self.record
            and folder.clock.reading is self.reading
            and not folder.faults.standings
        )


class Asked(Struct, frozen=True):
    """One request as it came first: what journals tell of everyone who asks the same."""

    method: str
    path: str
    body: bytes
    metadata: Metadata
    lasting: Lasting
    version: object
    """That of `Identity` when it was answered."""
    size: int
    """As `Heard.size`, with that metadata."""


class Repeat(Struct):
    """A call that was given an earlier answer again: as little of it as `heard` can tell the whole from."""

    leg: ClassVar["Leg"] = "grpc"
    asked: Asked
    at: "Instant"
    arrived: "Instant"
    answered: "Instant"
    request_id: str
    metadata: Metadata
    peer: str
    deadline: float | None
    door: "Door"

    @property
    def method(self) -> str:
        """As `Heard.method`."""
        return self.asked.method

    @property
    def size(self) -> int:
        """As `Heard.size`."""
        asked = self.asked
        if self.metadata is asked.metadata:
            return asked.size
        return asked.size - size_of(asked.metadata) + size_of(self.metadata)

    def share(self) -> None:
        """Keeps no copy of metadata that came before."""
        if self.metadata == self.asked.metadata:
            self.metadata = self.asked.metadata

    def heard(self) -> GrpcCall:
        """The call as journals tell it."""
        asked, lasting = self.asked, self.asked.lasting
        call = GrpcCall(
            asked.method, asked.path, asked.body, self.metadata, self.peer, self.deadline, self.door
        )
        call.at, call.arrived, call.request_id = self.at, self.arrived, self.request_id
        call.before, call.replies = lasting.reading, (lasting.reply,)
        call.end("OK", "", lasting.folder.clock)
        call.after, call.answered = lasting.reading, self.answered
        return call
