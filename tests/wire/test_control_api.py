"""The control API as anyone may call it: JSON under /_mock/v1/, by plain HTTP."""

import http.client
import json
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from msgspec.structs import replace

from aistudio_mock import MockServer, RemoteServer
from aistudio_mock.config import ConfigError
from aistudio_mock.control_client import ControlClient, UnreachableError
from aistudio_mock.domain.errors import NotFound
from tests.wire.stubs import Client

KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}


@pytest.fixture(name="ask")
def _ask(mock):
    connection = http.client.HTTPConnection(urlsplit(mock.http_url).netloc, timeout=20)

    def ask(verb, path, body=None):
        payload = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(verb, f"/_mock/v1{path}", payload)
        response = connection.getresponse()
        assert response.headers["Content-Type"].startswith("application/json")
        return response.status, json.loads(response.read())

    yield ask
    connection.close()


@pytest.fixture(name="folder_id")
def _folder_id(ask):
    return ask("POST", "/folders", {})[1]["id"]


def test_the_server_says_where_it_is_and_which_version_it_speaks(mock, ask):
    status, server = ask("GET", "/server")
    assert status == 200
    assert (server["version"], server["grpc"], server["tls"]) == (1, mock.endpoint, mock.tls_endpoint)
    assert (server["http"], server["folder_id"]) == (mock.http_url, mock.default_folder.id)


def test_a_folder_is_made_with_settings_of_its_own(ask):
    settings = {"time": "poll", "durations": "documented", "auth": "strict", "seed": 7}
    status, made = ask("POST", "/folders", settings)
    assert status == 200
    assert (made["polling"], made["rate"], made["durations"]) == ("poll", 1.0, "documented")
    assert (made["auth"], made["seed"]) == ("strict", 7)
    assert ask("GET", f"/folders/{made['id']}")[1]["api_key"] == made["api_key"]
    assert made["id"] in [folder["id"] for folder in ask("GET", "/folders")[1]["folders"]]


def test_a_folder_can_be_made_under_an_id_that_is_free(ask):
    made = ask("POST", "/folders", {"id": "b1g/odd id"})[1]
    assert made["id"] == "b1g/odd id"
    assert ask("GET", "/folders/b1g%2Fodd%20id")[1]["id"] == "b1g/odd id"
    status, refusal = ask("POST", "/folders", {"id": "b1g/odd id"})
    assert (status, refusal["code"]) == (409, 6)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"time": "fast"}, "use skip, poll, real, manual"),
        ({"tim": "skip"}, "unknown field `tim`; it has id, time, durations"),
        ({"seed": "7"}, "Expected `int"),
        ({"id": 7}, "Expected `str"),
        ({"id": ""}, "Expected `str` of length >= 1"),
        (b"{", "the body is not JSON"),
        (b'{"seed": NaN}', "the body is not JSON"),
        (b"[" * 100_000, "Expected `object`"),
        (b"\xff", "the body is not JSON"),
        (b"[]", "Expected `object`"),
        (b" " * (2 << 20), "too large"),
    ],
)
def test_a_request_that_cannot_work_is_refused_with_code_and_message(ask, body, says):
    status, refusal = ask("POST", "/folders", body)
    assert (status, set(refusal), refusal["code"]) == (400, {"code", "message"}, 3)
    assert says in refusal["message"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/folders/b1gnobody"),
        ("DELETE", "/folders/b1gnobody"),
        ("GET", "/folders/b1gnobody/journal"),
        ("POST", "/folders/b1gnobody/clock/advance"),
        ("GET", "/nothing"),
        ("GET", ""),
    ],
)
def test_what_does_not_exist_is_not_found(ask, verb, path):
    status, refusal = ask(verb, path, {"seconds": 1} if verb == "POST" else None)
    assert (status, refusal["code"]) == (404, 5)


def test_another_verb_is_told_those_that_there_are(ask, folder_id):
    assert ask("PUT", "/folders") == (
        405,
        {"code": 12, "message": "no PUT /_mock/v1/folders; there is GET, POST"},
    )
    status, refusal = ask("GET", f"/folders/{folder_id}/faults:load")
    assert (status, refusal["message"].partition("; ")[2]) == (405, "there is POST")


def test_asking_for_a_folder_does_not_make_it(ask):
    ask("GET", "/folders/b1gnobody/clock")
    assert "b1gnobody" not in [folder["id"] for folder in ask("GET", "/folders")[1]["folders"]]


def test_the_clock_moves_by_exactly_what_was_asked(ask, folder_id):
    before = datetime.fromisoformat(ask("GET", f"/folders/{folder_id}/clock")[1]["now"])
    status, after = ask("POST", f"/folders/{folder_id}/clock/advance", {"seconds": 3600.000001})
    assert status == 200
    assert datetime.fromisoformat(after["now"]) - before == timedelta(hours=1, microseconds=1)


@pytest.mark.parametrize("body", [{"seconds": -1}, {"seconds": True}, {"seconds": "1"}, {}, {"hours": 1}])
def test_a_clock_goes_forward_only_by_numbers(ask, folder_id, body):
    status, refusal = ask("POST", f"/folders/{folder_id}/clock/advance", body)
    assert (status, refusal["code"]) == (400, 3)


def test_a_clock_stays_within_the_calendar(ask, folder_id):
    for seconds in (1e18, 1.7e308):
        assert ask("POST", f"/folders/{folder_id}/clock/advance", {"seconds": seconds})[0] == 400
    assert ask("GET", f"/folders/{folder_id}/clock")[0] == 200


