"""Waiting for Ctrl-C or SIGTERM, asleep until one comes."""

import signal
import socket
from types import FrameType

_STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)
)


class StopSignals:
    """Takes the signals over when made, in the main thread, before anything starts that must be stopped.

    A socket and not an Event: a handler may not take an Event's lock, and on Windows nothing wakes a thread
    that waits for one.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.settimeout(0)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in _STOPPING:
            signal.signal(number, _seen)

    def stop(self) -> None:
        """As if SIGTERM had come. Any thread may call it."""
        self._writer.send(bytes([signal.SIGTERM]))

    def wait(self) -> None:
        """Return when one has come, also before this call. The next one ends the process at once."""
        while self._reader.recv(1)[0] not in _STOPPING:
            pass  # some other signal that somebody has a handler for
        signal.set_wakeup_fd(-1)
        for number in _STOPPING:
            signal.signal(number, signal.SIG_DFL)


def _seen(_number: int, _frame: FrameType | None) -> None:
    """Nothing: the byte in the socket is the message."""
