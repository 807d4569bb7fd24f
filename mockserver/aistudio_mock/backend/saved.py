"""A folder as one document that can be kept and loaded again: settings, clock, plan, records, files.

What lives with a server is not in it: API key, faults, journal, uploads in parts that are under way. Time
does not pass while a folder is saved.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.chosen import Chosen
from aistudio_mock.backend.folders import Auth, Folder, FolderDefaults, Pace
from aistudio_mock.backend.records import with_files
from aistudio_mock.domain.batch import BatchTask
from aistudio_mock.domain.dataset import Dataset
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from aistudio_mock.domain.instant import Duration, Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.operation import Operation
from aistudio_mock.domain.plan import Planned
from aistudio_mock.domain.tuning import Tuning
from aistudio_mock.runtime.blobs import BlobStore

if TYPE_CHECKING:
    from aistudio_mock.backend.store import Table

FORMAT = 2
"""The version of what is written. What is newer is refused."""

LARGEST = 256 << 20
"""Bytes of all files together that a saved folder may have."""


class SavedFile(Struct, frozen=True, omit_defaults=True):
    """A file's bytes: lines of text, so that a change is a line of a diff, or Base64."""

    lines: tuple[str, ...] | None = None
    base64: bytes = b""

    @property
    def content(self) -> bytes:
        """The bytes."""
        return self.base64 if self.lines is None else "".join(self.lines).encode()


class SavedFolder(Struct, frozen=True):
    """Everything of a folder that can be loaded again; records with the oldest first."""

    format: int
    id: str
    service_account_id: str
    now: Instant
    polling: Pace
    rate: str
    durations: Durations
    auth: Auth
    seed: int
    behaviours: Mapping[str, str]
    skips: tuple[tuple[Instant, Duration], ...]
    plans: tuple[Planned, ...]
    datasets: tuple[Dataset, ...]
    tunings: tuple[Tuning, ...]
    operations: tuple[Operation, ...]
    files: Mapping[str, SavedFile]
    batches: tuple[BatchTask, ...] = ()
    """Format 1 had none."""


class _Version(Struct):
    format: int


def save(backend: Backend, blobs: BlobStore, folder: Folder) -> SavedFolder:
    """The folder as it is now. Waits for scans that are under way.

    Raises:
        FailedPrecondition: its files are too big for a document.
    """
    backend.stories.settle(folder.id)
    store, reading, chosen = backend.store, folder.clock.reading, Chosen.of(folder.settings)
    with backend.lock:
        datasets = tuple(store.datasets.oldest_first(folder.id))
        tunings = tuple(store.tunings.oldest_first(folder.id))
        batches = tuple(store.batches.oldest_first(folder.id))
        operations = tuple(store.operations.oldest_first(folder.id))
        names = _names(datasets, tunings)
        files = _files(blobs, names)
    return SavedFolder(
        format=FORMAT,
        id=folder.id,
        service_account_id=folder.service_account_id,
        now=folder.clock.now(),
        polling=chosen.polling,
        rate=chosen.rate,
        durations=chosen.durations,
        auth=chosen.auth,
        seed=chosen.seed,
        behaviours=chosen.behaviours,
        skips=reading.skips,
        plans=folder.plans.planned,
        datasets=tuple(with_files(one, names.__getitem__) for one in datasets),
        tunings=tuple(with_files(one, names.__getitem__) for one in tunings),
        operations=operations,
        files=files,
        batches=batches,
    )


def written(saved: SavedFolder) -> bytes:
    """The document as text that can be committed: the same folder, the same bytes."""
    return msgspec.json.format(msgspec.json.encode(saved, order="deterministic"), indent=1) + b"\n"


