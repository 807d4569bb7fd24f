"""Who is asking, on the wire: tokens that age, are exchanged, or come from the machine, by both clients."""

import http.server
import json
import threading

import pytest

from aistudio_client import (
    AIStudio,
    ConfigurationError,
    IamToken,
    MetadataService,
    OAuthToken,
    Unauthenticated,
)
from aistudio_client._credentials import METADATA_PATH

LIST = "DatasetService/List"


class Machine(http.server.ThreadingHTTPServer):
    """A virtual machine's metadata address, on the loopback interface; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, str | None]] = []
        self.answer: tuple[int, bytes] = (404, b"")
        self.address = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.address}{METADATA_PATH}"

    def gives(self, token: str) -> None:
        self.answer = (
            200,
            json.dumps({"access_token": token, "expires_in": 600, "token_type": "Bearer"}).encode(),
        )


class Answer(http.server.BaseHTTPRequestHandler):
    server: Machine

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Metadata-Flavor"]))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def machine():
    with Machine() as machine:
        serving = threading.Thread(target=machine.serve_forever)
        serving.start()
        yield machine
        machine.shutdown()
        serving.join()


@pytest.fixture
def folder(mock):
    return mock.folder(auth="strict")


def authorizations(folder):
    return {
        value for one in folder.journal.calls(LIST) for name, value in one.metadata if name == "authorization"
    }


def test_a_machine_s_token_is_asked_for_once_and_past_every_proxy(
    studios, mock, folder, machine, monkeypatch
):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    machine.gives(folder.iam_token())
    studio = studios.of(mock, folder, credentials=MetadataService(machine.url))
    for _ in range(3):
        assert list(studio.datasets.list()) == []
    assert machine.asked == [(METADATA_PATH, "Google")]


def test_a_machine_s_token_that_is_refused_is_asked_for_again(studios, mock, folder, machine):
    machine.gives(folder.iam_token())
    studio = studios.of(mock, folder, credentials=MetadataService(machine.url))
    list(studio.datasets.list())
    machine.gives(folder.iam_token())
    folder.faults.add(method=LIST, expired=True)
    assert list(studio.datasets.list()) == []
    assert len(machine.asked) == 2


def test_the_environment_may_say_where_the_machine_is_asked(mock, folder, machine, monkeypatch):
    for name in ("YC_API_KEY", "API_KEY", "YC_IAM_TOKEN", "IAM_TOKEN", "YC_OAUTH_TOKEN", "YC_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("YC_METADATA_ADDR", machine.address)
    machine.gives(folder.iam_token())
    with AIStudio.from_env(folder.id, endpoint=mock.endpoint, plaintext=True) as studio:
        assert list(studio.datasets.list()) == []
    assert machine.asked == [(METADATA_PATH, "Google")]


@pytest.mark.parametrize("answer", [(404, b"no service account"), (200, b"<html>"), (200, b"{}")])
def test_a_machine_without_a_token_is_told(studios, mock, folder, machine, answer):
    machine.answer = answer
    studio = studios.of(mock, folder, credentials=MetadataService(machine.url))
    with pytest.raises(ConfigurationError, match="the metadata service gave no token"):
        list(studio.datasets.list())
    assert folder.journal.calls(LIST) == []


def test_a_token_that_ages_is_replaced_and_the_call_made_again(studios, mock, folder):
    given = []

    def fresh():
        given.append(folder.iam_token())
        return given[-1]

    studio = studios.of(mock, folder, credentials=IamToken(fresh))
    list(studio.datasets.list())
    folder.faults.add(method=LIST, expired=True)
    assert list(studio.datasets.list()) == []
    assert len(given) == 2
    assert [one.status for one in folder.journal.calls(LIST)] == ["OK", "UNAUTHENTICATED", "OK"]


def test_an_oauth_token_is_exchanged_and_exchanged_again_when_it_has_aged(studios, mock, folder):
    studio = studios.of(mock, folder, credentials=OAuthToken(folder.api_key))
    list(studio.datasets.list())
    folder.faults.add(method=LIST, expired=True)
    assert list(studio.datasets.list()) == []
    exchanges = folder.journal.calls("IamTokenService/Create")
    assert [one.status for one in folder.journal.calls(LIST)] == ["OK", "UNAUTHENTICATED", "OK"]
    assert all("authorization" not in dict(one.metadata) for one in exchanges)


def test_a_key_that_has_aged_is_told_at_once(studio, folder):
    list(studio.datasets.list())
    folder.faults.add(method=LIST, expired=True)
    with pytest.raises(Unauthenticated, match="check the credentials"):
        list(studio.datasets.list())
    assert len(folder.journal.calls(LIST)) == 2
