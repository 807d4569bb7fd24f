"""What a client sees of each setting of uploads in parts; used by the test of every setting."""

from typing import Any
from urllib.parse import urlsplit

import grpc
import requests

from tests.wire import multipart_steps as multipart
from tests.wire import steps

_COUNTS = {2: "100-mib", 25: "8-mib", 40: "5-mib"}


def multipart_part_size(client: Any, folder: Any) -> str:
    urls = multipart.start(client, steps.draft(client, folder), 200 << 20)
    return _COUNTS[len(urls)]


def multipart_length_signed(client: Any, folder: Any) -> str:
    urls = multipart.start(client, steps.draft(client, folder), multipart.PART + 3, 2)
    answer = requests.put(urls[1], data=b"four", timeout=20)
    if answer.status_code == 200:
        assert "X-Amz-SignedHeaders=host&" in urlsplit(urls[1]).query
        return "no"
    assert "signed for a body of 3 bytes, and the request announces 4" in answer.text
    assert multipart.send(urls[1], b"for")
    return "yes"


def multipart_finish_refusal(client: Any, folder: Any) -> str:
    finish, listed = multipart.finish, multipart.receipts(['"0"'])
    draft = steps.draft(client, folder)
    unknown, _ = steps.refused(finish, client, draft, listed)
    multipart.start(client, draft, 3, 1)
    invalid, _ = steps.refused(finish, client, draft, listed)
    codes = grpc.StatusCode
    return {
        (codes.FAILED_PRECONDITION, codes.INVALID_ARGUMENT): "by-kind",
        (codes.INTERNAL, codes.INTERNAL): "internal",
    }[unknown, invalid]


def multipart_total_size(client: Any, folder: Any) -> str:
    draft = steps.draft(client, folder)
    (url,) = multipart.start(client, draft, 5, 1)
    listed = multipart.receipts([multipart.send(url, b"abc")])
    try:
        multipart.finish(client, draft, listed)
    except grpc.RpcError as refusal:
        return "checked" if "5 were announced" in refusal.details() else refusal.details()
    return "free"


def multipart_finish_again(client: Any, folder: Any) -> str:
    draft = steps.draft(client, folder)
    listed = multipart.upload(client, draft, [b"abc"])
    multipart.finish(client, draft, listed)
    for other in ('"0"', '"' + "0" * 32 + '"'):
        _, message = steps.refused(multipart.finish, client, draft, multipart.receipts([other]))
        assert message.startswith("NoSuchUpload")
    try:
        multipart.finish(client, draft, listed)
    except grpc.RpcError as refusal:
        return "refuse" if refusal.details().startswith("NoSuchUpload") else refusal.details()
    return "accept"


OBSERVERS = (
    multipart_finish_again,
    multipart_finish_refusal,
    multipart_length_signed,
    multipart_part_size,
    multipart_total_size,
)
