"""The metadata service of a virtual machine, as far as programs ask for a token (service-behaviour a.3)."""

from collections.abc import Callable

from aiohttp import web

from aistudio_mock.backend.heard import RestCall
from aistudio_mock.backend.identity import TOKEN_LIFETIME, Identity
from aistudio_mock.domain.instant import SECOND
from aistudio_mock.transport.http.rest import hear

TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105 - a path
_FLAVOR = {"Metadata-Flavor": "Google"}


def routes(identity: Identity) -> Callable[[web.Application], None]:
    """Adds it to an application: the machine's service account is of the default folder."""

    async def token(request: web.Request) -> web.Response:
        if request.headers.get("Metadata-Flavor") != "Google":
            return _said(403, "Missing header Metadata-Flavor: Google\n")
        folder = identity.nobody
        heard = hear(request, "Metadata/Token", RestCall)
        heard.before = folder.clock.reading
        issued = identity.issue(folder).token
        folder.journal.note(heard, "OK")
        lasts = TOKEN_LIFETIME // SECOND
        document = {"access_token": issued, "expires_in": lasts, "token_type": "Bearer"}
        return web.json_response(document, headers=_FLAVOR)

    async def other(request: web.Request) -> web.Response:
        return _said(404, f"no {request.method} {request.path}; there is GET {TOKEN_PATH}\n")

    def add(app: web.Application) -> None:
        app.router.add_route("GET", TOKEN_PATH, token)
        app.router.add_route("*", "/computeMetadata/{rest:.*}", other)

    return add


def _said(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, headers=_FLAVOR)
