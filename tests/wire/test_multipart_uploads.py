"""Uploads in parts: what comes out is what went in, whatever the order, and the URLs are S3's."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import grpc
import pytest
import requests

from tests.wire import multipart_steps as multipart
from tests.wire import steps
from tests.wire.multipart_steps import PART

CODE = grpc.StatusCode


@pytest.fixture
def draft(client, folder):
    return steps.draft(client, folder)


def test_the_parts_become_one_file_in_their_order(mock, client, draft):
    content = multipart.body(2 * PART + 7)
    reply = multipart.finish(
        client, draft, multipart.upload(client, draft, [content[:PART], content[PART : 2 * PART], b"1234567"])
    )
    assert reply.dataset_id == draft
    assert multipart.stored(mock, draft) == content[: 2 * PART] + b"1234567"


def test_a_file_uploaded_in_parts_is_validated_like_any_other(client, folder, draft):
    lines = steps.GOOD * (PART // len(steps.GOOD) + 10)
    multipart.finish(client, draft, multipart.upload(client, draft, multipart.cut(lines)))
    operation = client.call("DatasetService/Validate", dataset_id=draft)
    folder.clock.advance(hours=1)
    assert client.call("OperationService/Get", operation_id=operation.id).done
    dataset = client.call("DatasetService/Describe", dataset_id=draft).dataset
    assert (dataset.status, dataset.rows) == (3, lines.count(b"\n"))


def test_a_part_url_names_part_and_upload_and_then_has_the_recorded_anatomy(mock, client, folder, draft):
    first, second = multipart.start(client, draft, 2 * PART, 2)
    pattern = (
        re.escape(f"{mock.http_url}/ai-fomo-drafts-prod/{folder.id}/{draft}") + r"\?partNumber=1"
        r"&uploadId=(?P<upload>[0-9a-f]{32})&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=\d{8}T\d{6}Z"
        r"&X-Amz-SignedHeaders=host&X-Amz-Expires=86400"
        r"&X-Amz-Credential=YCAJE\w+%2F\d{8}%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=[0-9a-f]{64}"
    )
    match = re.fullmatch(pattern, first)
    assert match
    assert urlsplit(second).query.startswith(f"partNumber=2&uploadId={match['upload']}&X-Amz-Algorithm=")


def test_a_part_is_answered_with_its_etag_and_no_expiration(client, draft):
    (url,) = multipart.start(client, draft, 5, 1)
    answer = requests.put(url, data=b"abcde", timeout=20)
    assert answer.headers["Etag"] == f'"{hashlib.md5(b"abcde").hexdigest()}"'
    assert "X-Amz-Expiration" not in answer.headers
    assert answer.headers["Keep-Alive"] == "timeout=60"


def test_the_etag_of_the_file_is_the_md5_of_the_parts_md5s_and_their_number(mock, client, draft):
    parts = [multipart.body(PART), b"the rest"]
    multipart.finish(client, draft, multipart.upload(client, draft, parts))
    together = b"".join(hashlib.md5(part).digest() for part in parts)
    assert multipart.draft_of(mock, draft).etag == f"{hashlib.md5(together).hexdigest()}-2"


@pytest.mark.parametrize("quoted", [True, False], ids=["quoted", "bare"])
def test_etags_are_taken_with_their_quotes_and_without(mock, client, draft, quoted):
    (receipt,) = multipart.upload(client, draft, [b"abc"])
    assert receipt["etag"].startswith('"')
    given = receipt["etag"] if quoted else receipt["etag"].strip('"')
    multipart.finish(client, draft, [{"part_num": 1, "etag": given}])
    assert multipart.stored(mock, draft) == b"abc"


def test_parts_may_come_in_any_order_and_at_the_same_time(mock, client, draft):
    content = multipart.body(6 * PART)
    parts = multipart.cut(content)
    urls = multipart.start(client, draft, len(content), 6)
    with ThreadPoolExecutor(6) as together:
        etags = list(together.map(multipart.send, reversed(urls), reversed(parts)))
    multipart.finish(client, draft, multipart.receipts(reversed(etags)))
    assert multipart.stored(mock, draft) == content


@pytest.mark.parametrize("again", [0, 1, 2])
def test_a_part_sent_again_replaces_the_first(mock, client, draft, again):
    before, after = multipart.cut(multipart.body(3 * PART)), multipart.cut(multipart.body(3 * PART, seed=1))
    urls = multipart.start(client, draft, 3 * PART, 3)
    listed = multipart.receipts(map(multipart.send, urls, before))
    listed[again]["etag"] = multipart.send(urls[again], after[again])
    multipart.finish(client, draft, listed)
    before[again] = after[again]
    assert multipart.stored(mock, draft) == b"".join(before)


def test_parts_may_be_cut_otherwise_than_planned(mock, client, draft):
    sizes = (PART + 3, PART, 2 * PART, 11)
    content = multipart.body(sum(sizes))
    urls = multipart.start(client, draft, len(content), 4)
    etags, begin = [], 0
    for url, size in zip(urls, sizes, strict=True):
        etags.append(multipart.send(url, content[begin : begin + size]))
        begin += size
    multipart.finish(client, draft, multipart.receipts(etags))
    assert multipart.stored(mock, draft) == content


def test_a_part_that_broke_off_is_sent_again_and_nothing_of_the_first_is_left(mock, client, draft):
    content = multipart.body(2 * PART)
    urls = multipart.start(client, draft, len(content), 2)
    multipart.broken_off(urls[0], PART, b"x" * 100_000)
    multipart.finish(client, draft, multipart.receipts(map(multipart.send, urls, multipart.cut(content))))
    assert multipart.stored(mock, draft) == content


def test_the_last_part_may_be_as_short_as_it_likes(mock, client, draft):
    parts = [multipart.body(PART), multipart.body(PART), b"."]
    multipart.finish(client, draft, multipart.upload(client, draft, parts))
    assert multipart.stored(mock, draft) == b"".join(parts)


@pytest.mark.parametrize(
    ("size", "count"), [(1, 1), (PART, 1), (150 << 20, 1), (200 << 20, 2), (5 << 30, 51), (5 << 40, 10_000)]
)
def test_the_server_chooses_parts_of_at_least_100_mib(client, draft, size, count):
    assert len(multipart.start(client, draft, size)) == count


@pytest.mark.parametrize(
    ("size", "parts", "said"),
    [
        (20 << 20, -1, "Value must be in the range of 0 to 10000; for 20971520 bytes ask for 1 to 4 parts"),
        (1 << 40, 10_001, "Value must be in the range of 0 to 10000"),
        (20 << 20, 5, "for 20971520 bytes ask for 1 to 4 parts, or leave their number out"),
        (20 << 20, 5, "A part must be at least 5 MB (5242880 bytes), but the last"),
        (
            6 << 30,
            1,
            "A part must be at most 5 GB (5368709120 bytes); for 6442450944 bytes ask for 2 to 1229",
        ),
        (9 << 60 >> 1, 0, "size_bytes: Value must be at most 53687091200000"),
    ],
)
def test_parts_that_do_not_fit_are_refused_with_what_would(client, draft, size, parts, said):
    code, message = steps.refused(multipart.start, client, draft, size, parts)
    assert code is CODE.INVALID_ARGUMENT
    assert said in message
