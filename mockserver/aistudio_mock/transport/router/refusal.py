"""Saying no in the client's own protocol, naming the host: HTTP/1.1 with 403, gRPC with PERMISSION_DENIED.

gRPC hides what a proxy answers to CONNECT ("failed to connect to all addresses"), so its calls are let in and
refused one by one. PERMISSION_DENIED and not UNAVAILABLE: clients repeat the latter for minutes.
"""

from asyncio import StreamReader, StreamWriter
from urllib.parse import quote

from aistudio_mock.transport.router.pipe import discard

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD = 9
_HEADERS, _RST_STREAM, _SETTINGS, _PING = 1, 3, 4, 6
_ACK = _END_STREAM = 0x1
_END_HEADERS = 0x4
_LONGEST_FRAME = 16_384
_STATUS_200 = b"\x88"  # HPACK: entry 8 of the static table
_PERMISSION_DENIED = b"7"


def plain(status: str, message: str) -> bytes:
    """A whole HTTP/1.1 response; the message is also the reason phrase, which clients of proxies show."""
    body = f"{message}\n".encode("ascii", "replace")
    reason = body.rstrip().decode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body


async def answer_http(reader: StreamReader, writer: StreamWriter, status: str, message: str) -> None:
    """Answers whatever is being asked, and lets the client read that before the connection ends."""
    writer.write(plain(status, message))
    await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    await discard(reader)


async def answer_grpc(reader: StreamReader, writer: StreamWriter, message: str) -> None:
    """Refuses every call on an HTTP/2 connection until the client ends it.

    Raises:
        ValueError: the client does not speak HTTP/2.
    """
    if await reader.readexactly(len(_PREFACE)) != _PREFACE:
        raise ValueError("not HTTP/2")
    writer.write(_frame(_SETTINGS, 0, 0))
    trailers = _trailers(message)
    while True:
        kind, flags, stream, payload = await _next_frame(reader)
        if kind == _SETTINGS and not flags & _ACK:
            writer.write(_frame(_SETTINGS, _ACK, 0))
        elif kind == _PING and not flags & _ACK:
            writer.write(_frame(_PING, _ACK, 0, payload))
        elif kind == _HEADERS:
            writer.write(_frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, trailers))
            writer.write(_frame(_RST_STREAM, 0, stream, bytes(4)))  # NO_ERROR: send no more
        await writer.drain()


async def _next_frame(reader: StreamReader) -> tuple[int, int, int, bytes]:
    head = await reader.readexactly(_FRAME_HEAD)
    length = int.from_bytes(head[:3])
    if length > _LONGEST_FRAME:
        raise ValueError("a frame longer than this side has allowed")
    return head[3], head[4], int.from_bytes(head[5:]) & 0x7FFFFFFF, await reader.readexactly(length)


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _trailers(message: str) -> bytes:
    """A response of trailers alone, as HPACK literals that touch no table."""
    fields = (
        (b"content-type", b"application/grpc"),
        (b"grpc-status", _PERMISSION_DENIED),
        (b"grpc-message", quote(message, safe=" !#$&'()*+,/:;=?@[]").encode()),
    )
    return _STATUS_200 + b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields)


def _text(value: bytes) -> bytes:
    """An HPACK string, not Huffman-coded: its length with a 7-bit prefix, and the bytes (RFC 7541, 5.2)."""
    rest = len(value) - 127
    if rest < 0:
        return bytes((len(value),)) + value
    length = bytearray((127,))
    while rest >= 128:  # noqa: PLR2004 - seven bits a byte
        length.append(rest % 128 + 128)
        rest //= 128
    return bytes((*length, rest)) + value
