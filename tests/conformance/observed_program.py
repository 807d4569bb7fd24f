"""A program as its authors write them, on plain stubs and `http.client`: a dataset, a tuning, its metrics.

`python observed_program.py [MISTAKE…]` makes the mistakes that are named, and otherwise none.
"""

import json
import os
import sys
import time
from contextlib import suppress
from http.client import HTTPSConnection
from urllib.parse import urlsplit
from uuid import uuid4

import grpc
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tunings
from yandex.cloud.ai.tuning.v1.tuning_service_pb2_grpc import TuningServiceStub
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceStub

MISTAKES = frozenset(sys.argv[1:])
"""no-deadline, token-to-storage, forgotten-draft; one-idempotency-key, key-in-a-message, early-tuning."""

FOLDER, KEY = os.environ["YC_FOLDER_ID"], f"Api-Key {os.environ['YC_API_KEY']}"
ROW = {"request": [{"role": "user", "text": "Is it red?"}], "response": "It is."}
BODY = "".join(json.dumps(ROW) + "\n" for _ in range(10)).encode()


def call(method, request):
    deadline = {} if "no-deadline" in MISTAKES else {"timeout": 30}
    key = "always-the-same" if "one-idempotency-key" in MISTAKES else str(uuid4())
    return method(request, metadata=(("authorization", KEY), ("idempotency-key", key)), **deadline)


def storage(verb, url, body=None, headers=None):
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.netloc, timeout=30)
    connection.request(verb, url.partition(parts.netloc)[2], body, headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def waited(operations, operation):
    while not operation.done:
        time.sleep(0.01)
        operation = call(operations.Get, GetOperationRequest(operation_id=operation.id))
    return operation


def draft(service, name):
    request = datasets.CreateDatasetRequest(
        folder_id=FOLDER, name=name, task_type="TextToTextGeneration", upload_format="jsonlines"
    )
    return call(service.Create, request).dataset_id


def early(tuning, dataset_id):
    with suppress(grpc.RpcError):  # refused; the author comes back later
        call(tuning.Tune, order(dataset_id))


def uploaded(service, tuning, operations):
    dataset_id = draft(service, "questions")
    asked = datasets.GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=len(BODY))
    url = call(service.GetUploadDraftUrl, asked).upload_url
    if "token-to-storage" in MISTAKES:
        storage("PUT", url, BODY, {"Authorization": KEY})  # refused; the author tries without
    if storage("PUT", url, BODY) != 200:
        raise SystemExit("the file was not taken")
    if "early-tuning" in MISTAKES:
        early(tuning, dataset_id)
    waited(operations, call(service.Validate, datasets.ValidateDatasetRequest(dataset_id=dataset_id)))
    return dataset_id


def order(dataset_id):
    note = KEY if "key-in-a-message" in MISTAKES else "the first of its kind"
    return tunings.TuningRequest(
        base_model_uri=f"gpt://{FOLDER}/yandexgpt-lite/latest",
        train_datasets=[tunings.TuningRequest.WeightedDataset(dataset_id=dataset_id, weight=1)],
        name="answers",
        description=note,
        text_to_text_completion={},
    )


def tuned(service, operations, dataset_id):
    operation = waited(operations, call(service.Tune, order(dataset_id)))
    response = tunings.TuningResponse()
    operation.response.Unpack(response)
    asked = tunings.GetMetricsUrlRequest(task_id=response.tuning_task_id)
    storage("GET", call(service.GetMetricsUrl, asked).load_url)
    return response.target_model_uri


def main():
    with grpc.secure_channel("ai.api.cloud.yandex.net:443", grpc.ssl_channel_credentials()) as channel:
        service, tuning = DatasetServiceStub(channel), TuningServiceStub(channel)
        operations = OperationServiceStub(channel)
        if "forgotten-draft" in MISTAKES:
            draft(service, "first try")
        sys.stdout.write(tuned(tuning, operations, uploaded(service, tuning, operations)))


main()
