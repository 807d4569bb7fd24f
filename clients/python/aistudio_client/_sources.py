"""What is uploaded, as bytes that several parts can read at once: a file, bytes, rows, or a table."""

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from threading import Lock
from typing import Any, BinaryIO, Protocol, Self, cast

import msgspec

from aistudio_client._errors import ConfigurationError

_BATCH = 1000


class Source(Protocol):
    """Bytes of a known number. `read` may be called by several threads at once."""

    size: int
    mark: str
    """Changes when the content does, as far as that can be told without reading it all."""

    def read(self, offset: int, length: int) -> bytes: ...
    def open(self) -> BinaryIO: ...
    def close(self) -> None: ...


class FileSource:
    """An open file. Its size is what it is when it is opened: a file that grows is read to there."""

    def __init__(self, file: BinaryIO, *, path: str | None = None, mark: str | None = None) -> None:
        self._file = file
        self._path = path
        self._lock = Lock()
        status = os.fstat(file.fileno())
        self.size = status.st_size
        self.mark = mark or f"{status.st_size}:{status.st_mtime_ns}"

    def read(self, offset: int, length: int) -> bytes:
        """The bytes there. Raises ConfigurationError when the file has become shorter."""
        found = self._read(offset, min(length, self.size - offset))
        if len(found) < min(length, self.size - offset):
            raise ConfigurationError(f"{self._path or 'the file'} changed while it was being uploaded")
        return found

    def _read(self, offset: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), length, offset)
        with self._lock:  # pragma: no cover - Windows
            self._file.seek(offset)
            return self._file.read(length)

    def open(self) -> BinaryIO:
        """The same bytes as a stream of their own, from the beginning."""
        if self._path is not None:
            return open(self._path, "rb")  # noqa: PTH123 - as it was given
        self._file.seek(0)
        return cast("BinaryIO", _Kept(self._file))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class BytesSource:
    """Bytes in memory."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._data = memoryview(data).cast("B")
        self.size = len(self._data)
        self.mark = f"{self.size}:{zlib.crc32(self._data)}"

    def read(self, offset: int, length: int) -> bytes:
        """The bytes there."""
        return bytes(self._data[offset : offset + length])

    def open(self) -> BinaryIO:
        """A stream over a copy."""
        return BytesIO(self._data)

    def close(self) -> None:
        """Nothing to close."""


class _Kept:
    """A file that others close."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves it open."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def open_source(data: Any) -> Source:
    """The bytes to upload of whatever the user has.

    Args:
        data: a path; bytes; an iterable of rows (mappings, or anything that msgspec encodes as an object);
            a pandas DataFrame; a pyarrow Table or RecordBatch.

    Raises:
        ConfigurationError: none of these, a file that cannot be read, or a row that JSON cannot say.
    """
    if isinstance(data, str | os.PathLike):
        return _of_path(data)
    if isinstance(data, bytes | bytearray | memoryview):
        return BytesSource(data)
    return _of_rows(rows_of(data))


def rows_of(data: Any) -> Iterable[Any]:
    """The rows of a table or an iterable. Raises ConfigurationError."""
    if hasattr(data, "to_pylist"):  # pyarrow
        return _arrow_rows(data)
    if hasattr(data, "iloc") and hasattr(data, "to_dict"):  # pandas
        return _pandas_rows(data)
    if isinstance(data, Iterable) and not isinstance(data, Mapping):
        return data
    raise ConfigurationError(
        f"{type(data).__name__} cannot be uploaded; give a path, bytes, rows, a DataFrame or an arrow Table"
    )


def _of_path(path: str | os.PathLike[str]) -> Source:
    try:
        file = open(path, "rb")  # noqa: PTH123, SIM115 - the source closes it
    except OSError as error:
        raise ConfigurationError(f"{os.fspath(path)} cannot be read: {error.strerror}") from error
    return FileSource(file, path=os.fspath(path))


def _of_rows(rows: Iterable[Any]) -> Source:
    """JSON Lines in a file without a name: as many rows as there are, in constant memory."""
    import tempfile  # noqa: PLC0415 - only who uploads rows needs it

    spool = tempfile.TemporaryFile()  # noqa: SIM115 - the source closes it
    encode = msgspec.json.Encoder(enc_hook=_plain).encode
    crc = 0
    try:
        for number, row in enumerate(rows, 1):
            line = _encoded(encode, row, number) + b"\n"
            crc = zlib.crc32(line, crc)
            spool.write(line)
        spool.flush()
    except BaseException:
        spool.close()
        raise
    return FileSource(cast("BinaryIO", spool), mark=f"rows:{crc}")


def _encoded(encode: Callable[[Any], bytes], row: Any, number: int) -> bytes:
    try:
        encoded = encode(row)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"row {number} is not JSON: {error}") from error
    if not encoded.startswith(b"{"):
        raise ConfigurationError(f"row {number} is a {type(row).__name__}; a row is a mapping of its fields")
    return encoded


def _plain(value: Any) -> Any:
    """Scalars and arrays of numpy as plain values."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _arrow_rows(table: Any) -> Iterator[Any]:
    batches = table.to_batches(max_chunksize=_BATCH) if hasattr(table, "to_batches") else [table]
    for batch in batches:
        yield from batch.to_pylist()


def _pandas_rows(frame: Any) -> Iterator[Any]:
    for begin in range(0, len(frame), _BATCH):
        yield from frame.iloc[begin : begin + _BATCH].to_dict("records")
