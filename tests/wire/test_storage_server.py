"""The HTTP server's life: early clients wait, a stop is quick and quiet, failures reach the owner."""

import re
import socket
import subprocess
import sys
import threading
from xml.etree import ElementTree as ET

import pytest
import requests
from aiohttp import web

from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.transport.http.server import HttpServer
from tests.wire.test_storage_memory import storage_running


def hello_app():
    async def hello(_request):
        return web.Response(text="hello")

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(1 << 20))

    app = web.Application()
    app.router.add_get("/hello", hello)
    app.router.add_get("/endless", endless)
    return app


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=16) as sock:
        yield sock


def connected(listener):
    return socket.create_connection(listener.getsockname(), timeout=10)


def test_a_client_that_comes_before_the_application_waits_and_is_served(listener):
    may_import = threading.Event()

    def slow_app():
        assert may_import.wait(10)
        return hello_app()

    server = HttpServer(listener, slow_app)
    server.start()
    with connected(listener) as early:
        early.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
        may_import.set()
        assert early.recv(1000).endswith(b"hello")
    server.wait(10)
    server.stop()


def test_the_application_is_made_when_the_first_client_comes(listener):
    made = threading.Event()

    def noticed_app():
        made.set()
        return hello_app()

    server = HttpServer(listener, noticed_app)
    server.start()
    assert not made.wait(0.05)
    with connected(listener):
        assert made.wait(10)
    server.stop()


def test_a_server_without_clients_stops_without_the_application(listener):
    server = HttpServer(listener, lambda: pytest.fail("made for nobody"))
    server.start()
    server.stop()


def test_a_start_that_fails_is_told_by_wait_and_by_stop(listener):
    def broken_app():
        raise LookupError("no such thing")

    server = HttpServer(listener, broken_app)
    server.start()
    with pytest.raises(LookupError, match="no such thing"):
        server.wait(10)
    with pytest.raises(LookupError, match="no such thing"):
        server.stop()
    assert listener.fileno() == -1


def test_waiting_has_an_end(listener):
    done = threading.Event()
    server = HttpServer(listener, lambda: done.wait(10) and hello_app())
    server.start()
    with pytest.raises(TimeoutError, match="did not start within"):
        server.wait(0.001)
    done.set()
    server.stop()


def test_stop_before_the_application_is_there_does_not_hang(listener):
    server = HttpServer(listener, hello_app)
    server.start()
    server.stop()
    server.stop()
    assert listener.fileno() == -1


def test_stop_without_start_closes_the_socket(listener):
    HttpServer(listener, hello_app).stop()
    assert listener.fileno() == -1


def test_stop_closes_idle_connections(listener):
    server = HttpServer(listener, hello_app)
    server.start()
    with connected(listener) as idle, connected(listener) as used:
        used.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b"hello" in used.recv(1000)
        server.stop()
        assert idle.recv(1) == b""
        assert used.recv(1) == b""
    with pytest.raises(OSError):
        connected(listener)


def test_stop_does_not_wait_for_a_client_that_does_not_read(listener):
    server = HttpServer(listener, hello_app)
    server.start()
    with connected(listener) as lazy:
        lazy.sendall(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")
        assert lazy.recv(1)
        server.stop()


LIFE = """
import socket, sys
from aistudio_mock.domain.s3_errors import AccessDenied
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.transport.http.server import HttpServer, build_app
assert "aiohttp" not in sys.modules, "aiohttp was imported too early"
class Refusing:
    def authorize(self, **request):
        raise AccessDenied
listener = socket.create_server(("127.0.0.1", 0))
blobs = BlobStore()
server = HttpServer(listener, lambda: build_app(Refusing(), blobs))
server.start()
open_ = []
for request in (
    b"GET /a/b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n"[:10],
    b"PUT /a/b HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 9\\r\\n\\r\\nhalf",
    b"nonsense\\r\\n\\r\\n",
    b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n",
):
    connection = socket.create_connection(listener.getsockname())
    connection.sendall(request)
    open_.append(connection)
open_[-1].recv(1)
server.stop()
blobs.close()
for connection in open_:
    connection.close()
"""


HURRY = """
import gc, socket
from aiohttp import web
from aistudio_mock.transport.http.server import HttpServer
for _ in range(40):
    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(listener, web.Application)
    server.start()
    server.wait()
    with socket.create_connection(listener.getsockname()) as connection:
        server.stop()
gc.collect()
"""


@pytest.mark.parametrize("script", [LIFE, HURRY], ids=["whole", "hurried"])
def test_a_life_is_quiet(script):
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    # In -X dev asyncio also tells what took a tenth of a second, as anything may on a busy machine.
    said = [
        line for line in done.stderr.splitlines() if not re.fullmatch(r"Executing <.*> took .* seconds", line)
    ]
    assert (done.returncode, done.stdout, said) == (0, "", [])


@pytest.fixture(scope="module")
def mixed():
    def extra(app):
        async def answer(request):
            return web.Response(text=request.path)

        app.router.add_get("/_mock/v1/state", answer)
        app.router.add_post("/iam/v1/tokens", answer)
        app.router.add_get("/operations/{id:[^/:]+}", answer)
        app.router.add_get("/", answer)

    with storage_running(BlobStore(), extra) as storage:
        yield storage


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_mock/v1/state", 200),
        ("POST", "/iam/v1/tokens", 200),
        ("GET", "/operations/fds1", 200),
        ("GET", "/", 200),
        ("GET", "/_mock/v1/unknown", 404),
        ("PUT", "/_mock/v1/state", 405),
        ("GET", "/iam/v1/tokens", 405),
        ("PUT", "/iam/v2", 404),
        ("GET", "/operations/fds1/more", 404),
    ],
)
def test_the_paths_of_other_routes_never_reach_the_storage(mixed, method, path, status):
    reply = requests.request(method, mixed.url + path, timeout=10)
    assert reply.status_code == status
    assert b"<Error>" not in reply.content
    assert reply.headers["Server"] == "nginx"


@pytest.mark.parametrize("path", ["/iamx/v1", "/operation/x", "/_mockery/x", "/bucket/iam/v1"])
def test_every_other_path_is_the_storage(mixed, path):
    reply = requests.get(mixed.url + path, timeout=10)
    assert ET.fromstring(reply.content).findtext("Code") == "NoSuchBucket"
