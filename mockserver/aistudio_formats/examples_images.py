"""Images for example rows: squares of one colour, as PNG in base64."""

import struct
import zlib
from base64 import b64encode

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH, _RGB = 8, 2


def square(red: int, green: int, blue: int, side: int = 8) -> str:
    """A square of that colour (0 to 255 each) and so many pixels a side."""
    header = struct.pack(">IIBBBBB", side, side, _DEPTH, _RGB, 0, 0, 0)
    rows = (b"\0" + bytes((red, green, blue)) * side) * side
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b64encode(_SIGNATURE + b"".join(_chunk(*each) for each in chunks)).decode()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
