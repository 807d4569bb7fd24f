"""What the journal tells of gRPC calls: all that came and went, the refused and the strange included."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import grpc
import pytest

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.journal_parts import told
from tests.wire.stubs import Client

LIST = "DatasetService/List"
PATH = "/yandex.cloud.ai.dataset.v1.DatasetService"


@pytest.fixture(name="last")
def _last(mock, folder):
    """The folder's last entry, as the control API tells it."""
    return lambda: told(mock.http_url, folder.id)[-1]


def question(folder):
    """What makes a model answer, word by word."""
    return {
        "model_uri": f"gpt://{folder.id}/yandexgpt/latest",
        "messages": [{"role": "user", "text": "Кто ты?"}],
        "completion_options": {"stream": True},
    }


def sent(client, path, body=b"", **options):
    """The status code of a call of raw bytes."""
    try:
        client.channel.unary_unary(path)(body, metadata=client.metadata, timeout=20, **options)
    except grpc.RpcError as refusal:
        return refusal.code()
    return grpc.StatusCode.OK


def test_an_answered_call_is_told_with_request_response_and_circumstances(mock, folder, client, last):
    _, call = client.with_call(LIST, folder_id=folder.id)
    entry = last()
    assert (entry["number"], entry["folder"], entry["leg"], entry["method"]) == (1, folder.id, "grpc", LIST)
    assert (entry["path"], entry["door"], entry["status"], entry["message"]) == (
        f"{PATH}/List",
        "plaintext",
        "OK",
        "",
    )
    assert entry["request_type"] == "yandex.cloud.ai.dataset.v1.ListDatasetsRequest"
    assert entry["response_type"] == "yandex.cloud.ai.dataset.v1.ListDatasetsResponse"
    assert (entry["request"], entry["responses"], entry["fault"]) == ({"folder_id": folder.id}, [{}], None)
    assert ("x-request-id", entry["request_id"]) in [
        (name, value) for name, value in call.trailing_metadata()
    ]
    host, _, port = entry["peer"].rpartition(":")
    assert (host, port.isdecimal()) == ("127.0.0.1", True)


def test_fields_have_the_names_of_the_contract_and_only_those_that_are_set(folder, client, last):
    steps.draft(client, folder)
    entry = last()
    assert entry["request"] == {
        "folder_id": folder.id,
        "name": "mine",
        "task_type": "TextToTextGeneration",
        "upload_format": "jsonlines",
    }
    (response,) = entry["responses"]
    assert response["dataset_id"] == response["dataset"]["dataset_id"]
    assert response["dataset"]["status"] == "DRAFT"


def test_packed_messages_are_unpacked(folder, client, last):
    steps.validated(client, folder)
    (operation,) = last()["responses"]
    assert operation["done"] is True
    for name, kind in (("metadata", "ValidateDatasetMetadata"), ("response", "ValidateDatasetResponse")):
        assert operation[name]["@type"] == f"type.googleapis.com/yandex.cloud.ai.dataset.v1.{kind}"
        assert operation[name]["dataset_id"].startswith("fds")


def test_a_stream_is_told_with_every_response(mock, folder, client, last):
    streamed = list(client.stream("TextGenerationService/Completion", **question(folder)))
    entry = last()
    assert (entry["method"], entry["status"]) == ("TextGenerationService/Completion", "OK")
    texts = [one["alternatives"][0]["message"].get("text", "") for one in entry["responses"]]
    assert texts == [one.alternatives[0].message.text for one in streamed]
    assert entry["request"] == question(folder)
    assert len(texts) > 2


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x0a\x7f"])
def test_bytes_that_are_no_message_are_counted(client, last, body):
    assert sent(client, f"{PATH}/List", body) is grpc.StatusCode.INTERNAL
    entry = last()
    assert (entry["request"], entry["request_bytes"], entry["responses"]) == (None, 2, [])
    assert (entry["status"], entry["message"]) == ("INTERNAL", "Invalid protobuf byte sequence")


def test_an_unknown_method_is_told_with_what_was_answered(client, last):
    assert sent(client, f"{PATH}/Lst", b"abc") is grpc.StatusCode.UNIMPLEMENTED
    entry = last()
    assert (entry["method"], entry["path"], entry["status"]) == (
        "DatasetService/Lst",
        f"{PATH}/Lst",
        "UNIMPLEMENTED",
    )
    assert "did you mean" in entry["message"]
    assert (entry["request"], entry["request_bytes"], entry["request_type"]) == (None, 3, "")


def test_a_refusal_is_told_with_its_message(client, last):
    with pytest.raises(grpc.RpcError) as refusal:
        client.call("DatasetService/Describe", dataset_id="nobody")
    entry = last()
    assert (entry["status"], entry["message"]) == ("NOT_FOUND", refusal.value.details())
    assert (entry["request"], entry["responses"]) == ({"dataset_id": "nobody"}, [])


def test_a_call_without_credentials_is_told_in_the_folder_that_it_is_about(mock, folder, last):
    with Client(mock.endpoint, None) as nobody, suppress(grpc.RpcError):
        nobody.call(LIST, folder_id=folder.id)
    entry = last()
    assert (entry["status"], entry["request"]) == ("UNAUTHENTICATED", {"folder_id": folder.id})
    assert [name for name, _ in entry["metadata"]] == ["user-agent"]


