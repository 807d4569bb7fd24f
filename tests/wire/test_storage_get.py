"""GET and HEAD on real sockets, ranges, refusals, and requests that make no sense."""

import hashlib
import logging
import re
import zlib
from contextlib import suppress
from xml.etree import ElementTree as ET

import httpx
import pytest
import requests

from aistudio_mock.domain.objects import DATASETS
from aistudio_mock.runtime.blobs import BlobStore
from tests.wire.test_storage_memory import KEY, storage_running

BODY = bytes(range(256)) * 13 + bytes(186)  # 3514 bytes, as the recorded download


@pytest.fixture(scope="module")
def running():
    with storage_running(BlobStore()) as storage:
        yield storage


@pytest.fixture
def storage(running):
    running.have(BODY)
    return running


def code_of(reply):
    return reply.status_code, ET.fromstring(reply.content).findtext("Code")


def raw_exchange(storage, *requests_):
    """What comes back until the server ends the connection."""
    received = []
    with storage.connect() as connection, suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(b"".join(requests_))
        received.extend(iter(lambda: connection.recv(65536), b""))
    return b"".join(received)


UNREAD = 65_536
"""A request longer than this may be refused before it is read; TCP's reset then overtakes the answer."""


def test_the_answer_has_the_recorded_headers(storage):
    reply = requests.get(storage.get_url(), timeout=10)
    assert (reply.status_code, reply.content) == (200, BODY)
    headers = dict(reply.headers)
    assert re.fullmatch("[0-9a-f]{16}", headers.pop("X-Amz-Request-Id"))
    del headers["Date"]
    assert headers == {
        "Accept-Ranges": "bytes",
        "Content-Length": "3514",
        "Content-Type": "application/octet-stream",
        "Etag": f'"{hashlib.md5(BODY).hexdigest()}"',
        "Last-Modified": "Thu, 11 Dec 2025 02:18:54 GMT",
        "Server": "nginx",
    }


def test_a_big_object_on_disk_is_streamed_whole(storage):
    writer = storage.objects.blobs.create()
    body = zlib.crc32(b"").to_bytes(4) * 1_500_000
    writer.write(body)
    storage.have(body, "f/big", writer.commit().path)
    assert requests.get(storage.get_url("f/big"), timeout=30).content == body


def test_an_empty_object_is_served(storage):
    storage.have(b"", "f/empty")
    reply = requests.get(storage.get_url("f/empty"), timeout=10)
    assert (reply.status_code, reply.headers["Content-Length"], reply.content) == (200, "0", b"")


@pytest.mark.parametrize(
    ("wanted", "content_range", "body"),
    [
        ("bytes=0-0", "bytes 0-0/3514", BODY[:1]),
        ("bytes=100-199", "bytes 100-199/3514", BODY[100:200]),
        ("bytes=3500-", "bytes 3500-3513/3514", BODY[3500:]),
        ("bytes=3500-9999", "bytes 3500-3513/3514", BODY[3500:]),
        ("bytes=-4", "bytes 3510-3513/3514", BODY[-4:]),
        ("bytes=-9999", "bytes 0-3513/3514", BODY),
    ],
)
def test_a_range_gives_its_part(storage, wanted, content_range, body):
    reply = requests.get(storage.get_url(), headers={"Range": wanted}, timeout=10)
    assert (reply.status_code, reply.headers["Content-Range"], reply.content) == (206, content_range, body)


@pytest.mark.parametrize(
    "wanted", ["bytes=5-2", "bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=a-b", "bytes=٣-٤"]
)
def test_what_is_no_single_range_gives_the_whole_object(storage, wanted):
    reply = requests.get(storage.get_url(), headers={"Range": wanted.encode()}, timeout=10)
    assert (reply.status_code, reply.content) == (200, BODY)


@pytest.mark.parametrize("wanted", ["bytes=3514-", "bytes=99999999-", "bytes=-0"])
def test_a_range_beyond_the_object_is_not_satisfiable(storage, wanted):
    reply = requests.get(storage.get_url(), headers={"Range": wanted}, timeout=10)
    assert code_of(reply) == (416, "InvalidRange")
    assert ET.fromstring(reply.content).findtext("ActualObjectSize") == "3514"


def test_head_needs_a_url_signed_for_head(storage):
    reply = requests.head(storage.get_url(), timeout=10)
    assert (reply.status_code, reply.content) == (403, b"")
    signer = storage.objects.signer
    url = signer._presign("HEAD", storage.url, f"/{DATASETS}/{KEY}", {}, storage.objects.now, expires=60)
    reply = requests.head(url, timeout=10)
    assert (reply.status_code, reply.headers["Content-Length"], reply.content) == (200, "3514", b"")


def test_a_put_url_does_not_read_and_a_get_url_does_not_write(storage):
    assert code_of(requests.get(storage.put_url(), timeout=10)) == (403, "SignatureDoesNotMatch")
    reply = requests.put(storage.get_url(), data=b"x", timeout=10)
    assert code_of(reply) == (403, "SignatureDoesNotMatch")
    assert (
        ET.fromstring(reply.content).findtext("Hint") == "this URL was signed for GET, and the request is PUT"
    )


