"""The threads that calls run in."""

import logging
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

_LOG = logging.getLogger("aistudio_mock.grpc")


Callback = Callable[["Submitted"], object]


class Submitted:
    """A call that was handed over: as much of a `Future` as grpcio asks for."""

    __slots__ = ("_lock", "callback", "is_over")

    def __init__(self, lock: Lock) -> None:
        """`lock` is held by whoever writes the other two."""
        self._lock = lock
        self.is_over = False
        self.callback: Callback | None = None

    def add_done_callback(self, callback: Callback) -> None:
        """`callback` is called once, when the call is over. There is only one."""
        with self._lock:
            is_over = self.is_over
            self.callback = callback
        if is_over:
            callback(self)


_Work = tuple[Submitted, Callable[..., object], tuple[Any, ...]]


class Threads:
    """Runs calls in threads; one is made when a call finds none idle, up to `most`.

    What grpcio needs of `concurrent.futures.ThreadPoolExecutor`, for less: its futures, locks and semaphores
    are a seventh of what a call costs the server (docs/reference/performance.md).
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._lock = Lock()
        self._open = 0
        """Calls that are not over; there are as many threads, and each of them gets one in the end."""
        self._threads = 0

    def submit(self, function: Callable[..., object], *arguments: Any) -> Submitted:
        """Runs `function(*arguments)` in one of the threads."""
        submitted = Submitted(self._lock)
        with self._lock:
            self._open += 1
            is_short = self._threads < min(self._open, self._most)
            self._threads += is_short
        self._work.put((submitted, function, arguments))
        if is_short:
            Thread(target=self._run, name=self._name, daemon=True).start()
        return submitted

    def shut(self) -> None:
        """Ends the threads, each after the call that it runs. Calls that none has begun are not run."""
        with suppress(Empty):
            while True:
                self._work.get_nowait()
        for _ in range(self._threads):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            submitted, function, arguments = work
            try:
                function(*arguments)
            except BaseException:  # noqa: BLE001 - grpcio has caught what a call may raise; the thread goes on
                _LOG.exception("bug in a call's thread")
            with self._lock:
                self._open -= 1
                submitted.is_over, callback = True, submitted.callback
            if callback is not None:
                callback(submitted)
            del work, submitted, function, arguments, callback  # or an idle thread keeps its last call alive
