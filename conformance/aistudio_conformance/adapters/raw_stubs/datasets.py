"""Datasets: a draft, a file, a validation, and what is shown of the result."""

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from google.protobuf.field_mask_pb2 import FieldMask
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs.operations import Operations
from aistudio_conformance.adapters.raw_stubs.storage import Storage
from aistudio_conformance.protocol import (
    Dataset,
    DatasetId,
    DatasetList,
    Datasets,
    DatasetUpdate,
    DatasetUpload,
    Done,
    Nothing,
    Refused,
    Schemas,
    TaskType,
    TaskTypes,
    ValidationError,
)

_ROWS_TOLD = 10


class DatasetVerbs(Operations, Storage):
    """The verbs `dataset.*`."""

    @cached_property
    def _datasets(self) -> DatasetServiceStub:
        return DatasetServiceStub(self._connection)

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        """Create, upload, validate; a draft that cannot be filled is deleted."""
        return self._uploaded(ask, self._filled)

    def _uploaded(self, ask: DatasetUpload, fill: Callable[[str, BinaryIO, int], Operation]) -> Dataset:
        """The dataset that is made of a file; `fill` sends it and begins the validation."""
        try:
            file = Path(ask.file).open("rb")  # noqa: SIM115 - the `with` below
        except OSError as error:
            raise Refused(f"{ask.file} cannot be read: {error.strerror}") from error
        with file:
            size = self._size(file)
            if not size:
                raise Refused(f"{ask.file} is empty; a dataset needs at least one row")
            dataset_id = self._call(self._datasets, "Create", self._creation(ask)).dataset_id
            try:
                operation = fill(dataset_id, file, size)
            except Refused as failure:
                raise self._given_up(dataset_id, failure) from failure
        self._require_valid(dataset_id, self._awaited(operation))
        return self.dataset_get(DatasetId(dataset_id=dataset_id))

    def dataset_get(self, ask: DatasetId) -> Dataset:
        """Describe."""
        return self._shown(self._described(ask.dataset_id))

    def dataset_list(self, ask: DatasetList) -> Datasets:
        """List, to the last page; the service does the filtering."""

        def fetch(token: str) -> Any:
            request = wire.ListDatasetsRequest(
                folder_id=self._place.folder_id,
                dataset_name_pattern=ask.name_contains or "",
                page_token=token,
            )
            return self._call(self._datasets, "List", request)

        return Datasets(dataset_ids=[one.dataset_id for page in self._pages(fetch) for one in page.datasets])

    def dataset_update(self, ask: DatasetUpdate) -> Dataset:
        """Update of what is given; without anything given there is nothing to send."""
        mask = self._update_mask(ask)
        if not mask:
            return self.dataset_get(DatasetId(dataset_id=ask.dataset_id))
        request = wire.UpdateDatasetRequest(
            dataset_id=ask.dataset_id,
            update_mask=FieldMask(paths=mask),
            name=ask.name or "",
            description=ask.description or "",
            labels=ask.labels or {},
        )
        return self._shown(self._call(self._datasets, "Update", request).dataset)

    def dataset_delete(self, ask: DatasetId) -> Done:
        """Delete. Its reply is empty."""
        self._call(self._datasets, "Delete", wire.DeleteDatasetRequest(dataset_id=ask.dataset_id))
        return Done()

    def dataset_types(self, _: Nothing) -> TaskTypes:
        """ListTypes. What a type is, is not looked at."""
        listed = self._call(
            self._datasets, "ListTypes", wire.ListTypesRequest(folder_id=self._place.folder_id)
        )
        return TaskTypes(task_types=self._types_told(listed.types))

    def dataset_schemas(self, ask: TaskType) -> Schemas:
        """ListUploadSchemas. A schema is text, and nobody here runs it."""
        asked = wire.ListUploadSchemasRequest(task_type=ask.task_type, folder_id=self._place.folder_id)
        listed = self._call(self._datasets, "ListUploadSchemas", asked)
        return Schemas(schemas={one.upload_format: self._schema_told(one.schema) for one in listed.schemas})

    def _types_told(self, types: Iterable[str]) -> list[str]:
        return list(types)

    def _schema_told(self, schema: str) -> str:
        return schema

    def _size(self, file: BinaryIO) -> int:
        return os.fstat(file.fileno()).st_size

    def _announced_size(self, size: int) -> int:
        return size

    def _creation(self, ask: DatasetUpload) -> wire.CreateDatasetRequest:
        return wire.CreateDatasetRequest(
            folder_id=self._place.folder_id,
            name=ask.name,
            task_type=ask.task_type,
            upload_format="jsonlines",
            description=ask.description or "",
            labels=ask.labels or {},
        )

    def _filled(self, dataset_id: str, file: BinaryIO, size: int) -> Operation:
        """The validation of the uploaded file, begun."""
        asked = wire.GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=self._announced_size(size))
        self._upload(self._call(self._datasets, "GetUploadDraftUrl", asked).upload_url, file, size)
        return self._validation(dataset_id)

    def _validation(self, dataset_id: str) -> Operation:
        validation = wire.ValidateDatasetRequest(dataset_id=dataset_id)
        operation: Operation = self._call(self._datasets, "Validate", validation)
        return operation

    def _given_up(self, dataset_id: str, failure: Refused) -> Refused:
        """The failure, after the draft was deleted; if it could not be, its id is told."""
        try:
            self.dataset_delete(DatasetId(dataset_id=dataset_id))
        except Refused as second:
            told = f"{failure}\nthe draft {dataset_id} is left, because it could not be deleted: {second}"
            return Refused(told, failure.failure.code)
        return Refused(f"{failure}\nthe draft {dataset_id} was deleted", failure.failure.code)

    def _require_valid(self, dataset_id: str, operation: Operation) -> None:
        """Raises Refused unless the validation ended well. What it does not tell, the dataset does."""
        if self._is_failed(operation):
            raise self._failure(operation)
        outcome = wire.ValidateDatasetResponse()
        if operation.response.Unpack(outcome):
            is_valid, errors = self._is_valid(outcome), outcome.errors
        else:
            dataset = self._described(dataset_id)
            is_valid, errors = dataset.status == DatasetInfo.READY, dataset.validation_error
        if not is_valid:
            told = "; ".join(map(self._told, errors)) or "the service gives no details"
            raise Refused(f"dataset {dataset_id} is not valid: {told}", errors=self._errors(errors))

    def _is_valid(self, outcome: wire.ValidateDatasetResponse) -> bool:
        return bool(outcome.is_valid)

    def _told(self, error: Any) -> str:
        rows = [str(row) for row in error.row_numbers[:_ROWS_TOLD]]
        more = len(error.row_numbers) - len(rows)
        numbers = ", ".join(rows) + (f" and {more} more" if more else "")
        return f"{error.error} (rows {numbers}): {error.error_description}"

    def _errors(self, errors: Iterable[Any]) -> list[ValidationError]:
        return [ValidationError(error=one.error, rows=list(one.row_numbers)) for one in errors]

    def _described(self, dataset_id: str) -> DatasetInfo:
        request = wire.DescribeDatasetRequest(dataset_id=dataset_id)
        info: DatasetInfo = self._call(self._datasets, "Describe", request).dataset
        return info

    def _update_mask(self, ask: DatasetUpdate) -> list[str]:
        """The fields that are given; empty labels are given too."""
        return [field for field in ("name", "description", "labels") if getattr(ask, field) is not None]

    def _shown(self, info: DatasetInfo) -> Dataset:
        return Dataset(
            dataset_id=info.dataset_id,
            name=info.name,
            status=self._status_name(DatasetInfo.Status, info.status),
            description=info.description or None,
            labels=dict(info.labels),
            rows=info.rows or None,
            size_bytes=info.size_bytes or None,
            created_by=info.created_by or info.created_by_id or None,
            errors=self._errors(info.validation_error) or None,
        )
