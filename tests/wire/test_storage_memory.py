"""The smallest backend that the storage can have, and that a client gets back what it put there."""

import hashlib
import shutil
import socket
import subprocess
from contextlib import contextmanager

import aiohttp
import httpx
import pytest
import requests

from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.objects import BUCKETS, DATASETS, DRAFTS, Blob, Grant
from aistudio_mock.domain.presign import Signer
from aistudio_mock.domain.s3_errors import NoSuchBucket, NoSuchKey
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.transport.http.server import HttpServer, build_app

NOW = Instant(1_765_419_534 * SECOND)  # 2025-12-11T02:18:54Z, as recorded
KEY = "b1ge6b3ojkeeciv997a8/fdshp9a6b8oe8k4b4t36"
ROW = b'{"anchor": "ABC", "positive": "CBA"}\r\n'  # 38 bytes, as the recorded upload


class MemoryObjects:
    """Objects in a dictionary. A key takes a body once a URL was handed out for it."""

    def __init__(self, signer, blobs):
        self.signer = signer
        self.blobs = blobs
        self.now = NOW
        self.sizes = {}
        self.stored = {}

    def authorize(self, *, method, bucket, key, path, query_string, headers):
        if bucket not in BUCKETS:
            raise NoSuchBucket
        sizes = self.sizes.get(key, ())
        self.signer.verify(
            method, path, query_string, headers, lambda signed: self.now - signed, announced=sizes
        )
        return Grant(bucket, key, int(headers["content-length"]) if method == "PUT" else None)

    def put(self, grant, upload):
        if grant.key not in self.sizes:
            raise NoSuchKey
        old = self.stored.get((grant.bucket, grant.key))
        blob = self.stored[grant.bucket, grant.key] = Blob(upload.path, upload.size, upload.md5, self.now)
        if old is not None:
            self.blobs.unlink(old.source)
        return blob

    def get(self, bucket, key):
        if (bucket, key) not in self.stored:
            raise NoSuchKey
        return self.stored[bucket, key]


class Storage:
    """A running storage and the URLs of its objects."""

    def __init__(self, objects, port):
        self.objects = objects
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def put_url(self, size=38, key=KEY, **options):
        self.objects.sizes.setdefault(key, []).append(size)
        return self.objects.signer.sign_put(self.url, DRAFTS, key, size, self.objects.now, **options)

    def get_url(self, key=KEY, bucket=DATASETS):
        return self.objects.signer.sign_get(self.url, bucket, key, self.objects.now)

    def have(self, body, key=KEY, source=None):
        """A dataset under `key`."""
        blob = Blob(source or "", len(body), hashlib.md5(body).hexdigest(), NOW, None if source else body)
        self.objects.stored[DATASETS, key] = blob
        return blob

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@contextmanager
def storage_running(blobs, extra=None):
    objects = MemoryObjects(Signer("YCAJEtest0000000000000000", "secret"), blobs)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    server = HttpServer(listener, lambda: build_app(objects, blobs, extra))
    storage = Storage(objects, listener.getsockname()[1])
    server.start()
    try:
        yield storage
    finally:
        server.stop()
        blobs.close()


@pytest.fixture(scope="module")
def storage():
    with storage_running(BlobStore()) as running:
        yield running


def stored_draft(storage, key):
    with storage.objects.blobs.open(storage.objects.stored[DRAFTS, key].source) as body:
        return body.read()


def test_requests_gets_back_what_it_put(storage):
    url = storage.put_url(key="f/requests")
    assert requests.put(url, data=ROW, timeout=10).status_code == 200
    assert stored_draft(storage, "f/requests") == ROW
    assert requests.get(storage.get_url("f/requests", DRAFTS), timeout=10).content == ROW


def test_httpx_gets_back_what_it_put(storage):
    url = storage.put_url(key="f/httpx")
    assert httpx.put(url, content=ROW, headers={"x-client-request-id": "1"}).status_code == 200
    assert httpx.get(storage.get_url("f/httpx", DRAFTS)).content == ROW


async def test_aiohttp_gets_back_what_it_put(storage):
    url = storage.put_url(key="f/aiohttp")
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.put(url, data=ROW) as reply:
            assert reply.status == 200
        async with session.get(storage.get_url("f/aiohttp", DRAFTS)) as reply:
            assert await reply.read() == ROW


@pytest.mark.all
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
@pytest.mark.parametrize("size", [38, 3 << 20, 9 << 20])
def test_curl_gets_back_what_it_put(storage, tmp_path, size):
    source, target = tmp_path / "body", tmp_path / "back"
    source.write_bytes((ROW * (size // len(ROW) + 1))[:size])
    url = storage.put_url(size, f"f/curl{size}")
    command = ["curl", "-sS", "--fail", "--noproxy", "*"]
    subprocess.run([*command, "--request", "PUT", "--upload-file", source, url], check=True, timeout=60)
    url = storage.get_url(f"f/curl{size}", DRAFTS)
    subprocess.run([*command, "--output", target, url], check=True, timeout=60)
    assert target.read_bytes() == source.read_bytes()


def test_a_second_put_replaces_the_first(storage):
    url = storage.put_url(3, "f/twice")
    assert requests.put(url, data=b"one", timeout=10).status_code == 200
    first = storage.objects.stored[DRAFTS, "f/twice"].source
    assert requests.put(url, data=b"two", timeout=10).status_code == 200
    assert stored_draft(storage, "f/twice") == b"two"
    with pytest.raises(FileNotFoundError):
        storage.objects.blobs.open(first)
