"""The router's proxy on the wire: tunnels, plain requests, refusals, and clients that misbehave."""

import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.wire.router_parts import ask, dial, door, peer, rest, routed, shake_hands, tunnel

__all__ = ["peer"]  # a fixture

ALLOWED = f"{'x' * 64}.yandex.net"
"""A name that is too long for any resolver: trying it asks nobody."""


@pytest.fixture(scope="module", name="ca")
def _ca(tmp_path_factory):
    return tmp_path_factory.mktemp("ca")


@pytest.fixture(scope="module", name="server")
def _server(ca):
    with routed(ca) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_bug(caplog):
    """Whatever clients do, nobody is told of errors."""
    yield
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []


def status(answer):
    return int(answer.split()[1])


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(("h2", "http/1.1"), "http/1.1"), (("h2",), "h2"), (("grpc-exp", "h2"), "h2"), ((), None)],
)
def test_a_client_that_offers_both_protocols_gets_http_and_grpc_alone_gets_grpc(server, offered, chosen):
    with tunnel(server, "llm.api.cloud.yandex.net:443") as client:
        tls = shake_hands(server, client, "llm.api.cloud.yandex.net", *offered)
        assert tls.selected_alpn_protocol() == chosen
        tls.close()


def test_the_storage_name_speaks_http_only(server):
    with (
        tunnel(server, "storage.yandexcloud.net:443") as client,
        shake_hands(server, client, "storage.yandexcloud.net", "h2", "http/1.1") as tls,
    ):
        tls.sendall(b"GET /bucket/key HTTP/1.1\r\nHost: storage.yandexcloud.net\r\nConnection: close\r\n\r\n")
        assert b"<Code>NoSuchBucket</Code>" in rest(tls)


def test_a_refused_host_is_named_in_the_reason_and_the_body(server):
    answer = ask(server, "CONNECT oauth.yandex.ru:443 HTTP/1.1\nHost: oauth.yandex.ru:443")
    reason, _, body = answer.partition(b"\r\n")
    assert status(answer) == 403
    assert b"oauth.yandex.ru" in reason
    assert b"--allow oauth.yandex.ru" in reason
    assert b"--allow oauth.yandex.ru" in body


def test_the_metadata_address_is_refused_without_a_tunnel_too(server):
    answer = ask(server, "GET http://169.254.169.254/computeMetadata/v1/ HTTP/1.1\nHost: 169.254.169.254")
    assert status(answer) == 403
    assert b"refuses 169.254.169.254" in answer


def test_a_refusal_is_read_by_a_client_that_sends_a_body_first(server):
    with dial(server) as client:
        client.sendall(b"POST http://oauth.yandex.ru/token HTTP/1.1\r\nContent-Length: 30000000\r\n\r\n")
        client.sendall(bytes(30_000_000))
        assert status(rest(client)) == 403


def test_each_refused_host_is_logged_once_and_counted(ca, caplog):
    with routed(ca) as server:
        for _ in range(3):
            ask(server, "CONNECT oauth.yandex.ru:443 HTTP/1.1")
        assert server.refused_hosts == {"oauth.yandex.ru": 3}
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["refuses oauth.yandex.ru"]


def test_an_allowed_host_is_tried(ca):
    with routed(ca, ALLOWED) as server:
        answer = ask(server, f"CONNECT {ALLOWED}:443 HTTP/1.1")
        assert status(answer) == 502
        assert b"no way to xxx" in answer
        assert server.refused_hosts == {}


def test_other_hosts_pass_and_half_of_a_tunnel_may_close(server, peer):
    def answer_at_the_end(connection):
        received = rest(connection)
        connection.sendall(b"got " + received)

    port = peer(answer_at_the_end)
    with tunnel(server, f"127.0.0.1:{port}") as client:
        client.sendall(b"all of it")
        client.shutdown(socket.SHUT_WR)
        assert rest(client) == b"got all of it"


def test_a_tunnel_ends_when_its_host_is_reset(server, peer):
    def reset(connection):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))

    with tunnel(server, f"127.0.0.1:{peer(reset)}") as client:
        client.sendall(b"x")
        with suppress(ConnectionResetError):  # as good an end
            assert rest(client) == b""


