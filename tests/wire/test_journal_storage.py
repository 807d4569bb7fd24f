"""What the journal tells of the storage: every request, what came of its body, and the URL as it was used."""

import hashlib
import os
import socket
from queue import SimpleQueue
from urllib.parse import urlsplit

import pytest
import requests

from tests.wire import steps
from tests.wire.journal_parts import told

BODY = b"0123456789"


@pytest.fixture(name="entries")
def _entries(mock, folder):
    """The folder's entries of the storage, oldest first."""
    return lambda: [entry for entry in told(mock.http_url, folder.id) if entry["leg"] == "storage"]


@pytest.fixture(name="url")
def _url(client, folder):
    return lambda size: steps.upload_url(client, steps.draft(client, folder, name="x"), size)


@pytest.fixture(name="noted")
def _noted(mock, monkeypatch):
    """Waits until one more request to the storage has been noted."""
    seen = SimpleQueue()
    monkeypatch.setattr(mock._server.backend.folders.tally, "sink", seen.put)

    def wait():
        while seen.get(timeout=20).call.leg != "storage":
            pass

    return wait


def test_a_put_is_told_with_its_headers_length_and_hash(mock, folder, url, entries):
    reply = requests.put(url(len(BODY)), data=BODY, headers={"X-Mine": "я".encode()}, timeout=20)
    (entry,) = entries()
    assert (entry["method"], entry["status"], entry["error_code"], entry["folder"]) == (
        "PUT",
        "200",
        "",
        folder.id,
    )
    assert entry["body"] == {
        "bytes": 10,
        "announced": 10,
        "chunked": False,
        "complete": True,
        "md5": hashlib.md5(BODY).hexdigest(),
    }
    assert entry["request_id"] == reply.headers["X-Amz-Request-Id"]
    headers = dict(entry["metadata"])
    assert (headers["content-length"], headers["x-mine"], headers["host"]) == (
        "10",
        "я",
        mock.http_url.removeprefix("http://"),
    )
    assert (entry["deadline"], entry["request"], entry["responses"]) == (None, None, [])


def test_the_url_that_was_used_is_the_one_that_was_given(mock, folder, url, entries):
    used = url(len(BODY))
    steps.put(used, BODY)
    (asked,) = [one for one in told(mock.http_url, folder.id) if one["method"].endswith("GetUploadDraftUrl")]
    given = asked["responses"][0]["upload_url"]
    (entry,) = entries()
    assert given == mock.http_url + entry["url"]
    assert entry["url"].startswith(f"{entry['path']}?{entry['query'][0][0]}={entry['query'][0][1]}&")
    assert entry["path"] == urlsplit(used).path
    assert urlsplit(used).query.rpartition("=")[2] not in str(entry)


def test_a_changed_signature_looks_different(folder, url, entries):
    used = url(len(BODY))
    for one in (used, used[:-1] + ("0" if used[-1] != "0" else "1")):
        steps.put(one, BODY)
    right, wrong = entries()
    assert (right["status"], wrong["status"], wrong["error_code"]) == ("200", "403", "SignatureDoesNotMatch")
    assert right["path"] == wrong["path"]
    assert right["url"] != wrong["url"]


def test_spelling_and_order_of_the_query_are_the_callers(url, entries):
    address, _, query = url(len(BODY)).partition("?")
    pairs = query.replace("%3B", "%3b").split("&")
    line = sent(f"{address}?{'&'.join(reversed(pairs))}", "Content-Length: 10", body=BODY)
    assert line == "HTTP/1.1 200 OK"
    told_pairs = entries()[0]["query"]
    assert [name for name, _ in told_pairs] == [pair.partition("=")[0] for pair in reversed(pairs)]
    assert dict(told_pairs)["X-Amz-SignedHeaders"] == "content-length%3bhost"


def test_a_big_body_is_told_by_its_md5_too(url, entries):
    body = os.urandom((4 << 20) + 1)
    steps.put(url(len(body)), body)
    told_of = entries()[0]["body"]
    assert told_of["bytes"] == len(body)
    assert told_of["md5"] == hashlib.md5(body).hexdigest()


