"""What a client meets when a folder has faults, and what the folder's journal then tells; by both handles."""

import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from aistudio_faults.faults import FaultError
from aistudio_mock import RemoteServer
from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.heard import GrpcCall
from aistudio_mock.backend.journal import KEPT
from tests.wire.stubs import Client

KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
LIST = "DatasetService/List"


@pytest.fixture(scope="module", params=["in process", "by url"], name="server")
def _server(request, mock):
    if request.param == "in process":
        yield mock
        return
    with RemoteServer(mock.http_url) as remote:
        yield remote


@pytest.fixture(name="folder")
def _folder(server):
    return server.folder()


@pytest.fixture(name="client")
def _client(server, folder):
    with Client(server.endpoint, f"Api-Key {folder.api_key}") as client:
        yield client


def ended(client, rpc=LIST, **fields):
    """The name of the status code that a call ends with."""
    try:
        client.call(rpc, **fields)
    except grpc.RpcError as refusal:
        return refusal.code().name
    return "OK"


def put(client, folder, body=b"{}"):
    """A PUT to a fresh presigned URL: HTTP status and S3 error code."""
    dataset = client.call("DatasetService/Create", folder_id=folder.id, name="same", **KIND).dataset_id
    asked = client.call("DatasetService/GetUploadDraftUrl", dataset_id=dataset, size_bytes=len(body))
    return sent(urllib.request.Request(asked.upload_url, data=body, method="PUT"))


def sent(request):
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, ET.fromstring(refusal.read()).findtext("Code")


def test_a_call_meets_its_fault_and_the_next_one_is_answered(client, folder):
    folder.faults.add(method=LIST, status="UNAVAILABLE", message="try again")
    with pytest.raises(grpc.RpcError) as refusal:
        client.call(LIST, folder_id=folder.id)
    assert (refusal.value.code(), refusal.value.details()) == (grpc.StatusCode.UNAVAILABLE, "try again")
    assert ended(client, folder_id=folder.id) == "OK"
    assert folder.faults.unmatched() == []


@pytest.mark.parametrize("code", list(grpc.StatusCode)[1:])
def test_any_status_code_reaches_the_client(client, folder, code):
    folder.faults.add(method="*", status=code.name)
    assert ended(client, folder_id=folder.id) == code.name


def test_only_the_chosen_attempt_meets_the_fault(client, folder):
    fault = folder.faults.add(method="DatasetService/*", status="ABORTED", after=1, times=2)
    assert (fault.seen, fault.hits) == (0, 0)
    met = [ended(client, folder_id=folder.id) for _ in range(4)]
    assert met == ["OK", "ABORTED", "ABORTED", "OK"]
    (after,) = folder.faults.list()
    assert (after.id, after.seen, after.hits) == (fault.id, 4, 2)


def test_the_work_is_not_done_when_the_call_meets_a_fault(client, folder):
    folder.faults.add(method="DatasetService/Create", status="UNAVAILABLE")
    named = {"folder_id": folder.id, "name": "same", **KIND}
    assert ended(client, "DatasetService/Create", **named) == "UNAVAILABLE"
    assert not client.call(LIST, folder_id=folder.id).datasets


def test_a_fault_meets_bad_requests_too_but_not_bad_credentials(server, folder, client):
    folder.faults.add(method=LIST, status="UNAVAILABLE")
    with Client(server.endpoint, None) as nobody:
        assert ended(nobody, folder_id=folder.id) == "UNAUTHENTICATED"
    assert ended(client) == "UNAVAILABLE"
    assert ended(client) == "INVALID_ARGUMENT"


def test_a_stream_meets_its_fault(client, folder):
    folder.faults.add(method="TextGenerationService/Completion", status="RESOURCE_EXHAUSTED")
    with pytest.raises(grpc.RpcError) as refusal:
        next(
            client.stream("TextGenerationService/Completion", model_uri=f"gpt://{folder.id}/yandexgpt/latest")
        )
    assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    folder.journal.assert_called("TextGenerationService/Completion", times=1, status="RESOURCE_EXHAUSTED")


