"""Messages, requests and frames that nobody meant, the same ones from the same seed."""

import struct
from collections.abc import Iterator
from random import Random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from aistudio_protos.pool import message_class
from tests.wire import http2
from tests.wire.http2 import PREFACE, frame
from tests.wire.stubs import METHODS

_DEPTH = 3
_NUMBERS = (0, 1, -1, 7, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63))
_FLOATS = (0.0, -0.0, 1e-4, -1.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"))
_TEXTS = ("", "a", "\0", "../../etc/passwd", "a\r\nX-Evil: 1", "%2e%2e%2f", "ключ", "😀" * 9, "x" * 3000)
_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-3, 30),
}


class Messages:
    """Requests of every RPC: well-formed ones with values of every kind, damaged ones, and noise."""

    def __init__(self, seed: int, known: tuple[str, ...]) -> None:
        """`known` are ids that exist, so that some requests get past the first look."""
        self._random = Random(seed)
        self._texts = (*_TEXTS, *known * 3)

    def take(self, count: int) -> Iterator[tuple[Any, bytes]]:
        """So many pairs of a method's descriptor and the bytes to send it."""
        methods = sorted(METHODS.items())
        for _ in range(count):
            _, method = self._random.choice(methods)
            body = self._message(method.input_type, _DEPTH).SerializeToString()
            yield method, self._random.choice((self._whole, self._whole, self._damaged, self._noise))(body)

    def _whole(self, body: bytes) -> bytes:
        return body

    def _damaged(self, body: bytes) -> bytes:
        damaged = bytearray(body)
        for _ in range(self._random.randint(1, 4)):
            if damaged:
                damaged[self._random.randrange(len(damaged))] = self._random.randrange(256)
        return bytes(damaged[: self._random.randint(0, len(damaged))])

    def _noise(self, _: bytes) -> bytes:
        return self._random.choice(
            (self._random.randbytes(self._random.randint(1, 200)), b"\x0a\x7f" * 500, b"\x0b" * 3000)
        )

    def _message(self, kind: Descriptor, depth: int) -> Any:
        message = message_class(kind.full_name)()
        for field in kind.fields:
            if self._random.random() < 0.6:
                self._fill(message, field, depth)
        return message

    def _fill(self, message: Any, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None and not depth:
            return
        if field.is_repeated:
            entry = field.message_type is not None and field.message_type.GetOptions().map_entry
            for _ in range(self._random.randint(0, 3)):
                if entry:
                    self._put(getattr(message, field.name), field.message_type, depth)
                elif field.message_type is not None:
                    getattr(message, field.name).append(self._message(field.message_type, depth - 1))
                else:
                    getattr(message, field.name).append(self._value(field))
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(self._message(field.message_type, depth - 1))
        else:
            setattr(message, field.name, self._value(field))

    def _put(self, mapping: Any, entry: Descriptor, depth: int) -> None:
        key, value = (entry.fields_by_name[name] for name in ("key", "value"))
        if value.message_type is None:
            mapping[self._value(key)] = self._value(value)
        else:
            mapping[self._value(key)].CopyFrom(self._message(value.message_type, depth - 1))

    def _value(self, field: FieldDescriptor) -> Any:
        kind = field.cpp_type
        if kind in _INTEGERS:
            low, high = _INTEGERS[kind]
            return self._random.choice([n for n in _NUMBERS if low <= n <= high])
        if kind == FieldDescriptor.CPPTYPE_STRING:
            text = self._random.choice(self._texts)
            return text.encode() if field.type == FieldDescriptor.TYPE_BYTES else text
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return self._random.random() < 0.5
        number = self._random.choice(_FLOATS)
        return number if kind == FieldDescriptor.CPPTYPE_DOUBLE or abs(number) < 1e38 else 0.5


class Requests:
    """HTTP/1.1 requests as bytes: right ones with strange targets, headers and bodies, and wrong ones."""

    _METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "BREW")
    _HEADERS = (
        "Content-Length: 5",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Expect: 100-continue",
        "Expect: a miracle",
        "Range: bytes=5-1",
        "Range: bytes=-9999999999999999999999",
        "Content-Type: application/json",
        "Content-Encoding: gzip",
        "Authorization: Api-Key ключ",
        "Upgrade: websocket\r\nConnection: Upgrade",
        "Cookie: " + "a=b;" * 200,
        "X-Evil: a\rb",
        "X-Evil : a",
        "X-Empty:",
        ": nothing",
        "no colon",
        "X-Long: " + "x" * 9000,
        "X-Amz-Date: 20250101T000000Z",
    )
    _BODIES = (
        b"",
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"zz\r\n",
        b"{}",
        b"[1]",
        b'{"a":' * 600,
        b"\xff\x00",
    )
    _PARTS = ("..", "%2e%2e", ".", "", "%00", "%0d%0aX-Evil:1", "a", "%ff", "a%2fb", "\\", "{id}", "x" * 300)

    def __init__(self, seed: int, known: tuple[str, ...]) -> None:
        """`known` are paths, with their query, that lead somewhere."""
        self._random = Random(seed)
        self._known = known

    def take(self, count: int) -> Iterator[bytes]:
        """So many requests; nothing follows what a connection is sent."""
        for _ in range(count):
            request = self._request()
            if self._random.random() < 0.15:
                position = self._random.randrange(len(request))
                request = request[:position] + self._random.randbytes(2) + request[position + 2 :]
            yield request

    def _request(self) -> bytes:
        headers = [f"Host: {self._random.choice(('mock', '', 'a b', '127.0.0.1'))}"]
        headers += self._random.sample(self._HEADERS, self._random.randint(0, 3))
        line = f"{self._random.choice(self._METHODS)} {self._target()} HTTP/1.{self._random.choice('1110')}"
        head = "\r\n".join((line, *headers, "", "")).encode()
        return head + self._random.choice(self._BODIES)

    def _target(self) -> str:
        if self._random.random() < 0.5:
            path, question, query = self._random.choice(self._known).partition("?")
            damaged = query.replace(*self._random.choice((("X-Amz", "x-amz"), ("=", "=%00"), ("&", "&&"))))
            return path + question + self._random.choice((query, damaged, query[:20], query * 2))
        parts = self._random.choices((*self._PARTS, *self._known[0].split("/")), k=self._random.randint(1, 6))
        return self._random.choice(("/", "/", "http://mock/", "*", "/" * 3)) + "/".join(parts)