def test_a_body_of_another_length_is_refused_and_told(url, entries):
    assert steps.put(url(len(BODY)), BODY + b"more").status_code == 403
    (entry,) = entries()
    body = entry["body"]
    assert (entry["error_code"], body["announced"], body["md5"]) == (
        "SignatureDoesNotMatch",
        14,
        "",
    )


def test_a_body_in_chunks_is_refused_and_told(url, entries):
    assert requests.put(url(len(BODY)), data=iter([BODY]), timeout=20).status_code == 411
    (entry,) = entries()
    assert (entry["body"]["announced"], entry["body"]["chunked"]) == (None, True)


def test_an_upload_that_is_cut_off_is_told_as_far_as_it_came(url, entries, noted):
    sent(url(100), "Content-Length: 100", body=b"x" * 42, cut=True)
    noted()
    (entry,) = entries()
    assert (entry["method"], entry["status"], entry["error_code"]) == ("PUT", "400", "IncompleteBody")
    assert entry["body"] == {
        "bytes": 42,
        "announced": 100,
        "chunked": False,
        "complete": False,
        "md5": "",
    }


def sent(url, *headers, body=b"", target=None, cut=False):
    """The status line of the answer to a PUT of exactly these bytes; `cut` hangs up after them."""
    parts = urlsplit(url)
    first = f"PUT {target or f'{parts.path}?{parts.query}'} HTTP/1.1"
    head = "\r\n".join((first, f"Host: {parts.netloc}", "Connection: close", *headers, "", ""))
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        return "" if cut else connection.makefile("rb").readline().decode().strip()


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_reads_are_told(client, folder, entries, verb):
    dataset = steps.validated(client, folder)
    (given,) = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset).download_urls
    requests.request(verb, given.url, timeout=20)
    entry = entries()[-1]
    assert entry["method"] == verb
    assert entry["body"] == {
        "bytes": 0,
        "announced": None,
        "chunked": False,
        "complete": True,
        "md5": "",
    }


def test_credentials_that_do_not_belong_there_are_told_without_the_secret(folder, url, entries):
    requests.put(
        url(len(BODY)), data=BODY, headers={"Authorization": f"Api-Key {folder.api_key}"}, timeout=20
    )
    (entry,) = entries()
    assert dict(entry["metadata"])["authorization"].startswith("Api-Key AQVN[redacted ")
    assert folder.api_key not in str(entry)


def test_a_request_for_nothing_is_told_in_the_default_folder(mock):
    mock.default_folder.reset()
    line = sent(f"{mock.http_url}/bucket/some/%D1%8F%7e?x", "Content-Length: 0")
    assert line == "HTTP/1.1 404 Not Found"
    (entry,) = told(mock.http_url, mock.default_folder.id)
    assert (entry["path"], entry["query"], entry["url"]) == (
        "/bucket/some/%D1%8F%7e",
        [["x", ""]],
        "/bucket/some/%D1%8F%7e?x",
    )


def test_a_request_with_the_whole_url_on_its_line_is_told_by_path_and_query(url, entries):
    used = url(len(BODY))
    assert sent(used, "Content-Length: 10", body=BODY, target=used) == "HTTP/1.1 200 OK"
    assert entries()[0]["url"].startswith(f"{urlsplit(used).path}?X-Amz-")


def test_a_refused_expectation_is_told(url, entries):
    assert sent(url(len(BODY)), "Content-Length: 10", "Expect: cake") == "HTTP/1.1 417 Expectation Failed"
    (entry,) = entries()
    assert (entry["status"], entry["body"]["bytes"], entry["body"]["complete"]) == ("417", 0, False)


def test_the_fault_that_a_request_met_is_named(folder, url, entries):
    folder.faults.add(object="PUT", status="SlowDown")
    assert steps.put(url(len(BODY)), BODY).status_code == 503
    assert (entries()[0]["fault"], entries()[0]["error_code"]) == ("fault-1", "SlowDown")
