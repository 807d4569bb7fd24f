"""What a backend stands on: made fresh in memory, or found in a directory (`keeping`)."""

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING

from msgspec import Struct

from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.folder_settings import defaults
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import Ids, secret

if TYPE_CHECKING:
    from aistudio_mock.backend.journal import Sink
    from aistudio_mock.config import ServerConfig


class Ground(Struct, frozen=True):
    """Records, folders, files and keys."""

    ids: Ids
    lock: Lock
    store: Store
    folders: Folders
    blobs: BlobStore
    token_secret: bytes
    first_token: int
    signing: tuple[str, str]
    """Access key id and secret of presigned URLs."""
    close: Callable[[], object]
    """Ends the keeping, once no call is answered any more."""


def ground(config: "ServerConfig", sink: "Sink | None") -> Ground:
    """As the configuration says. Raises StateError."""
    if config.state is not None:
        from aistudio_mock.keeping import kept_ground  # noqa: PLC0415 - only with --state

        return kept_ground(config, config.state, sink)
    ids, lock = Ids(config.seed), RLock()
    folders = Folders(ids, defaults(config), config.folder_id, sink, lock)
    return Ground(
        ids=ids,
        lock=lock,
        store=Store(),
        folders=folders,
        blobs=BlobStore(),
        token_secret=secret(32),
        first_token=1,
        signing=(ids.new("YCAJE"), ids.hexadecimal(40)),
        close=lambda: None,
    )
