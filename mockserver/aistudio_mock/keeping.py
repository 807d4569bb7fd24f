"""What `serve --state DIR` puts in place of memory: what outlives the process."""

from os.path import basename
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from aistudio_mock.backend.kept import Kept, KeptBlobs, KeptTable
from aistudio_mock.backend.kept_folders import KeptFolders
from aistudio_mock.backend.records import KINDS, encode, stored, with_files
from aistudio_mock.backend.store import Store
from aistudio_mock.folder_settings import defaults
from aistudio_mock.ground import Ground
from aistudio_mock.runtime.chance import Ids, secret
from aistudio_mock.runtime.database import Database

if TYPE_CHECKING:
    from aistudio_mock.backend.journal import Sink
    from aistudio_mock.config import ServerConfig

FILES = "files"
"""The directory, in that of the state, where the content of objects is."""


def kept_ground(config: "ServerConfig", directory: Path, sink: "Sink | None") -> Ground:
    """What is in the directory, made where nothing is; `close` it before scans end. Raises StateError."""
    database = Database(directory.absolute())
    try:
        return _ground(config, database, sink)
    except BaseException:
        database.close()
        raise


def _ground(config: "ServerConfig", database: Database, sink: "Sink | None") -> Ground:
    kept = Kept(database)
    blobs = KeptBlobs(kept, database.directory / FILES)
    store = _store(kept, database, blobs)
    blobs.sweep(_files_of(store))
    ids = Ids(
        config.seed if config.seed is None or database.run == 1 else f"{config.seed}/run {database.run}"
    )
    given = defaults(config)
    if config.seed is None:
        given = replace(given, seed=int(database.meta("seed", str(given.seed).encode())))
    else:
        database.set_meta("seed", str(config.seed).encode())
    folders = KeptFolders(kept, database, ids, given, config.folder_id, sink)
    key = database.meta("signer", f"{ids.new('YCAJE')} {ids.hexadecimal(40)}".encode())
    access_key_id, _, secret_key = key.decode().partition(" ")
    return Ground(
        ids=ids,
        lock=kept,
        store=store,
        folders=folders,
        blobs=blobs,
        token_secret=database.meta("tokens", secret(32)),
        # Tokens have numbers, and no two runs the same ones.
        first_token=(database.run << 32) + 1,
        signing=(access_key_id, secret_key),
        close=kept.close,
    )


def _store(kept: Kept, database: Database, blobs: KeptBlobs) -> Store:
    def bare(record: Any) -> bytes:
        return encode(with_files(record, basename))

    tables: dict[str, KeptTable[Any]] = {kind: KeptTable(kind, kept, bare) for kind in KINDS}
    for kind, table in tables.items():
        for _, number, record in stored(database, kind, KINDS[kind]):
            table.restore(with_files(record, blobs.path), number)
    store = Store(**tables)  # type: ignore[arg-type]
    for upload in [*store.uploads]:
        # Whoever was sending a part is gone.
        store.uploads.restore(replace(upload, begun=upload.in_place), store.uploads.position(upload))
    store.index()
    kept.undone = store.index
    return store


def _files_of(store: Store) -> frozenset[str]:
    """The paths of all files that records name."""
    named: set[str] = set()

    def note(path: str) -> str:
        named.add(path)
        return path

    for record in (*store.datasets, *store.tunings, *store.uploads):
        with_files(record, note)
    return frozenset(named)
