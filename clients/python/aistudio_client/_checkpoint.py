"""What lets an upload in parts go on after its program has ended: a file, readable by its owner alone."""

import os
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from aistudio_client._errors import ConfigurationError
from aistudio_client._sources import Source

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20
_WRITING = Lock()


class Checkpoint(Struct):
    """An upload under way. The URLs are secrets, good for a day. `etags` are of the parts that are stored."""

    dataset_id: str
    mark: str
    part_size: int
    urls: list[str]
    etags: dict[int, str]

    def __repr__(self) -> str:
        """Without the URLs."""
        return f"Checkpoint({self.dataset_id!r}, {len(self.etags)} of {len(self.urls)} parts)"


def load(path: "Path", source: Source) -> Checkpoint | None:
    """The checkpoint there, None if there is none.

    Raises:
        ConfigurationError: it is of another file, or not to be read.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Checkpoint)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path} is no checkpoint of an upload: {error}") from error
    if found.mark != source.mark:
        raise ConfigurationError(
            f"{path} is of an upload of other data (dataset {found.dataset_id}); delete it to begin anew"
        )
    return found


def save(path: "Path", checkpoint: Checkpoint) -> None:
    """Writes it, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    with _WRITING:  # parts end in several threads
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.write(msgspec.json.encode(checkpoint))
        fresh.replace(path)


def drop(path: "Path") -> None:
    """The upload is over."""
    path.unlink(missing_ok=True)


def md5_of(source: Source, offset: int, length: int) -> str:
    """MD5 of a piece of a source, in hex."""
    import hashlib  # noqa: PLC0415 - only who goes on with an upload needs it

    md5 = hashlib.md5(usedforsecurity=False)
    for begin in range(offset, offset + length, _BLOCK):
        md5.update(source.read(begin, min(_BLOCK, offset + length - begin)))
    return md5.hexdigest()
