"""Datasets: made once, shown, listed, changed, validated, deleted."""

import logging
from collections.abc import Mapping, Sequence

from msgspec import Struct

from aistudio_client import _codec
from aistudio_client._codec import NONCE_LABEL
from aistudio_client._errors import ConfigurationError, DatasetInvalid, NotFound, OutcomeUnknown, RpcError
from aistudio_client._flows import operations, paging
from aistudio_client._flows.calls import MAYBE_DONE, call
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._steps import Flow, Items, Nonce, Sleep
from aistudio_client._types import Dataset, Operation
from aistudio_protos.google.protobuf.field_mask_pb2 import FieldMask
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo

_log = logging.getLogger("aistudio_client")

CREATE, DESCRIBE, LIST = (method(f"DatasetService/{name}") for name in ("Create", "Describe", "List"))
UPDATE, DELETE, VALIDATE = (method(f"DatasetService/{name}") for name in ("Update", "Delete", "Validate"))
OPERATIONS_IDS = method("DatasetService/ListOperationsIds")


class Draft(Struct, frozen=True, kw_only=True):
    """What a dataset is made with."""

    name: str
    task_type: str
    description: str = ""
    labels: Mapping[str, str] = {}
    metadata: str = ""
    upload_format: str = "jsonlines"
    allow_data_log: bool = False


def id_of(dataset: Dataset | str) -> str:
    """The id of a dataset that is given as what it is or by its id."""
    return dataset if isinstance(dataset, str) else dataset.id


def create(link: Link, draft: Draft) -> Flow[Dataset]:
    """A new draft, made once.

    When an answer is lost, the draft is looked for by its label. Only if there is none is another made, with
    a label of its own: a draft costs nothing.

    Raises:
        RpcError: refused.
        OutcomeUnknown: a second answer was lost as well, and no draft is there.
    """
    nonce = yield Nonce()
    for label in (f"{nonce}-1", f"{nonce}-2"):
        try:
            reply = yield from call(link, CREATE, _creation(link, draft, label))
            return _codec.dataset(reply.dataset)
        except RpcError as failure:
            if failure.code not in MAYBE_DONE:
                raise
            lost = OutcomeUnknown(failure, (NONCE_LABEL, label), "datasets.list()")
        except GeneratorExit:
            raise
        except BaseException as interrupt:
            yield from _unmade(link, draft.name, label, interrupt)
            raise
        _log.warning("%s: the answer was lost (%s); looking for the draft", lost.method, lost.code)
        try:
            found = yield from _made(link, draft.name, nonce, link.settings.retry.looks)
        except RpcError as blind:
            raise lost from blind
        if found is not None:
            return found
    raise lost


def _creation(link: Link, draft: Draft, label: str) -> wire.CreateDatasetRequest:
    return wire.CreateDatasetRequest(
        folder_id=link.folder_id,
        name=draft.name,
        task_type=draft.task_type,
        upload_format=draft.upload_format,
        description=draft.description,
        metadata=draft.metadata,
        labels={**draft.labels, NONCE_LABEL: label},
        allow_data_log=draft.allow_data_log,
    )


def _made(
    link: Link, name: str, nonce: str, looks: Sequence[float], *, timeout: float | None = None
) -> Flow[Dataset | None]:
    """The draft with that label, if it is there. Looks several times: a list may be late."""
    for pause in looks:
        yield Sleep(pause)
        pages = list_(link, name=name, timeout=timeout)
        found = yield from paging.first(
            pages, lambda one: one.raw.labels.get(NONCE_LABEL, "").startswith(nonce)
        )
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def _unmade(link: Link, name: str, label: str, interrupt: BaseException) -> Flow[None]:
    """After Ctrl-C: the draft that may have been made goes, or it is told how to find it."""
    try:
        made = yield from _made(link, name, label, looks=(0.0,), timeout=link.timeouts.clean_up)
    except Exception:  # noqa: BLE001 - the interrupt is the one to tell
        made = None
    if made is not None:
        yield from removed(link, made.id, interrupt)
    else:
        interrupt.add_note(
            f"a draft may have been made; datasets.list() would show it with the label {NONCE_LABEL}={label}"
        )


def removed(link: Link, dataset_id: str, failure: BaseException) -> Flow[None]:
    """Deletes what a failure would leave; if that fails as well, the failure says so."""
    try:
        yield from delete(link, dataset_id, timeout=link.timeouts.clean_up)
    except Exception as second:  # noqa: BLE001 - the first failure is the one to tell
        failure.add_note(
            f"the dataset {dataset_id} is left, because it could not be deleted ({second}); "
            f"datasets.delete({dataset_id!r}) removes it"
        )
    else:
        _log.info("dataset %s was deleted after %s", dataset_id, type(failure).__name__)


