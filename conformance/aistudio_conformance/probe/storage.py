"""One PUT to a presigned URL, and one GET."""

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
    with closing(connection):
        connection.request("PUT", _target(url), body, {"Content-Length": str(len(body))})
        answer = connection.getresponse()
        said = answer.read(_LONGEST)
    return Put(answer.status, _first(_CODE, said), _first(_MESSAGE, said), dict(answer.getheaders()))


def get(connection: HTTPConnection, url: str) -> bytes:
    """What is stored there; empty for anything but 200. Raises OSError and HTTPException."""
    with closing(connection):
        connection.request("GET", _target(url))
        answer = connection.getresponse()
        stored = answer.read()
    return stored if answer.status == 200 else b""  # noqa: PLR2004


def _target(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]


def _first(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    return found[1].decode(errors="replace") if found else ""
