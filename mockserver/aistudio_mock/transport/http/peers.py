"""Who sent an HTTP request, and by which way it came."""

from aiohttp import web

from aistudio_mock.backend.addresses import REAL_ENDPOINTS, Door

_REAL_HOSTS = frozenset(address.partition(":")[0] for address in REAL_ENDPOINTS.values())


def peer_of(request: web.Request) -> str:
    """host:port of the caller; empty where it has gone."""
    address = request.transport.get_extra_info("peername") if request.transport else None
    if not address:
        return ""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def door_of(request: web.Request) -> Door:
    """By the service's real name a request can only have come through the router."""
    return Door.ROUTER if request.host.partition(":")[0] in _REAL_HOSTS else Door.PLAINTEXT
