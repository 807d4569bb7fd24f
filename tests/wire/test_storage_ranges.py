"""Reads of a download as S3 takes them, over the URLs that are handed out: ranges, conditions and HEAD."""

import hashlib
from email.utils import formatdate

import pytest
import requests

from aistudio_mock.domain.objects import DATASETS
from tests.wire import steps
from tests.wire.test_storage_get import code_of


@pytest.fixture
def url(client, folder):
    """Where a READY dataset is read."""
    dataset_id = steps.validated(client, folder)
    (download,) = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls
    return download.url


@pytest.fixture
def whole(url):
    return requests.get(url, timeout=20)


def read(url, **headers):
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return requests.get(url, headers=given, timeout=20)


def head_url(mock, url):
    """The same object's URL, signed for HEAD by the server's own key."""
    objects = mock._server.backend.objects
    path = "/" + url.partition("?")[0].split("/", 3)[3]
    now = mock._server.backend.folders.get(path.split("/")[2]).clock.now()
    return objects._signer._presign("HEAD", mock.http_url, path, {}, now, expires=60)


@pytest.mark.parametrize(
    ("wanted", "first", "last"), [("bytes=0-3", 0, 3), ("bytes=100-", 100, -1), ("bytes=-4", -4, -1)]
)
def test_a_part_of_a_download_is_read_by_its_range(url, whole, wanted, first, last):
    size = len(whole.content)
    begin, end = first % size, last % size
    answer = read(url, Range=wanted)
    assert (answer.status_code, answer.content) == (206, whole.content[begin : end + 1])
    assert answer.headers["Content-Range"] == f"bytes {begin}-{end}/{size}"
    assert answer.headers["Etag"] == whole.headers["Etag"]


def test_a_file_read_by_ranges_is_the_whole_file(url, whole):
    step = 1000
    pieces = [
        read(url, Range=f"bytes={at}-{at + step - 1}").content for at in range(0, len(whole.content), step)
    ]
    assert b"".join(pieces) == whole.content
    assert whole.headers["Etag"] == f'"{hashlib.md5(whole.content).hexdigest()}"'


def test_a_range_beyond_the_end_is_416_and_tells_the_size(url, whole):
    size = len(whole.content)
    answer = read(url, Range=f"bytes={size}-")
    assert code_of(answer) == (416, "InvalidRange")
    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_a_refusal_without_a_range_has_no_content_range(url):
    answer = requests.get(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"), timeout=20)
    assert answer.status_code == 403
    assert "Content-Range" not in answer.headers


def test_head_tells_what_a_get_would_without_the_bytes(mock, url, whole):
    answer = requests.head(head_url(mock, url), timeout=20)
    assert (answer.status_code, answer.content) == (200, b"")
    for name in ("Content-Length", "Etag", "Last-Modified", "Accept-Ranges", "Content-Type"):
        assert answer.headers[name] == whole.headers[name]


def test_head_takes_a_range_too(mock, url):
    answer = requests.head(head_url(mock, url), headers={"Range": "bytes=0-3"}, timeout=20)
    assert (answer.status_code, answer.headers["Content-Length"]) == (206, "4")


def test_head_of_a_get_url_is_refused_without_a_body(url):
    answer = requests.head(url, timeout=20)
    assert (answer.status_code, answer.content) == (403, b"")


def test_who_has_the_object_already_is_told_so(url, whole):
    for known in (
        {"If_None_Match": whole.headers["Etag"]},
        {"If_None_Match": f'"other", W/{whole.headers["Etag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": whole.headers["Last-Modified"]},
    ):
        answer = read(url, **known)
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer.headers["Etag"] == whole.headers["Etag"]


def test_who_has_another_object_gets_this_one(url, whole):
    for other in (
        {"If_None_Match": '"other"'},
        {"If_Modified_Since": formatdate(0, usegmt=True)},
        {"If_Modified_Since": "yesterday"},
        {"If_None_Match": '"other"', "If_Modified_Since": whole.headers["Last-Modified"]},
        {"If_Match": whole.headers["Etag"], "If_Unmodified_Since": formatdate(0, usegmt=True)},
        {"If_Unmodified_Since": whole.headers["Last-Modified"]},
        {"If_Unmodified_Since": "yesterday"},
        {"If_Match": "*"},
    ):
        answer = read(url, **other)
        assert (answer.status_code, answer.content) == (200, whole.content), other


@pytest.mark.parametrize(
    "asked", [{"If_Match": '"other"'}, {"If_Unmodified_Since": formatdate(0, usegmt=True)}]
)
def test_a_condition_that_does_not_hold_is_refused(url, asked):
    answer = read(url, **asked)
    assert code_of(answer) == (412, "PreconditionFailed")
    assert f"<Condition>{next(iter(asked)).replace('_', '-')}</Condition>" in answer.text


def test_a_download_is_resumed_only_while_it_is_the_same_object(url, whole):
    for same in (whole.headers["Etag"], whole.headers["Last-Modified"]):
        assert read(url, Range="bytes=9-", If_Range=same).content == whole.content[9:]
    for other in ('"other"', formatdate(0, usegmt=True), whole.headers["Etag"].strip('"')):
        answer = read(url, Range="bytes=9-", If_Range=other)
        assert (answer.status_code, answer.content) == (200, whole.content)


def test_a_draft_is_read_by_ranges_too(mock, client, folder):
    dataset_id = steps.uploaded(client, folder, b"0123456789")
    backend = mock._server.backend
    now = backend.folders.get(folder.id).clock.now()
    key = f"{folder.id}/{dataset_id}"
    bucket = DATASETS.replace("datasets", "drafts")
    url = backend.objects._signer.sign_get(mock.http_url, bucket, key, now)
    assert read(url, Range="bytes=3-5").content == b"345"
