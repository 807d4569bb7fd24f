"""The stored objects behind presigned URLs: drafts, converted datasets, metrics archives."""

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.archives import Archives
from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.parts import Accepted, Parts
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain.dataset import Dataset, DatasetCommand
from aistudio_mock.domain.errors import ApiError, FailedPrecondition, NotFound
from aistudio_mock.domain.instant import Duration, Instant
from aistudio_mock.domain.multipart import Plan, addressed
from aistudio_mock.domain.objects import (
    BUCKETS,
    DATASETS,
    DRAFTS,
    METRICS,
    Blob,
    FinishedUpload,
    Grant,
    PartAddress,
    expiration,
    object_key,
)
from aistudio_mock.domain.presign import Signer
from aistudio_mock.domain.s3_errors import AccessDenied, NoSuchBucket, NoSuchKey
from aistudio_mock.domain.tuning import Tuning
from aistudio_mock.runtime.blobs import BlobStore

UPLOAD_FORMS: Mapping[str, tuple[str, int, str]] = {
    "other": ("ru-central1", 86_399, "x-note=%7Ea%20b%2Fc%26&x-empty=&"),
}
"""Upload URLs as they may be as well: the region, seconds, and parameters that go before the usual ones."""


class StoredObjects:
    """What the storage transport asks of the backend, and the URLs that lead there."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        folders: Folders,
        signer: Signer,
        storage_urls: Mapping[Door, str],
        blobs: BlobStore,
    ) -> None:
        self._store = store
        self._lock = lock
        self._folders = folders
        self._signer = signer
        self._storage_urls = storage_urls
        self._blobs = blobs
        self.parts = Parts(store.uploads, blobs)
        self._announced: dict[str, tuple[int, ...]] = {}
        self._archives = Archives(blobs)

    def upload_url(self, door: Door, dataset: Dataset, size: int, now: Instant, form: str = "") -> str:
        """Where `size` bytes can be PUT for a day (service-behaviour c.4); `form` is one of UPLOAD_FORMS."""
        self._announce(dataset, size)
        key, base = object_key(dataset.folder_id, dataset.id), self._storage_urls[door]
        if form not in UPLOAD_FORMS:
            return self._signer.sign_put(base, DRAFTS, key, size, now)
        region, expires, query = UPLOAD_FORMS[form]
        signer = Signer(self._signer.access_key_id, self._signer.secret, region)
        return signer.sign_put(base, DRAFTS, key, size, now, expires=expires, query=query)

    def part_urls(
        self, door: Door, dataset: Dataset, upload_id: str, plan: Plan, now: Instant, *, signed_length: bool
    ) -> list[str]:
        """Where each part can be PUT for a day, the first part first (anatomy assumed, c.5)."""
        if signed_length:
            self._announce(dataset, plan.part_size, plan.length(plan.parts))
        base, key = self._storage_urls[door], object_key(dataset.folder_id, dataset.id)
        return [
            self._signer.sign_part(
                base,
                DRAFTS,
                key,
                PartAddress(upload_id, number),
                plan.length(number) if signed_length else None,
                now,
            )
            for number in range(1, plan.parts + 1)
        ]

    def download_url(self, door: Door, dataset: Dataset, now: Instant) -> str:
        """Where the converted file can be read for a day (c.10)."""
        key = object_key(dataset.folder_id, dataset.id)
        return self._signer.sign_get(self._storage_urls[door], DATASETS, key, now)

    def metrics_url(self, door: Door, task: Tuning, now: Instant) -> str | None:
        """Where the TensorBoard archive can be read for a day (anatomy assumed, e.6), if there is one."""
        # Written here, because a GET is answered on the HTTP side's event loop.
        if self._archives.of(task, now) is None:
            return None
        key = object_key(task.folder_id, f"{task.id}.zip")
        return self._signer.sign_get(self._storage_urls[door], METRICS, key, now)

    def what_is_missing(self, dataset_id: str) -> str:
        """What a caller has to do for a draft to have data."""
        if self.parts.under_way(dataset_id):
            return "call FinishMultipartUploadDraft"
        return "PUT the file to the URL of GetUploadDraftUrl"

    def lapse(self, dataset: Dataset, age: Callable[[Instant], Duration]) -> Dataset:
        """The dataset, without its draft when that is older than X-Amz-Expiration told. The lock is held."""
        draft = dataset.draft
        ends = expiration(DRAFTS, draft.modified) if draft is not None else None
        if draft is None or ends is None or age(draft.modified) < ends.at - draft.modified:
            return dataset
        left = replace(dataset, draft=None)
        self._store.datasets.put(left)
        self._blobs.unlink(draft.source)
        return left

    def lines(self, blobs: tuple[Blob, ...]) -> Iterator[bytes]:
        """The lines of uploaded files, one after the other."""
        for blob in blobs:
            with self._blobs.open(blob.source) as file:
                yield from file

    def release(self, dataset: Dataset) -> None:
        """Frees what a deleted dataset stored, but for what a tuned model learned from. The lock is held."""
        self._announced.pop(dataset.id, None)
        self.parts.drop(dataset.id)
        learned = {
            blob.source
            for task in self._store.tunings  # of every folder: one may train on another's dataset
            for blob in task.training_data
        }
        for blob in (dataset.draft, dataset.content):
            if blob is not None and blob.source not in learned:
                self._blobs.unlink(blob.source)

    def forget(self, folder_id: str) -> None:
        """Frees everything a folder stored, and its datasets, tunings and operations with it."""
        with self._lock:
            self._store.operations.drop(folder_id)
            for batch in self._store.batches.drop(folder_id):
                self._store.task_of_operation.pop(batch.operation_id, None)
            tasks, datasets = self._store.tunings.drop(folder_id), self._store.datasets.drop(folder_id)
            gone = [blob for dataset in datasets for blob in (dataset.draft, dataset.content)]
            for dataset in datasets:
                self._announced.pop(dataset.id, None)
                self.parts.drop(dataset.id)
            for task in tasks:
                self._store.tuned_models.pop(task.target_model_uri, None)
                self._store.task_of_operation.pop(task.operation_id, None)
                self._archives.forget(task.id)
                gone += task.training_data
            # A tuning may train on another folder's dataset: what either still needs stays.
            kept = {blob.source for task in self._store.tunings for blob in task.training_data}
            kept |= {dataset.draft.source for dataset in self._store.datasets if dataset.draft}
            for blob in gone:
                if blob is not None and blob.source not in kept:
                    self._blobs.unlink(blob.source)

    def authorize(
        self, *, method: str, bucket: str, key: str, path: str, query_string: str, headers: Mapping[str, str]
    ) -> Grant:
        """Leave for one request on a presigned URL. Raises S3Error."""
        if bucket not in BUCKETS:
            raise NoSuchBucket(details=(("BucketName", bucket),))
        folder_id, _, name = key.rpartition("/")
        folder = self._folders.find(folder_id) or self._folders.default
        announced = self._announced.get(name, ())
        self._signer.verify(method, path, query_string, headers, folder.clock.age, announced=announced)
        if method != "PUT":
            return Grant(bucket, key)
        size, part = int(headers.get("content-length", 0)), addressed(query_string)
        if part is None:
            return Grant(bucket, key, size)
        with self._lock:
            return Grant(bucket, key, size, part, self.parts.place(name, part, size))

    def put(self, grant: Grant, upload: FinishedUpload) -> Blob:
        """The upload becomes the dataset's draft, or a part of it.

        Raises:
            S3Error: the dataset or the upload is gone, or the dataset is no draft any more.
        """
        with self._lock:
            dataset = self._dataset(grant.key)
            now = self._folders.get(dataset.folder_id).clock.now()
            blob = Blob(upload.path, upload.size, upload.md5, now)
            if grant.part is not None:
                self.parts.add(dataset.id, grant.part, upload)
                return blob
            try:
                dataset.require(DatasetCommand.UPLOAD, now)
            except FailedPrecondition as refusal:
                raise AccessDenied(refusal.message) from None
            self._become_draft(dataset, blob)
        return blob

    def adopt(self, taken: Accepted, blob: Blob, now: Instant) -> None:
        """The blob that the parts were joined to becomes the dataset's draft; it is removed when it cannot.

        Raises:
            NotFound: the dataset was deleted meanwhile.
            FailedPrecondition: the dataset is no draft any more.
        """
        with self._lock:
            dataset = self._store.datasets.get(taken.upload.id)
            try:
                if dataset is None:
                    raise NotFound(f"dataset {taken.upload.id} not found")
                dataset.require(DatasetCommand.UPLOAD, now)
            except ApiError:
                self.parts.leave(taken, None)
                self._blobs.unlink(blob.source)
                raise
            self.parts.leave(taken, blob.source)
            self._become_draft(dataset, blob)

    def _become_draft(self, dataset: Dataset, blob: Blob) -> None:
        self._store.datasets.put(replace(dataset, draft=blob))
        if dataset.draft is not None:
            self._blobs.unlink(dataset.draft.source)

    def get(self, bucket: str, key: str) -> Blob:
        """The object as it is now. Raises NoSuchKey."""
        if bucket == METRICS:
            return self._metrics(key)
        dataset = self._dataset(key)
        blob = dataset.draft if bucket == DRAFTS else dataset.content
        if blob is None:
            raise NoSuchKey(details=(("Key", key),))
        return blob

    def _announce(self, dataset: Dataset, *sizes: int) -> None:
        # Only for the hint of a refusal, so the last few sizes do.
        self._announced[dataset.id] = (*self._announced.get(dataset.id, ()), *sizes)[-8:]

    def _dataset(self, key: str) -> Dataset:
        dataset = self._store.datasets.get(key.rpartition("/")[2])
        if dataset is None or object_key(dataset.folder_id, dataset.id) != key:
            raise NoSuchKey(details=(("Key", key),))
        return dataset

    def _metrics(self, key: str) -> Blob:
        task = self._store.tunings.get(key.rpartition("/")[2].removesuffix(".zip"))
        now = self._folders.get(key.rpartition("/")[0]).clock.now()
        archive = self._archives.of(task, now) if task is not None else None
        if archive is None:
            raise NoSuchKey(details=(("Key", key),))
        return archive
