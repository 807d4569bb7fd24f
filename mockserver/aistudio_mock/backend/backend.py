"""Everything that answers calls, wired together.

Each service is imported and made when it is first asked for: a server answers its first call before it has
read what other calls need. So a service is a `lazy` method here, with its import inside, and nothing at the
top of this file imports one (`tests/meta/test_start_path.py` has the list of what may be imported).
"""

from collections.abc import Callable, Mapping
from threading import RLock
from typing import TYPE_CHECKING

from aistudio_mock.backend.access import Access
from aistudio_mock.backend.addresses import Directory, Door
from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.identity import Identity
from aistudio_mock.backend.journal import Tally
from aistudio_mock.backend.lazy import lazy
from aistudio_mock.backend.store import Lock, Store

if TYPE_CHECKING:
    from aistudio_mock.backend.async_completions import AsyncTextGeneration
    from aistudio_mock.backend.batch_runs import BatchRuns
    from aistudio_mock.backend.batches import Batches
    from aistudio_mock.backend.dataset_catalogue import DatasetCatalogue
    from aistudio_mock.backend.dataset_files import DatasetFiles
    from aistudio_mock.backend.dataset_lists import DatasetLists
    from aistudio_mock.backend.datasets import Datasets
    from aistudio_mock.backend.embeddings import Embeddings
    from aistudio_mock.backend.endpoints import Endpoints
    from aistudio_mock.backend.finished_tunings import FinishedTunings
    from aistudio_mock.backend.iam_tokens import IamTokens
    from aistudio_mock.backend.inference import TextGeneration
    from aistudio_mock.backend.instruct import Instruct
    from aistudio_mock.backend.learned import Learned
    from aistudio_mock.backend.model_list import ModelList
    from aistudio_mock.backend.multipart import MultipartUploads
    from aistudio_mock.backend.objects import StoredObjects
    from aistudio_mock.backend.open_stories import OpenStories
    from aistudio_mock.backend.operations import Operations
    from aistudio_mock.backend.polling import Polling
    from aistudio_mock.backend.rates import Rates
    from aistudio_mock.backend.scans import Scans
    from aistudio_mock.backend.text_classification import TextClassification
    from aistudio_mock.backend.text_models import TextModels
    from aistudio_mock.backend.tokenizer import Tokenizer
    from aistudio_mock.backend.tuned_models import TunedModels
    from aistudio_mock.backend.tunings import Tunings
    from aistudio_mock.backend.validations import Validations
    from aistudio_mock.domain.presign import Signer
    from aistudio_mock.runtime.blobs import BlobStore


