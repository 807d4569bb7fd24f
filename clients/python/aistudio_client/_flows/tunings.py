"""Tunings: started once, waited for until the operation is done, told as the service tells them."""

import logging
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from aistudio_client import _codec, _params, _params_codec
from aistudio_client._codec import NONCE_LABEL
from aistudio_client._errors import (
    Canceled,
    ConfigurationError,
    NotFound,
    OperationFailed,
    OutcomeUnknown,
    RpcError,
    TuningFailed,
)
from aistudio_client._flows import datasets, operations, paging
from aistudio_client._flows.calls import MAYBE_DONE, call
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._params import Parameters
from aistudio_client._steps import Flow, Items, Nonce, Sleep
from aistudio_client._types import Operation, Tuning, TuningOptions, TuningReason
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

_log = logging.getLogger("aistudio_client")

TUNE, DESCRIBE, LIST = (method(f"TuningService/{name}") for name in ("Tune", "Describe", "List"))
OPTIONS, ERRORS = (method(f"TuningService/{name}") for name in ("GetOptions", "ListErrors"))
ARCHIVE, BILLING = (method(f"TuningService/{name}") for name in ("Archive", "EnableBilling"))


class Order(Struct, frozen=True, kw_only=True):
    """What to tune: weights by dataset id. `parameters` None for those of the data's own kind."""

    train: Mapping[str, float]
    validation: Mapping[str, float] = {}
    test: Mapping[str, float] = {}
    base_model: str = ""
    parameters: Parameters | None = None
    name: str = ""
    description: str = ""
    labels: Mapping[str, str] = {}


def id_of(tuning: Tuning | str) -> str:
    """The id of a tuning that is given as what it is or by its id."""
    return tuning if isinstance(tuning, str) else tuning.id


def start(link: Link, order: Order) -> Flow[Tuning]:
    """Starts a tuning, once: a second one would have to be paid for too.

    When the answer is lost, the tuning is looked for by its label; if it is not there, that is an error and
    not a reason to start another: a list may be late.

    Raises:
        OutcomeUnknown: the answer was lost.
        RpcError: refused.
    """
    parameters = order.parameters or (yield from _kind_of(link, next(iter(order.train))))
    nonce = yield Nonce()
    request = _request(link, order, parameters, nonce)
    try:
        reply = yield from call(link, TUNE, request)
    except RpcError as failure:
        if failure.code not in MAYBE_DONE:
            raise
        _log.warning("%s: the answer was lost (%s); looking for the tuning", failure.method, failure.code)
        unknown = OutcomeUnknown(failure, (NONCE_LABEL, nonce), "tunings.list()")
        try:
            found = yield from _started(link, nonce)
        except RpcError as blind:
            raise unknown from blind
        if found is None:
            raise unknown from failure
        return found
    except GeneratorExit:
        raise
    except BaseException as interrupt:
        interrupt.add_note(
            "a tuning may have been started; tunings.list() would show it with the label "
            f"{NONCE_LABEL}={nonce}"
        )
        raise
    return _codec.tuning_of_operation(_codec.operation(reply))


def _kind_of(link: Link, dataset_id: str) -> Flow[Parameters]:
    dataset = yield from datasets.get(link, dataset_id)
    kind = _params.BY_TASK_TYPE.get(dataset.task_type)
    if kind is None:
        raise ConfigurationError(
            f"dataset {dataset_id} is of the type {dataset.task_type}; which kind of tuning that is for is "
            "not known here: name it with parameters=…"
        )
    return kind()


def _request(link: Link, order: Order, parameters: Parameters, nonce: str) -> wire.TuningRequest:
    request = wire.TuningRequest(
        base_model_uri=_base_uri(link, order.base_model, parameters),
        train_datasets=_weighted(order.train),
        test_datasets=_weighted(order.test),
        name=order.name,
        description=order.description,
        labels={**order.labels, NONCE_LABEL: nonce},
    )
    validation = _weighted(order.validation)
    if len(validation) == 1:
        request.validation_dataset.CopyFrom(validation[0])
    else:
        request.validation_datasets.extend(validation)
    _params_codec.put(request, parameters)
    return request


def _base_uri(link: Link, base_model: str, parameters: Parameters) -> str:
    """A URI as it is given; a name in the folder, of the scheme that the kind has."""
    if "://" in base_model:
        return base_model
    name = base_model or _params.DEFAULT_BASES[parameters.scheme]
    path = name if "/" in name else f"{name}/latest"
    return f"{parameters.scheme}://{link.folder_id}/{path}"


def _weighted(weights: Mapping[str, float]) -> list[wire.TuningRequest.WeightedDataset]:
    return [
        wire.TuningRequest.WeightedDataset(dataset_id=dataset_id, weight=weight)
        for dataset_id, weight in weights.items()
    ]


def _started(link: Link, nonce: str) -> Flow[Tuning | None]:
    for pause in link.settings.retry.looks:
        yield Sleep(pause)
        found = yield from paging.first(list_(link), lambda one: one.raw.labels.get(NONCE_LABEL) == nonce)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def get(link: Link, tuning: Tuning | str) -> Flow[Tuning]:
    """The task as it is now; a young one, which has an operation only, as that tells it. Raises RpcError."""
    request = wire.DescribeTuningRequest(tuning_task_id=id_of(tuning))
    try:
        reply = yield from call(link, DESCRIBE, request)
    except NotFound as missing:
        try:
            shown = yield from operations.get(link, _operation_id(tuning))
        except NotFound:
            raise missing from None
        return _codec.tuning_of_operation(shown)
    return _codec.tuning(reply.tuning_task)


