"""What clients of the storage meet by faults: headers, cuts, short and slow bodies, redirects, expiry."""

import http.server
import threading
import time
import urllib.parse
from http.client import HTTPConnection

import pytest
import requests

from tests.wire.steps import GOOD, draft, upload_url, validated

BIG = 8 << 20


@pytest.fixture(name="put")
def _put(client, folder):
    """PUTs to a fresh URL of a fresh draft."""

    def put(body=b"{}", **options):
        url = upload_url(client, draft(client, folder), len(body))
        return requests.put(url, data=body, timeout=20, **options)

    return put


@pytest.fixture(name="download")
def _download(client, folder):
    """A fresh URL of a dataset's stored file; the file is some kilobytes long."""
    dataset_id = validated(client, folder, GOOD)

    def url():
        (one,) = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls
        return one.url

    return url


def uploads(folder):
    return [(entry.status, entry.error_code, entry.fault) for entry in folder.journal.calls("PUT")]


def test_only_objects_with_such_a_key_meet_the_fault(client, folder, put):
    folder.faults.add(object=f"PUT */{folder.id}/nothing*", status="SlowDown")
    folder.faults.add(object=f"PUT */{folder.id}/*", status="SlowDown")
    answer = put()
    assert (answer.status_code, "<Code>SlowDown</Code>" in answer.text) == (503, True)
    assert [one.hits for one in folder.faults.list()] == [0, 1]


def test_only_requests_with_such_a_query_or_header_meet_the_fault(folder, put):
    fault = {"object": "PUT", "status": "AccessDenied"}
    folder.faults.add(**fault, where={"query.partNumber": "2"})
    folder.faults.add(**fault, where={"header.x-mark": "me*"})
    folder.faults.add(**fault, where={"query.X-Amz-Expires": "*", "header.content-length": "3"})
    assert put(b"{}").status_code == 200
    assert put(b"{}", headers={"X-Mark": "me too"}).status_code == 403
    assert put(b"{ }").status_code == 403
    assert [one.hits for one in folder.faults.list()] == [0, 1, 1]


def test_a_refusal_has_an_etag_although_nothing_was_stored(folder, put):
    folder.faults.add(object="PUT", status="InternalError", headers={"ETag": '"0123"'})
    answer = put()
    assert (answer.status_code, answer.headers["ETag"]) == (500, '"0123"')


def test_an_etag_is_wrong(folder, put):
    folder.faults.add(object="PUT", headers={"ETag": '"0123"'})
    assert put().headers["ETag"] == '"0123"'
    assert put().headers["ETag"] != '"0123"'


def test_a_download_has_other_headers_too(folder, download):
    folder.faults.add(object="GET", headers={"ETag": '"0123"', "X-More": "yes"})
    answer = requests.get(download(), timeout=20)
    assert (answer.headers["ETag"], answer.headers["X-More"]) == ('"0123"', "yes")
    assert answer.content.startswith(b"PAR1")


def test_an_upload_is_stored_and_its_answer_lost(client, folder):
    dataset_id = draft(client, folder)
    url = upload_url(client, dataset_id, len(GOOD))
    folder.faults.add(object="PUT", lost=True)
    assert requests.put(url, data=GOOD, timeout=20).status_code == 500
    operation = client.call("DatasetService/Validate", dataset_id=dataset_id)
    folder.clock.advance(hours=1)
    assert client.call("OperationService/Get", operation_id=operation.id).HasField("response"), (
        "it was stored"
    )