def test_a_host_that_is_not_there_is_told_as_such(server):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = ask(server, f"CONNECT 127.0.0.1:{port} HTTP/1.1")
    assert status(answer) == 502
    assert b"no way to 127.0.0.1" in answer


def test_a_plain_request_passes_to_its_host_with_its_body(server, peer):
    seen = []

    def serve(connection):
        head = b""
        while not head.endswith(b"\r\n\r\nbody"):
            head += connection.recv(1000)
        seen.append(head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    port = peer(serve)
    with dial(server) as client:
        target = f"127.0.0.1:{port}"
        client.sendall(
            f"PUT http://{target}/a?b HTTP/1.1\r\nHost: {target}\r\nContent-Length: 4\r\n\r\nbody".encode()
        )
        assert rest(client).endswith(b"\r\n\r\nok")
    assert seen[0].startswith(b"PUT /a?b HTTP/1.1\r\nHost: ")


def test_the_imitated_names_answer_plain_requests_too(server):
    for url in ("http://llm.api.cloud.yandex.net/_mock/ca.pem", "https://api.cloud.yandex.net/_mock/ca.pem"):
        answer = ask(server, f"GET {url} HTTP/1.1\nHost: {url.split('/')[2]}")
        assert status(answer) == 200
        assert b"BEGIN CERTIFICATE" in answer


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"CONNECT example.org HTTP/1.1\r\nX: " + b"x" * 600_000, 431),
        (b"CONNECT " + b"x" * 300 + b":443 HTTP/1.1\r\n\r\n", 502),
    ],
)
def test_nonsense_is_answered_and_the_connection_ended(sent, code, server):
    with dial(server) as client:
        client.sendall(sent)
        assert status(rest(client)) == code


def test_clients_that_leave_early_are_no_news(server, caplog):
    for sent in (b"", b"CONNECT", b"CONNECT llm.api.cloud.yandex.net:443 HTTP/1.1\r\n\r\n"):
        with dial(server) as client:
            client.sendall(sent)
    with tunnel(server, "llm.api.cloud.yandex.net:443") as client:
        client.sendall(b"this is not TLS\r\n\r\n")
        assert rest(client)[:1] in (b"", b"\x15")  # nothing, or TLS's own alert
    assert caplog.records == []


def test_many_silent_clients_keep_nobody_waiting(server):
    silent = [dial(server) for _ in range(200)]
    assert status(ask(server, "CONNECT oauth.yandex.ru:443 HTTP/1.1")) == 403
    for client in silent:
        client.close()


def test_a_reader_that_does_not_read_slows_the_sender_down(server, peer):
    released = threading.Event()

    def do_not_read(connection):
        released.wait(20)
        assert len(rest(connection)) > 0

    with tunnel(server, f"127.0.0.1:{peer(do_not_read)}") as client:
        client.settimeout(0.5)
        sent = 0
        with suppress(TimeoutError):
            while sent < 200_000_000:
                sent += client.send(bytes(100_000))
        released.set()
    assert sent < 50_000_000  # what the sockets and the router hold, and no more


def test_stopping_cuts_open_connections_without_a_word(ca, caplog, peer):
    with routed(ca) as server:
        where = door(server)
        idle = dial(server)
        carried = tunnel(server, f"127.0.0.1:{peer(rest)}")
        ended = shake_hands(
            server, tunnel(server, "llm.api.cloud.yandex.net:443"), "llm.api.cloud.yandex.net"
        )
    for client in (idle, carried):
        with client, suppress(ConnectionResetError):
            assert client.recv(1) == b""
    ended.close()
    assert caplog.records == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where)


def test_starting_and_stopping_leaves_no_thread_and_no_descriptor(ca):
    with routed(ca):
        pass  # what is opened once and kept
    before = (routers(), open_files())
    with routed(ca) as server:
        ask(server, "CONNECT oauth.yandex.ru:443 HTTP/1.1")
    assert (routers(), open_files()) == before


def routers():
    return sum(thread.name == "aistudio-mock-router" for thread in threading.enumerate())


def open_files():
    descriptors = Path("/proc/self/fd")
    return len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
