"""HTTP/2 frames on their way from the server to one client, changed where the server's headers ask for it.

A header `x-aistudio-mock-relay` of an answer is the order: `goaway-before`, `goaway-after`, `half`,
`drip=RATE`. Whatever has no such header passes byte for byte (ADR 10).
"""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import AsyncIterator
from typing import NamedTuple

from hpack import Decoder
from hyperframe.frame import ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame

ORDER = b"x-aistudio-mock-relay"

_HEAD = 9
_END_STREAM, _END_HEADERS = 0x1, 0x4
_TABLE = 1 << 20
"""The largest header table that a client may have allowed, in bytes."""
_PIECES_A_SECOND = 20


class CutShort(ConnectionError):
    """An order was to end the connection here."""


class Raw(NamedTuple):
    """One frame as it came."""

    kind: int
    flags: int
    stream: int
    data: bytes

    @property
    def payload(self) -> bytes:
        """What follows the nine bytes of its head."""
        return self.data[_HEAD:]

    @property
    def ends_stream(self) -> bool:
        """Whether the server has said everything."""
        return self.kind in {DataFrame.type, HeadersFrame.type} and bool(self.flags & _END_STREAM)


class Downstream:
    """The frames of one connection."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder()
        self._decoder.max_allowed_table_size = _TABLE
        self._orders: dict[int, str] = {}
        self._drips: dict[int, asyncio.Queue[Raw]] = {}
        self._dripping: set[asyncio.Task[None]] = set()

    async def carry(self) -> None:
        """Carries frames until the server ends. Raises CutShort where an order says so, and OSError."""
        try:
            async for frames in self._read():
                for raw in frames:
                    self._pass(raw)
                await self._writer.drain()
            if self._dripping:
                await asyncio.wait(self._dripping)
        finally:
            for task in self._dripping:
                task.cancel()

    async def _read(self) -> AsyncIterator[list[Raw]]:
        """Frames one by one; a header block that goes on in CONTINUATION frames is one thing."""
        block: list[Raw] = []
        while (raw := await _next(self._reader)) is not None:
            if raw.kind not in {HeadersFrame.type, ContinuationFrame.type}:
                yield [raw]
                continue
            block.append(raw)
            if raw.flags & _END_HEADERS:
                self._look(block)
                yield block
                block = []

    def _look(self, block: list[Raw]) -> None:
        """Every block is decoded, because each changes the table that the next one is written with."""
        content = b"".join(_fragment(raw) for raw in block)
        for name, value in self._decoder.decode(content, raw=True):
            if name == ORDER:
                self._obey(block[0].stream, value.decode())

    def _obey(self, stream: int, order: str) -> None:
        self._orders[stream] = order
        if order.startswith("goaway"):
            last = stream if order == "goaway-after" else max(0, stream - 2)
            self._writer.write(GoAwayFrame(0, last_stream_id=last).serialize())
        elif order.startswith("drip="):
            queue = asyncio.Queue[Raw]()
            self._drips[stream] = queue
            self._dripping.add(asyncio.ensure_future(self._drip(queue, float(order.partition("=")[2]))))

    def _pass(self, raw: Raw) -> None:
        order = self._orders.get(raw.stream) if raw.stream else None
        if order == "goaway-before":
            return
        if order == "half" and raw.kind == DataFrame.type:
            self._writer.write(raw.data[: _HEAD + len(raw.payload) // 2])
            raise CutShort
        if raw.stream in self._drips:
            self._drips[raw.stream].put_nowait(raw)
        else:
            self._writer.write(raw.data)
        if raw.ends_stream:
            self._orders.pop(raw.stream, None)
            self._drips.pop(raw.stream, None)

    async def _drip(self, queue: "asyncio.Queue[Raw]", rate: float) -> None:
        step = max(1, int(rate / _PIECES_A_SECOND))
        while True:
            raw = await queue.get()
            if raw.kind == DataFrame.type:
                for start in range(0, len(raw.payload), step):
                    piece = raw.payload[start : start + step]
                    await asyncio.sleep(len(piece) / rate)
                    is_last = start + step >= len(raw.payload)
                    self._writer.write(_data(raw, piece, raw.flags if is_last else raw.flags & ~_END_STREAM))
            else:
                self._writer.write(raw.data)
            if raw.ends_stream:
                return


async def _next(reader: StreamReader) -> Raw | None:
    try:
        head = await reader.readexactly(_HEAD)
        length = int.from_bytes(head[:3])
        return Raw(
            kind=head[3],
            flags=head[4],
            stream=int.from_bytes(head[5:]) & 0x7FFFFFFF,
            data=head + await reader.readexactly(length),
        )
    except IncompleteReadError:
        return None


def _fragment(raw: Raw) -> bytes:
    frame, _ = Frame.parse_frame_header(memoryview(raw.data[:_HEAD]))
    frame.parse_body(memoryview(raw.payload))
    return bytes(getattr(frame, "data", b""))


def _data(raw: Raw, piece: bytes, flags: int) -> bytes:
    head = len(piece).to_bytes(3) + bytes((raw.kind, flags)) + raw.stream.to_bytes(4)
    return head + piece
