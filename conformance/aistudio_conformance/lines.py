"""Lines to and from a child process, never waited for longer than one likes."""

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO

LONGEST = 32 << 20
"""Bytes of a line; a longer one comes in pieces."""


class LineReader:
    """The lines of a pipe, read by a thread that ends with the pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def next(self, seconds: float) -> bytes:
        """The next line with its end; empty when there are no more. Raises TimeoutError."""
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if not line:
            self._lines.put(line)  # the end stays the end
        return line

    def _read(self) -> None:
        with self._pipe:
            while line := self._pipe.readline(LONGEST):
                self._lines.put(line)
        self._lines.put(b"")


class LineWriter:
    """Lines into a pipe, by a thread: whoever does not read them makes nobody wait."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._write, daemon=True).start()

    def put(self, line: bytes) -> None:
        """One line, without its end."""
        self._lines.put(line + b"\n")

    def close(self) -> None:
        """Ends the pipe once everything is written."""
        self._lines.put(b"")

    def _write(self) -> None:
        # Whoever reads no more has ended, and that is seen at the other pipe.
        with suppress(OSError), self._pipe:
            while line := self._lines.get():
                self._pipe.write(line)
                self._pipe.flush()
