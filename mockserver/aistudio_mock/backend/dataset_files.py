"""DatasetService, the RPCs that lead to a dataset's file."""

from aistudio_mock.backend import quotas
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain.dataset import Dataset, DatasetCommand
from aistudio_mock.domain.errors import NotFound
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetFileDownloadUrl


class DatasetFiles:
    """Where a dataset's file goes to, where it can be had, and how it begins."""

    def __init__(self, store: Store, lock: Lock, access: Access, objects: StoredObjects) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._objects = objects

    def get_upload_draft_url(
        self, call: Call, request: wire.GetUploadDraftUrlRequest
    ) -> wire.GetUploadDraftUrlResponse:
        """A presigned URL for a PUT of exactly `size_bytes` bytes (c.4).

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is no draft any more.
            ResourceExhausted: more bytes than the folder's quotas allow.
        """
        with self._lock:
            dataset, folder = self._find(call, request.dataset_id)
            now = folder.clock.now()
            dataset.require(DatasetCommand.UPLOAD, now)
            quotas.require_upload(self._store, folder, dataset, request.size_bytes)
        form = folder.settings.behaviours.upload_url_form
        url = self._objects.upload_url(call.door, dataset, request.size_bytes, now, form)
        return wire.GetUploadDraftUrlResponse(dataset_id=dataset.id, upload_url=url)

    def get_download_urls(
        self, call: Call, request: wire.GetDownloadUrlsRequest
    ) -> wire.GetDownloadUrlsResponse:
        """A presigned URL of the converted Parquet file, under the key `main` (c.10).

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is not READY.
        """
        dataset, folder = self._find(call, request.dataset_id)
        now = folder.clock.now()
        dataset.require(DatasetCommand.DOWNLOAD, now)
        url = self._objects.download_url(call.door, dataset, now)
        return wire.GetDownloadUrlsResponse(
            dataset_id=dataset.id, download_urls=[DatasetFileDownloadUrl(key="main", url=url)]
        )

    def get_preview(
        self, call: Call, request: wire.GetDatasetPreviewRequest
    ) -> wire.GetDatasetPreviewResponse:
        """The first rows of a READY dataset, each as a line of JSON (assumed, h.13).

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is not READY.
        """
        from aistudio_formats.preview import preview_rows  # noqa: PLC0415 - not on the way to the first call

        dataset, folder = self._find(call, request.dataset_id)
        dataset.require(DatasetCommand.PREVIEW, folder.clock.now())
        assert dataset.content is not None  # it is READY
        try:
            rows = preview_rows(dataset.content.source, dataset.task_type)
        except FileNotFoundError:  # deleted between two lines of ours
            raise NotFound(f"dataset {dataset.id} not found") from None
        return wire.GetDatasetPreviewResponse(dataset_id=dataset.id, preview_lines=rows)

    def _find(self, call: Call, dataset_id: str) -> tuple[Dataset, Folder]:
        return self._access.record(call, self._store.datasets, "dataset", dataset_id)