def test_what_a_call_of_no_known_caller_deletes_and_makes_is_told_where_it_was(mock, folder, client):
    with Client(mock.endpoint, "Api-Key AQVNsomebody") as somebody:
        somebody.call("DatasetService/Delete", dataset_id=steps.draft(client, folder))
        assert [entry["method"] for entry in told(mock.http_url, folder.id)] == [
            "DatasetService/Create",
            "DatasetService/Delete",
        ]
        mock.default_folder.clock.advance(days=1)  # its clock is not the new folder's
        somebody.call(LIST, folder_id="b1gbrandnew")
    (entry,) = told(mock.http_url, "b1gbrandnew")
    assert entry["method"] == LIST
    assert entry["received_at"]["virtual"] <= entry["answered_at"]["virtual"]


def test_metadata_are_told_in_order_in_lower_case_and_without_the_secret(folder, client, last):
    client.metadata = (
        *client.metadata,
        ("x-b", "1"),
        ("x-a", "2"),
        ("x-b", "3"),
        ("x-trace-bin", b"\x00\xff"),
    )
    client.call(LIST, folder_id=folder.id)
    names, values = zip(*last()["metadata"], strict=True)
    assert names == ("user-agent", "authorization", "x-b", "x-a", "x-b", "x-trace-bin")
    assert values[0].startswith("grpc-python/")
    assert values[1].startswith("Api-Key AQVN[redacted ")
    assert values[2:] == ("1", "2", "3", "AP8=")


def test_the_deadline_is_that_of_the_caller(folder, client, last):
    client.call(LIST, folder_id=folder.id)
    # The client's core library rounds what it sends up, and the call is on its way for a while.
    assert client.timeout * 0.5 < last()["deadline"] <= client.timeout * 1.02
    client.timeout = None
    client.call(LIST, folder_id=folder.id)
    assert last()["deadline"] is None


def test_both_clocks_are_told_at_both_ends(folder, client, last):
    folder.clock.advance(days=1)
    before = datetime.now().astimezone()
    client.call(LIST, folder_id=folder.id)
    after = datetime.now().astimezone()
    entry = last()
    received, answered = (
        {clock: datetime.fromisoformat(at) for clock, at in entry[end].items()}
        for end in ("received_at", "answered_at")
    )
    assert before <= received["real"] <= answered["real"] <= after + timedelta(milliseconds=1)
    assert received["virtual"] == answered["virtual"] == folder.clock.now()


def test_a_poll_that_skips_time_is_told_with_the_time_before_and_after():
    with MockServer(time="skip") as mock, Client(mock.endpoint) as client:
        folder = mock.default_folder
        _, operation_id = steps.validating(client, folder)
        client.call("OperationService/Get", operation_id=operation_id)
        entry = told(mock.http_url, folder.id)[-1]
    received, answered = (
        datetime.fromisoformat(entry[end]["virtual"]) for end in ("received_at", "answered_at")
    )
    assert answered - received > timedelta(seconds=10)


def test_the_time_that_a_call_took_is_told(folder, client, last):
    folder.faults.add(method=LIST, latency=0.2)
    client.call(LIST, folder_id=folder.id)
    entry = last()
    received, answered = (
        datetime.fromisoformat(entry[end]["real"]) for end in ("received_at", "answered_at")
    )
    assert answered - received >= timedelta(seconds=0.2)


def test_the_fault_that_a_call_met_is_named(folder, client, last):
    folder.faults.add(method=LIST, status="ABORTED", after=1)
    client.call(LIST, folder_id=folder.id)
    assert last()["fault"] is None
    with pytest.raises(grpc.RpcError):
        client.call(LIST, folder_id=folder.id)
    assert (last()["fault"], last()["status"]) == ("fault-1", "ABORTED")


def test_a_caller_that_leaves_a_stream_is_told(monkeypatch):
    with MockServer() as mock, Client(mock.endpoint, timeout=0.3) as hasty:
        noted = SimpleQueue()
        monkeypatch.setattr(mock._server.backend.folders.tally, "sink", noted.put)
        mock.default_folder.faults.add(method="TextGenerationService/Completion", latency=500)
        with pytest.raises(grpc.RpcError):
            list(hasty.stream("TextGenerationService/Completion", **question(mock.default_folder)))
        noted.get(timeout=20)
        entry = told(mock.http_url, mock.default_folder.id)[-1]
    assert (entry["status"], entry["message"]) == ("CANCELLED", "the caller did not wait for the rest")
    assert (entry["fault"], len(entry["responses"])) == ("fault-1", 1)


def test_a_door_with_encryption_is_named():
    with MockServer() as mock:
        folder = mock.folder()
        roots = Path(mock.env["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"]).read_bytes()
        owner = (("authorization", f"Api-Key {folder.api_key}"),)
        with grpc.secure_channel(mock.tls_endpoint, grpc.ssl_channel_credentials(roots)) as channel:
            unknown = channel.unary_unary(f"{PATH}/Unknown")
            with pytest.raises(grpc.RpcError):
                unknown(b"", metadata=owner, timeout=20)
        assert told(mock.http_url, folder.id)[-1]["door"] == "tls"


def test_reflection_and_health_are_no_calls_of_the_platform(mock, folder, client):
    path = "/grpc.health.v1.Health/Check"
    assert sent(client, path) is grpc.StatusCode.OK
    assert told(mock.http_url, folder.id) == []
