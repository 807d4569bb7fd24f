"""The way to hosts that pass: directly, or through the proxy that the user has anyway."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from aistudio_mock.transport.router.pipe import CHUNK, End
from aistudio_mock.transport.router.request import ProxyRequest

_HEAD_END = b"\r\n\r\n"


async def open_outward(request: ProxyRequest) -> End:
    """A connection that leads to the request's host; what is no tunnel is asked for already.

    Raises:
        OSError: the host, or the user's proxy, cannot be reached or refuses.
    """
    proxy = _proxy(request)
    if proxy is None:
        context = ssl.create_default_context() if request.is_tls else None
        end = await asyncio.open_connection(request.host, request.port, ssl=context, limit=CHUNK)
        _ask(request, end[1])
        return end
    end = await asyncio.open_connection(proxy.hostname, proxy.port or 80, limit=CHUNK)
    if request.is_tunnel or request.is_tls:
        await _tunnel(request, proxy, *end)
        _ask(request, end[1])
    else:
        absolute = f" http://{_authority(request)}/".encode()
        end[1].write(_authorized(request.head.replace(b" /", absolute, 1), proxy))
    return end


def _proxy(request: ProxyRequest) -> SplitResult | None:
    """The user's own proxy for this host, by the variables this process was started with."""
    scheme = "https" if request.is_tunnel or request.is_tls else "http"
    url = getproxies_environment().get(scheme)
    if not url or _is_local(request.host) or proxy_bypass(request.host):
        return None
    proxy = urlsplit(url if "://" in url else f"http://{url}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise OSError(
            f"{scheme}_proxy={proxy.scheme}://{proxy.hostname}: only http:// proxies can be chained"
        )
    return proxy


async def _tunnel(
    request: ProxyRequest, proxy: SplitResult, reader: StreamReader, writer: StreamWriter
) -> None:
    authority = _authority(request)
    writer.write(
        _authorized(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}{_HEAD_END.decode()}".encode(), proxy)
    )
    try:
        line = (await reader.readuntil(_HEAD_END)).split(b"\r\n")[0].decode("latin-1")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        writer.close()
        raise OSError(f"the proxy {proxy.hostname} does not answer CONNECT") from error
    if line.split()[1:2] != ["200"]:
        writer.close()
        raise OSError(f"the proxy {proxy.hostname} answers: {line}")
    if request.is_tls:
        await writer.start_tls(ssl.create_default_context(), server_hostname=request.host)


def _ask(request: ProxyRequest, writer: StreamWriter) -> None:
    if not request.is_tunnel:
        writer.write(request.head)


def _authority(request: ProxyRequest) -> str:
    return f"[{request.host}]:{request.port}" if ":" in request.host else f"{request.host}:{request.port}"


def _authorized(head: bytes, proxy: SplitResult) -> bytes:
    if proxy.username is None:
        return head
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    field = b"\r\nProxy-Authorization: Basic " + b64encode(pair)
    return head.removesuffix(_HEAD_END) + field + _HEAD_END


def _is_local(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")
