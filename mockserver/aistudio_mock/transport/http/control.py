"""The control API on the wire: JSON under /_mock/v1/; what it does is `backend.control`'s business.

Requests and replies are JSON objects; a refusal is {"code", "message"} with the canonical code and its HTTP
status. Within v1 fields are only ever added.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from aiohttp import web

from aistudio_mock.backend.control import Control
from aistudio_mock.domain.errors import ApiError, InvalidArgument, NotFound
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.http import control_journal

PREFIX = "/_mock/v1"
VERSION = 1

_JOURNAL = "/folders/{id}/journal"
_Fields = Mapping[str, Any]
_Act = Callable[[Control, str, _Fields], Mapping[str, Any]]


def _advance(control: Control, folder_id: str, fields: _Fields) -> Mapping[str, Any]:
    if set(fields) != {"seconds"}:
        raise InvalidArgument('advance takes one field: {"seconds": 3600}')
    return control.advance_clock(folder_id, fields["seconds"])


_ROUTES: Mapping[tuple[str, str], _Act] = {
    ("GET", "/folders"): lambda control, _id, _: control.list_folders(),
    ("POST", "/folders"): lambda control, _id, fields: control.create_folder(fields),
    ("GET", "/folders/{id}"): lambda control, id_, _: control.folder(id_),
    ("DELETE", "/folders/{id}"): lambda control, id_, _: control.delete_folder(id_),
    ("POST", "/folders/{id}/reset"): lambda control, id_, _: control.reset_folder(id_),
    ("POST", "/folders/{id}/token"): lambda control, id_, _: control.issue_token(id_),
    ("GET", "/folders/{id}/clock"): lambda control, id_, _: control.clock(id_),
    ("POST", "/folders/{id}/clock/advance"): _advance,
    ("GET", "/folders/{id}/faults"): lambda control, id_, _: control.list_faults(id_),
    ("POST", "/folders/{id}/faults"): lambda control, id_, fields: control.add_fault(id_, fields),
    ("DELETE", "/folders/{id}/faults"): lambda control, id_, _: control.clear_faults(id_),
    ("GET", "/folders/{id}/plan"): lambda control, id_, _: control.list_plans(id_),
    ("POST", "/folders/{id}/plan"): lambda control, id_, fields: control.add_plan(id_, fields),
    ("DELETE", "/folders/{id}/plan"): lambda control, id_, _: control.clear_plans(id_),
}


def routes(
    control: Control, server: Callable[[], _Fields], ca_pem: bytes
) -> Callable[[web.Application], None]:
    """Adds the control API to an application; `server` says where everything is reached."""

    async def journal(request: web.Request) -> web.StreamResponse:
        try:
            return await control_journal.answer(control, request)
        except ApiError as error:
            return _refused(error)

    async def describe(_: web.Request) -> web.Response:
        return web.json_response({"version": VERSION, **server()})

    async def certificate(_: web.Request) -> web.Response:
        return web.Response(body=ca_pem, content_type="application/x-pem-file")

    def add(app: web.Application) -> None:
        app.router.add_get("/_mock/ca.pem", certificate)
        app.router.add_get(f"{PREFIX}/server", describe)
        for (verb, path), act in _ROUTES.items():
            app.router.add_route(verb, PREFIX + path, _handler(control, act))
        app.router.add_get(PREFIX + _JOURNAL, journal, allow_head=False)
        app.router.add_route("*", f"{PREFIX}{{rest:(/.*)?}}", _nothing)

    return add


def _handler(control: Control, act: _Act) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        try:
            fields = _parsed(await request.read())
            # In a thread: a clock that moves waits for scans.
            reply = await asyncio.to_thread(act, control, request.match_info.get("id", ""), fields)
        except ApiError as error:
            return _refused(error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(InvalidArgument("the body is too large for a request of the control API"))
        return web.json_response(reply)

    return handle


async def _nothing(request: web.Request) -> web.Response:
    known = ", ".join(f"{verb} {PREFIX}{path}" for verb, path in (*_ROUTES, ("GET", _JOURNAL)))
    return _refused(NotFound(f"no {request.method} {request.path}; there is GET {PREFIX}/server, {known}"))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise InvalidArgument(f"the body is not JSON: {problem}") from None
    if not isinstance(fields, dict):
        raise InvalidArgument("the body is not a JSON object")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _refused(error: ApiError) -> web.Response:
    return web.json_response({"code": error.code, "message": error.message}, status=HTTP_STATUS[error.code])