def list_(link: Link, *, status: str = "", page_size: int = 0) -> Items[Tuning]:
    """Emits tunings; the service does the filtering. Raises ConfigurationError for an unknown status."""
    request = wire.ListTuningsRequest(
        folder_id=link.folder_id,
        page_size=page_size,
        status=_codec.enum_number(TuningTask.Status, status) if status else 0,  # type: ignore[arg-type]
    )
    return paging.items(link, LIST, request, lambda page: [_codec.tuning(one) for one in page.tuning_tasks])


def wait(link: Link, tuning: Tuning | str, timeout: float | None) -> Flow[Tuning]:
    """The tuning once it has made its model.

    Raises:
        TuningFailed: with the service's reasons.
        Canceled: somebody cancelled it.
        WaitTimeout: the time is over; the tuning goes on.
    """
    try:
        begun = yield from operations.get(link, (yield from _operation_of(link, tuning)))
    except NotFound:  # operations are kept for weeks, tasks for good
        return (yield from _ended(link, id_of(tuning), None))
    waiting = operations.Waiting(
        "tuning",
        id_of(tuning),
        link.timeouts.tuning if timeout is None else timeout,
        f"tunings.wait({id_of(tuning)!r})",
        _look,
    )
    operation = yield from operations.awaited(link, begun, waiting)
    return (yield from _ended(link, id_of(tuning), operation))


def _look(operation: Operation) -> tuple[str, int, int]:
    metadata = operation.metadata
    status = _codec.enum_name(TuningTask.Status, getattr(metadata, "status", 0))
    return status, int(getattr(metadata, "current_step", 0)), int(getattr(metadata, "total_steps", 0))


def _operation_id(tuning: Tuning | str) -> str:
    """The same as the task's, unless the service says otherwise."""
    return tuning if isinstance(tuning, str) else tuning.operation_id or tuning.id


def _operation_of(link: Link, tuning: Tuning | str) -> Flow[str]:
    """Of a task that is known by its id alone, the service is asked: the two ids need not be the same."""
    if isinstance(tuning, str):
        tuning = yield from get(link, tuning)
    return _operation_id(tuning)


def _ended(link: Link, tuning_id: str, operation: Operation | None) -> Flow[Tuning]:
    """The task as it ended. What the operation does not tell, the task does."""
    if operation is not None and operation.error is not None:
        if operation.error.code == "CANCELLED":
            raise Canceled(tuning_id, operation.error.message)
        raise (yield from _failed(link, tuning_id, operation.error.code, operation.error.message))
    told = getattr(operation.metadata, "tuning_task_id", "") if operation is not None else ""
    shown = yield from get(link, str(told) or tuning_id)
    if shown.status == "CANCELED":
        raise Canceled(shown.id)
    if shown.status == "FAILED":
        raise (yield from _failed(link, shown.id, "UNKNOWN", ""))
    if shown.model_uri:
        return shown
    uri = str(getattr(operation and operation.response, "target_model_uri", ""))
    if not uri:
        raise OperationFailed(shown.id, "UNKNOWN", f"it is {shown.status}, and the service names no model")
    return replace(shown, model_uri=uri)


def _failed(link: Link, tuning_id: str, code: str, message: str) -> Flow[TuningFailed]:
    try:
        found = yield from reasons(link, tuning_id)
    except RpcError as failure:
        _log.warning("the reasons of %s could not be read: %s", tuning_id, failure.code)
        found = ()
    return TuningFailed(tuning_id, code, message, [one.message for one in found])


def reasons(link: Link, tuning: Tuning | str) -> Flow[tuple[TuningReason, ...]]:
    """Why a tuning failed, as far as the service tells. Raises RpcError."""
    reply = yield from call(link, ERRORS, wire.ListErrorsRequest(tuning_task_id=id_of(tuning)))
    return tuple(_codec.tuning_reason(one) for one in reply.tuning_error)


def cancel(link: Link, tuning: Tuning | str) -> Flow[None]:
    """Asks the tuning to stop: a request only; a wait tells what came of it. Raises RpcError."""
    yield from operations.cancel(link, (yield from _operation_of(link, tuning)))


def options(link: Link, tuning: Tuning | str) -> Flow[TuningOptions]:
    """What a tuning was started with. Raises RpcError."""
    reply = yield from call(link, OPTIONS, wire.GetOptionsRequest(task_id=id_of(tuning)))
    return TuningOptions(
        id=reply.task_id,
        base_model_uri=reply.base_model_uri,
        train={one.dataset_id: one.weight for one in reply.train_datasets},
        validation={one.dataset_id: one.weight for one in reply.validation_datasets},
        parameters=_params_codec.read(reply),
        raw=reply,
    )


def archive(link: Link, tuning: Tuning | str) -> Flow[Operation]:
    """Puts a finished task away: the operation of it. Raises RpcError."""
    reply = yield from call(link, ARCHIVE, wire.ArchiveTuningRequest(tuning_task_id=id_of(tuning)))
    return _codec.operation(reply)


def enable_billing(link: Link, tuning: Tuning | str) -> Flow[Operation]:
    """Begins to pay for the tuned model: the operation of it. Raises RpcError."""
    reply = yield from call(link, BILLING, wire.EnableBillingRequest(tuning_task_id=id_of(tuning)))
    return _codec.operation(reply)


def weights(datasets_: Any) -> dict[str, float]:
    """Weights by dataset id, of one dataset, several, or a mapping. Raises ConfigurationError for none."""
    if not datasets_:
        return {}
    if isinstance(datasets_, Mapping):
        return {datasets.id_of(one): float(weight) for one, weight in datasets_.items()}
    many = datasets_ if isinstance(datasets_, list | tuple) else [datasets_]
    return {datasets.id_of(one): 1.0 for one in many}
