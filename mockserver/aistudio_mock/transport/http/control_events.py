"""What changes in a folder, by the control API: server-sent events, as long as somebody reads them.

A stream holds nothing between two looks but where it is: a reader who does not read makes its own stream
wait, and nobody else. Who is gone without a word is noticed when something is written, a beat later at most.
"""

import asyncio
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import web

from aistudio_mock.backend.control import Control
from aistudio_mock.backend.watching import Event, Watch
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.transport.http.control_journal import number

STREAM = "text/event-stream"

EVENTS = (
    "Server-sent events; `data` is JSON. First `watching` (Watching), `clock` (ClockShown), `faults` "
    "(Standings) and `state`, as they are now. Then, as often as it changes: `clock`, as it goes from "
    "then on; `faults`; `state`, empty: records were written, so ask for the state again; `call` "
    "(JournalLine), with its number as `id`. `watching` comes again when the folder was emptied, and "
    "numbers begin anew. `gone` is the last event, when the folder was deleted; where the stream ends "
    "without it, the server has stopped. Changes that come faster than they are read are told as one; "
    "calls never are, as long as the journal remembers them."
)

_BEAT_SECONDS = 15
"""How long a stream is silent at most."""

_BEAT = b": still watching\n\n"


class _Bell:
    """Rung by any thread, heard by one stream."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._is_rung = False
        self.closing = False

    def ring(self) -> None:
        # Waking the loop costs a system call: once is enough.
        if not self._is_rung:
            self._is_rung = True
            with suppress(RuntimeError):  # the loop is closed: nobody is left to hear
                self._loop.call_soon_threadsafe(self._rung.set)

    async def heard(self) -> bool:
        """Waits until it rings. False when it was silent for a beat."""
        try:
            async with asyncio.timeout(_BEAT_SECONDS):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        self._is_rung = False  # from here on, a ring is for the next look
        return True


_OPEN: Final = web.AppKey("open", set[_Bell])


def prepare(app: web.Application) -> None:
    """Has the application's streams end when it does."""
    app[_OPEN] = set()
    app.on_shutdown.append(_end_all)


async def answer(control: Control, request: web.Request) -> web.StreamResponse:
    """The stream of a folder. Raises NotFound and InvalidArgument."""
    watch, bell, streams = (
        control.watch(request.match_info["id"], _after(request)),
        _Bell(),
        request.app[_OPEN],
    )
    response = web.StreamResponse(headers={"Content-Type": STREAM, "Cache-Control": "no-store"})
    streams.add(bell)
    try:
        with watch.hears(bell.ring), suppress(ConnectionError):  # the reader is gone
            await response.prepare(request)
            await _stream(response, watch, bell)
    finally:
        streams.discard(bell)
    return response


async def _end_all(app: web.Application) -> None:
    for bell in app[_OPEN]:
        bell.closing = True
        bell.ring()


async def _stream(response: web.StreamResponse, watch: Watch, bell: _Bell) -> None:
    while not bell.closing:
        while news := await asyncio.to_thread(watch.news):
            await response.write(b"".join(map(_written, news)))
        if watch.over:
            break
        while not await bell.heard():
            await response.write(_BEAT)
    await response.write_eof()


def _after(request: web.Request) -> int | None:
    if unknown := set(request.query) - {"after"}:
        raise InvalidArgument(f"the events have no parameter {min(unknown)!r}; they have after")
    # What an EventSource sends that was cut off.
    last = request.headers.get("Last-Event-ID", "")
    after = request.query.get("after", last)
    return number("after", after) if after else None


def _written(event: Event) -> bytes:
    head = f"event: {event.name}\n" + (f"id: {event.number}\n" if event.number is not None else "")
    return head.encode() + b"data: " + msgspec.json.encode(event.data) + b"\n\n"