@pytest.mark.parametrize(("moment", "stored"), [("before", False), ("middle", False), ("after", True)])
def test_an_upload_is_cut(client, folder, moment, stored):
    dataset_id = draft(client, folder)
    body = GOOD + b"\n" * BIG
    url = upload_url(client, dataset_id, len(body))
    folder.faults.add(object="PUT", cut=moment)
    with pytest.raises(requests.ConnectionError):
        requests.put(url, data=body, timeout=20)
    (entry,) = folder.journal.calls("PUT")
    assert (entry.status, entry.fault) == ("444", "fault-1")
    taken = entry.body["bytes"]
    low, high = {
        "before": (0, BIG // 2),
        "middle": (len(body) // 2, len(body) - 1),
        "after": (len(body),) * 2,
    }[moment]
    assert low <= taken <= high
    operation = client.call("DatasetService/Validate", dataset_id=dataset_id) if stored else None
    assert (operation is not None) is stored
    if not stored:
        import grpc

        with pytest.raises(grpc.RpcError):
            client.call("DatasetService/Validate", dataset_id=dataset_id)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_download_is_cut_before_any_of_it_comes(folder, download, moment):
    folder.faults.add(object="GET", cut=moment)
    with pytest.raises(requests.ConnectionError):
        requests.get(download(), timeout=20)


def got_of(url):
    """How much of a file came before its connection ended, and how much was promised."""
    answer = requests.get(url, timeout=20, stream=True)
    got = b""

    def read():
        nonlocal got
        for piece in answer.iter_content(10):
            got += piece

    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        read()
    return len(got), int(answer.headers["Content-Length"])


def test_a_download_is_cut_in_the_middle(folder, download):
    folder.faults.add(object="GET", cut="middle")
    got, promised = got_of(download())
    assert got <= promised // 2
    assert len(requests.get(download(), timeout=20).content) == promised


@pytest.mark.parametrize("count", [0, 100])
def test_a_download_ends_in_good_order_before_its_end(folder, download, count):
    folder.faults.add(object="GET", truncate=count)
    assert got_of(download())[0] == count


def test_a_body_drips(folder, download):
    size = len(requests.get(download(), timeout=20).content)
    folder.faults.add(object="GET", drip=size * 4)
    start = time.monotonic()
    assert len(requests.get(download(), timeout=20).content) == size
    assert time.monotonic() - start >= 0.25


def test_an_upload_is_taken_slowly(folder, put):
    folder.faults.add(object="PUT", drip=4000)
    start = time.monotonic()
    assert put(b"x" * 1000).status_code == 200
    assert time.monotonic() - start >= 0.25


@pytest.fixture(name="elsewhere")
def _elsewhere():
    """Another server, and what it was asked."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, body, self.headers.get("Authorization")))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
        server.shutdown()
        thread.join()


def test_an_upload_is_sent_elsewhere(client, folder, elsewhere):
    host, seen = elsewhere
    folder.faults.add(object="PUT", redirect=host)
    url = upload_url(client, draft(client, folder), 2)
    answer = requests.put(url, data=b"{}", timeout=20)
    assert [one.status_code for one in (*answer.history, answer)] == [307, 200]
    asked = urllib.parse.urlsplit(url)
    assert seen == [(f"{asked.path}?{asked.query}", b"{}", None)]
    assert "<Code>TemporaryRedirect</Code>" in answer.history[0].text


def test_a_redirect_may_name_another_place(folder, put):
    folder.faults.add(object="PUT", redirect="http://127.0.0.1:9/there?x=1")
    answer = put(allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://127.0.0.1:9/there?x=1")


def test_a_url_expires_and_a_fresh_one_works(folder, download):
    folder.faults.add(object="GET", expired=True)
    url = download()
    folder.clock.advance(seconds=1)
    for _ in range(2):
        answer = requests.get(url, timeout=20)
        assert (answer.status_code, "Request has expired" in answer.text) == (403, True)
    assert requests.get(download(), timeout=20).status_code == 200


def test_a_client_that_waits_to_be_told_is_cut_in_the_middle_too(client, folder):
    url = urllib.parse.urlsplit(upload_url(client, draft(client, folder), BIG))
    folder.faults.add(object="PUT", cut="middle")
    connection = HTTPConnection(url.netloc, timeout=20)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(BIG))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()

    def send():
        connection.send(b"x" * BIG)
        connection.getresponse()

    with pytest.raises(OSError):
        send()
    connection.close()
