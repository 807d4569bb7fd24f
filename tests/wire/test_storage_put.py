"""PUT on real sockets: the recorded answer, the lengths, and nothing left of what did not end well."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import threading
from xml.etree import ElementTree as ET

import pytest
import requests
from msgspec.structs import replace

from aistudio_mock.domain.instant import DAY, later
from aistudio_mock.domain.objects import DRAFTS
from aistudio_mock.runtime.blobs import BlobStore
from tests.wire.test_storage_memory import KEY, NOW, ROW, storage_running


class WatchedBlobs(BlobStore):
    """A blob store that tells when a file comes and when one goes."""

    def __init__(self, directory):
        super().__init__(directory)
        self.directory = directory
        self.created, self.unlinked = threading.Event(), threading.Event()

    def create(self):
        writer = super().create()
        self.created.set()
        return writer

    def unlink(self, path):
        super().unlink(path)
        self.unlinked.set()

    def files(self):
        return list(self.directory.iterdir()) if self.directory.exists() else []


@pytest.fixture
def storage(tmp_path):
    with storage_running(WatchedBlobs(tmp_path / "blobs")) as running:
        yield running


def head_of_put(url, length, *lines):
    target = url.split("/", 3)[3]
    host = url.split("/")[2]
    return "\r\n".join(
        [f"PUT /{target} HTTP/1.1", f"Host: {host}", f"Content-Length: {length}", *lines, "", ""]
    ).encode()


def read_answer(connection):
    """The status line, the headers as sent, and the rest until the end of the connection or of the body."""
    stream = connection.makefile("rb")
    status = stream.readline().decode().strip()
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, text = line.partition(": ")
        headers[name] = text
    body = stream.read(int(headers["Content-Length"])) if "Content-Length" in headers else stream.readline()
    return status, headers, body


def error_of(body):
    return {element.tag: element.text for element in ET.fromstring(body)}


def nothing_stored(storage):
    return not storage.objects.stored and not storage.objects.blobs.files()


def test_the_answer_is_the_recorded_one(storage):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(), 38, "x-client-request-id: 1") + ROW)
        status, headers, body = read_answer(connection)
    assert status == "HTTP/1.1 200 OK"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers.pop("Date"))
    assert re.fullmatch("[0-9a-f]{16}", headers.pop("X-Amz-Request-Id"))
    assert headers == {
        "Connection": "keep-alive",
        "Content-Type": "application/octet-stream",
        "Etag": f'"{hashlib.md5(ROW).hexdigest()}"',
        "Keep-Alive": "timeout=60",
        "Server": "nginx",
        "Transfer-Encoding": "chunked",
        "X-Amz-Expiration": 'expiry-date="Sun, 11 Jan 2026 00:00:00 GMT", '
        'rule-id="DatasetDraftLifecycleRule"',
    }
    assert body == b"0\r\n"


def test_the_connection_serves_the_next_put(storage):
    with storage.connect() as connection:
        for size in (3, 5_000_000, 4):
            connection.sendall(head_of_put(storage.put_url(size), size) + os.urandom(size))
            assert read_answer(connection)[0] == "HTTP/1.1 200 OK"


def test_http_1_0_is_answered_without_chunks(storage):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(), 38).replace(b"HTTP/1.1", b"HTTP/1.0") + ROW)
        status, headers, body = read_answer(connection)
        assert connection.recv(1) == b""
    assert (status.split()[1], headers["Content-Length"], body) == ("200", "0", b"")
    assert "Transfer-Encoding" not in headers


def test_the_absolute_form_of_a_target_is_understood(storage):
    url = storage.put_url()
    request = head_of_put(url, 38).replace(b"PUT /", f"PUT {storage.url}/".encode())
    with storage.connect() as connection:
        connection.sendall(request + ROW)
        assert read_answer(connection)[0] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "key", ["yc.fomo.dots/fds..1", "f/набор данных", "f/a+b&c=d?e#f", "f/a\n\r\tb", "f/50%2F50", "f/~-_'()"]
)
def test_any_key_travels(storage, key):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(key=key), 38) + ROW)
        assert read_answer(connection)[0] == "HTTP/1.1 200 OK"
    assert (DRAFTS, key) in storage.objects.stored


def test_a_body_is_stored_as_it_came_whatever_headers_are_not_signed(storage):
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain", "x-amz-acl": "private"}
    assert requests.put(storage.put_url(), data=ROW, headers=headers, timeout=10).status_code == 200
    assert storage.objects.stored[DRAFTS, KEY].size == 38


@pytest.mark.parametrize("size", [37, 39])
def test_a_body_of_another_length_than_signed_is_refused_with_a_hint(storage, size):
    reply = requests.put(storage.put_url(38), data=bytes(size), timeout=10)
    assert reply.status_code == 403
    assert reply.headers["Content-Type"] == "application/xml"
    error = error_of(reply.content)
    assert error["Code"] == "SignatureDoesNotMatch"
    assert f"signed for a body of 38 bytes, and the request announces {size}" in error["Hint"]
    assert error["Resource"] == f"/{DRAFTS}/{KEY}"
    assert error["RequestId"] == reply.headers["X-Amz-Request-Id"]
    assert nothing_stored(storage)


def test_a_chunked_body_is_refused_for_its_missing_length(storage):
    reply = requests.put(storage.put_url(38), data=iter([ROW]), timeout=10)
    assert (reply.status_code, error_of(reply.content)["Code"]) == (411, "MissingContentLength")
    assert nothing_stored(storage)


def test_more_than_5_gib_is_refused_before_the_body(storage):
    size = (5 << 30) + 1
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(size), size))
        status, headers, body = read_answer(connection)
    assert (status.split()[1], error_of(body)["Code"]) == ("400", "EntityTooLarge")
    assert headers["Connection"] == "close"


@pytest.mark.parametrize("size", [1_000, 6_000_000])
def test_a_client_that_goes_away_in_the_middle_leaves_nothing(storage, size):
    blobs = storage.objects.blobs
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(size), size) + bytes(size - 1))
        assert blobs.created.wait(10)
    assert blobs.unlinked.wait(10)
    assert nothing_stored(storage)


def test_a_client_that_resets_the_connection_leaves_nothing(storage):
    blobs = storage.objects.blobs
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(), 38) + ROW[:10])
        assert blobs.created.wait(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert blobs.unlinked.wait(10)
    assert nothing_stored(storage)


def test_a_stop_in_the_middle_of_an_upload_leaves_nothing(tmp_path):
    blobs = WatchedBlobs(tmp_path / "blobs")
    with storage_running(blobs) as storage:
        connection = storage.connect()
        connection.sendall(head_of_put(storage.put_url(6_000_000), 6_000_000) + bytes(2_000_000))
        assert blobs.created.wait(10)
    with connection:
        assert connection.recv(1) == b""
    assert nothing_stored(storage)


def test_bytes_beyond_the_announced_length_are_not_part_of_the_body(storage):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(), 38) + ROW)
        assert read_answer(connection)[0] == "HTTP/1.1 200 OK"
        connection.sendall(b"and more\r\n\r\n")
        assert read_answer(connection)[0] == "HTTP/1.0 400 Bad Request"
    assert storage.objects.stored[DRAFTS, KEY].size == 38


def test_a_body_for_a_dataset_that_is_gone_is_refused_and_leaves_nothing(storage):
    url = storage.put_url()
    storage.objects.sizes.clear()
    reply = requests.put(url, data=ROW, timeout=10)
    assert (reply.status_code, error_of(reply.content)["Code"]) == (404, "NoSuchKey")
    assert nothing_stored(storage)


def test_a_body_that_is_not_what_was_granted_is_refused_and_leaves_nothing(storage):
    authorize = storage.objects.authorize
    storage.objects.authorize = lambda **request: replace(authorize(**request), size=39)
    reply = requests.put(storage.put_url(), data=ROW, timeout=10)
    assert (reply.status_code, error_of(reply.content)["Code"]) == (400, "IncompleteBody")
    assert nothing_stored(storage)


def test_an_expired_url_is_refused_and_says_since_when(storage):
    url = storage.put_url(expires=60)
    storage.objects.now = later(NOW, DAY)
    reply = requests.put(url, data=ROW, timeout=10)
    error = error_of(reply.content)
    assert (reply.status_code, error["Code"], error["Message"]) == (
        403,
        "AccessDenied",
        "Request has expired",
    )
    assert (error["X-Amz-Expires"], error["Expires"]) == ("60", "2025-12-11T02:19:54Z")
    assert nothing_stored(storage)


def test_a_tampered_signature_is_refused_in_the_middle_of_a_big_body(storage):
    url = storage.put_url(20_000_000).replace("X-Amz-Signature=", "X-Amz-Signature=0")
    reply = requests.put(url, data=bytes(20_000_000), timeout=30)
    assert (reply.status_code, error_of(reply.content)["Code"]) == (403, "SignatureDoesNotMatch")
    assert nothing_stored(storage)


def test_a_raw_client_that_sends_all_before_it_reads_gets_the_refusal(storage):
    url = storage.put_url(8_000_000).replace("X-Amz-Signature=", "X-Amz-Signature=0")
    with storage.connect() as connection:
        connection.sendall(head_of_put(url, 8_000_000) + bytes(8_000_000))
        status, headers, body = read_answer(connection)
        assert (status.split()[1], headers["Connection"]) == ("403", "close")
        assert error_of(body)["Code"] == "SignatureDoesNotMatch"
        assert connection.recv(1) == b""


def test_an_expected_continue_comes_once_the_signature_is_checked(storage):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(), 38, "Expect: 100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(ROW)
        assert read_answer(connection)[0] == "HTTP/1.1 200 OK"


def test_no_continue_comes_for_a_wrong_signature(storage):
    url = storage.put_url().replace("X-Amz-Signature=", "X-Amz-Signature=0")
    with storage.connect() as connection:
        connection.sendall(head_of_put(url, 38, "Expect: 100-continue"))
        status, headers, _ = read_answer(connection)
    assert (status, headers["Connection"]) == ("HTTP/1.1 403 Forbidden", "close")
    assert not storage.objects.blobs.created.is_set()


def test_another_expectation_is_refused(storage):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(), 38, "Expect: tea") + ROW)
        assert read_answer(connection)[0].startswith("HTTP/1.1 417")


@pytest.mark.all
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
@pytest.mark.parametrize("size", [38, 3_000_000, 30_000_000])
def test_curl_shows_the_refusal(storage, tmp_path, size):
    (tmp_path / "body").write_bytes(bytes(size))
    url = storage.put_url(size + 1)
    command = ["curl", "-sS", "--noproxy", "*", "--request", "PUT", "--upload-file", tmp_path / "body", url]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert error_of(done.stdout)["Code"] == "SignatureDoesNotMatch"


def test_an_empty_body_is_a_body(storage):
    with storage.connect() as connection:
        connection.sendall(head_of_put(storage.put_url(0), 0))
        assert read_answer(connection)[1]["Etag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
