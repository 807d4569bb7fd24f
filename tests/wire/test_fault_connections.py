"""Connections that faults cut: before the work, after it, in the middle of a stream; by gRPC and REST."""

import grpc
import pytest
import requests
from yandex_ai_studio_sdk import AIStudio
from yandex_ai_studio_sdk.exceptions import AioRpcError

from aistudio_protos.pool import message_class
from tests.wire.steps import validating
from tests.wire.stubs import Client

KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
CREATE, LIST = "DatasetService/Create", "DatasetService/List"


def cut_off(call, *args, **fields):
    """The call finds its connection gone."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*args, **fields)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "a fault" not in caught.value.details(), "it is the client's own word for a socket that is closed"
    return caught.value


@pytest.mark.parametrize(("moment", "made"), [("before", 0), ("after", 1)])
def test_a_connection_is_cut_before_or_after_the_work(mock, client, folder, moment, made):
    folder.faults.add(method=CREATE, cut=moment)
    cut_off(client.call, CREATE, folder_id=folder.id, name="same", **KIND)
    (entry,) = folder.journal.calls(CREATE)
    assert (entry.status, entry.fault, entry.responses) == ("UNAVAILABLE", "fault-1", ())
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as another:
        assert len(another.call(LIST, folder_id=folder.id).datasets) == made


def test_other_connections_stay(mock, client, folder):
    with Client(mock.endpoint, f"Api-Key {mock.folder().api_key}") as other:
        other.call(LIST, folder_id=folder.id)
        connectivity = []
        other.channel.subscribe(connectivity.append)
        folder.faults.add(method=LIST, cut="before")
        cut_off(client.call, LIST, folder_id=folder.id)
        other.call(LIST, folder_id=folder.id)
        assert grpc.ChannelConnectivity.TRANSIENT_FAILURE not in connectivity


def test_a_stream_is_cut_after_its_first_answer(client, folder):
    message = message_class("yandex.cloud.ai.foundation_models.v1.Message")(role="user", text="one two three")
    options = message_class("yandex.cloud.ai.foundation_models.v1.CompletionOptions")(stream=True)
    folder.faults.add(method="*/Completion", cut="middle")
    replies = client.stream(
        "TextGenerationService/Completion",
        model_uri=f"gpt://{folder.id}/yandexgpt/latest",
        completion_options=options,
        messages=[message],
    )
    cut_off(lambda: list(replies))
    (entry,) = folder.journal.calls("*/Completion")
    assert (entry.status, len(entry.responses)) == ("UNAVAILABLE", 1)


def test_the_official_sdk_finds_its_connection_cut_and_tries_again(mock, folder):
    folder.faults.add(method=LIST, cut="before")
    sdk = AIStudio(folder_id=folder.id, auth=folder.api_key, endpoint=mock.endpoint, verify=False)
    assert list(sdk.datasets.list()) == []
    assert [entry.status for entry in folder.journal.calls(LIST)] == ["UNAVAILABLE", "OK"]
    folder.faults.add(method=LIST, status="PERMISSION_DENIED")
    with pytest.raises(AioRpcError):
        list(sdk.datasets.list())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_rest_face_is_cut_too(mock, folder, client, moment):
    _, operation_id = validating(client, folder)
    folder.faults.add(method="OperationService/Get", cut=moment)
    with pytest.raises(requests.ConnectionError):
        requests.get(
            f"{mock.http_url}/operations/{operation_id}",
            headers={"Authorization": f"Api-Key {folder.api_key}"},
            timeout=20,
        )
    assert [entry.status for entry in folder.journal.calls("OperationService/Get")] == ["UNAVAILABLE"]
