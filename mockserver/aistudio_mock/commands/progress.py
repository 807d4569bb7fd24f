"""A progress bar on stderr: for terminals and big files only."""

import os
import sys
from typing import BinaryIO, Self, TextIO

BIG = 10_000_000
"""Bytes from which on a file gets a bar."""

_WIDTH = 30
_WHOLE = 100


class Progress:
    """How much of the work is done, drawn when another hundredth is; a context manager that wipes it off."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total = total
        self._done = 0
        self._drawn = -1
        self._label = ""
        self._stream = stream if total >= BIG and _moves(stream) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream and self._drawn >= 0:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def begin(self, label: str) -> None:
        """What is being done from now on, from the start of the work."""
        self._label, self._done, self._drawn = label, 0, -1
        self.add(0)

    def add(self, done: int) -> None:
        """So many bytes more are done."""
        self._done += done
        percent = min(_WHOLE, self._done * _WHOLE // max(1, self._total))
        if self._stream and percent != self._drawn:
            self._drawn = percent
            full = percent * _WIDTH // _WHOLE
            bar = "█" * full + "░" * (_WIDTH - full)
            self._stream.write(f"\r\x1b[K{self._label} {bar} {percent} %")
            self._stream.flush()


class WatchedFile:
    """A file whose reading is watched."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        return self._noted(self._file.read(size))

    def readline(self, size: int, /) -> bytes:
        """The rest of the line, up to so many bytes."""
        return self._noted(self._file.readline(size))

    def _noted(self, data: bytes) -> bytes:
        self._progress.add(len(data))
        return data


def _moves(stream: TextIO) -> bool:
    """Whether a line on the stream can be written over, and its characters are there."""
    can_draw = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return stream.isatty() and os.environ.get("TERM") != "dumb" and can_draw
