"""One gRPC call in bare HTTP/2 frames, for headers that no gRPC library would send."""

import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_CONTINUATION = 9
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
    data = (0, 0)
    while len(start := _read(connection, 9)) == 9:
        length, kind, flags = int.from_bytes(start[:3], "big"), start[3], start[4]
        payload = _read(connection, length)
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


def _read(connection: socket.socket, count: int) -> bytes:
    """So many bytes, or those that came before the end."""
    came = b""
    with suppress(ConnectionResetError):  # an end as well: what came before it counts
        while len(came) < count and (more := connection.recv(count - len(came))):
            came += more
    return came


@dataclass(slots=True)
class Heard:
    """What a server said on one connection: how streams ended, and whether it said whole frames only."""

    statuses: dict[int, int] = field(default_factory=dict)
    """gRPC status by stream."""
    resets: dict[int, int] = field(default_factory=dict)
    """RST_STREAM's error code by stream."""
    goaway: int | None = None
    rest: bytes = b""


def heard(said: bytes) -> Heard:
    """Reads what a server said. ValueError for a frame or a status that no server may send."""
    told = Heard()
    while len(said) >= 9:
        length, kind, flags = int.from_bytes(said[:3], "big"), said[3], said[4]
        stream, payload, said = int.from_bytes(said[5:9], "big"), said[9 : 9 + length], said[9 + length :]
        if kind == _HEADERS and flags & _END_STREAM and stream not in told.statuses:
            told.statuses[stream] = _code(int(_value(payload, b"grpc-status")), 16)
        elif kind == _RST_STREAM:
            told.resets[stream] = _code(int.from_bytes(payload, "big"), 13)
        elif kind == _GOAWAY:
            told.goaway = _code(int.from_bytes(payload[4:8], "big"), 13)
        elif kind > _CONTINUATION:
            raise ValueError(f"a frame of kind {kind}: {payload[:40]!r}")
    told.rest = said
    return told


def converse(target: str, said: bytes, until: Callable[[Heard], bool] | None = None) -> tuple[Heard, bool]:
    """Says those bytes, and listens until it is closed or `until` is met; whether it goes on.

    Without `until` nothing follows, which ends the connection. TimeoutError where the server hangs.
    """
    host, _, port = target.rpartition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection, suppress(ConnectionError):
        connection.sendall(said)
        if until is None:
            connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            answer += more
            if until is not None and until(heard(answer)):
                return heard(answer), True
    return heard(answer), False


def _code(code: int, most: int) -> int:
    if not 0 <= code <= most:
        raise ValueError(f"{code} is no code: they go from 0 to {most}")
    return code


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