def test_a_missing_object_a_missing_bucket_and_a_missing_signature(storage):
    assert code_of(requests.get(storage.get_url("f/none"), timeout=10)) == (404, "NoSuchKey")
    assert code_of(requests.get(storage.get_url(bucket="elsewhere"), timeout=10)) == (404, "NoSuchBucket")
    assert code_of(requests.get(f"{storage.url}/{DATASETS}/{KEY}", timeout=10)) == (403, "AccessDenied")


def test_an_object_whose_file_was_removed_is_missing(storage):
    writer = storage.objects.blobs.create()
    path = writer.commit().path
    storage.have(b"", "f/removed", path)
    storage.objects.blobs.unlink(path)
    assert code_of(requests.get(storage.get_url("f/removed"), timeout=10)) == (404, "NoSuchKey")


def test_an_authorization_header_on_a_presigned_url_is_refused(storage):
    reply = httpx.get(storage.get_url(), headers={"authorization": "Bearer t1.x"})
    assert code_of(reply) == (400, "InvalidArgument")


@pytest.mark.parametrize("method", ["DELETE", "POST", "PATCH", "OPTIONS", "PROPFIND"])
def test_other_methods_are_not_allowed(storage, method):
    reply = requests.request(method, storage.get_url(), timeout=10)
    assert code_of(reply) == (405, "MethodNotAllowed")
    assert reply.headers["Allow"] == "GET, HEAD, PUT"


def test_a_bug_is_an_internal_error_and_a_line_in_the_log(storage, caplog):
    del storage.objects.stored[DATASETS, KEY]
    storage.objects.stored[DATASETS, KEY] = None
    with caplog.at_level(logging.ERROR):
        reply = requests.get(storage.get_url(), timeout=10)
    assert code_of(reply) == (500, "InternalError")
    assert [record.name for record in caplog.records] == ["aistudio_mock.http"]
    assert reply.headers["X-Amz-Request-Id"] in caplog.text


@pytest.mark.parametrize(
    "target",
    [
        b"/ai-fomo-datasets-prod/%zz/%",
        b"/ai-fomo-datasets-prod/%00",
        b"/ai-fomo-datasets-prod/../../etc/passwd",
        b"/ai-fomo-datasets-prod/%2e%2e/%2e%2e/etc/passwd",
        b"/ai-fomo-datasets-prod//etc//passwd",
        b"/ai-fomo-datasets-prod/a/%ff%fe%ed%a0%80",
        b"/ai-fomo-datasets-prod/\xff\xfe?\xed=\xa0",
        b"/\xd0\xb6/\xd0\xb6",
        b"/%2F/%2F",
        b"/ai-fomo-datasets-prod/a?" + b"X-Amz-Signature=1&" * 300,
        b"/ai-fomo-datasets-prod/a?&&=&==&%&X-Amz-Expires",
        b"/ai-fomo-datasets-prod/a#fragment?x",
        b"/ai-fomo-datasets-prod/{key}",
        b"http://[::1/ai/x",
        b"http:///ai/x",
        b"//ai//x",
        b"ai/x",
        b"*",
        b"/a/" + b"k" * 8000,
        b"/a/b?" + b"q" * 200_000,
        b"/a/\0b",
    ],
)
def test_no_target_stalls_or_crashes_the_storage(storage, caplog, target):
    answer = raw_exchange(storage, b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    overtaken = not answer and len(target) > UNREAD
    assert overtaken or re.match(rb"HTTP/1\.[01] (400|403|404) ", answer), answer[:200]
    assert caplog.records == []
    if b"<Error>" in answer:
        ET.fromstring(answer.partition(b"\r\n\r\n")[2])
    assert requests.get(storage.get_url(), timeout=10).content == BODY


@pytest.mark.parametrize(
    "request_",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"PUT /a/b HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT /a/b HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PUT /a/b HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /a/b HTTP/1.1\r\nHost: \xff\xfe\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_no_nonsense_on_the_wire_stalls_or_crashes_the_storage(storage, caplog, request_):
    answer = raw_exchange(storage, request_)
    assert answer.startswith(b"HTTP/1.0 400") or (not answer and len(request_) > UNREAD)
    assert caplog.records == []
    assert requests.get(storage.get_url(), timeout=10).content == BODY


def test_strange_header_bytes_do_not_crash_the_check_of_a_signature(storage):
    target = storage.get_url().split("/", 3)[3].encode()
    request = (
        b"GET /" + target + b" HTTP/1.1\r\nHost: \xff\xfe\r\nHost: \xd0\xb6\r\nConnection: close\r\n\r\n"
    )
    assert raw_exchange(storage, request).startswith((b"HTTP/1.1 403", b"HTTP/1.0 400"))