def read(document: bytes) -> SavedFolder:
    """The folder that `written` wrote. Raises InvalidArgument."""
    try:
        version = msgspec.json.decode(document, type=_Version).format
        if version > FORMAT:
            raise InvalidArgument(
                f"that folder was saved in format {version}, and this aistudio-mock reads formats up to "
                f"{FORMAT}; install the version that saved it, or a newer one"
            )
        return msgspec.json.decode(document, type=SavedFolder)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidArgument(f"that is no saved folder: {problem}") from None


def load(backend: Backend, blobs: BlobStore, saved: SavedFolder) -> Folder:
    """The folder, made anew, its files under names of our own.

    Raises:
        AlreadyExists: it, or something in it, is there already.
        InvalidArgument: a record names a file that is not in the document.
    """
    store = backend.store
    tables: tuple[tuple[Table[Any], tuple[Any, ...]], ...] = (
        (store.datasets, saved.datasets),
        (store.tunings, saved.tunings),
        (store.batches, saved.batches),
        (store.operations, saved.operations),
    )
    for record in (record for _, records in tables for record in records):
        with_files(record, partial(_known, saved))
    with backend.lock:
        for table, records in tables:
            taken = next((one.id for one in records if table.get(one.id) is not None), None)
            if taken is not None:
                raise AlreadyExists(f"{taken} is there already; delete its folder first")
        try:
            folder = backend.folders.create(
                saved.id, lambda given: _settings(given, saved), saved.service_account_id
            )
        except ValueError as problem:
            raise AlreadyExists(f"folder {saved.id} is there already; delete it first") from problem
        paths = {name: _stored(blobs, file.content) for name, file in saved.files.items()}
        for table, records in tables:
            for record in records:
                table.put(with_files(record, paths.__getitem__))
        store.index()
        folder.plans.fill(saved.plans)
    return folder


def _known(saved: SavedFolder, name: str) -> str:
    if name not in saved.files:
        raise InvalidArgument(f"the saved folder names a file {name!r} that is not in it")
    return name


def _settings(given: FolderDefaults, saved: SavedFolder) -> FolderDefaults:
    # Other ids than the ones in it, and the same ones each time that it is loaded.
    ids_seed = f"{saved.seed}/loaded at {saved.now}"
    chosen = Chosen(
        saved.polling, saved.rate, saved.durations, saved.auth, saved.seed, saved.behaviours, ids_seed
    )
    try:
        return replace(chosen.over(given), start=saved.now, skips=saved.skips)
    except ValueError as problem:
        raise InvalidArgument(f"the saved folder has {problem}") from None


def _blobs_of(dataset: Dataset) -> Iterator[tuple[str, Blob]]:
    for what, blob in (("draft", dataset.draft), ("content", dataset.content)):
        if blob is not None:
            yield f"{dataset.id}/{what}", blob


def _names(datasets: tuple[Dataset, ...], tunings: tuple[Tuning, ...]) -> dict[str, str]:
    """Path of a file → its name in the document."""
    names = {blob.source: name for dataset in datasets for name, blob in _blobs_of(dataset)}
    for task in tunings:
        for number, blob in enumerate(task.training_data):  # of a dataset that was deleted, or is elsewhere
            names.setdefault(blob.source, f"{task.id}/training-{number}")
    return names


def _files(blobs: BlobStore, names: Mapping[str, str]) -> dict[str, SavedFile]:
    files, room = {}, LARGEST
    for path, name in names.items():
        with blobs.open(path) as file:
            content = file.read(room + 1)
        room -= len(content)
        if room < 0:
            raise FailedPrecondition(
                f"the files of the folder have more than {LARGEST} bytes together, too much for a saved "
                "folder; delete datasets, or keep everything by serve --state"
            )
        files[name] = _file(content)
    return files


def _file(content: bytes) -> SavedFile:
    try:
        return SavedFile(lines=tuple(content.decode().splitlines(keepends=True)))
    except UnicodeDecodeError:
        return SavedFile(base64=content)


def _stored(blobs: BlobStore, content: bytes) -> str:
    writer = blobs.create()
    writer.write(content)
    return writer.commit().path
