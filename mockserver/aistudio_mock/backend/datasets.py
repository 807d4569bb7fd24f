"""DatasetService, the RPCs that make, show, change and end one dataset."""

from sys import intern

from msgspec.structs import replace

from aistudio_mock.backend import quotas, views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.dataset_catalogue import require_task_type, require_upload_format
from aistudio_mock.backend.dataset_update import changes
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.polling import Polling
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.backend.tunings import Tunings
from aistudio_mock.backend.validations import Validations
from aistudio_mock.domain.dataset import Dataset, DatasetCommand, DatasetState, DatasetStatus
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.timeline import Timeline
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.operation import operation_pb2

_DRAFT = DatasetState(DatasetStatus.DRAFT)


class Datasets:
    """The datasets of every folder. What each status allows is `domain.dataset.LEGAL`."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        access: Access,
        validations: Validations,
        objects: StoredObjects,
        tunings: Tunings,
        polling: Polling,
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._validations = validations
        self._objects = objects
        self._tunings = tunings
        self._polling = polling

    def create(self, call: Call, request: wire.CreateDatasetRequest) -> wire.CreateDatasetResponse:
        """A new dataset, in DRAFT (service-behaviour c.3).

        Raises:
            InvalidArgument: a task type or an upload format that is not known, where that is refused.
            ResourceExhausted: the folder has as many datasets as its quota allows.
        """
        folder = self._access.folder(call, request.folder_id)
        if folder.settings.behaviours.dataset_task_type_unknown == "refuse":
            _require_known_type(request)
        # The clock is read under the lock, so that the order of creation is the order of the dates.
        with self._lock:
            now = folder.clock.now()
            quotas.require_dataset(self._store, folder)
            dataset = Dataset(
                id=folder.ids.new("fds"),
                folder_id=folder.id,
                name=request.name,
                task_type=intern(request.task_type),
                upload_format=intern(request.upload_format),
                created_at=now,
                created_by=folder.service_account_id,
                timeline=Timeline.starting(now, _DRAFT),
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
        """The dataset as it is now, which may take a poll of its validation. Raises NotFound."""
        dataset, folder = self._find(call, request.dataset_id)
        now = folder.clock.now()
        dataset.require_made(now)
        if (status := dataset.status(now)) is DatasetStatus.VALIDATING:
            self._polling.asked(call, dataset.operation_id, status, folder)
            dataset, folder = self._find(call, request.dataset_id)
            now = folder.clock.now()
        return wire.DescribeDatasetResponse(dataset=views.dataset(dataset, now, folder.settings.behaviours))

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
            refuse_empty = folder.settings.behaviours.dataset_update_empty_mask == "refuse"
            changed: Dataset = replace(dataset, **changes(request, refuse_empty=refuse_empty), edited_at=now)
            self._store.datasets.put(changed)
        return wire.UpdateDatasetResponse(dataset=views.dataset(changed, now, folder.settings.behaviours))

    def delete(self, call: Call, request: wire.DeleteDatasetRequest) -> wire.DeleteDatasetResponse:
        """Forgets a dataset at once, and ends its validation (c.10). A tuning that reads it goes on.

        Raises:
            NotFound: no such dataset, or none any more.
            FailedPrecondition: an unfinished tuning reads it, where that is refused.
        """
        with self._lock:
            dataset, folder = self._find(call, request.dataset_id)
            now = folder.clock.now()
            dataset.require(DatasetCommand.DELETE, now)
            if folder.settings.behaviours.dataset_delete_in_use == "refuse":
                self._require_unread(dataset)
            self._validations.end(dataset, now)
            self._store.datasets.remove(dataset)
            self._objects.release(dataset)
        return wire.DeleteDatasetResponse()

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
            if folder.settings.behaviours.draft_expiry == "as-told":
                dataset = self._objects.lapse(dataset, folder.clock.age)
            if dataset.draft is None and folder.settings.behaviours.validate_without_upload == "refuse":
                what = self._objects.what_is_missing(dataset.id)
                raise FailedPrecondition(f"dataset {dataset.id} has no data; {what} first")
            operation = self._validations.begin(folder, dataset, folder.ids.new("fds"), now)
            self._objects.parts.drop(dataset.id)  # nothing can finish that upload any more
        return views.operation(operation, now)

    def _find(self, call: Call, dataset_id: str) -> tuple[Dataset, Folder]:
        return self._access.record(call, self._store.datasets, "dataset", dataset_id)

    def _require_unread(self, dataset: Dataset) -> None:
        task = self._tunings.reader(dataset.id)
        if task is not None:
            raise FailedPrecondition(
                f"dataset {dataset.id} is used by tuning task {task.id}; "
                "wait until that is finished, or cancel it"
            )


def _require_known_type(request: wire.CreateDatasetRequest) -> None:
    require_task_type(request.task_type)
    require_upload_format(request.task_type, request.upload_format)
