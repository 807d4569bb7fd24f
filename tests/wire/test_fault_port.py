"""What clients meet by gRPC that only a relay can do: GOAWAY, half an answer, an answer that drips."""

import sys
import time

import grpc
import pytest
from yandex_ai_studio_sdk import AIStudio

from aistudio_mock import RemoteServer
from aistudio_mock.control_client import UnreachableError
from tests.wire import http2
from tests.wire.run_parts import environment, run  # noqa: F401 - fixtures
from tests.wire.steps import draft
from tests.wire.stubs import Client

CREATE, LIST, DESCRIBE = "DatasetService/Create", "DatasetService/List", "DatasetService/Describe"
COMPLETION = "TextGenerationService/Completion"


@pytest.fixture(name="client")
def _client(mock, folder):
    with Client(mock.fault_endpoint, f"Api-Key {folder.api_key}") as client:
        yield client


def peers(folder, method):
    return [(entry.status, entry.peer) for entry in folder.journal.calls(method)]


def test_the_fault_port_answers_like_any_other(client, folder):
    dataset_id = draft(client, folder)
    assert client.call(DESCRIBE, dataset_id=dataset_id).dataset.dataset_id == dataset_id
    with pytest.raises(grpc.RpcError) as refused:
        client.call(DESCRIBE, dataset_id="none")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    names = {one.address for one in client.call("ApiEndpointService/List").endpoints if one.id != "storage"}
    assert len(names) == 1, "it leads back to itself"


def test_the_addresses_that_it_tells_are_its_own(mock, client):
    told = {one.id: one.address for one in client.call("ApiEndpointService/List").endpoints}
    assert told["fomo-tuning"] == mock.fault_endpoint
    assert told["storage"] == mock.http_url.partition("://")[2]


def test_a_call_that_was_told_to_go_away_is_made_again_elsewhere(client, folder):
    client.call(LIST, folder_id=folder.id)
    folder.faults.add(method=LIST, goaway="before")
    assert list(client.call(LIST, folder_id=folder.id).datasets) == [], "its client noticed nothing"
    (_, first), (lost, second), (again, third) = peers(folder, LIST)
    assert (lost, again) == ("UNAVAILABLE", "OK")
    assert first == second != third


def test_after_an_answer_with_goaway_the_next_call_comes_by_another_connection(client, folder):
    folder.faults.add(method=LIST, goaway="after")
    for _ in range(3):
        client.call(LIST, folder_id=folder.id)
    (_, first), (_, second), (_, third) = peers(folder, LIST)
    assert first != second == third


def test_half_an_answer_is_none(mock, client, folder):
    folder.faults.add(method=CREATE, cut="middle")
    with pytest.raises(grpc.RpcError) as broken:
        draft(client, folder)
    assert broken.value.code() is grpc.StatusCode.UNAVAILABLE
    with Client(mock.fault_endpoint, f"Api-Key {folder.api_key}") as another:
        assert len(another.call(LIST, folder_id=folder.id).datasets) == 1, "the work was done"
    assert [entry.status for entry in folder.journal.calls(CREATE)] == ["OK"], "the server had answered"


def test_exactly_half_of_a_frame_is_on_the_wire(mock, folder):
    folder.faults.add(method="ApiEndpointService/List", cut="middle")
    path = "/yandex.cloud.endpoint.ApiEndpointService/List"
    key = [(b"authorization", f"Api-Key {folder.api_key}".encode())]
    answer = http2.call(mock.fault_endpoint, path, key, b"")
    announced, came = answer.data
    assert (answer.status, came) == (None, announced // 2)
    assert announced > 100


def test_an_answer_drips_and_other_calls_of_the_connection_do_not_wait(client, folder):
    dataset_id = draft(client, folder)
    size = len(client.call(DESCRIBE, dataset_id=dataset_id).SerializeToString())
    folder.faults.add(method=DESCRIBE, drip=size)  # a second, about
    start = time.monotonic()
    slow = client.later(DESCRIBE, dataset_id=dataset_id)
    client.call(LIST, folder_id=folder.id)
    assert not slow.done()
    assert slow.result().dataset.dataset_id == dataset_id
    assert time.monotonic() - start >= 0.9


def test_a_stream_drips_too(client, folder):
    folder.faults.add(method=COMPLETION, drip=2000)
    asked = {"model_uri": f"gpt://{folder.id}/yandexgpt/latest", "messages": [{"role": "user", "text": "hi"}]}
    assert list(client.stream(COMPLETION, **asked))


@pytest.mark.parametrize("fault", [{"goaway": "before"}, {"drip": 100}, {"cut": "middle"}])
def test_on_another_port_it_is_told_where_to_go(mock, folder, fault):
    folder.faults.add(method=LIST, **fault)
    with (
        Client(mock.endpoint, f"Api-Key {folder.api_key}") as plain,
        pytest.raises(grpc.RpcError, match=r"fault-1 .* reaches clients of the fault port only") as refused,
    ):
        plain.call(LIST, folder_id=folder.id)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_the_official_sdk_goes_on_polling_after_goaway(mock, folder):
    folder.faults.add(method=LIST, goaway="before")
    sdk = AIStudio(folder_id=folder.id, auth=folder.api_key, endpoint=mock.fault_endpoint, verify=False)
    assert list(sdk.datasets.list()) == []
    assert [entry.status for entry in folder.journal.calls(LIST)] == ["UNAVAILABLE", "OK"]


def test_connections_that_are_cut_on_the_fault_port_are_cut(client, folder):
    folder.faults.add(method=LIST, cut="before")
    with pytest.raises(grpc.RpcError) as broken:
        client.call(LIST, folder_id=folder.id)
    assert broken.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "a fault" not in broken.value.details()


def test_a_server_that_runs_elsewhere_has_it_when_asked_for(mock):
    with RemoteServer(mock.http_url) as remote, pytest.raises(UnreachableError, match="--fault-port 0"):
        assert remote.fault_endpoint


PROGRAM = """
from yandex_ai_studio_sdk import AIStudio
import os
sdk = AIStudio(folder_id=os.environ["YC_FOLDER_ID"], auth=os.environ["YC_API_KEY"])
print(list(sdk.datasets.list()))
"""


def test_a_program_under_run_is_led_through_the_relay(run, tmp_path):  # noqa: F811
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {method: DatasetService/List, goaway: before}\n", encoding="utf-8")
    done = run("--faults", faults, "--", sys.executable, "-c", PROGRAM)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert "faults met: fault-1 (DatasetService/List goaway) 1 of 2" in done.stderr
