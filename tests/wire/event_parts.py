"""Server-sent events as they come on a socket, for tests of what a watcher of a folder is told."""

import json
import socket
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

AT_FIRST = ["watching", "clock", "faults", "state"]
"""The events that every stream begins with."""


class Event(NamedTuple):
    name: str
    data: dict
    id: str | None = None


class Stream:
    """One reader of what comes on a socket. What is waited for comes, or the socket times out."""

    def __init__(self, lines):
        self._lines = lines
        self.status = int(self._lines.readline().split()[1])
        self.headers = dict(self._header_lines())

    def _header_lines(self):
        while line := self._lines.readline().decode().strip():
            name, _, value = line.partition(":")
            yield name.lower(), value.strip()

    def _chunks(self):
        while size := int(self._lines.readline(), 16):
            yield self._lines.read(size)
            self._lines.readline()

    def __iter__(self):
        """Every event until the stream ends."""
        text = b""
        for chunk in self._chunks():
            text += chunk
            while b"\n\n" in text:
                event, _, text = text.partition(b"\n\n")
                fields = dict(line.split(": ", 1) for line in event.decode().split("\n") if line[0] != ":")
                if fields:
                    yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))

    def refusal(self):
        """What a request is answered that is no stream."""
        return json.loads(self._lines.read(int(self.headers["content-length"])))


@contextmanager
def connected(url, folder_id, query="", headers=""):
    """A socket that has asked for the events of a folder, and reads nothing by itself."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        request = f"GET /_mock/v1/folders/{folder_id}/events{query} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        connection.sendall(f"{request}{headers}\r\n".encode())
        yield connection


@contextmanager
def watching(url, folder_id, query="", headers=""):
    """A stream of a folder's events."""
    with connected(url, folder_id, query, headers) as connection, connection.makefile("rb") as lines:
        yield Stream(lines)


def begun(events):
    """The first events, which tell how everything is."""
    first = [next(events) for _ in AT_FIRST]
    assert [event.name for event in first] == AT_FIRST
    return first


def until(events, name, times=1):
    """What comes until the event of that name has come as often as that, it included."""
    seen = []
    while sum(event.name == name for event in seen) < times:
        seen.append(next(events))
    return seen
