"""Everything that answers calls, wired together."""

from collections.abc import Mapping
from threading import RLock

from msgspec import Struct

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.addresses import Directory, Door
from aistudio_mock.backend.dataset_catalogue import DatasetCatalogue
from aistudio_mock.backend.dataset_files import DatasetFiles
from aistudio_mock.backend.dataset_lists import DatasetLists
from aistudio_mock.backend.datasets import Datasets
from aistudio_mock.backend.embeddings import Embeddings
from aistudio_mock.backend.endpoints import Endpoints, IamTokens
from aistudio_mock.backend.finished_tunings import FinishedTunings
from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.identity import Identity
from aistudio_mock.backend.inference import TextGeneration
from aistudio_mock.backend.journal import Tally
from aistudio_mock.backend.learned import Learned
from aistudio_mock.backend.multipart import MultipartUploads
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.operations import Operations
from aistudio_mock.backend.scans import Scans
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.text_classification import TextClassification
from aistudio_mock.backend.tuned_models import TunedModels
from aistudio_mock.backend.tunings import Tunings
from aistudio_mock.backend.validations import Validations
from aistudio_mock.domain.presign import Signer
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import Ids


class Backend(Struct, frozen=True):
    """One object for each service, over one store and one lock."""

    store: Store
    folders: Folders
    identity: Identity
    endpoints: Endpoints
    iam_tokens: IamTokens
    objects: StoredObjects
    validations: Validations
    datasets: Datasets
    dataset_files: DatasetFiles
    dataset_lists: DatasetLists
    dataset_catalogue: DatasetCatalogue
    multipart: MultipartUploads
    tunings: Tunings
    finished_tunings: FinishedTunings
    operations: Operations
    text_generation: TextGeneration
    text_classification: TextClassification
    embeddings: Embeddings
    learned: Learned

    @property
    def journal(self) -> Tally:
        """What all callers did, in numbers; each folder has the calls themselves."""
        return self.folders.tally

    def empty(self, folder: Folder) -> None:
        """A folder forgets datasets, tunings, operations, files, faults, plans, journal; its clock goes on.

        Waits for a scan that is under way.
        """
        self.validations.settle(folder.id)
        self.objects.forget(folder.id)
        self.learned.keep_only(self.store.tunings)
        self.folders.account(folder)
        folder.faults.reset()
        folder.plans.clear()
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
    learned = Learned()
    models = TunedModels(store, folders, objects, learned)
    return Backend(
        store=store,
        folders=folders,
        identity=identity,
        endpoints=Endpoints(directories),
        iam_tokens=IamTokens(identity, folders),
        objects=objects,
        validations=validations,
        datasets=Datasets(store, lock, access, ids, validations, objects, tunings),
        dataset_files=DatasetFiles(store, lock, access, objects),
        dataset_lists=DatasetLists(store, lock, access),
        dataset_catalogue=DatasetCatalogue(access),
        multipart=MultipartUploads(store, lock, access, ids, objects),
        tunings=tunings,
        finished_tunings=FinishedTunings(store, lock, tunings, ids),
        operations=Operations(store, lock, access, validations, tunings),
        text_generation=TextGeneration(store, access, folders, objects, learned),
        text_classification=TextClassification(access, models),
        embeddings=Embeddings(access, models),
        learned=learned,
    )