class Backend:
    """One object for each service, over one store and one lock."""

    def __init__(
        self,
        folders: Folders,
        identity: Identity,
        directories: Mapping[Door, Directory],
        blobs: "BlobStore",
        signer: "Callable[[], Signer]",
        scans: "Callable[[], Scans]",
        store: Store | None = None,
        lock: Lock | None = None,
    ) -> None:
        """`signer` and `scans` are called once, when something is first stored or validated."""
        self.store = store or Store()
        self.folders = folders
        self.identity = identity
        self._lock = lock or RLock()
        self._access = Access(folders, identity)
        self._directories = directories
        self._blobs = blobs
        self._signer = signer
        self._scans = scans

    @property
    def lock(self) -> Lock:
        """What makes a command atomic."""
        return self._lock

    @property
    def blobs(self) -> "BlobStore":
        """The files of all objects."""
        return self._blobs

    @property
    def journal(self) -> Tally:
        """What all callers did, in numbers; each folder has the calls themselves."""
        return self.folders.tally

    def empty(self, folder: Folder, *, forget: bool = False) -> None:
        """A folder forgets datasets, tunings, operations, files, faults, plans, journal; its clock goes on.

        Waits for a scan that is under way, and for the batch runs that end with this. With `forget` the
        folder itself goes, unless it is the default one.
        """
        if self.store.batches.count(folder.id):
            self.batch_runs.stop_all(folder.id)
        self.stories.settle(folder.id)
        with self._lock:
            self.objects.forget(folder.id)
            folder.plans.clear()
            if forget:
                self.folders.forget(folder)
        self.learned.keep_only(self.store.tunings)
        self.text_models.forget(folder.id)
        self.rates.forget(folder)
        self.folders.account(folder)
        folder.faults.reset()
        folder.journal.clear()

    @lazy
    def endpoints(self) -> "Endpoints":
        """ApiEndpointService."""
        from aistudio_mock.backend.endpoints import Endpoints

        return Endpoints(self._directories)

    @lazy
    def iam_tokens(self) -> "IamTokens":
        """IamTokenService."""
        from aistudio_mock.backend.iam_tokens import IamTokens

        return IamTokens(self.identity, self.folders)

    @lazy
    def objects(self) -> "StoredObjects":
        """What the storage keeps."""
        from aistudio_mock.backend.objects import StoredObjects

        urls = {door: shown.storage_url for door, shown in self._directories.items()}
        return StoredObjects(self.store, self._lock, self.folders, self._signer(), urls, self._blobs)

    @lazy
    def validations(self) -> "Validations":
        """The stories of validations, which no RPC reaches by itself."""
        from aistudio_mock.backend.validations import Validations

        scans = self._made_scans
        return Validations(self.store, self._lock, scans.start, scans.discard, self.stories)

    @lazy
    def stories(self) -> "OpenStories":
        """Which stories are open."""
        from aistudio_mock.backend.open_stories import OpenStories

        return OpenStories(self.journal.bells.ring)

    @lazy
    def _made_scans(self) -> "Scans":
        return self._scans()

    @lazy
    def _polling(self) -> "Polling":
        from aistudio_mock.backend.polling import Polling

        return Polling(self.store, self.stories)

    @lazy
    def datasets(self) -> "Datasets":
        """DatasetService: one dataset."""
        from aistudio_mock.backend.datasets import Datasets

        return Datasets(
            self.store,
            self._lock,
            self._access,
            self.validations,
            self.objects,
            self.tunings,
            self._polling,
        )

    @lazy
    def dataset_files(self) -> "DatasetFiles":
        """DatasetService: what is in a dataset."""
        from aistudio_mock.backend.dataset_files import DatasetFiles

        return DatasetFiles(self.store, self._lock, self._access, self.objects)

    @lazy
    def dataset_lists(self) -> "DatasetLists":
        """DatasetService: many datasets."""
        from aistudio_mock.backend.dataset_lists import DatasetLists

        return DatasetLists(self.store, self._lock, self._access)

    @lazy
    def dataset_catalogue(self) -> "DatasetCatalogue":
        """DatasetService: what a dataset may be."""
        from aistudio_mock.backend.dataset_catalogue import DatasetCatalogue

        return DatasetCatalogue(self._access)

    @lazy
    def multipart(self) -> "MultipartUploads":
        """DatasetService: uploads in parts."""
        from aistudio_mock.backend.multipart import MultipartUploads

        return MultipartUploads(self.store, self._lock, self._access, self.objects)

    @lazy
    def tunings(self) -> "Tunings":
        """TuningService, as long as a tuning runs."""
        from aistudio_mock.backend.tunings import Tunings

        return Tunings(
            self.store, self._lock, self._access, self.folders, self.objects, lambda: self._polling
        )

    @lazy
    def finished_tunings(self) -> "FinishedTunings":
        """TuningService, once a tuning is over."""
        from aistudio_mock.backend.finished_tunings import FinishedTunings

        return FinishedTunings(self.store, self._lock, self.tunings)

    @lazy
    def operations(self) -> "Operations":
        """OperationService."""
        from aistudio_mock.backend.operations import Operations

        return Operations(
            self.store,
            self._lock,
            self.folders,
            self._access,
            self._polling,
            self.tunings,
            lambda: self.batches,
        )

    @lazy
    def batches(self) -> "Batches":
        """BatchInferenceService."""
        from aistudio_mock.backend.batches import Batches

        return Batches(
            self.store, self._lock, self._access, self._polling, self.objects, self.stories, self.batch_runs
        )

    @lazy
    def batch_runs(self) -> "BatchRuns":
        """TextGenerationBatchService."""
        from aistudio_mock.backend.batch_runs import BatchRuns

        return BatchRuns(
            self.store,
            self._lock,
            self._access,
            self.objects,
            self._made_scans,
            self.stories,
            self.text_models,
            self.text_generation,
        )

    @lazy
    def text_generation(self) -> "TextGeneration":
        """TextGenerationService."""
        from aistudio_mock.backend.inference import TextGeneration

        return TextGeneration(self.text_models)

    @lazy
    def async_text_generation(self) -> "AsyncTextGeneration":
        """TextGenerationAsyncService."""
        from aistudio_mock.backend.async_completions import AsyncTextGeneration

        return AsyncTextGeneration(self.store, self._lock, self.text_generation)

    @lazy
    def tokenizer(self) -> "Tokenizer":
        """TokenizerService."""
        from aistudio_mock.backend.tokenizer import Tokenizer

        return Tokenizer(self.text_models)

    @lazy
    def instruct(self) -> "Instruct":
        """TextGenerationService as it was before there were model URIs."""
        from aistudio_mock.backend.instruct import Instruct

        return Instruct(self.folders, self.text_models, self.text_generation)

    @lazy
    def text_models(self) -> "TextModels":
        """What the services of texts ask."""
        from aistudio_mock.backend.text_models import TextModels

        return TextModels(self.store, self._access, self._tuned_models)

    @lazy
    def text_classification(self) -> "TextClassification":
        """TextClassificationService."""
        from aistudio_mock.backend.text_classification import TextClassification

        return TextClassification(self._access, self._tuned_models)

    @lazy
    def embeddings(self) -> "Embeddings":
        """EmbeddingsService."""
        from aistudio_mock.backend.embeddings import Embeddings

        return Embeddings(self._access, self._tuned_models)

    @lazy
    def _tuned_models(self) -> "TunedModels":
        from aistudio_mock.backend.tuned_models import TunedModels

        return TunedModels(self.store, self.folders, self.objects, self.learned)

    @lazy
    def model_list(self) -> "ModelList":
        """What GET /v1/models lists."""
        from aistudio_mock.backend.model_list import ModelList

        return ModelList(self.store)

    @lazy
    def rates(self) -> "Rates":
        """Limits on calls."""
        from aistudio_mock.backend.rates import Rates

        return Rates()

    @lazy
    def learned(self) -> "Learned":
        """What tuned models have learned."""
        from aistudio_mock.backend.learned import Learned

        return Learned()
