"""Messages, requests and frames that nobody meant: each gets a proper answer, and nothing is left of them.

The same ones every time. `make test` sends a tenth of what `make test-all` does.
"""

import gc
import logging
import os
import socket
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from urllib.parse import urlsplit

import grpc
import pytest
from google.protobuf.message import DecodeError

import aistudio_mock
from aistudio_mock import MockServer
from aistudio_protos.pool import message_class
from tests.wire import http2, steps
from tests.wire.fuzz import Messages, Requests, conversations
from tests.wire.stubs import Client

SEED = 20250101
COUNTS = [1_000, pytest.param(10_000, marks=[pytest.mark.all, pytest.mark.timeout(600)])]
IN_FLIGHT = 32
NOT_PROPER = {"UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "DATA_LOSS"}
NO_MESSAGE = "Invalid protobuf byte sequence"
MIB = 1 << 20
PATIENCE = 10
"""Seconds, after which an answer is none."""
FILLER = b"\r\n" * 100
"""Ends whatever a request has left open; between requests it means nothing."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
GROWTH = 64 * MIB
"""What a process may keep of thousands of requests: caches, arenas, and a journal, whose bound is 16 MiB."""


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported():
    """In this thread: pytest parses what is imported, and Python 3.11 parses in one thread at a time only."""
    for module in walk_packages(aistudio_mock.__path__, "aistudio_mock."):
        if "preload" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)


@pytest.fixture
def mock():
    with MockServer(seed=SEED) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left(mock, caplog):
    """After the test: no error logged, no more is open or runs, memory within bounds, answers as ever."""
    answers(mock)
    gc.collect()
    files, sockets, threads, memory = *opened(), threading.active_count(), resident()
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
    answers(mock)
    gc.collect()
    files_now, sockets_now = opened()
    assert files_now <= files + 4
    assert sockets_now <= sockets + IN_FLIGHT, "of hundreds; some end a moment later"
    assert threading.active_count() <= threads + 2 * IN_FLIGHT, "the server's, one for each call under way"
    assert resident() - memory < GROWTH


def opened():
    """How many files, and how many sockets."""
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    sockets = sum(link.startswith("socket:") for link in links)
    other = sum(link.startswith(("pipe:", "anon_inode:")) for link in links)
    return len(links) - sockets - other, sockets


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def answers(mock):
    """The whole flow still works."""
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id = steps.draft(client, folder)
        assert steps.put(steps.upload_url(client, dataset_id, len(steps.GOOD)), steps.GOOD).status_code == 200
        operation = client.call("DatasetService/Validate", dataset_id=dataset_id)
        assert client.call("OperationService/Get", operation_id=operation.id).done
    folder.delete()


def verdict(method, body, call):
    """Why this end of a call is not a proper one; None if it is."""
    code, said = "OK", ""
    try:
        deque(call, maxlen=0) if method.server_streaming else call.result()
    except grpc.RpcError as error:
        code, said = error.code().name, error.details()
    is_read = code == "UNIMPLEMENTED" or (code, said) != ("INTERNAL", NO_MESSAGE)
    if code in NOT_PROPER or (code == "INTERNAL" and said != NO_MESSAGE):
        return f"{code}: {said}"
    if is_read != (code == "UNIMPLEMENTED" or is_message(method, body)):
        return f"{code}: {said}, of bytes that are {'no' if is_read else 'a'} message"
    return None


def is_message(method, body):
    """Whether the contract's type can be read from those bytes."""
    try:
        message_class(method.input_type.full_name).FromString(body)
    except DecodeError:
        return False
    return True


def send(client, method, body):
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.server_streaming:
        return client.channel.unary_stream(path)(body, metadata=client.metadata, timeout=30)
    return client.channel.unary_unary(path).future(body, metadata=client.metadata, timeout=30)


@pytest.mark.parametrize("count", COUNTS)
def test_every_message_gets_a_proper_status(mock, count):
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id, operation_id = steps.validating(client, folder)
        assert client.call("OperationService/Get", operation_id=operation_id).done
        task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
        models = [f"gpt://{folder.id}/yandexgpt-lite/latest", f"emb://{folder.id}/text-embeddings/latest"]
        known = (folder.id, dataset_id, operation_id, task_id, *models, "TextToTextGeneration", "jsonlines")
        under_way, bad = deque(), []

        def finish():
            method, body, call = under_way.popleft()
            if problem := verdict(method, body, call):
                bad.append((method.full_name, body[:200], problem))

        for method, body in Messages(SEED, known).take(count):
            under_way.append((method, body, send(client, method, body)))
            if len(under_way) == IN_FLIGHT:
                finish()
        while under_way:
            finish()
    folder.delete()
    assert bad == []


def exchange(address, request):
    """The head of the answer; an empty one where the caller left while the server waited for more."""
    answer = b""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        try:
            connection.sendall(request + FILLER)
            if is_endless(request):
                connection.shutdown(socket.SHUT_WR)
            while not answer.partition(b"\r\n\r\n")[1]:
                more = connection.recv(65536)
                if not more:
                    break
                answer = (answer + more).removeprefix(CONTINUE)
        except TimeoutError:
            return b""
        except ConnectionResetError:  # after the answer: the server does not read what it refused
            pass
    return answer


def is_endless(request):
    """Whether it announces more than anybody sends."""
    return b"9999999" in request


def misanswered(request, answer):
    head = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    if any(line.lower().startswith(b"x-evil") for line in head):
        return "a header of the caller's making"
    if not answer:
        return None if is_endless(request) else "no answer"
    version, status, *_ = head[0].split(b" ")
    return None if version in {b"HTTP/1.1", b"HTTP/1.0"} and 200 <= int(status) < 500 else head[0].decode()


@pytest.mark.parametrize("count", COUNTS)
def test_every_http_request_gets_a_proper_status(mock, count):
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        put = urlsplit(steps.upload_url(client, steps.draft(client, folder), 5))
        dataset_id = steps.validated(client, folder)
        get = urlsplit(
            client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls[0].url
        )
    known = (
        f"{put.path}?{put.query}",
        f"{get.path}?{get.query}",
        "/_mock/ca.pem",
        "/_mock/v1/folders",
        f"/_mock/v1/folders/{folder.id}",
        f"/_mock/v1/folders/{folder.id}/journal?after=1",
        f"/_mock/v1/folders/{folder.id}/clock/advance",
        f"/_mock/v1/folders/{folder.id}/faults",
        "/endpoints",
        "/iam/v1/tokens",
        "/foundationModels/v1/completion",
    )
    address = (put.hostname, put.port)
    requests = list(Requests(SEED, known).take(count))
    with ThreadPoolExecutor(8) as senders:
        found = list(senders.map(lambda request: exchange(address, request), requests))
    problems = [
        (request, misanswered(request, answer)) for request, answer in zip(requests, found, strict=True)
    ]
    assert [(request[:150], request[-300:], problem) for request, problem in problems if problem] == []
    assert len({answer[:12] for answer in found}) > 5  # statuses of many kinds: the requests got somewhere


@pytest.mark.parametrize("count", [200, pytest.param(2_000, marks=pytest.mark.all)])
def test_whatever_is_said_in_frames_is_ended_properly(mock, count):
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client, ThreadPoolExecutor(8) as senders:
        said = conversations(SEED, count)
        heard = [one for one, _ in senders.map(lambda one: http2.converse(mock.endpoint, one), said)]
        client.call("DatasetService/List", folder_id=folder.id)  # on a connection that was there before
    assert {one.rest for one in heard} == {b""}, "half a frame"
    assert {(), (13,), (14,)} <= {tuple(one.statuses.values()) for one in heard}
