"""One PUT to a presigned URL."""

import re
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection

from msgspec import Struct

_LONGEST = 10_000
_CODE = re.compile(rb"<Code>([^<]*)<")
_MESSAGE = re.compile(rb"<Message>([^<]*)<")


class Put(Struct, frozen=True):
    """What the storage answered; the rest of an error's body repeats the signature."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str]


def put(connection: HTTPConnection, url: str, body: bytes) -> Put:
    """Sends the body as it is. Raises OSError and HTTPException."""
    target = "/" + url.partition("://")[2].partition("/")[2]
    with closing(connection):
        connection.request("PUT", target, body, {"Content-Length": str(len(body))})
        answer = connection.getresponse()
        said = answer.read(_LONGEST)
    return Put(answer.status, _first(_CODE, said), _first(_MESSAGE, said), dict(answer.getheaders()))


def _first(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    return found[1].decode(errors="replace") if found else ""
