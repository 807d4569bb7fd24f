"""Bodies on disk: written as they arrive, hashed on the way, gone when they are not wanted."""

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from aistudio_mock.domain.objects import FinishedUpload, Piece, Place

INLINE_LIMIT = 4 << 20
"""Bodies up to this many bytes are written and hashed where they arrive: a thread would cost more."""

BATCH = 1 << 20
"""Bodies are written in batches of at least this many bytes; the bigger bodies' in the thread, one at a time.

A sender goes on while a batch is filled; it would wait for the hash of each chunk.
"""

_COPY = 1 << 20
"""Bodies are copied in steps of so many bytes."""


class BlobWriter:
    """One body being written, ended by `commit` or `abort`, whichever is first; any thread may abort.

    `offset` is where it begins in a file that it shares with others; None when the file is its own.
    """

    def __init__(self, store: "BlobStore", descriptor: int, path: str, offset: int | None = None) -> None:
        self._store = store
        self._path = path
        self._offset = offset
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0
        self._lock = threading.Lock()

    def write(self, *chunks: bytes) -> None:
        """Appends the chunks.

        Raises:
            OSError: the disk refuses.
            ValueError: already committed or aborted.
        """
        with self._lock:
            for chunk in chunks:
                self._file.write(chunk)
                self._md5.update(chunk)
                self._size += len(chunk)

    def commit(self) -> FinishedUpload:
        """Ends the body and hands its file to the caller, who unlinks it when done.

        Raises:
            OSError: the disk refuses.
            ValueError: already committed or aborted.
        """
        with self._lock:
            self._file.close()
            if not self._store.forget(self):
                raise ValueError("this body was ended before")
            return FinishedUpload(self._path, self._size, self._md5.hexdigest(), self._offset)

    def abort(self) -> None:
        """Removes what was written; nothing after `commit`."""
        with self._lock:
            if self._store.forget(self):
                _close_quietly(self._file)
                if self._offset is None:
                    self._store.unlink(self._path)


