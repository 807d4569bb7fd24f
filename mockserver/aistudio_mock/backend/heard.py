"""One call as it was on the wire: references to what came and went, and the clocks at both moments."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from aistudio_mock.backend.addresses import Door
from aistudio_mock.runtime.clocks import FolderClock, steady_now, system_now

if TYPE_CHECKING:
    from aistudio_faults.faults import Leg, Standing
    from aistudio_mock.backend.folders import Folder
    from aistudio_mock.domain.clock import ClockReading

STREAM_BYTES = 1 << 20
"""How many bytes of one stream's answers are kept; beyond them only the last answer."""

Metadata = Sequence[tuple[str | bytes, str | bytes]]
"""Names and values as the wire's library gives them."""


def size_of(metadata: Metadata) -> int:
    """How many characters or bytes its names and values are."""
    size = 0
    for name, value in metadata:
        size += len(name) + len(value)
    return size


class Heard:
    """One call, from its arrival on; written while it goes on, and not any more once a journal has it.

    `method` is `Service/Method`, for the storage the verb. A bare class: this is on the way of every call.
    """

    __slots__ = (
        "after",
        "answered",
        "arrived",
        "at",
        "before",
        "fault",
        "message",
        "metadata",
        "method",
        "peer",
        "request_id",
        "size",
        "status",
    )
    leg: ClassVar["Leg"]

    def __init__(self, method: str, metadata: Metadata, peer: str) -> None:
        self.at = system_now()
        self.arrived = steady_now()
        self.method = method
        self.metadata = metadata
        self.peer = peer
        self.request_id = ""
        self.before: ClockReading | None = None
        """How the folder's clock went when the call arrived; None where only the answer found the folder."""
        self.fault: Standing | None = None
        """The fault that the call met."""

    def end(self, status: str, message: str, clock: FolderClock) -> None:
        """It has been answered now. `message` is the status message, for the storage the error code."""
        self.status = status
        self.message = message
        self.after = clock.reading
        self.answered = steady_now()
        self.size = self._size() + size_of(self.metadata)
        """How many bytes of what came and went are kept."""

    def _size(self) -> int:
        """The part of `size` that is not metadata."""
        raise NotImplementedError


class GrpcCall(Heard):
    """One gRPC call: `body` is the request's bytes, `replies` those of the answers sent.

    `deadline` is in seconds; None when the caller set none. `omitted` replies of a long stream are missing
    before the last one.
    """

    __slots__ = ("body", "deadline", "door", "omitted", "path", "replies", "rpc", "session")
    leg: ClassVar["Leg"] = "grpc"

    def __init__(
        self,
        method: str,
        path: str,
        body: bytes,
        metadata: Metadata,
        peer: str,
        deadline: float | None,
        door: Door,
    ) -> None:
        Heard.__init__(self, method, metadata, peer)
        self.path = path
        self.rpc = path
        """The path of the RPC that `body` and `replies` belong to."""
        self.session: Folder | None = None
        """Whose limit of calls at the same time it counts towards, until it is over."""
        self.body = body
        self.deadline = deadline
        self.door = door
        self.replies: Sequence[bytes] = ()
        self.omitted = 0

    def authorization(self) -> str | None:
        """The credential that it carries, with its scheme."""
        return header(self, "authorization")

    def _size(self) -> int:
        size = len(self.path) + len(self.body)
        for reply in self.replies:
            size += len(reply)
        return size


class RestCall(GrpcCall):
    """The same call by the API's REST face.

    `path` is that of the HTTP request; `body` and `replies` are the messages' bytes, not their JSON. Where
    the body is none of the message, `rpc` is empty and `body` is what came.
    """

    __slots__ = ()
    leg = "rest"


def header(call: Heard, name: str) -> str | None:
    """The first value of that name; None where there is none, or one that is not text."""
    for key, value in call.metadata:
        if key == name:
            return value if isinstance(value, str) else None
    return None


class Replies:
    """The answers of one stream, as they are sent."""

    def __init__(self, call: GrpcCall) -> None:
        self._call = call
        self._held = 0
        call.replies = self._kept = list[bytes]()

    def add(self, reply: bytes) -> bytes:
        """The same reply, which has been taken down."""
        is_full = self._held >= STREAM_BYTES
        if is_full:
            self._kept.pop()
            self._call.omitted += 1
        self._held += len(reply)
        self._kept.append(reply)
        return reply


class Body(NamedTuple):
    """What is told of a request's body: never the content.

    `announced` is the Content-Length; `md5` is empty where nothing was stored.
    """

    bytes: int
    announced: int | None
    chunked: bool
    complete: bool
    md5: str = ""


class StorageCall(Heard):
    """One request to the storage: `target` is path and query as on the request line."""

    __slots__ = ("body", "target")
    leg = "storage"

    def __init__(self, method: str, target: str, metadata: Metadata, peer: str) -> None:
        Heard.__init__(self, method, metadata, peer)
        self.target = target
        self.body = Body(0, None, chunked=False, complete=False)

    def _size(self) -> int:
        return len(self.target)
