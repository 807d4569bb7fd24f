"""The control API on the wire: JSON under /_mock/v1/; what it does is `backend.control`'s business.

Requests and replies are JSON objects; a refusal is {"code", "message"} with the canonical code and its HTTP
status. Within v1 fields are only ever added.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from aistudio_mock.backend.control import Control
from aistudio_mock.domain.errors import ApiError, InvalidArgument, NotFound, Unimplemented
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.http import control_events, control_journal, control_saved, page
from aistudio_mock.transport.http.control_guard import Guard
from aistudio_mock.transport.http.control_table import PREFIX, TABLE, VERSION, Asked, Row

_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(
    control: Control, server: Callable[[], Mapping[str, Any]], ca_pem: bytes, guard: Guard
) -> Callable[[web.Application], None]:
    """Adds the control API and its page to an application; `server` says where everything is reached."""

    async def journal(request: web.Request) -> web.StreamResponse:
        return await control_journal.answer(control, request)

    async def events(request: web.Request) -> web.StreamResponse:
        return await control_events.answer(control, request)

    async def describe(_: web.Request) -> web.Response:
        return _said({"version": VERSION, **server()})

    async def document(_: web.Request) -> web.Response:
        from aistudio_mock.transport.http.openapi import document  # noqa: PLC0415 - for those who ask

        return _said(document())

    async def shutdown(request: web.Request) -> web.StreamResponse:
        stop, response = control.shutdown(), _said({})
        await response.prepare(request)
        await response.write_eof()  # whoever asked has the answer before the server goes
        stop()
        return response

    async def certificate(_: web.Request) -> web.Response:
        return web.Response(body=ca_pem, content_type="application/x-pem-file")

    def add(app: web.Application) -> None:
        app.router.add_get("/_mock/ca.pem", certificate)
        app.router.add_get(f"{PREFIX}/server", _guarded(guard, describe))
        app.router.add_get(f"{PREFIX}/openapi.json", _guarded(guard, document))
        app.router.add_post(f"{PREFIX}/shutdown", _guarded(guard, shutdown))
        app.router.add_get(
            f"{PREFIX}/folders/{{id}}/saved",
            _guarded(guard, partial(control_saved.save, control)),
            allow_head=False,
        )
        app.router.add_post(f"{PREFIX}/folders:load", _guarded(guard, partial(control_saved.load, control)))
        for row in TABLE:
            answer = _guarded(guard, _answering(control, row))
            app.router.add_route(row.verb, PREFIX + row.path, answer)
        app.router.add_get(f"{PREFIX}/folders/{{id}}/journal", _guarded(guard, journal), allow_head=False)
        app.router.add_get(f"{PREFIX}/folders/{{id}}/events", _guarded(guard, events), allow_head=False)
        control_events.prepare(app)
        page.routes(guard)(app)
        app.router.add_route("*", f"{PREFIX}{{rest:(/.*)?}}", _guarded(guard, _nothing))

    return add


def _guarded(guard: Guard, answer: _Answer) -> _Answer:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            guard.check(request.headers)
            return await answer(request)
        except ApiError as error:
            return _refused(error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(InvalidArgument("the body is too large for a request of the control API"))
        except web.RequestPayloadError:
            return _refused(InvalidArgument("the body is not encoded as its headers say"))

    return handle


def _answering(control: Control, row: Row) -> _Answer:
    async def answer(request: web.Request) -> web.Response:
        if unknown := set(request.query) - set(row.query):
            known = ", ".join(row.query) or "none"
            raise InvalidArgument(f"{row.name} has no parameter {min(unknown)!r}; it has {known}")
        body = await request.read()
        asked = Asked(
            folder_id=request.match_info.get("id", ""),
            query=dict(request.query),
            body=_read(body, row.takes) if row.takes is not None else None,
        )
        # In a thread: a clock that moves waits for scans.
        return _said(await asyncio.to_thread(row.act, control, asked))

    return answer


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as problem:
        raise InvalidArgument(f"the body is wrong: {problem}{_fields_of(kind, str(problem))}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidArgument(f"the body is not JSON: {problem}") from None


def _fields_of(kind: Any, problem: str) -> str:
    known = getattr(kind, "__struct_fields__", ())
    return f"; it has {', '.join(known)}" if "unknown field" in problem and known else ""


async def _nothing(request: web.Request) -> web.Response:
    from aistudio_mock.transport.http.openapi import rows  # noqa: PLC0415 - for those who are lost

    everything = rows()
    verbs = [row.verb for row in everything if row.fits(request.path.removeprefix(PREFIX))]
    if verbs:
        return _not_so(request, verbs)
    known = ", ".join(f"{row.verb} {PREFIX}{row.path}" for row in everything)
    raise NotFound(f"no {request.method} {request.path}; there is {known}")


def _not_so(request: web.Request, verbs: Sequence[str]) -> web.Response:
    """What is there, but by other verbs."""
    allowed = ", ".join(verbs)
    response = _refused(Unimplemented(f"no {request.method} {request.path}; there is {allowed}"))
    response.set_status(405)
    response.headers["Allow"] = allowed
    return response


def _said(reply: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(reply), content_type="application/json", charset="utf-8")


def _refused(error: ApiError) -> web.Response:
    response = _said({"code": error.code, "message": error.message})
    response.set_status(HTTP_STATUS[error.code])
    return response