def get(link: Link, dataset: Dataset | str) -> Flow[Dataset]:
    """The dataset as it is now. Raises RpcError."""
    reply = yield from call(link, DESCRIBE, wire.DescribeDatasetRequest(dataset_id=id_of(dataset)))
    return _codec.dataset(reply.dataset)


def list_(
    link: Link,
    *,
    name: str = "",
    status: Sequence[str] = (),
    task_type: Sequence[str] = (),
    page_size: int = 0,
    timeout: float | None = None,
) -> Items[Dataset]:
    """Emits datasets; the service does the filtering. Raises ConfigurationError for an unknown status."""
    request = wire.ListDatasetsRequest(
        folder_id=link.folder_id,
        status=[_codec.enum_number(DatasetInfo.Status, one) for one in status],
        dataset_name_pattern=name,
        task_type_filter=task_type,
        page_size=page_size,
    )
    return paging.items(
        link, LIST, request, lambda page: [_codec.dataset(one) for one in page.datasets], timeout=timeout
    )


def update(
    link: Link,
    dataset: Dataset | str,
    name: str | None,
    description: str | None,
    labels: Mapping[str, str] | None,
) -> Flow[Dataset]:
    """Changes what is given; with nothing given there is nothing to send. Raises RpcError."""
    given = {"name": name, "description": description, "labels": labels}
    paths = [path for path, value in given.items() if value is not None]
    if not paths:
        return (yield from get(link, dataset))
    request = wire.UpdateDatasetRequest(
        dataset_id=id_of(dataset),
        update_mask=FieldMask(paths=paths),
        name=name or "",
        description=description or "",
        labels=labels or {},
    )
    reply = yield from call(link, UPDATE, request)
    return _codec.dataset(reply.dataset)


def delete(link: Link, dataset: Dataset | str, *, timeout: float | None = None) -> Flow[None]:
    """Deletes it. Raises RpcError; NotFound if it was gone before, not when an answer was lost on the way."""
    request = wire.DeleteDatasetRequest(dataset_id=id_of(dataset))
    try:
        yield from call(link, DELETE, request, timeout=timeout)
    except NotFound as gone:
        if gone.attempts == 1:
            raise


def operation_of(link: Link, dataset_id: str) -> Flow[Operation | None]:
    """The validation that was begun last, None if there was none. Raises RpcError."""
    reply = yield from call(link, OPERATIONS_IDS, wire.ListOperationsIdsRequest(dataset_id=[dataset_id]))
    operation_id = reply.dataset_id_to_operation_id.get(dataset_id, "")
    if not operation_id:
        return None
    return (yield from operations.get(link, operation_id))


def validate(link: Link, dataset: Dataset | str) -> Flow[Operation]:
    """Begins the validation. When the answer is lost, the operation is looked for. Raises RpcError."""
    request = wire.ValidateDatasetRequest(dataset_id=id_of(dataset))
    try:
        reply = yield from call(link, VALIDATE, request)
    except RpcError as failure:
        if failure.code not in MAYBE_DONE:
            raise
        _log.warning("%s: the answer was lost (%s); looking for the operation", failure.method, failure.code)
        begun = yield from operation_of(link, id_of(dataset))
        if begun is not None:
            return begun
        reply = yield from call(link, VALIDATE, request)  # it is a draft still, or this is refused
    return _codec.operation(reply)


def validated(
    link: Link, dataset_id: str, operation: Operation, timeout: float | None = None, *, is_left: bool = True
) -> Flow[Dataset]:
    """The dataset, once its validation has ended well. `is_left` as `operations.Waiting` has it.

    Raises:
        DatasetInvalid: with every kind of error.
        OperationFailed: the validation itself failed.
        WaitTimeout: the time is over; the validation goes on.
    """
    waiting = operations.Waiting(
        "validation",
        dataset_id,
        link.timeouts.validation if timeout is None else timeout,
        f"datasets.wait({dataset_id!r})",
        operations.counted("", "processed_rows", "total_rows"),
        is_left=is_left,
    )
    ended = operations.require_success((yield from operations.awaited(link, operation, waiting)))
    outcome = ended.response
    if isinstance(outcome, wire.ValidateDatasetResponse) and not outcome.is_valid:
        raise DatasetInvalid(dataset_id, _codec.rows_errors(outcome.errors))
    shown = yield from get(link, dataset_id)
    if shown.status == "INVALID":
        raise DatasetInvalid(dataset_id, shown.errors)
    return shown


def wait(link: Link, dataset: Dataset | str, timeout: float | None) -> Flow[Dataset]:
    """Attaches to the validation that was begun last, by anybody. Raises as `validated` does."""
    operation = yield from operation_of(link, id_of(dataset))
    if operation is None:
        shown = yield from get(link, dataset)
        if shown.status in {"READY", "INVALID"}:
            return shown  # older than the service keeps operations, or made by a batch
        raise ConfigurationError(
            f"dataset {shown.id} is {shown.status} and nothing validates it; validate it first"
        )
    return (yield from validated(link, id_of(dataset), operation, timeout))
