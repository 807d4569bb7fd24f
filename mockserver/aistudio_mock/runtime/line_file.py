"""A file that grows by a line for everything that is put into it, written by a thread of its own."""

import logging
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

_BATCH = 50
"""How many lines are made and written in one go where they pile up.

A write lets other threads run. What comes one by one is written one by one; when there are many callers, the
thread must not give way at each of them, or it would never catch up.
"""

_log = logging.getLogger("aistudio_mock.journal")
_T = TypeVar("_T")


class OccupiedError(OSError):
    """The file holds something that is not ours to overwrite."""


class LineFile(Generic[_T]):
    """`put` returns at once; `close` returns when everything is written.

    A process that is killed leaves whole lines, the last one apart. `first` makes the file's first line,
    `line` the one of a thing; both end with a line break.
    """

    def __init__(self, file: FileIO, first: Callable[[], bytes], line: Callable[[_T], bytes]) -> None:
        self._file = file
        self._first = first
        self._line = line
        self._queue: SimpleQueue[_T | None] = SimpleQueue()
        self._is_broken = False
        self.put = self._queue.put
        """Takes one more thing; from any thread."""
        self._thread = Thread(target=self._run, name="aistudio-mock-journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Writes what is waiting, and closes the file; what is put from here on is lost."""
        self._queue.put(None)
        self._thread.join()
        self._file.close()

    def _run(self) -> None:
        self._write(self._first())
        is_open = True
        while is_open:
            batch = self._batch()
            is_open = batch[-1] is not None
            self._write(b"".join(self._rendered(thing) for thing in batch if thing is not None))

    def _batch(self) -> list[_T | None]:
        """What is waiting, and at least one thing; None is the end and comes last."""
        batch = [self._queue.get()]
        try:
            while len(batch) < _BATCH and batch[-1] is not None:
                batch.append(self._queue.get_nowait())
        except Empty:
            pass
        return batch

    def _rendered(self, thing: _T) -> bytes:
        try:
            return self._line(thing)
        except Exception:  # noqa: BLE001 - one call that cannot be told must not end the journal
            _log.exception("bug in aistudio-mock while writing to %s", self._file.name)
            return b""

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        try:
            while rest and not self._is_broken:
                rest = rest[self._file.write(rest) :]
        except OSError as problem:
            self._is_broken = True
            _log.error("%s ends here: it cannot be written any more (%s)", self._file.name, problem.strerror)


def create(path: Path, is_ours: Callable[[bytes], bool]) -> FileIO:
    """A file to write, emptied when its first line `is_ours`.

    Raises:
        OccupiedError: something else is in it.
        OSError: it cannot be written.
    """
    if path.is_file():
        with path.open("rb") as there:
            first = there.readline(4096)
        if first and not is_ours(first):
            raise OccupiedError(path)
    return path.open("wb", buffering=0)
