"""The journal by the control API: one JSON object, or JSON Lines as the calls are read."""

import asyncio
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiohttp import web

from aistudio_mock.backend.control import Control
from aistudio_mock.backend.journal_entries import line
from aistudio_mock.domain.errors import InvalidArgument

LINES = "application/x-ndjson"

_FORMATS = ("json", "jsonl")
_PARAMETERS = frozenset({"format", "after"})
_NUMBER = re.compile(r"[0-9]{1,18}")
_AT_ONCE = 100
"""How many lines are made in one go, away from the event loop."""


def number(name: str, text: str) -> int:
    """The number of a call. Raises InvalidArgument."""
    if not _NUMBER.fullmatch(text):
        raise InvalidArgument(f"{name}={text}: use the number of the last entry that you have, or 0")
    return int(text)


async def answer(control: Control, request: web.Request) -> web.StreamResponse:
    """The answer to a GET of a folder's journal. Raises NotFound and InvalidArgument."""
    folder_id, after = request.match_info["id"], number("after", request.query.get("after", "0"))
    if _wants_lines(request):
        return await _streamed(request, await asyncio.to_thread(control.journal_lines, folder_id, after))
    return web.Response(
        body=await asyncio.to_thread(lambda: line(control.journal(folder_id, after))),
        content_type="application/json",
        charset="utf-8",
    )


def _wants_lines(request: web.Request) -> bool:
    if unknown := set(request.query) - _PARAMETERS:
        raise InvalidArgument(f"the journal has no parameter {min(unknown)!r}; it has format and after")
    by_header = "jsonl" if LINES in request.headers.get("Accept", "") else "json"
    wanted = request.query.get("format", by_header)
    if wanted not in _FORMATS:
        raise InvalidArgument(f"format={wanted}: use {' or '.join(_FORMATS)}")
    return wanted == "jsonl"


async def _streamed(request: web.Request, lines: Iterator[Any]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": LINES})
    await response.prepare(request)
    while chunk := await asyncio.to_thread(_some, lines):
        await response.write(chunk)
    await response.write_eof()
    return response


def _some(lines: Iterator[Any]) -> bytes:
    return b"".join(map(line, islice(lines, _AT_ONCE)))
