"""Archives of metrics: unpacked without trusting them, and read."""

import zipfile
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import IO
from zlib import error as ZlibError  # noqa: N812 - an error of zlib's own

from aistudio_client import _events
from aistudio_client._errors import MetricsError
from aistudio_client._metrics import Metrics, Point

MOST_BYTES = 4 << 30
"""Of all unpacked files together."""

MOST_READ = 256 << 20
"""Of one file of curves, which is read into memory."""

MOST_FILES = 10_000
_EVENTS = ".tfevents."
_BLOCK = 1 << 20
_UNREADABLE = (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError)


def unpack(archive: Path, directory: Path) -> tuple[Path, ...]:
    """Unpacks an archive in a directory: the files, in its order.

    Raises:
        MetricsError: it is no archive, or a name in it leads out of the directory, or it is far too big.
            Nothing is written then.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = _checked(opened)
            directory.mkdir(parents=True, exist_ok=True)
            return tuple(_unpacked(opened, name, directory) for name in names)
    except _UNREADABLE as error:
        raise MetricsError(f"{archive.name} is no archive that can be unpacked: {error}") from error


def read(archive: Path, tuning_id: str) -> Metrics:
    """The curves in an archive. Raises MetricsError."""
    points: dict[str, list[Point]] = defaultdict(list)
    try:
        with zipfile.ZipFile(archive) as opened:
            for name in _checked(opened):
                if _EVENTS in name:
                    _require_readable(opened.getinfo(name))
                    _add(opened.read(name), PurePosixPath(name).parent.as_posix(), points)
    except _UNREADABLE as error:
        raise MetricsError(f"the archive of {tuning_id} cannot be read: {error}") from error
    except _events.Broken as error:
        raise MetricsError(f"the archive of {tuning_id} has a broken event file: {error}") from error
    curves = {name: tuple(sorted(many, key=lambda one: one.step)) for name, many in sorted(points.items())}
    return Metrics(tuning_id, curves)


def _add(data: bytes, run: str, points: dict[str, list[Point]]) -> None:
    for one in _events.scalars(data):
        name = one.tag if run == "." else f"{run}/{one.tag}"
        points[name].append(Point(one.step, one.value, one.wall_time))


def _checked(archive: zipfile.ZipFile) -> list[str]:
    """The names of all files. Raises MetricsError before anything is written."""
    files = [one for one in archive.infolist() if not one.is_dir()]
    if len(files) > MOST_FILES or sum(one.file_size for one in files) > MOST_BYTES:
        raise MetricsError(f"the archive has {len(files)} files, or more bytes than metrics have")
    for one in files:
        path = PurePosixPath(one.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in one.filename or ":" in one.filename:
            raise MetricsError(f"the archive has a file {one.filename!r}, which leads out of it")
    return [one.filename for one in files]


def _require_readable(file: zipfile.ZipInfo) -> None:
    if file.file_size > MOST_READ:
        raise MetricsError(
            f"{file.filename} has {file.file_size} bytes, more than is read at once; unpack it instead"
        )


def _unpacked(archive: zipfile.ZipFile, name: str, directory: Path) -> Path:
    path = directory.joinpath(*PurePosixPath(name).parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        raise MetricsError(f"{path} is a link; it would be written through")
    with archive.open(name) as source, path.open("wb") as target:
        _copy(source, target, archive.getinfo(name).file_size)
    return path


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """So many bytes; one more is an archive that lies about its size."""
    left = size
    while block := source.read(_BLOCK):
        left -= len(block)
        if left < 0:
            raise MetricsError("the archive has more in it than it says")
        target.write(block)
