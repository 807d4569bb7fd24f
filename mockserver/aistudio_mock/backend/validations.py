"""Validation of a dataset: one command, two stories, and the scan whose outcome they await."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from aistudio_formats.report import Report, RowError
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.open_stories import OpenStories
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain.dataset import Dataset, DatasetState, DatasetStatus
from aistudio_mock.domain.instant import Instant, later
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.operation import CANCELLED, Failure, Operation, OperationState, Packed
from aistudio_mock.domain.schedule import ValidationPlan, plan_validation
from aistudio_mock.domain.timeline import Timeline
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import ValidationError
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    ValidateDatasetMetadata,
    ValidateDatasetResponse,
)

_PACKAGE = "yandex.cloud.ai.dataset.v1"
_UNCANCELLABLE = "is a validation and cannot be cancelled; delete its dataset"
_FIRST_ROW: Mapping[str, Literal[0, 1]] = {"1": 1, "0": 0}


class Scanned(Struct, frozen=True):
    """What scanning an upload gave: the report, and the converted file when the data is valid."""

    report: Report
    content: Blob | None


class Scan(Protocol):
    """Starts the real work on an upload, off every lock and loop."""

    def __call__(self, draft: Blob, task_type: str, first_row: Literal[0, 1]) -> "Future[Scanned]":
        """The outcome of scanning and converting `draft`."""
        ...


class Validations:
    """Begins validations, and seals their stories when the scan is over."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        scan: Scan,
        discard: Callable[[Blob], None],
        stories: OpenStories,
    ) -> None:
        self._store = store
        self._lock = lock
        self._scan = scan
        self._discard = discard
        self._stories = stories

    def begin(self, folder: Folder, dataset: Dataset, operation_id: str, now: Instant) -> Operation:
        """Writes both stories as far as they are known and starts the scan. The lock is held."""
        # First: where there is no room for its result, nothing has begun.
        future = self._start(dataset, folder)
        plan = plan_validation(folder.settings.durations, folder.chance(operation_id), now)
        story = Timeline.starting(now, OperationState())
        if plan.touched is not None:
            story = story.then(plan.touched, OperationState())
        operation = Operation(operation_id, folder.id, now, story.awaiting(), uncancellable=_UNCANCELLABLE)
        self._store.operations.put(operation)
        validating = dataset.timeline.then(now, DatasetState(DatasetStatus.VALIDATING)).awaiting()
        self._store.datasets.put(replace(dataset, timeline=validating, operation_id=operation_id))
        self._await(folder, dataset.id, operation_id, plan, future)
        return operation

    def resume(self, folder: Folder, dataset: Dataset, operation: Operation) -> None:
        """Starts the scan anew that an open story awaits; what was drawn for it is drawn again."""
        plan = plan_validation(folder.settings.durations, folder.chance(operation.id), operation.created_at)
        # Later than what has been shown, should another seed or other durations be set by now.
        told = operation.timeline.last.at
        converted = max(plan.converted, told)
        plan = replace(plan, converted=converted, done=max(plan.done, converted))
        self._await(folder, dataset.id, operation.id, plan, self._start(dataset, folder))

    def end(self, dataset: Dataset, now: Instant) -> None:
        """The dataset is being deleted: its validation, unless it is done, ends with it. The lock is held."""
        operation = self._store.operations.get(dataset.operation_id)
        if operation is None or operation.is_done(now):
            return
        error = Failure(CANCELLED, f"Operation was cancelled: dataset {dataset.id} was deleted")
        final = replace(operation.timeline.at(now).state, done=True, error=error)
        story = operation.timeline.cut(now).then(now, final, terminal=True)
        self._store.operations.put(replace(operation, timeline=story, phases=(now,)))

    def _await(
        self,
        folder: Folder,
        dataset_id: str,
        operation_id: str,
        plan: ValidationPlan,
        future: "Future[Scanned]",
    ) -> None:
        self._stories.begin(operation_id, folder.id)
        future.add_done_callback(lambda done: self._finish(folder, dataset_id, operation_id, plan, done))

    def _start(self, dataset: Dataset, folder: Folder) -> "Future[Scanned]":
        if dataset.draft is None:
            nothing: Future[Scanned] = Future()
            nothing.set_result(Scanned(_failed("mock.dataset.no_upload", "nothing was uploaded"), None))
            return nothing
        first_row = _FIRST_ROW[folder.settings.behaviours.validation_first_row]
        return self._scan(dataset.draft, dataset.task_type, first_row)

    def _finish(
        self,
        folder: Folder,
        dataset_id: str,
        operation_id: str,
        plan: ValidationPlan,
        future: "Future[Scanned]",
    ) -> None:
        problem = None if future.cancelled() else future.exception()
        if future.cancelled():
            scanned = Scanned(_failed("mock.scan.cancelled", "the server stopped"), None)
        elif problem is not None:
            scanned = Scanned(_failed("mock.scan.failed", f"the scan itself failed: {problem}"), None)
        else:
            scanned = future.result()
        with self._stories.ending(operation_id), self._lock:
            dataset = self._store.datasets.get(dataset_id)
            operation = self._store.operations.get(operation_id)
            if dataset is not None and operation is not None:
                self._seal(folder, dataset, operation, plan, scanned)
            elif scanned.content is not None:  # deleted meanwhile, or taken away by a reset
                self._discard(scanned.content)

    def _seal(
        self,
        folder: Folder,
        dataset: Dataset,
        operation: Operation,
        plan: ValidationPlan,
        scanned: Scanned,
    ) -> None:
        behaviours = folder.settings.behaviours
        # No earlier than drawn; when the scan took longer than the plan, everything moves by the same amount.
        behind = max(0, folder.clock.now() - plan.converted)
        converted, done = later(plan.converted, behind), later(plan.done, behind)
        ready = done if behaviours.dataset_ready_before_done == "at-done" else converted
        metadata = (
            _metadata(dataset.id, scanned.report) if behaviours.validation_metadata == "row-counts" else None
        )
        story = (
            operation.timeline.then(converted, OperationState(metadata=metadata))
            if metadata
            else operation.timeline
        )
        response = _response(dataset.id, scanned.report)
        final = OperationState(done=True, metadata=metadata, response=response)
        self._store.operations.put(
            replace(
                operation,
                timeline=story.then(done, final, terminal=True).sealed(),
                phases=tuple(sorted({mark.at for mark in story.marks[1:]} | {ready, done})),
            )
        )
        timeline = dataset.timeline.then(ready, _outcome(scanned)).sealed()
        content = replace(scanned.content, modified=ready) if scanned.content else None
        self._store.datasets.put(replace(dataset, timeline=timeline, content=content))


def _outcome(scanned: Scanned) -> DatasetState:
    if scanned.content is None:
        return DatasetState(DatasetStatus.INVALID, errors=scanned.report.errors)
    return DatasetState(DatasetStatus.READY, scanned.report.total_rows, scanned.content.size)


def _failed(error: str, description: str) -> Report:
    return Report(0, 0, 0, (RowError(error, description),), 0)


def _metadata(dataset_id: str, report: Report) -> Packed:
    message = ValidateDatasetMetadata(
        dataset_id=dataset_id,
        valid_rows=report.valid_rows,
        processed_rows=report.processed_rows,
        total_rows=report.total_rows,
    )
    return Packed(f"{_PACKAGE}.ValidateDatasetMetadata", message.SerializeToString())


def _response(dataset_id: str, report: Report) -> Packed:
    message = ValidateDatasetResponse(
        dataset_id=dataset_id,
        is_valid=report.is_valid,
        errors=[
            ValidationError(
                error=error.error, error_description=error.error_description, row_numbers=error.row_numbers
            )
            for error in report.errors
        ],
    )
    return Packed(f"{_PACKAGE}.ValidateDatasetResponse", message.SerializeToString())
