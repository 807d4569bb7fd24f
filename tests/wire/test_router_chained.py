"""Whoever has a proxy anyway keeps it: hosts that pass go by that one, also from behind the router."""

import pytest

from tests.wire.router_parts import END, ask, dial, peer, rest, routed, tunnel

__all__ = ["peer"]  # a fixture

FAR = "far.invalid"
"""A host that only the user's proxy knows."""


@pytest.fixture(name="server")
def _server(tmp_path):
    with routed(tmp_path) as server:
        yield server


def head_of(connection):
    head = b""
    while not head.endswith(END):
        more = connection.recv(1)
        assert more, head
        head += more
    return head


def test_a_tunnel_goes_through_the_users_proxy_with_the_users_name(server, peer, monkeypatch):
    heads = []

    def proxy(connection):
        heads.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 200 OK" + END)
        connection.sendall(b"echo " + connection.recv(100))

    monkeypatch.setenv("https_proxy", f"http://us%65r:secret@127.0.0.1:{peer(proxy)}")
    with tunnel(server, f"{FAR}:8443") as client:
        client.sendall(b"hello")
        assert rest(client) == b"echo hello"
    assert heads[0].startswith(b"CONNECT far.invalid:8443 HTTP/1.1\r\n")
    assert b"\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in heads[0]


def test_a_plain_request_goes_through_the_users_proxy_whole(server, peer, monkeypatch):
    heads = []

    def proxy(connection):
        heads.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close" + END)

    monkeypatch.setenv("http_proxy", f"127.0.0.1:{peer(proxy)}")
    assert ask(server, f"GET http://{FAR}/a?b HTTP/1.1\nHost: {FAR}").startswith(b"HTTP/1.1 204 ")
    assert heads[0].startswith(b"GET http://far.invalid:80/a?b HTTP/1.1\r\nHost: far.invalid\r\n")


def test_what_the_users_proxy_refuses_is_told(server, peer, monkeypatch):
    def proxy(connection):
        head_of(connection)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required" + END)

    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{peer(proxy)}")
    answer = ask(server, f"CONNECT {FAR}:443 HTTP/1.1")
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"answers: HTTP/1.1 407 Proxy Authentication Required" in answer


def test_this_machine_and_the_users_exceptions_go_without_it(server, peer, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    port = peer(lambda connection: connection.sendall(b"direct"))
    with tunnel(server, f"127.0.0.1:{port}") as client:
        assert rest(client) == b"direct"


def test_the_imitated_names_never_go_there(server, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert b" 200 " in ask(server, "GET http://llm.api.cloud.yandex.net/_mock/ca.pem HTTP/1.1\nHost: x")
    with dial(server) as client:
        client.sendall(b"CONNECT llm.api.cloud.yandex.net:443 HTTP/1.1" + END)
        assert head_of(client).startswith(b"HTTP/1.1 200 ")