def test_a_token_of_a_folder_is_taken_for_its_folder(mock, ask, folder_id):
    token = ask("POST", f"/folders/{folder_id}/token")[1]["iam_token"]
    with Client(mock.endpoint, f"Bearer {token}") as client:
        client.call("DatasetService/List", folder_id=folder_id)
    assert [entry["method"] for entry in ask("GET", f"/folders/{folder_id}/journal")[1]["entries"]] == [
        "DatasetService/List"
    ]


@pytest.mark.parametrize("verb", ["DELETE", "POST"])
def test_a_folder_that_is_emptied_forgets_everything_and_frees_its_files(mock, ask, folder_id, verb):
    api_key = ask("GET", f"/folders/{folder_id}")[1]["api_key"]
    with Client(mock.endpoint, f"Api-Key {api_key}") as client:
        dataset = client.call("DatasetService/Create", folder_id=folder_id, name="same", **KIND).dataset_id
        url = client.call("DatasetService/GetUploadDraftUrl", dataset_id=dataset, size_bytes=2).upload_url
        storage = http.client.HTTPConnection(urlsplit(url).netloc)
        storage.request("PUT", url.partition(storage.host)[2].partition("/")[2].join(("/", "")), b"{}")
        assert storage.getresponse().status == 200
        storage.close()
        stored = Path(mock._server.backend.store.datasets.get(dataset).draft.source)
        ask("POST", f"/folders/{folder_id}/faults", {"method": "*", "status": "ABORTED", "after": 99})
        operation = client.call("DatasetService/Validate", dataset_id=dataset).id
        assert stored.exists()
        assert ask(verb, f"/folders/{folder_id}{'/reset' if verb == 'POST' else ''}")[0] == 200
        assert not stored.exists()
        for rpc, named in (
            ("DatasetService/Describe", {"dataset_id": dataset}),
            ("OperationService/Get", {"operation_id": operation}),
        ):
            with pytest.raises(grpc.RpcError) as refusal:
                client.call(rpc, **named)
            assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
        assert not client.call("DatasetService/List", folder_id=folder_id).datasets


def test_a_deleted_folder_is_gone_with_its_key(mock):
    folder = mock.folder(auth="strict")
    folder.delete()
    with pytest.raises(NotFound, match=folder.id):
        folder.clock.now()


def test_the_default_folder_stays_when_it_is_deleted(mock, ask):
    default = mock.default_folder
    assert ask("DELETE", f"/folders/{default.id}")[0] == 200
    assert ask("GET", f"/folders/{default.id}")[1]["api_key"] == default.api_key


def test_a_strict_folder_takes_its_own_callers_only_on_a_lax_server(mock):
    strict, lax = mock.folder(auth="strict"), mock.folder()
    for key, folder, status in (
        (strict.api_key, strict, "OK"),
        ("AQVNunknown", lax, "OK"),
        ("AQVNunknown", strict, "UNAUTHENTICATED"),
        (lax.api_key, strict, "INVALID_ARGUMENT"),
    ):
        assert _listed(mock, f"Api-Key {key}", folder.id) == status
    assert _listed(mock, None, strict.id) == "UNAUTHENTICATED"


def test_an_open_folder_takes_everyone_on_a_strict_server():
    with MockServer(auth="strict") as server:
        lax, off = server.folder(auth="any"), server.folder(auth="off")
        assert _listed(server, "Api-Key AQVNunknown", server.default_folder.id) == "UNAUTHENTICATED"
        assert _listed(server, "Api-Key AQVNunknown", lax.id) == "OK"
        assert _listed(server, None, lax.id) == "UNAUTHENTICATED"
        assert _listed(server, None, off.id) == "OK"


def _listed(server, authorization, folder_id):
    with Client(server.endpoint, authorization) as client:
        try:
            client.call("DatasetService/List", folder_id=folder_id)
        except grpc.RpcError as refusal:
            return refusal.code().name
        return "OK"


def test_a_server_by_url_has_the_members_of_one_in_process(mock):
    with RemoteServer(mock.http_url + "/") as remote:
        assert (remote.endpoint, remote.tls_endpoint) == (mock.endpoint, mock.tls_endpoint)
        assert (remote.http_url, remote.default_folder.id) == (mock.http_url, mock.default_folder.id)
        assert remote.env == mock.env
        with pytest.raises(ConfigError, match="use skip, poll"):
            remote.folder(time="fast")
        with pytest.raises(ConfigError, match="use skip, poll"):
            mock.folder(time="fast")


def test_a_ca_of_another_machine_is_kept_here_while_it_is_used(mock):
    with RemoteServer(mock.http_url) as remote:
        remote._server = replace(remote._server, ca="/nowhere/ca.pem")
        kept = Path(remote.env["NODE_EXTRA_CA_CERTS"])
        assert kept.read_bytes() == Path(mock.env["NODE_EXTRA_CA_CERTS"]).read_bytes()
    assert not kept.exists()


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8444", "https://127.0.0.1:1", "http://", "http://127.0.0.1:1/path", "http://h:99999"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(UnreachableError, match="is no address of a mock"):
        ControlClient(url)


def test_where_nothing_listens_is_said_in_one_line(mock):
    with pytest.raises(UnreachableError, match="aistudio-mock serve"):
        RemoteServer("http://127.0.0.1:1")
    with pytest.raises(UnreachableError):
        RemoteServer(f"http://{mock.endpoint}")
