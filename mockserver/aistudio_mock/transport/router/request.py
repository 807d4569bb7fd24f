"""The head of a request to a proxy, read and rewritten: bytes in, values out."""

import re
from base64 import b64encode
from urllib.parse import urlsplit

from msgspec import Struct

from aistudio_mock.transport.router.hosts import canonical

_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]")
_AUTHORITY = re.compile(r"[^/?#]*")
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"upgrade"}
)
GRPC_USER = "grpc"
"""Who a gRPC library says it is, told so by the URL in `grpc_proxy`, which nobody else reads."""
_GRPC_MARK = "Basic " + b64encode(GRPC_USER.encode()).decode()
_PORTS = {"http": 80, "https": 443}


class BadRequest(ValueError):
    """This is not a request that a proxy can serve. The message is one line for its sender."""


class ProxyRequest(Struct, frozen=True):
    """What a client asks of a proxy. `host` is canonical.

    `is_tunnel`: CONNECT; bytes follow as soon as the tunnel stands. Otherwise `head` is the request as its
    server wants it, one request for one connection, and `is_tls` says how that server is spoken to.
    `is_grpc`: a gRPC library asks, known by the name that `grpc_proxy` makes it give.
    """

    host: str
    port: int
    is_tunnel: bool
    is_tls: bool
    is_grpc: bool
    head: bytes


def parse(head: bytes) -> ProxyRequest:
    """Reads a head up to and with its empty line.

    Raises:
        BadRequest: no HTTP/1, or neither CONNECT nor a request that says for which host it is.
    """
    line, *fields = head.rstrip(b"\r\n").split(b"\r\n")
    matched = _LINE.fullmatch(line)
    if matched is None:
        raise BadRequest("not an HTTP/1.1 request")
    method, target = matched[1], matched[2].decode("latin-1")
    if method == b"CONNECT":
        host, port = _authority(f"//{target}", default=443)
        return ProxyRequest(
            host,
            port,
            is_tunnel=True,
            is_tls=False,
            is_grpc=_field(fields, b"proxy-authorization") == _GRPC_MARK,
            head=head,
        )
    if "://" not in target and not target.startswith("/"):
        raise BadRequest("not an HTTP/1.1 request: its target is neither a URL nor a path")
    url = target if "://" in target else f"http://{_field(fields, b'host')}{target}"
    scheme = url.partition("://")[0].lower()
    if scheme not in _PORTS:
        raise BadRequest(f"no way to a {scheme} URL")
    host, port = _authority(url, default=_PORTS[scheme])
    path = _AUTHORITY.sub("", url.partition("://")[2], count=1)
    path = path if path.startswith("/") else f"/{path}"
    new = b" ".join((method, path.encode("latin-1"), b"HTTP/1.1"))
    return ProxyRequest(
        host, port, is_tunnel=False, is_tls=scheme == "https", is_grpc=False, head=_rewritten(new, fields)
    )


def _authority(url: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = canonical(parts.hostname or ""), parts.port
    except ValueError as error:
        raise BadRequest(f"no host and port: {error}") from None
    if not host:
        raise BadRequest("this is a proxy: say which host the request is for")
    return host, default if port is None else port


def _rewritten(line: bytes, fields: list[bytes]) -> bytes:
    """The head with what was meant for the proxy taken out; one request and no more on this connection."""
    kept = (field for field in fields if field.partition(b":")[0].strip().lower() not in _HOP_BY_HOP)
    return b"\r\n".join((line, *kept, b"Connection: close", b"", b""))


def _field(fields: list[bytes], name: bytes) -> str:
    for field in fields:
        key, _, value = field.partition(b":")
        if key.strip().lower() == name:
            return value.strip().decode("latin-1")
    return ""
