"""Broken clients: how validations, operations and tunings end."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from msgspec.structs import replace
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ValidateDatasetResponse
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningMetadata, TuningRequest
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import (
    Dataset,
    DatasetId,
    Done,
    Metrics,
    Refused,
    Tuning,
    TuningId,
    TuningMetrics,
    TuningStart,
)


@turns_red("VA-02/told-ready")
class NeedsMetadataAtTheEnd(RawStubs):
    """It fails when a validation that is done has no metadata."""

    def _require_valid(self, dataset_id: str, operation: Operation) -> None:
        if not operation.HasField("metadata") and not self._is_failed(operation):
            raise Refused("the operation has no metadata")
        super()._require_valid(dataset_id, operation)


@turns_red("VA-05/failure-told")
class NeedsErrorsToFail(RawStubs):
    """It takes a validation for good when no error is listed."""

    def _is_valid(self, outcome: ValidateDatasetResponse) -> bool:
        return super()._is_valid(outcome) or not outcome.errors


@turns_red("VA-07/invalid-is-shown", "VA-07/its-rows-are-shown")
class ShowsNoInvalidDataset(RawStubs):
    """It refuses to show a dataset that is not valid."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        if info.status == DatasetInfo.INVALID:
            raise Refused("the dataset is not valid")
        return super()._shown(info)


@turns_red("VA-07/invalid-is-shown")
class CallsInvalidDraft(RawStubs):
    """It shows a dataset that is not valid as a draft."""

    def _status_name(self, enum: Any, number: int) -> str:
        name = super()._status_name(enum, number)
        return "DRAFT" if name == "INVALID" else name


@turns_red("VA-07/its-rows-are-shown")
class ShowsInvalidWithoutRows(RawStubs):
    """It shows a dataset that is not valid without what is wrong."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        shown = super().dataset_get(ask)
        return replace(shown, errors=None)


@turns_red("VA-07/invalid-is-deleted")
class KeepsWhatIsInvalid(RawStubs):
    """It does not delete a dataset that is not valid."""

    def dataset_delete(self, ask: DatasetId) -> Done:
        if self._described(ask.dataset_id).status == DatasetInfo.INVALID:
            raise Refused("the dataset is not valid")
        return super().dataset_delete(ask)


@turns_red("VA-08/failure-told")
class IgnoresAValidationThatBroke(RawStubs):
    """It does not look at the error of a validation."""

    def _require_valid(self, dataset_id: str, operation: Operation) -> None:
        if not self._is_failed(operation):
            super()._require_valid(dataset_id, operation)


@turns_red("VA-08/failure-told", "TU-13/failure-told")
class HidesTheReason(RawStubs):
    """It tells that an operation failed, and not why."""

    def _failure(self, operation: Operation) -> Refused:
        return Refused("it failed", code=super()._failure(operation).failure.code)


@turns_red("OP-01/waited")
class TakesAnErrorForTheEnd(RawStubs):
    """It takes an operation for over as soon as that shows an error."""

    def _is_done(self, operation: Operation) -> bool:
        return super()._is_done(operation) or operation.HasField("error")


@turns_red("OP-02/no-success-invented")
class TakesSilenceForSuccess(RawStubs):
    """It takes an operation that is done without an error for a success."""

    def _require_valid(self, dataset_id: str, operation: Operation) -> None:
        if operation.HasField("response") or self._is_failed(operation):
            super()._require_valid(dataset_id, operation)


@turns_red("OP-06/refusal-told")
class CallsALateCancelDone(RawStubs):
    """It says that it cancelled when that was refused."""

    def tuning_cancel(self, ask: TuningId) -> Done:
        with suppress(Refused):
            super().tuning_cancel(ask)
        return Done()


@turns_red("OP-06/shown-as-it-ended")
class BelievesItsOwnCancel(RawStubs):
    """It shows a task as cancelled once it has asked for that."""

    def tuning_cancel(self, ask: TuningId) -> Done:
        self._operation_ids["asked"] = ask.tuning_id
        return super().tuning_cancel(ask)

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if self._operation_ids.get("asked") == tuning_id:
            return Tuning(tuning_id=tuning_id, status="CANCELED")
        return super()._shown_task(tuning_id, task)


@turns_red("OP-07/told-from-the-task")
class ForgetsOldTunings(RawStubs):
    """It fails when the operation of a tuning is no longer known."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        return self._outcome(ask.tuning_id, self._awaited(self._operation(self._operation_id(ask.tuning_id))))


@turns_red("TU-02/pair")
class TakesPairsForTriplets(RawStubs):
    """It sends the parameters of triplets for pairs."""

    def _add_params(self, request: TuningRequest, ask: TuningStart) -> None:
        super()._add_params(request, replace(ask, kind="triplet") if ask.kind == "pair" else ask)


@turns_red("TU-02/triplet")
class TakesTripletsForPairs(RawStubs):
    """It sends the parameters of pairs for triplets."""

    def _add_params(self, request: TuningRequest, ask: TuningStart) -> None:
        super()._add_params(request, replace(ask, kind="pair") if ask.kind == "triplet" else ask)


