"""Every recorded exchange with text models is reproduced, field by field, by both faces."""

import json

import pytest
import requests
from google.protobuf.json_format import MessageToDict, ParseDict

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from aistudio_protos.pool import POOL, message_class
from tests.wire import steps
from tests.wire.matcher import filled, mismatches
from tests.wire.rows import load
from tests.wire.stubs import METHODS, Client

ROWS = load("texts.yaml")


@pytest.fixture(scope="module")
def played():
    with MockServer() as mock, Client(mock.endpoint) as client:
        folder = mock.default_folder
        dataset_id = steps.validated(client, folder, body=EXAMPLES["TextToTextGeneration"].encode())
        task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
        client.call("OperationService/Get", operation_id=task_id)
        task = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task
        names = {"model": task.target_model_uri, "task": task_id}
        authorization = {"Authorization": f"Api-Key {folder.api_key}"}
        return {row["row"]: unlike(row, names, client, mock.http_url, authorization) for row in ROWS}


def unlike(row, names, client, base, authorization):
    replies = asked(row, names, client, base, authorization)
    return list(mismatches(row["replies"], replies, names))


def asked(row, names, client, base, authorization):
    if "call" in row:
        return by_grpc(row["call"], filled(row["request"], names), client)
    if "get" in row:
        url = base + row["get"] + names[row["operation"]]
        return [requests.get(url, headers=authorization, timeout=20).json()]
    body = filled(row["request"], names)
    answer = requests.post(base + row["post"], json=body, headers=authorization, timeout=20)
    return [json.loads(line) for line in answer.text.splitlines()]


def by_grpc(path, request, client):
    method = METHODS[path]
    short = f"{method.containing_service.name}/{method.name}"
    message = ParseDict(request, message_class(method.input_type.full_name)(), descriptor_pool=POOL)
    fields = {field.name: value for field, value in message.ListFields()}
    if method.server_streaming:
        return [MessageToDict(one, descriptor_pool=POOL) for one in client.stream(short, **fields)]
    return [MessageToDict(client.call(short, **fields), descriptor_pool=POOL)]


@pytest.mark.parametrize("row", [row["row"] for row in ROWS])
def test_an_exchange_is_reproduced(played, row):
    assert played[row] == []