def test_latency_is_real_time_and_does_not_move_the_folder_s_clock(client, folder):
    before = folder.clock.now()
    folder.faults.add(method=LIST, latency=0.3)
    start = time.monotonic()
    assert ended(client, folder_id=folder.id) == "OK"
    assert time.monotonic() - start >= 0.3
    assert folder.clock.now() == before


def test_a_wait_is_over_when_the_caller_is_gone(server, folder):
    folder.faults.add(method=LIST, latency=500)
    with Client(server.endpoint, f"Api-Key {folder.api_key}", timeout=0.2) as hasty:
        assert ended(hasty, folder_id=folder.id) == "DEADLINE_EXCEEDED"
    # The server's thread is free again: `MockServer` stops at the end of this module without waiting for it.


def test_the_storage_meets_faults_of_its_own(client, folder):
    folder.faults.add(object="PUT", status="SlowDown")
    assert put(client, folder) == (503, "SlowDown")
    assert put(client, folder) == (200, "")
    assert [(entry.status, entry.error_code) for entry in folder.journal.calls("PUT")] == [
        ("503", "SlowDown"),
        ("200", ""),
    ]


def test_a_big_upload_is_refused_without_being_read(client, folder):
    folder.faults.add(object="PUT", status="ServiceUnavailable")
    assert put(client, folder, b"x" * (8 << 20)) == (503, "ServiceUnavailable")


def test_the_storage_can_be_slow(client, folder):
    folder.faults.add(object="PUT", latency=0.3)
    start = time.monotonic()
    assert put(client, folder) == (200, "")
    assert time.monotonic() - start >= 0.3


def test_faults_and_journals_are_each_folder_s_own(server, folder, client):
    other = server.folder()
    other.faults.add(method="*", status="ABORTED", times=None)
    other.faults.add(object="*", status="SlowDown", times=None)
    assert ended(client, folder_id=folder.id) == "OK"
    assert put(client, folder) == (200, "")
    assert (len(other.faults.unmatched()), other.journal.calls()) == (2, [])


def test_a_call_without_a_bound_credential_belongs_to_the_folder_it_is_about(server, folder, client):
    dataset = client.call("DatasetService/Create", folder_id=folder.id, name="same", **KIND).dataset_id
    folder.faults.add(method="DatasetService/*", status="ABORTED", times=2)
    with Client(server.endpoint, "Api-Key AQVNsomebody") as somebody:
        assert ended(somebody, folder_id=folder.id) == "ABORTED"
        assert ended(somebody, "DatasetService/Describe", dataset_id=dataset) == "ABORTED"
        tuning = {"base_model_uri": f"gpt://{folder.id}/yandexgpt-lite/latest"}
        assert ended(somebody, "TuningService/Tune", **tuning) == "INVALID_ARGUMENT"
    assert [entry.method for entry in folder.journal.calls()] == [
        "DatasetService/Create",
        LIST,
        "DatasetService/Describe",
        "TuningService/Tune",
    ]


def test_the_journal_tells_method_status_time_and_request_id(server, folder, client):
    folder.clock.advance(days=1)
    _, call = client.with_call(LIST, folder_id=folder.id)
    (entry,) = folder.journal.calls()
    assert (entry.number, entry.leg, entry.method, entry.status) == (1, "grpc", LIST, "OK")
    assert entry.time == folder.clock.now()
    assert ("x-request-id", entry.request_id) in [(key, value) for key, value in call.trailing_metadata()]


def test_refused_and_unknown_calls_are_in_the_journal(server, folder, client):
    assert ended(client) == "INVALID_ARGUMENT"
    rpc = client.channel.unary_unary("/yandex.cloud.ai.dataset.v1.DatasetService/Nothing")
    with pytest.raises(grpc.RpcError):
        rpc(b"", metadata=client.metadata)
    with pytest.raises(grpc.RpcError):
        client.channel.unary_unary("/yandex.cloud.ai.dataset.v1.DatasetService/List")(
            b"\xff\xff", metadata=client.metadata
        )
    assert [(entry.method, entry.status) for entry in folder.journal.calls()] == [
        (LIST, "INVALID_ARGUMENT"),
        ("DatasetService/Nothing", "UNIMPLEMENTED"),
        (LIST, "INTERNAL"),
    ]


