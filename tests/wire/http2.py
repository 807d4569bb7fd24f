"""One gRPC call in bare HTTP/2 frames, for headers that no gRPC library would send."""

import re
import socket
import struct
from dataclasses import dataclass, field
from urllib.parse import unquote

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What ended the call: gRPC status and message, or neither when the stream was reset."""

    status: int | None
    message: str = ""
    data: tuple[int, int] = field(default=(0, 0), compare=False)
    """How many bytes the last DATA frame announced, and how many came."""


def call(target: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
    """Sends a unary call with those further headers, as they are; waits for its end."""
    host, _, port = target.rpartition(":")
    block = head(path, headers)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(PREFACE + frame(_SETTINGS, 0, 0, b""))
        connection.sendall(frame(_HEADERS, _END_HEADERS, 1, block))
        connection.sendall(frame(_DATA, _END_STREAM, 1, struct.pack(">BI", 0, len(body)) + body))
        return _answer(connection)


def _answer(connection: socket.socket) -> Answer:
    stream, data = connection.makefile("rb"), (0, 0)
    while start := stream.read(9):
        length, kind, flags = int.from_bytes(start[:3], "big"), start[3], start[4]
        payload = stream.read(length)
        if kind == _SETTINGS and not flags & _ACK:
            connection.sendall(frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _DATA:
            data = length, len(payload)
        elif kind == _HEADERS and flags & _END_STREAM:
            code, message = int(_value(payload, b"grpc-status") or -1), _value(payload, b"grpc-message")
            return Answer(code, unquote(message), data)
        elif kind in {_RST_STREAM, _GOAWAY}:
            break
    return Answer(None, data=data)


def _value(block: bytes, name: bytes) -> str:
    # gRPC's core writes names and values of its trailers as plain literals on a fresh connection.
    found = re.search(re.escape(name) + rb"(?s:(.))", block)
    return block[found.end() : found.end() + found[1][0]].decode() if found else ""


def head(path: str, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The header block of a unary call with those further headers."""
    pseudo = [
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", path.encode()),
        (b":authority", b"mock"),
    ]
    usual = [(b"content-type", b"application/grpc"), (b"te", b"trailers")]
    return b"".join(_literal(name, value) for name, value in [*pseudo, *usual, *headers])


def frame(kind: int, flags: int, stream: int, payload: bytes, length: int | None = None) -> bytes:
    """An HTTP/2 frame, of a length that it need not have."""
    announced = len(payload) if length is None else length
    return announced.to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _literal(name: bytes, value: bytes) -> bytes:
    """A header that is never indexed (RFC 7541, 6.2.3), without Huffman coding."""
    return b"\x10" + _sized(name) + _sized(value)


def _sized(text: bytes) -> bytes:
    length = len(text)
    if length < 127:
        return bytes((length,)) + text
    rest, coded = length - 127, bytearray((127,))
    while rest >= 128:
        coded.append(rest % 128 + 128)
        rest //= 128
    return bytes((*coded, rest)) + text
