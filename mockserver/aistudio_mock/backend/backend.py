"""Everything that answers calls, wired together."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.addresses import Directory, Door
from aistudio_mock.backend.datasets import Datasets
from aistudio_mock.backend.endpoints import Endpoints, IamTokens
from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.identity import Identity
from aistudio_mock.backend.inference import TextGeneration
from aistudio_mock.backend.journal import Tally
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.operations import Operations
from aistudio_mock.backend.scans import Scans
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.tunings import Tunings
from aistudio_mock.backend.validations import Validations
from aistudio_mock.domain.presign import Signer
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import Ids


@dataclass(frozen=True, slots=True)
class Backend:
    """One object for each service, over one store and one lock."""

    store: Store
    folders: Folders
    identity: Identity
    endpoints: Endpoints
    iam_tokens: IamTokens
    objects: StoredObjects
    validations: Validations
    datasets: Datasets
    tunings: Tunings
    operations: Operations
    text_generation: TextGeneration

    @property
    def journal(self) -> Tally:
        """What all callers did, in numbers; each folder has the calls themselves."""
        return self.folders.tally

    def empty(self, folder: Folder) -> None:
        """A folder forgets its datasets, tunings, operations, files, faults and journal; its clock goes on.

        Waits for a scan that is under way.
        """
        self.validations.settle(folder.id)
        self.objects.forget(folder.id)
        folder.faults.clear()
        folder.journal.clear()


def assemble(
    folders: Folders,
    identity: Identity,
    ids: Ids,
    directories: Mapping[Door, Directory],
    signer: Signer,
    blobs: BlobStore,
    scans: Scans,
) -> Backend:
    """A backend over an empty store."""
    store, lock = Store(), RLock()
    storage_urls = {door: shown.storage_url for door, shown in directories.items()}
    access = Access(folders, identity)
    objects = StoredObjects(store, lock, folders, signer, storage_urls, blobs)
    validations = Validations(store, lock, scans.start, scans.discard)
    tunings = Tunings(store, lock, access, folders, ids, objects)
    return Backend(
        store=store,
        folders=folders,
        identity=identity,
        endpoints=Endpoints(directories),
        iam_tokens=IamTokens(identity, folders),
        objects=objects,
        validations=validations,
        datasets=Datasets(store, lock, access, ids, validations, objects),
        tunings=tunings,
        operations=Operations(store, lock, access, validations, tunings),
        text_generation=TextGeneration(store, access, folders, objects),
    )
