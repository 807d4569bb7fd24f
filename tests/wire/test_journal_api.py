"""The journal by the control API, in both formats, and by the handles of both kinds of server."""

import json
import urllib.error
import urllib.request

import pytest

from aistudio_mock import RemoteServer
from aistudio_mock.control_client import ControlClient
from tests.wire import steps
from tests.wire.journal_parts import checked, told

LIST = "DatasetService/List"


@pytest.fixture(name="fetch")
def _fetch(mock, folder):
    """Content type and bytes of the folder's journal."""

    def fetch(query="", **headers):
        request = urllib.request.Request(
            f"{mock.http_url}/_mock/v1/folders/{folder.id}/journal{query}", headers=headers
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.headers["Content-Type"], reply.read()

    return fetch


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?format=jsonl", {}),
        ("", {"Accept": "application/x-ndjson"}),
        ("?format=jsonl", {"Accept": "application/json"}),
    ],
)
def test_lines_are_given_to_who_asks_for_them(client, folder, fetch, query, headers):
    client.call(LIST, folder_id=folder.id)
    kind, text = fetch(query, **headers)
    header, entry = checked(text)
    assert kind == "application/x-ndjson"
    assert (header["journal"], header["server"], header["dropped"]) == (1, "aistudio-mock", 0)
    assert entry["method"] == LIST


@pytest.mark.parametrize(
    ("query", "headers"), [("", {}), ("?format=json", {"Accept": "application/x-ndjson"})]
)
def test_one_object_is_given_otherwise_with_the_names_that_it_always_had(
    client, folder, fetch, query, headers
):
    steps.uploaded(client, folder)
    kind, text = fetch(query, **headers)
    document = json.loads(text)
    entries = document["entries"]
    assert (kind, document["dropped"]) == ("application/json; charset=utf-8", 0)
    assert [entry["time"] for entry in entries] == [entry["answered_at"]["virtual"] for entry in entries]
    assert entries[-1]["key"].startswith(f"ai-fomo-drafts-prod/{folder.id}/fds")


def test_both_formats_tell_the_same(mock, folder, client, fetch):
    steps.uploaded(client, folder)
    by_object = json.loads(fetch()[1])["entries"]
    for entry in by_object:
        entry.pop("time")
        entry.pop("key", None)
    assert by_object == told(mock.http_url, folder.id)


def test_only_what_is_new_can_be_asked_for(mock, folder, client):
    for _ in range(3):
        client.call(LIST, folder_id=folder.id)
    for query in ("?format=jsonl&after=2", "?after=2&format=jsonl"):
        assert [entry["number"] for entry in told(mock.http_url, folder.id, query)] == [3]
    assert [entry.number for entry in folder.journal.calls(after=1)] == [2, 3]
    by_url = ControlClient(mock.http_url).journal(folder.id, after=1)["entries"]
    assert [entry["number"] for entry in by_url] == [2, 3]
    assert told(mock.http_url, folder.id, "?format=jsonl&after=3") == []


def test_a_long_journal_comes_whole(mock, folder, client):
    for _ in range(250):
        client.call(LIST, folder_id=folder.id)
    assert [entry["number"] for entry in told(mock.http_url, folder.id)] == [*range(1, 251)]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?format=xml", "use json or jsonl"),
        ("?after=x", "use the number of the last entry"),
        ("?after=-1", "use the number of the last entry"),
        ("?after=" + "9" * 5000, "use the number of the last entry"),
        ("?fromat=jsonl", "has no parameter 'fromat'; it has format and after"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_would_work(fetch, query, says):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        fetch(query)
    with refusal.value as answer:
        assert answer.code == 400
        assert says in json.loads(answer.read())["message"]


def test_a_folder_that_is_gone_is_not_found_in_either_format(mock):
    for query in ("", "?format=jsonl"):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            told(mock.http_url, "b1gnobody", query)
        refusal.value.close()
        assert refusal.value.code == 404


def test_the_handles_of_both_servers_tell_the_same(mock, folder, client):
    steps.uploaded(client, folder)
    with RemoteServer(mock.http_url):
        remote = type(folder)(ControlClient(mock.http_url), folder.id, folder.api_key)
        assert remote.journal.calls() == folder.journal.calls()


def test_an_entry_of_the_handle_has_everything_to_assert_on(folder, client):
    steps.uploaded(client, folder)
    create, asked, put = folder.journal.calls()
    assert (create.request["name"], create.responses[0]["dataset"]["status"]) == ("mine", "DRAFT")
    assert (asked.request["size_bytes"], create.message, create.fault) == (str(len(steps.GOOD)), "", None)
    assert dict(create.metadata)["authorization"].startswith("Api-Key AQVN[redacted ")
    assert 0 < create.deadline < 30
    assert create.peer.startswith("127.0.0.1:")
    assert (put.request, put.body["bytes"], put.body["complete"]) == (None, len(steps.GOOD), True)
    assert len({create, asked, put, *folder.journal.calls()}) == 3
