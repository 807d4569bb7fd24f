"""Bytes carried between two connections, in both directions, with back-pressure and half-close."""

import asyncio
from asyncio import StreamReader, StreamWriter

CHUNK = 262_144
"""Bytes that are carried at once: what a socket gives in one turn of the loop. No head may be longer."""

_LINGER_SECONDS = 5.0

Address = tuple[str, int]
End = tuple[StreamReader, StreamWriter]


async def open_end(address: Address) -> End:
    """A connection to one of our own ports. Raises OSError."""
    return await asyncio.open_connection(*address, limit=CHUNK)


async def join(one: End, other: End) -> None:
    """Carries bytes both ways until both ends have finished, or one has failed; closes neither.

    Raises:
        OSError: an end was reset.
    """
    ways = (
        asyncio.ensure_future(_carry(one[0], other[1])),
        asyncio.ensure_future(_carry(other[0], one[1])),
    )
    try:
        await asyncio.gather(*ways)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)


async def discard(reader: StreamReader) -> None:
    """Reads what a client still sends, for a few seconds: closing earlier would lose it the answer."""
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while await reader.read(CHUNK):
                pass
    except TimeoutError:
        pass


async def _carry(reader: StreamReader, writer: StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:  # TLS knows no half of an end
        writer.close()