class BlobUpload:
    """One body arriving in an event loop: small ones written in place, big ones in the store's thread."""

    def __init__(self, writer: BlobWriter, worker: ThreadPoolExecutor | None) -> None:
        self._writer = writer
        self._worker = worker
        self._batch: list[bytes] = []
        self._waiting = 0
        self._running: asyncio.Future[None] | None = None

    async def write(self, chunk: bytes) -> None:
        """Takes a chunk; waits when two batches are under way, so that memory stays constant.

        Raises:
            OSError: the disk refuses this chunk or an earlier one.
        """
        self._batch.append(chunk)
        self._waiting += len(chunk)
        if self._waiting >= BATCH:
            await self._hand_over()

    async def commit(self) -> FinishedUpload:
        """Ends the body once everything is written.

        Raises:
            OSError: the disk refuses.
        """
        await self._hand_over()
        await self._settled()
        return self._writer.commit()

    def abort(self) -> None:
        """Removes what was written; nothing after `commit`. Waits for one batch at most."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()  # if it has failed already, this tells asyncio not to report that
        self._writer.abort()

    async def _hand_over(self) -> None:
        batch, self._batch, self._waiting = self._batch, [], 0
        if self._worker is None:
            self._writer.write(*batch)
            return
        await self._settled()
        self._running = asyncio.get_running_loop().run_in_executor(self._worker, self._writer.write, *batch)

    async def _settled(self) -> None:
        if self._running is not None:
            await self._running


class BlobStore:
    """A directory of bodies; a temporary one, removed by `close`, unless `directory` names one to keep.

    The directory is made with the first body, the worker thread with the first big one.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self._kept = None if directory is None else Path(directory)
        self._made: Path | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._unfinished: set[BlobWriter] = set()
        self._closed = False
        self._lock = threading.RLock()

    def create(self) -> BlobWriter:
        """A writer for a new body.

        Raises:
            OSError: the directory cannot be written.
            ValueError: the store is closed.
        """
        with self._lock:
            import tempfile  # noqa: PLC0415 - not on the way to the first call

            descriptor, path = tempfile.mkstemp(prefix="blob-", dir=self._directory())
            writer = BlobWriter(self, descriptor, path)
            self._unfinished.add(writer)
            return writer

    def within(self, place: Place) -> BlobWriter:
        """A writer for a body that goes to a place in a committed file; raises as `create` does.

        Raises:
            FileNotFoundError: the file was unlinked.
        """
        with self._lock:
            self._directory()
            descriptor = os.open(place.path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
            os.lseek(descriptor, place.offset, os.SEEK_SET)
            writer = BlobWriter(self, descriptor, place.path, place.offset)
            self._unfinished.add(writer)
            return writer

    def receive(self, announced: int, place: Place | None = None) -> BlobUpload:
        """A writer for a body of `announced` bytes that arrives in an event loop.

        It gets a file of its own, unless it has its place in one; raises as `create` and `within` do.
        """
        writer = self.create() if place is None else self.within(place)
        return BlobUpload(writer, self._thread() if announced > INLINE_LIMIT else None)

    def open(self, path: str) -> BinaryIO:
        """The body at `path`, to read.

        Raises:
            FileNotFoundError: it was unlinked.
        """
        return Path(path).open("rb")

    def unlink(self, path: str) -> None:
        """Removes the body at `path`; nothing if it is gone already. Readers that have it open keep it."""
        Path(path).unlink(missing_ok=True)

    def discard(self, upload: FinishedUpload) -> None:
        """Removes a body that nobody wants; one that shares its file goes with that file."""
        if upload.offset is None:
            self.unlink(upload.path)

    def join(self, pieces: Sequence[Piece], home: str | None) -> str:
        """Makes one body of the pieces, without a byte more; its path.

        That is `home` where it is given: then only what lies elsewhere is copied. The other files stay.

        Raises:
            OSError: the disk refuses; `home` is spoiled.
        """
        path = home or self.create().commit().path
        try:
            with Path(path).open("r+b") as joined:
                for piece in pieces:
                    if piece.path != path:
                        _copy(piece, joined)
                joined.truncate(sum(piece.size for piece in pieces))
        except OSError:
            self.unlink(path)
            raise
        return path

    def close(self) -> None:
        """Aborts what is unfinished, ends the worker thread, removes the temporary directory."""
        with self._lock:
            self._closed = True
            unfinished, worker, made = tuple(self._unfinished), self._worker, self._made
            self._worker = self._made = None
        _abort_all(unfinished)
        if worker is not None:
            worker.shutdown()
        if made is not None and self._kept is None:
            _remove(made)

    def _directory(self) -> Path:
        if self._closed:
            raise ValueError("the blob store is closed")
        if self._made is None and self._kept is not None:
            self._kept.mkdir(parents=True, exist_ok=True)
            self._made = self._kept
        elif self._made is None:
            import tempfile  # noqa: PLC0415 - see create

            self._made = Path(tempfile.mkdtemp(prefix="aistudio-mock-"))
        return self._made

    def _thread(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "aistudio-mock-blobs")
            return self._worker

    def forget(self, writer: BlobWriter) -> bool:
        """True the first time a writer ends."""
        with self._lock:
            known = writer in self._unfinished
            self._unfinished.discard(writer)
            return known


def _copy(piece: Piece, target: BinaryIO) -> None:
    buffer = memoryview(bytearray(min(_COPY, piece.size)))
    left = piece.size
    target.seek(piece.target)
    with Path(piece.path).open("rb", buffering=0) as source:
        source.seek(piece.offset)
        while left:
            count = source.readinto(buffer[:left])
            if not count:
                raise OSError(f"{piece.path} is shorter than the part that it holds")
            target.write(buffer[:count])
            left -= count


def _abort_all(writers: Iterable[BlobWriter]) -> None:
    for writer in writers:
        writer.abort()


def _close_quietly(file: BinaryIO) -> None:
    try:
        file.close()
    except OSError:  # the last buffered bytes of a body that nobody wants
        file.close()


def _remove(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink(missing_ok=True)
    directory.rmdir()
