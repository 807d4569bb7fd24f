"""What the tests of the router share: a server with one, a client of its proxy, somebody else's server."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig
from tests.wire.sdk_parts import quiet

END = b"\r\n\r\n"


@contextmanager
def routed(ca_directory: Path, *allow: str) -> Iterator[Server]:
    """A server with a router, in this process."""
    config = ServerConfig(grpc_port=0, tls_port=0, http_port=0, router=True, allow=allow)
    with quiet(ca_directory):
        server = Server(config)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def door(server: Server) -> tuple[str, int]:
    """Where the proxy is."""
    host, _, port = (server.ready.router or "").removeprefix("http://").partition(":")
    return host, int(port)


def dial(server: Server) -> socket.socket:
    """A connection to the proxy; everything on it ends soon, whatever is wrong."""
    return socket.create_connection(door(server), timeout=20)


def ask(server: Server, head: str) -> bytes:
    """All that the proxy answers to one head, until it ends the connection."""
    with dial(server) as client:
        client.sendall(head.replace("\n", "\r\n").encode() + END)
        return rest(client)


def tunnel(server: Server, target: str) -> socket.socket:
    """A connection through the proxy."""
    client = dial(server)
    client.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}".encode() + END)
    answer = b""
    while not answer.endswith(END):
        more = client.recv(1)
        assert more, answer
        answer += more
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return client


def shake_hands(server: Server, client: socket.socket, name: str, *protocols: str) -> ssl.SSLSocket:
    """TLS as a client of ours does it."""
    context = ssl.create_default_context(cafile=server.ready.ca)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(client, server_hostname=name)


def rest(client: socket.socket) -> bytes:
    """Everything until the other side ends."""
    received = b""
    while more := client.recv(65_536):
        received += more
    return received


@pytest.fixture
def peer():
    """Somebody else's server: `peer(serve)` gives its port; `serve` gets its one connection."""
    threads = []

    def start(serve):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(20)

        def run():
            with listener, listener.accept()[0] as connection:
                connection.settimeout(20)
                serve(connection)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return listener.getsockname()[1]

    yield start
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
