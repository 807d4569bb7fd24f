"""Bodies on disk: written as they arrive, hashed on the way, gone when they are not wanted."""

import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from aistudio_mock.domain.objects import FinishedUpload, Piece, Place

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
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

    def write(self, chunk: bytes) -> None:
        """Appends the chunk.

        Raises:
            OSError: the disk refuses.
            ValueError: already committed or aborted.
        """
        with self._lock:
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


class BlobStore:
    """A directory of bodies; a temporary one, removed by `close`, unless `directory` names one to keep.

    The directory is made with the first body.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self._kept = None if directory is None else Path(directory)
        self._made: Path | None = None
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
            path = os.path.join(self._directory(), f"blob-{os.urandom(8).hex()}")  # noqa: PTH118 - in a PUT
            descriptor = os.open(path, _CREATE, 0o600)
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

    def open(self, path: str) -> BinaryIO:
        """The body at `path`, to read.

        Raises:
            FileNotFoundError: it was unlinked.
        """
        return Path(path).open("rb")

    def unlink(self, path: str) -> None:
        """Removes the body at `path`; nothing if it is gone already. Readers that have it open keep it."""
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - in a PUT, where pathlib takes as long as the file system

    def discard(self, upload: FinishedUpload) -> None:
        """Removes a body that nobody wants; one that shares its file goes with that file."""
        if upload.offset is None:
            self.unlink(upload.path)

    def join(self, pieces: Sequence[Piece], home: str | None) -> str:
        """Makes one body of the pieces, without a byte more; its path.

        That is `home` where it is given: then only what lies elsewhere is copied. The other files stay.

        Raises:
            OSError: the disk refuses; `home` is as long as it comes.
        """
        path = home or self.create().commit().path
        try:
            with Path(path).open("r+b") as joined:
                for piece in pieces:
                    if piece.path != path:
                        _copy(piece, joined)
                joined.truncate(sum(piece.size for piece in pieces))
        except OSError:
            if home is None:
                self.unlink(path)
            raise
        return path

    def close(self) -> None:
        """Aborts what is unfinished, removes the temporary directory."""
        with self._lock:
            self._closed = True
            unfinished, made = tuple(self._unfinished), self._made
            self._made = None
        _abort_all(unfinished)
        if made is not None and self._kept is None:
            _remove(made)

    def _directory(self) -> Path:
        if self._closed:
            raise ValueError("the blob store is closed")
        if self._made is None and self._kept is not None:
            self._kept.mkdir(parents=True, exist_ok=True)
            self._made = self._kept
        elif self._made is None:
            import tempfile  # noqa: PLC0415 - not on the way to the first call

            self._made = Path(tempfile.mkdtemp(prefix="aistudio-mock-"))
        return self._made

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
