"""Broken clients: what is new to a client, or seldom seen."""

from typing import Any

from google.protobuf.unknown_fields import UnknownFieldSet
from msgspec.structs import replace
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import (
    Dataset,
    Refused,
    Tuning,
)


@turns_red("DS-04/deprecated-field")
class ReadsTheNewCreatorOnly(RawStubs):
    """It does not look at the deprecated field of the creator."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        return replace(super()._shown(info), created_by=info.created_by or None)


@turns_red("DS-04/new-field")
class ReadsTheOldCreatorOnly(RawStubs):
    """It looks at the deprecated field of the creator only."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        return replace(super()._shown(info), created_by=info.created_by_id or None)


@turns_red("DS-05/shown")
class NeedsASize(RawStubs):
    """It cannot show a draft, whose size is not known."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        if info.status == DatasetInfo.DRAFT and not info.size_bytes:
            raise Refused("the dataset has no size")
        return super()._shown(info)


@turns_red("FC-02/shown")
class RefusesNewFields(RawStubs):
    """It refuses a dataset with fields that it does not know."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        if len(UnknownFieldSet(info)):
            raise Refused("the dataset has fields that are not known")
        return super()._shown(info)


@turns_red("FC-04/shown")
class KnowsSixStatuses(RawStubs):
    """It refuses a dataset whose status it does not know."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        if info.status not in DatasetInfo.Status.values():
            raise Refused(f"{info.status} is no status")
        return super()._shown(info)


@turns_red("FC-06/shown")
class ReadsSixDigits(RawStubs):
    """It refuses a moment with more than six digits."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        if info.created_at.nanos % 1000:
            raise Refused("the moment cannot be read")
        return super()._shown(info)


@turns_red("FC-01/archived")
class KnowsNoArchive(RawStubs):
    """It does not know that a task can be archived."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if task.status == TuningTask.ARCHIVED:
            raise Refused("no such status")
        return super()._shown_task(tuning_id, task)


@turns_red("FC-01/paid")
class KnowsNoBill(RawStubs):
    """It does not know that a task can be paid."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if task.status == TuningTask.PAID:
            raise Refused("no such status")
        return super()._shown_task(tuning_id, task)


@turns_red("FC-01/draft")
class KnowsNoDraftTask(RawStubs):
    """It does not know that a task can be a draft."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if task.status == TuningTask.DRAFT:
            raise Refused("no such status")
        return super()._shown_task(tuning_id, task)


@turns_red("FC-01/new")
class KnowsNoNewStatus(RawStubs):
    """It refuses a task whose status is newer than itself."""

    def _status_name(self, enum: Any, number: int) -> str:
        if enum is TuningTask.Status and number not in TuningTask.Status.values():
            raise Refused(f"{number} is no status")
        return super()._status_name(enum, number)


@turns_red("FC-03/done-is-done", "FC-03/waited")
class NeedsKnownMetadata(RawStubs):
    """It fails at the first poll whose metadata are of a type that it does not know."""

    def _is_done(self, operation: Operation) -> bool:
        if operation.metadata.type_url.endswith(".New"):
            raise Refused("the metadata cannot be read")
        return super()._is_done(operation)


@turns_red("FC-03/done-is-done")
class NeedsAKnownResponse(RawStubs):
    """It fails when the response of an operation is of a type that it does not know."""

    def _require_valid(self, dataset_id: str, operation: Operation) -> None:
        kind = operation.response.type_url
        if kind and not kind.endswith("ValidateDatasetResponse"):
            raise Refused("the response cannot be read")
        super()._require_valid(dataset_id, operation)


@turns_red("FC-03/waited")
class StopsAtNewMetadata(RawStubs):
    """It takes counts in metadata of a type that it does not know for the end, and looks at the dataset."""

    def _is_done(self, operation: Operation) -> bool:
        metadata = operation.metadata
        return super()._is_done(operation) or (metadata.type_url.endswith(".New") and bool(metadata.value))