def test_calls_that_name_nobody_are_in_the_default_folder_s_journal(server):
    default = server.default_folder
    default.reset()
    with Client(server.endpoint, None) as nobody:
        assert ended(nobody, "OperationService/Get", operation_id="x") == "UNAUTHENTICATED"
        assert ended(nobody, "ApiEndpointService/List") == "OK"
    assert [(entry.method, entry.status) for entry in default.journal.calls()] == [
        ("OperationService/Get", "UNAUTHENTICATED"),
        ("ApiEndpointService/List", "OK"),
    ]


def test_no_secret_is_in_a_journal(server, folder, client):
    token = folder.iam_token()
    put(client, folder)
    with Client(server.endpoint, f"Bearer {token}") as bearer:
        bearer.call(LIST, folder_id=folder.id)
    told = repr(folder.journal.calls())
    assert len(folder.journal.calls()) == 4
    for secret in (folder.api_key, token):
        assert secret not in told


def test_a_journal_is_bounded_and_says_what_it_dropped(mock, server):
    folder = server.folder()
    journal = mock._server.backend.folders.find(folder.id).journal
    for number in range(KEPT + 3):
        call = GrpcCall(LIST, f"/{LIST}", b"", (), "", None, Door.PLAINTEXT)
        call.request_id = str(number)
        journal.note(call, "OK")
    calls = folder.journal.calls()
    assert (len(calls), calls[0].number, calls[0].request_id) == (KEPT, 4, "3")
    assert folder.journal._control.journal(folder.id)["dropped"] == 3


def test_no_call_is_lost_from_the_totals_when_many_come_at_once(mock, server, folder, client):
    before = mock._server.backend.journal.totals
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: ended(client, folder_id=folder.id), range(200)))
    ended(client)
    after = mock._server.backend.journal.totals
    assert len(folder.journal.calls(LIST)) == 201
    assert (after.calls - before.calls, after.refused - before.refused) == (201, 1)
    assert after.of(LIST) - before.of(LIST) == 200


def test_what_was_expected_and_what_was_said_is_in_the_failure(folder, client):
    ended(client, folder_id=folder.id)
    put(client, folder)
    assert len(folder.journal.assert_called("DatasetService/*")) == 3
    assert len(folder.journal.assert_called(LIST, times=1, status="OK")) == 1
    folder.journal.assert_called("TuningService/Tune", times=0)
    with pytest.raises(AssertionError) as failure:
        folder.journal.assert_called(LIST, times=2)
    first, *lines = str(failure.value).splitlines()
    assert first == f"expected {LIST} 2 times, was 1 time; folder {folder.id} saw 4 calls:"
    assert [line[0] for line in lines] == [">", " ", " ", " "]
    assert lines[-1].endswith(" → 200")
    with pytest.raises(AssertionError, match="TuningService/Tune at least once, was 0 times"):
        folder.journal.assert_called("TuningService/Tune")


def test_a_fault_that_can_never_work_is_refused_at_once(folder):
    with pytest.raises(FaultError, match="did you mean UNAVAILABLE"):
        folder.faults.add(method=LIST, status="UNAVAILABEL")
    assert folder.faults.list() == []


def test_faults_can_be_cleared(folder, client):
    folder.faults.add(method=LIST, status="ABORTED")
    assert [str(fault).partition(":")[0] for fault in folder.faults.unmatched()] == [
        f"fault-1 (method='{LIST}', status='ABORTED')"
    ]
    folder.faults.clear()
    assert ended(client, folder_id=folder.id) == "OK"


def test_a_clock_of_one_folder_is_nobody_else_s(server, folder):
    other = server.folder()
    before = other.clock.now()
    assert folder.clock.advance(hours=1) == folder.clock.now()
    assert other.clock.now() == before
    with pytest.raises(ValueError, match="forward only"):
        folder.clock.advance(seconds=-1)