@turns_red("TU-02/multilabel")
class TakesLabelsForClasses(RawStubs):
    """It sends the parameters of exclusive classes for labels."""

    def _add_params(self, request: TuningRequest, ask: TuningStart) -> None:
        super()._add_params(request, replace(ask, kind="multiclass") if ask.kind == "multilabel" else ask)


@turns_red("TU-02/multiclass")
class TakesClassesForLabels(RawStubs):
    """It sends the parameters of labels for exclusive classes."""

    def _add_params(self, request: TuningRequest, ask: TuningStart) -> None:
        super()._add_params(request, replace(ask, kind="multilabel") if ask.kind == "multiclass" else ask)


@turns_red("TU-03/named-once")
class ForgetsToValidate(RawStubs):
    """It does not name the dataset to validate on."""

    def _add_validation(self, request: TuningRequest, ask: TuningStart) -> None:
        pass


@turns_red("TU-03/named-once", "monitor/no-deprecated-fields")
class ValidatesTwice(RawStubs):
    """It names the dataset to validate on in both fields."""

    def _add_validation(self, request: TuningRequest, ask: TuningStart) -> None:
        super()._add_validation(request, ask)
        if ask.validation_dataset_id:
            again = TuningRequest.WeightedDataset(dataset_id=ask.validation_dataset_id)
            request.validation_datasets.append(again)
            request.validation_dataset.CopyFrom(again)


@turns_red("TU-07/waits-for-done")
class TrustsTheMetadata(RawStubs):
    """It takes a tuning for over when its metadata say so."""

    def _is_done(self, operation: Operation) -> bool:
        progress = TuningMetadata()
        says_so = operation.metadata.Unpack(progress) and progress.status == TuningTask.COMPLETED
        return bool(says_so) or super()._is_done(operation)


@turns_red("TU-09/source-shown")
class ReadsAFolderIntoTheSource(RawStubs):
    """It reads the folder out of a source model that has none."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        shown = super()._shown_task(tuning_id, task)
        folder = (shown.source_model_uri or "").split("/")[2:3]
        source = f"gpt://{folder[0]}/{folder[0]}/latest" if folder else None
        return Tuning(
            tuning_id=tuning_id, status=shown.status, model_uri=shown.model_uri, source_model_uri=source
        )


@turns_red("TU-10/not-missing")
class TakesYoungForMissing(RawStubs):
    """It says that a task does not exist when it cannot be described yet."""

    def tuning_get(self, ask: TuningId) -> Tuning:
        return self._shown_task(ask.tuning_id, self._task(ask.tuning_id))


@turns_red("TU-12/completed")
class NeedsTheTaskAtOnce(RawStubs):
    """It cannot wait for a tuning whose task the answer to Tune did not name."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        if not self._task_ids.get(ask.tuning_id, ask.tuning_id):
            raise Refused("the operation names no task")
        return super().tuning_wait(ask)


@turns_red("TU-11/completed")
class WaitsByTheTask(RawStubs):
    """It asks for an operation by the id of the task."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        self._operation_ids[ask.tuning_id] = self._task_id(ask.tuning_id)
        return super().tuning_wait(ask)


@turns_red("TU-11/shown")
class LooksByTheOperation(RawStubs):
    """It asks for a task by the id of the operation."""

    def _task(self, tuning_id: str) -> TuningTask:
        self._task_ids[tuning_id] = self._operation_id(tuning_id)
        return super()._task(tuning_id)


@turns_red("TU-13/failure-told")
class TakesFailedForOver(RawStubs):
    """It tells a tuning that failed on its way as it tells any other."""

    def _outcome(self, tuning_id: str, operation: Operation) -> Tuning:
        if self._is_failed(operation) and (task := self._task(tuning_id)).HasField("started_at"):
            return self._shown_task(tuning_id, task)
        return super()._outcome(tuning_id, operation)


@turns_red("TU-13/no-model-invented")
class ExpectsAModel(RawStubs):
    """It makes up the model of a task that failed."""

    def tuning_get(self, ask: TuningId) -> Tuning:
        shown = super().tuning_get(ask)
        return replace(shown, model_uri="gpt://x/y/latest@tamr") if shown.status == "FAILED" else shown


@turns_red("TU-15/failure-told")
class TellsAnEmptyModel(RawStubs):
    """It tells a tuning that names no model as completed."""

    def _ended(self, tuning_id: str) -> Tuning:
        return self._shown_task(tuning_id, self._task(tuning_id))


@turns_red("ME-02/failure-told")
class TakesRefusedForNone(RawStubs):
    """It says that there are no metrics when it may not see them."""

    def _means_no_metrics(self, code: str | None) -> bool:
        return code == grpc.StatusCode.PERMISSION_DENIED.name or super()._means_no_metrics(code)


@turns_red("ME-03/fetched-once")
class FetchesTwice(RawStubs):
    """It fetches an archive again, to be sure."""

    def _download(self, url: str, file: Path) -> None:
        super()._download(url, file)
        super()._download(url, file)


@turns_red("ME-03/found")
class ForgetsWhatItFetched(RawStubs):
    """It fetches the archive and says that there was none."""

    def tuning_metrics(self, ask: TuningMetrics) -> Metrics:
        super().tuning_metrics(ask)
        return Metrics(found=False)
