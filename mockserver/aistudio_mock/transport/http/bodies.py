"""What the journal says of a request's body: how much of it came, and the hash of one that was stored."""

from typing import Any, Final

from aiohttp import web

from aistudio_mock.backend.heard import Body

_STORING: Final = frozenset({"PUT"})
"""The Etag of what these have stored is the MD5 of their body."""


def request_key(name: str) -> Any:
    """What a request keeps something of ours under; a plain name where aiohttp is too old for better ones."""
    return web.RequestKey(name, object) if hasattr(web, "RequestKey") else f"aistudio_mock.{name}"


def body_of(request: web.Request, response: web.StreamResponse) -> Body:
    """The body of a request, as far as it has come by now; `response` is about to be sent."""
    content = request.content
    return Body(
        bytes=content.total_bytes,
        announced=request.content_length,
        chunked="chunked" in request.headers.get("Transfer-Encoding", "").lower(),
        complete=content.is_eof(),
        md5=response.headers.get("Etag", "").strip('"') if request.method in _STORING else "",
    )
