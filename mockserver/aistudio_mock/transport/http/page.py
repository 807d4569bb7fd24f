"""The page of a running mock at /_mock/: a few files as they are, read when somebody asks for them.

They hold nothing of the mock. What the page shows it asks of the control API, which asks for the token.
"""

from collections.abc import Callable
from importlib.resources import files
from types import MappingProxyType

from aiohttp import web

from aistudio_mock.domain.errors import ApiError
from aistudio_mock.transport.http.control_guard import Guard

PATH = "/_mock/"

_TYPES = MappingProxyType({"html": "text/html", "css": "text/css", "js": "text/javascript"})
_FILES = ("index.html", "page.css", "page.js", "api.js", "dom.js", "clock.js", "stories.js", "journal.js")

_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
)
"""No other host is asked for anything, no other site may frame it, and no text becomes a script."""


def routes(guard: Guard) -> Callable[[web.Application], None]:
    """Adds the page to an application."""

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info.get("name") or "index.html"
        try:
            guard.check_place(request.headers)
        except ApiError as refusal:
            return web.Response(status=403, text=refusal.message)
        body = files("aistudio_mock").joinpath("page", name).read_bytes()
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    async def lead(_: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect(PATH)

    def add(app: web.Application) -> None:
        app.router.add_get(PATH.rstrip("/"), lead)
        app.router.add_get(PATH, answer)
        app.router.add_get(f"{PATH}{{name:{'|'.join(_FILES)}}}", answer)

    return add