BODY = struct.pack(">BI", 0, 3) + b"abc"
CALL = http2.head("/yandex.cloud.ai.dataset.v1.DatasetService/List", [(b"authorization", b"Api-Key any")])
_WINDOW_TOO_LARGE = b"\0\4\xff\xff\xff\xff"

OVER, GOES_ON = "closed", "goes on"

WRONG = {
    "a message of 4 GiB, none of it there": (frame(0, 1, 1, struct.pack(">BI", 0, 2**32 - 1)), 8, GOES_ON),
    "compressed by nothing known": (frame(0, 1, 1, struct.pack(">BI", 1, 3) + b"abc"), 13, GOES_ON),
    "half a message": (frame(0, 1, 1, struct.pack(">BI", 0, 3) + b"a"), 12, GOES_ON),
    "half a length": (frame(0, 1, 1, b"\0\0"), 12, GOES_ON),
    "no message": (frame(0, 1, 1, b""), 12, GOES_ON),
    "bytes that are no message": (frame(0, 1, 1, BODY), 13, GOES_ON),
    "a stream that is not open": (frame(0, 1, 99, BODY), None, GOES_ON),
    "headers cut short": (frame(1, 4, 1, CALL[:-3]), 13, OVER),
    "headers that never end": (frame(1, 0, 1, CALL), 14, OVER),
    "headers of the server's stream": (frame(1, 4, 2, CALL), None, GOES_ON),
    "a window too large": (frame(4, 0, 0, _WINDOW_TOO_LARGE), 14, OVER),
    "settings of a wrong length": (frame(4, 0, 0, b"\0" * 5), 14, OVER),
    "a ping of a wrong length": (frame(6, 0, 0, b"\0" * 3), 14, OVER),
    "a window that opens by nothing": (frame(8, 0, 0, b"\0" * 4), 14, OVER),
    "a window that opens too far": (frame(8, 0, 1, b"\x7f\xff\xff\xff"), None, GOES_ON),
    "a reset": (frame(3, 0, 1, b"\0" * 4), None, GOES_ON),
    "a farewell": (frame(7, 0, 0, b"\0" * 8), None, GOES_ON),
    "a continuation of nothing": (frame(9, 4, 1, b"\xff" * 40), 14, OVER),
    "a frame of no known kind": (frame(99, 255, 1, b"what"), None, GOES_ON),
    "a frame of 16 MiB": (frame(0, 1, 1, b"", length=2**24 - 1), 14, OVER),
}
"""Frames after the headers of a call on stream 1; the gRPC status that it ends with, None where the frame has
no part in it; and what becomes of the connection. These are grpcio's own ways, as observed."""


def conversations(seed: int, count: int) -> Iterator[bytes]:
    """What to say on so many HTTP/2 connections."""
    random = Random(seed)
    right = [frame(4, 0, 0, b""), frame(1, 4, 1, CALL), frame(0, 1, 1, BODY)]
    wrong = [one for one, *_ in WRONG.values()]
    for _ in range(count):
        frames = [*right]
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(frames) + 1)
            frames[place : place + random.randint(0, 1)] = [random.choice(wrong)]
        said = bytearray(random.choice((PREFACE, PREFACE, PREFACE, b"", b"GET / HTTP/1.1\r\n\r\n")))
        said += b"".join(frames)
        if random.random() < 0.3:
            said[random.randrange(len(said))] = random.randrange(256)
        yield bytes(said)
