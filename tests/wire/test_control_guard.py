"""Who may use the control API: programs of this machine, and elsewhere those that have the token."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from aistudio_mock import RemoteServer
from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig
from aistudio_mock.control_client import ControlClient
from aistudio_mock.domain.errors import Unauthenticated
from aistudio_mock.environment import CONTROL_TOKEN


def asked(url, headers, path="/_mock/v1/folders", verb="GET"):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(verb, path, b"{}" if verb == "POST" else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module", name="exposed")
def _exposed():
    server = Server(ServerConfig(grpc_port=0, tls_port=0, http_port=0, host="0.0.0.0"))
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "[::", "Origin": "http://[::"},
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_web_pages_are_refused(mock, headers, verb):
    before = asked(mock.http_url, {})[1]
    status, refusal = asked(mock.http_url, headers, verb=verb)
    assert (status, refusal["code"]) == (403, 7)
    assert asked(mock.http_url, {})[1] == before


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_names_of_this_machine_and_its_own_pages_are_let_in(mock, host):
    here = f"{host}:{urlsplit(mock.http_url).port}"
    assert asked(mock.http_url, {"Host": here})[0] == 200
    assert asked(mock.http_url, {"Host": here, "Origin": f"http://{here}"})[0] == 200


def test_where_others_reach_it_the_token_is_asked_for(exposed):
    url, token = exposed.ready.http, exposed.ready.control_token
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {token}"}):
        for path in ("/_mock/v1/folders", "/_mock/v1/server", "/_mock/v1/openapi.json", "/_mock/v1/nothing"):
            status, refusal = asked(url, wrong, path)
            assert (status, refusal["code"]) == (401, 16)
            assert token not in json.dumps(refusal)
    assert asked(url, {"Authorization": f"Bearer {token}", "Host": "mock.internal:1"})[0] == 200
    assert asked(url, {"Authorization": f"Bearer {token}", "Origin": "http://evil.example"})[0] == 403


def test_our_own_client_takes_the_token_from_the_environment(exposed, monkeypatch):
    url = exposed.ready.http
    monkeypatch.delenv(CONTROL_TOKEN, raising=False)
    with pytest.raises(Unauthenticated, match=CONTROL_TOKEN):
        ControlClient(url).list_folders()
    assert ControlClient(url, exposed.ready.control_token).list_folders().folders
    monkeypatch.setenv(CONTROL_TOKEN, exposed.env()[CONTROL_TOKEN])
    with RemoteServer(url) as remote:
        assert remote.folder().clock.now()


def test_a_token_can_be_chosen_also_for_a_loopback_address():
    server = Server(ServerConfig(grpc_port=0, tls_port=0, http_port=0, control_token="chosen"))
    server.start()
    try:
        assert asked(server.ready.http, {})[0] == 401
        assert asked(server.ready.http, {"Authorization": "bearer chosen"})[0] == 200
    finally:
        server.stop()
