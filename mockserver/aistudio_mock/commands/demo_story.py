"""The demo's steps, from a dataset to an answer of the tuned model, each told as it happens."""

import zipfile
from contextlib import closing
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING

from aistudio_mock.commands.console import bold, dim, green, say
from aistudio_mock.commands.demo_client import Caller
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_pb2
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from aistudio_protos.yandex.cloud.ai.foundation_models.v1 import text_common_pb2 as text
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as generation,
)
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tunings
from aistudio_protos.yandex.cloud.operation.operation_pb2 import Operation

if TYPE_CHECKING:
    from aistudio_mock.app import Ready

_TASK_TYPE = "TextToTextGeneration"
_QUESTION = "Как тебя зовут?"


def tell(ready: "Ready", data: bytes) -> None:
    """The whole flow with `data` (JSON Lines) against the server at `ready`.

    Raises:
        grpc.RpcError: the server refuses a call.
        urllib.error.URLError: the storage side refuses one.
    """
    with closing(Caller(ready)) as caller:
        dataset_id = _create(caller, ready.folder_id)
        _upload(caller, dataset_id, data)
        _validate(caller, dataset_id)
        task_id, model_uri = _tune(caller, ready.folder_id, dataset_id)
        _ask(caller, model_uri)
        _fetch_metrics(caller, task_id)


def _create(caller: Caller, folder_id: str) -> str:
    _step(1, "Create a dataset", "DatasetService/Create")
    request = datasets.CreateDatasetRequest(
        name="demo", folder_id=folder_id, task_type=_TASK_TYPE, upload_format="jsonlines"
    )
    made = caller.call("ai.dataset.v1.DatasetService/Create", request, datasets.CreateDatasetResponse)
    _tell(f"{made.dataset_id} is {_status(made.dataset)}")
    return made.dataset_id


def _upload(caller: Caller, dataset_id: str, data: bytes) -> None:
    _step(2, "Upload the data", "DatasetService/GetUploadDraftUrl, then PUT")
    request = datasets.GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=len(data))
    url = caller.call(
        "ai.dataset.v1.DatasetService/GetUploadDraftUrl", request, datasets.GetUploadDraftUrlResponse
    ).upload_url
    etag = caller.put(url, data)
    _tell(f"{len(data.splitlines())} rows, {len(data)} bytes, ETag {etag}")
    _tell(dim(url.partition("?")[0]))


def _validate(caller: Caller, dataset_id: str) -> None:
    _step(3, "Validate it", "DatasetService/Validate, then OperationService/Get until done")
    began = perf_counter()
    request = datasets.ValidateDatasetRequest(dataset_id=dataset_id)
    operation = caller.finish(caller.call("ai.dataset.v1.DatasetService/Validate", request, Operation))
    _tell_times(operation, perf_counter() - began)
    described = caller.call(
        "ai.dataset.v1.DatasetService/Describe",
        datasets.DescribeDatasetRequest(dataset_id=dataset_id),
        datasets.DescribeDatasetResponse,
    ).dataset
    _tell(
        f"{dataset_id} is {green(_status(described))}: "
        f"{described.rows} rows, {described.size_bytes} bytes of Parquet"
    )


def _tune(caller: Caller, folder_id: str, dataset_id: str) -> tuple[str, str]:
    _step(4, "Tune yandexgpt-lite on it", "TuningService/Tune, then OperationService/Get until done")
    began = perf_counter()
    request = tunings.TuningRequest(
        base_model_uri=f"gpt://{folder_id}/yandexgpt-lite/latest",
        train_datasets=[tunings.TuningRequest.WeightedDataset(dataset_id=dataset_id, weight=1.0)],
        text_to_text_completion=tunings.TextToTextCompletionTuningParams(),
        name="demo",
    )
    operation = caller.finish(caller.call("ai.tuning.v1.TuningService/Tune", request, Operation))
    _tell_times(operation, perf_counter() - began)
    result = tunings.TuningResponse()
    operation.response.Unpack(result)
    _tell(f"{result.tuning_task_id} made {green(result.target_model_uri)}")
    return result.tuning_task_id, result.target_model_uri


def _ask(caller: Caller, model_uri: str) -> None:
    _step(5, "Ask the tuned model", "TextGenerationService/Completion")
    request = generation.CompletionRequest(
        model_uri=model_uri, messages=[text.Message(role="user", text=_QUESTION)]
    )
    _tell(f"— {_QUESTION}")
    for answer in caller.stream(
        "ai.foundation_models.v1.TextGenerationService/Completion", request, generation.CompletionResponse
    ):
        _tell(f"— {answer.alternatives[0].message.text}")


def _fetch_metrics(caller: Caller, task_id: str) -> None:
    _step(6, "Fetch the training metrics", "TuningService/GetMetricsUrl, then GET")
    request = tunings.GetMetricsUrlRequest(task_id=task_id)
    url = caller.call(
        "ai.tuning.v1.TuningService/GetMetricsUrl", request, tunings.GetMetricsUrlResponse
    ).load_url
    body = caller.get(url)
    _tell(f"an archive of {len(body)} bytes, for TensorBoard:")
    with zipfile.ZipFile(BytesIO(body)) as archive:
        for entry in archive.infolist():
            _tell(dim(f"  {entry.filename}, {entry.file_size} bytes"))


def _step(number: int, title: str, calls: str) -> None:
    say()
    say(f"{bold(f'{number}. {title}')}  {dim(calls)}")


def _tell(line: str) -> None:
    say(f"   {line}")


def _tell_times(operation: Operation, real: float) -> None:
    virtual = operation.modified_at.seconds - operation.created_at.seconds
    minutes, seconds = divmod(virtual, 60)
    _tell(
        f"{operation.id} is done: {minutes} min {seconds:02} s of virtual time, {real * 1000:.0f} ms of yours"
    )


def _status(dataset: dataset_pb2.DatasetInfo) -> str:
    return dataset_pb2.DatasetInfo.Status.Name(dataset.status)
