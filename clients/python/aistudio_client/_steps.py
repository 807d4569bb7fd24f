"""What a conversation asks of the world: each step is a value, and the driver sends its result back in.

A conversation is a generator: it yields steps, is sent their results, and has their errors thrown into it. It
knows neither threads nor event loops, so one description serves both clients, and a test can play the world.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message
from msgspec import Struct

from aistudio_client._methods import Method
from aistudio_client._sources import Source

T = TypeVar("T")


class Step(Struct, frozen=True):
    """One thing to do. `repr` shows neither presigned URLs nor headers: tracebacks and debuggers print it."""

    def __repr__(self) -> str:
        """The kind alone."""
        return f"{type(self).__name__}(…)"


Flow = Generator[Step, Any, T]
"""A conversation that ends in a `T`."""


class Now(Step, frozen=True):
    """Seconds of a clock that only goes forward; what they count from means nothing."""


class Chance(Step, frozen=True):
    """A number from 0 up to 1."""


class Nonce(Step, frozen=True):
    """Twenty letters and digits that nobody has used before."""


class Sleep(Step, frozen=True):
    """Let so many seconds pass."""

    seconds: float


class Unary(Step, frozen=True):
    """One attempt of a call: the reply, within `timeout` seconds. Raises RpcError."""

    method: Method
    address: str
    request: Message
    metadata: tuple[tuple[str, str], ...]
    timeout: float


class Open(Step, frozen=True):
    """Begin a call that is answered by a stream: the stream, for `Next`. Raises RpcError."""

    method: Method
    address: str
    request: Message
    metadata: tuple[tuple[str, str], ...]
    timeout: float


class Next(Step, frozen=True):
    """The next message of a stream; None at its end. Raises RpcError."""

    stream: Any


class Put(Step, frozen=True):
    """One attempt to send a piece of a source to a presigned URL: what was stored. Raises StorageError.

    `wrote` is told of every block of bytes on its way, and what it returns is shown; `timeout` is for each
    wait on the network, in seconds.
    """

    url: str
    source: Source
    offset: int
    length: int
    timeout: float
    wrote: "Callable[[int], Progress] | None" = None


class Stored(Struct, frozen=True):
    """What the storage answered to a PUT, and the MD5 of what was sent, in hex."""

    etag: str
    md5: str


class Get(Step, frozen=True):
    """One attempt to read a URL into a binary file: how many bytes. Raises StorageError.

    `direct` goes past every proxy.
    """

    url: str
    sink: Any
    timeout: float
    headers: tuple[tuple[str, str], ...] = ()
    direct: bool = False


class Together(Step, frozen=True):
    """Play several conversations, so many at a time: their results, in order.

    When one fails, those under way are stopped, those to come are not begun, and its error is raised.
    """

    flows: Sequence[Flow[Any]]
    at_most: int


class Work(Step, frozen=True):
    """Call a function that reads files or computes: what it returns. An event loop is not held up by it."""

    function: Callable[[], Any]


class Show(Step, frozen=True):
    """Something for people who watch."""

    progress: "Progress"


class Emit(Struct, Generic[T], frozen=True):
    """One item of a conversation that gives several. No `Step`: type checkers would forget `T`."""

    item: T


Items = Generator[Step | Emit[T], Any, None]
"""A conversation that emits `T`s."""


class Progress(Struct, frozen=True):
    """How far a piece of work is.

    Attributes:
        what: `upload`, `validation`, `tuning`, `operation` or `download`.
        id: of the dataset, the tuning or the operation.
        phase: of the work, as the service names it: `PENDING`, `IN_PROGRESS`; empty while it names none.
        done, total: bytes, rows or steps; 0 while they are not known.
        elapsed: seconds since the work was begun, or since somebody began to wait for it.
        is_over: nothing more will be told.
    """

    what: str
    id: str
    phase: str = ""
    done: int = 0
    total: int = 0
    elapsed: float = 0.0
    is_over: bool = False
