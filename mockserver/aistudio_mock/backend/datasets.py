"""DatasetService: one method per RPC."""

from collections.abc import Callable
from dataclasses import replace
from threading import RLock
from typing import Any

from aistudio_mock.backend import views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.validations import Validations
from aistudio_mock.domain.dataset import Dataset, DatasetCommand, DatasetState, DatasetStatus
from aistudio_mock.domain.errors import FailedPrecondition, FieldViolation, InvalidArgument
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.paging import page
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.runtime.chance import Ids
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetFileDownloadUrl
from aistudio_protos.yandex.cloud.operation import operation_pb2


class Datasets:
    """The datasets of every folder. What each status allows is `domain.dataset.LEGAL`."""

    def __init__(
        self,
        store: Store,
        lock: RLock,
        access: Access,
        ids: Ids,
        validations: Validations,
        objects: StoredObjects,
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._ids = ids
        self._validations = validations
        self._objects = objects

    def create(self, call: Call, request: wire.CreateDatasetRequest) -> wire.CreateDatasetResponse:
        """A new dataset, in DRAFT (service-behaviour c.3)."""
        folder = self._access.folder(call, request.folder_id)
        # The clock is read under the lock, so that the order of creation is the order of the dates.
        with self._lock:
            now = folder.clock.now()
            dataset = Dataset(
                id=self._ids.new("fds"),
                folder_id=folder.id,
                name=request.name,
                task_type=request.task_type,
                upload_format=request.upload_format,
                created_at=now,
                created_by=folder.service_account_id,
                timeline=Timeline.starting(now, DatasetState(DatasetStatus.DRAFT)),
                description=request.description,
                metadata=request.metadata,
                labels=dict(request.labels),
                allow_data_log=request.allow_data_log,
            )
            self._store.datasets.put(dataset)
        return wire.CreateDatasetResponse(
            dataset_id=dataset.id, dataset=views.dataset(dataset, now, folder.settings.behaviours)
        )

    def describe(self, call: Call, request: wire.DescribeDatasetRequest) -> wire.DescribeDatasetResponse:
        """The dataset as it is now. Raises NotFound."""
        dataset, folder = self._find(call, request.dataset_id)
        now = folder.clock.now()
        return wire.DescribeDatasetResponse(dataset=views.dataset(dataset, now, folder.settings.behaviours))

    def list(self, call: Call, request: wire.ListDatasetsRequest) -> wire.ListDatasetsResponse:
        """A folder's datasets, newest first (c.9). Raises InvalidArgument for a forged token."""
        folder = self._access.folder(call, request.folder_id)
        now = folder.clock.now()
        wanted = _filter(request, now)
        with self._lock:
            found = page(
                filter(wanted, self._store.datasets.newest_first(folder.id)),
                self._store.datasets.position,
                request.page_size,
                request.page_token,
            )
        return wire.ListDatasetsResponse(
            datasets=[views.dataset(dataset, now, folder.settings.behaviours) for dataset in found.items],
            next_page_token=found.next_page_token,
        )

    def update(self, call: Call, request: wire.UpdateDatasetRequest) -> wire.UpdateDatasetResponse:
        """Changes the fields that the mask names (c.10).

        Raises:
            NotFound: no such dataset.
            InvalidArgument: a path that cannot be updated, or an empty mask where so set.
        """
        with self._lock:
            dataset, folder = self._find(call, request.dataset_id)
            now = folder.clock.now()
            dataset.require(DatasetCommand.UPDATE, now)
            changes = _changes(
                request, refuse_empty=folder.settings.behaviours.dataset_update_empty_mask == "refuse"
            )
            changed: Dataset = replace(dataset, **changes, edited_at=now)
            self._store.datasets.put(changed)
        return wire.UpdateDatasetResponse(dataset=views.dataset(changed, now, folder.settings.behaviours))

    def delete(self, call: Call, request: wire.DeleteDatasetRequest) -> wire.DeleteDatasetResponse:
        """Forgets a dataset, at once and in any status (c.10). Raises NotFound."""
        with self._lock:
            dataset, folder = self._find(call, request.dataset_id)
            dataset.require(DatasetCommand.DELETE, folder.clock.now())
            self._store.datasets.remove(dataset)
            self._objects.release(dataset)
        return wire.DeleteDatasetResponse()

    def get_upload_draft_url(
        self, call: Call, request: wire.GetUploadDraftUrlRequest
    ) -> wire.GetUploadDraftUrlResponse:
        """A presigned URL for a PUT of exactly `size_bytes` bytes (c.4).

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is no draft any more.
        """
        dataset, folder = self._find(call, request.dataset_id)
        now = folder.clock.now()
        dataset.require(DatasetCommand.UPLOAD, now)
        return wire.GetUploadDraftUrlResponse(
            dataset_id=dataset.id,
            upload_url=self._objects.upload_url(call.door, dataset, request.size_bytes, now),
        )

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

    def validate(self, call: Call, request: wire.ValidateDatasetRequest) -> operation_pb2.Operation:
        """Starts the validation of what was uploaded (c.6).

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is no draft any more, or nothing was uploaded.
        """
        with self._lock:
            dataset, folder = self._find(call, request.dataset_id)
            now = folder.clock.now()
            dataset.require(DatasetCommand.VALIDATE, now)
            if dataset.draft is None and folder.settings.behaviours.validate_without_upload == "refuse":
                raise FailedPrecondition(
                    f"dataset {dataset.id} has no data; PUT the file to the URL of GetUploadDraftUrl first"
                )
            operation = self._validations.begin(folder, dataset, self._ids.new("fds"), now)
        return views.operation(operation, now)

    def _find(self, call: Call, dataset_id: str) -> tuple[Dataset, Folder]:
        return self._access.record(call, self._store.datasets, "dataset", dataset_id)


_UPDATABLE: dict[str, Callable[[wire.UpdateDatasetRequest], Any]] = {
    "name": lambda request: request.name,
    "description": lambda request: request.description,
    "labels": lambda request: dict(request.labels),
}


def _changes(request: wire.UpdateDatasetRequest, *, refuse_empty: bool) -> dict[str, Any]:
    paths = list(request.update_mask.paths)
    if not paths and refuse_empty:
        raise InvalidArgument.of(FieldViolation("update_mask", "Field is required"))
    for path in paths:
        if path not in _UPDATABLE:
            raise InvalidArgument(f"update_mask: cannot update {path!r}; it can name {', '.join(_UPDATABLE)}")
    given = {path: _UPDATABLE[path](request) for path in paths or _UPDATABLE}
    changes = given if paths else {path: value for path, value in given.items() if value}
    if "name" in changes and not 1 <= len(changes["name"]) <= 63:  # noqa: PLR2004 - the contract's bound on Create
        raise InvalidArgument.of(FieldViolation("name", "Length must be in the range of 1 to 63"))
    return changes


def _filter(request: wire.ListDatasetsRequest, now: Instant) -> Callable[[Dataset], bool]:
    statuses = {int(status) for status in request.status}
    types = set(request.task_type_filter)
    ids = set(request.dataset_ids)
    return lambda dataset: (
        (not statuses or int(dataset.status(now)) in statuses)
        and (not types or dataset.task_type in types)
        and (not ids or dataset.id in ids)
        and request.dataset_name_pattern in dataset.name
    )
