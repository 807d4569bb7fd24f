"""Presigned URLs: the file goes there as it is, the URL as it was given, and no credentials."""

import os
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from aistudio_conformance.adapters.raw_stubs.link import Link
from aistudio_conformance.protocol import Refused

_TIMEOUT = 30.0
_BLOCK = 1 << 20
_LONGEST = 10_000
_ERROR = re.compile(rb"<(?:Code|Message)>([^<]*)<")


class Answered(NamedTuple):
    """What the storage answered: 0 for nothing, the beginning of its words, the ETag as it stands there."""

    status: int
    said: str
    etag: str = ""


class Storage(Link):
    """One PUT and one GET. No message shows a URL: its signature is a secret."""

    def _upload(self, url: str, file: BinaryIO, size: int) -> None:
        """Sends a file to a presigned URL. Raises Refused."""
        self._stored(lambda: self._put(url, file, size))

    def _upload_part(self, url: str, part: bytes) -> str:
        """Sends a part of a file to its presigned URL; the ETag of what is stored. Raises Refused."""
        return self._stored(lambda: self._sent(url, part, self._storage_headers(len(part)))).etag

    def _stored(self, put: Callable[[], Answered]) -> Answered:
        """The answer that says that it is stored, however many attempts it takes. Raises Refused."""
        for attempt in count(1):
            try:
                answered = put()
            except (OSError, HTTPException) as error:
                answered = Answered(0, type(error).__name__)
            if self._is_stored(answered.status):
                return answered
            if attempt >= self._attempts() or not self._is_put_worth_repeating(answered.status):
                status = answered.status or "no answer"
                raise Refused(f"the storage did not take the file: {status} {answered.said}")
            self._pause(self._backoff(attempt))
        raise AssertionError

    def _put(self, url: str, file: BinaryIO, size: int) -> Answered:
        file.seek(0)  # an attempt sends the whole file
        if os.fstat(file.fileno()).st_size != size:
            raise Refused("the file changed while it was being uploaded")
        return self._sent(url, self._body(file), self._storage_headers(size))

    def _sent(
        self, url: str, body: bytes | BinaryIO | Iterable[bytes], headers: Mapping[str, str]
    ) -> Answered:
        """One request, whatever is in it."""
        with closing(self._storage(url)) as connection:
            connection.request("PUT", self._storage_target(url), body, headers)
            answer = connection.getresponse()
            etag = answer.headers.get("ETag", "")
            return Answered(answer.status, _told(answer.read(_LONGEST)), etag)

    def _storage_headers(self, size: int) -> Mapping[str, str]:
        return {"Content-Length": str(size)}

    def _body(self, file: BinaryIO) -> BinaryIO | Iterable[bytes]:
        return file

    def _storage_target(self, url: str) -> str:
        """Path and query with every character as given: the signature covers them."""
        return "/" + url.partition("://")[2].partition("/")[2]

    def _is_stored(self, status: int) -> bool:
        return status == 200  # noqa: PLR2004

    def _is_put_worth_repeating(self, status: int) -> bool:
        """No answer, or a server's trouble; a PUT stores the same thing again."""
        return status in {0, 500, 502, 503, 504}

    def _download(self, url: str, file: Path) -> None:
        """Saves what a presigned URL leads to. Raises Refused."""
        try:
            with closing(self._storage(url)) as connection, file.open("wb") as target:
                connection.request("GET", self._storage_target(url))
                answer = connection.getresponse()
                if answer.status != 200:  # noqa: PLR2004
                    raise Refused(f"the storage did not give the file: {answer.status} {answer.reason}")
                _copy(answer, target)
        except (OSError, HTTPException) as error:
            raise Refused(f"the storage did not give the file: {type(error).__name__}") from error

    def _storage(self, url: str) -> HTTPConnection:
        parts = urlsplit(url)
        if parts.scheme == "http":
            return HTTPConnection(parts.netloc, timeout=_TIMEOUT, blocksize=_BLOCK)
        context = ssl.create_default_context()
        if self._place.ca:
            context.load_verify_locations(self._place.ca)
        return HTTPSConnection(parts.netloc, timeout=_TIMEOUT, context=context, blocksize=_BLOCK)


def _told(body: bytes) -> str:
    """Code and message of an error. The rest of the body repeats the signature."""
    return " ".join(found.decode(errors="replace") for found in _ERROR.findall(body))


def _copy(answer: HTTPResponse, target: BinaryIO) -> None:
    while block := answer.read(_BLOCK):
        target.write(block)
