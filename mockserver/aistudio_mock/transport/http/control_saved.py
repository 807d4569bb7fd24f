"""Saved folders by the control API: documents that are longer than other bodies may be."""

import asyncio

import msgspec
from aiohttp import web

from aistudio_mock.backend.control import Control
from aistudio_mock.domain.errors import InvalidArgument

LONGEST = 1 << 30
"""Bytes of a document: the files of a folder in Base64, and more."""


async def save(control: Control, request: web.Request) -> web.Response:
    """The document of a folder. Raises ApiError."""
    return _document(await asyncio.to_thread(control.save_folder, request.match_info["id"]))


async def load(control: Control, request: web.Request) -> web.Response:
    """The folder of a document. Raises ApiError."""
    document = bytearray()
    async for chunk in request.content.iter_any():  # request.read() would stop at 1 MiB
        document += chunk
        if len(document) > LONGEST:
            raise InvalidArgument(f"a saved folder has at most {LONGEST} bytes")
    return _document(msgspec.json.encode(await asyncio.to_thread(control.load_folder, bytes(document))))


def _document(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", charset="utf-8")
