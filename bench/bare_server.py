"""The floor: a grpcio server whose one handler gives bytes for bytes. Run as a child: `bare_server FLAVOUR`.

`/bench/plain` answers at once, `/bench/hold` when the server ends, `/bench/held` how many wait there;
`/bench/told` answers at once as well, with what the platform says of every call. Prints
`{"grpc": "127.0.0.1:PORT"}`. Imports nothing that grpcio does not import itself: its start is the reference.
`bare_server FLAVOUR MODULE…` imports those first.
"""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import grpc

REPLY = bytes(300)
"""As long as an Operation with its response."""

_OPTIONS = (("grpc.so_reuseport", 0),)
_THREADS = {"sync4": 4, "sync512": 512, "aio-executor": 512}


class Handlers(grpc.GenericRpcHandler):
    def __init__(self, behaviours: dict[str, Any]) -> None:
        self._by_path = {
            f"/bench/{name}": grpc.unary_unary_rpc_method_handler(behaviour)
            for name, behaviour in behaviours.items()
        }

    def service(self, handler_call_details: Any) -> Any:
        return self._by_path.get(handler_call_details.method)


class Blocking:
    """Plain functions; a held call holds its thread."""

    def __init__(self) -> None:
        self._held = 0
        self._never = threading.Event()

    def behaviours(self) -> dict[str, Any]:
        return {"plain": self.plain, "told": self.told, "hold": self.hold, "held": self.held}

    def plain(self, _: bytes, __: Any) -> bytes:
        return REPLY

    def told(self, _: bytes, context: Any) -> bytes:
        """Reads who calls, how and for how long, and gives the call ids: nothing but grpcio's own work."""
        context.invocation_metadata()
        context.peer()
        context.time_remaining()
        context.auth_context()
        context.set_trailing_metadata((("x-request-id", "0" * 36), ("x-server-trace-id", "0" * 52)))
        return REPLY

    def hold(self, _: bytes, __: Any) -> bytes:
        self._held += 1
        self._never.wait()
        return REPLY

    def held(self, _: bytes, __: Any) -> bytes:
        return b"%d" % self._held


class Awaiting:
    """Coroutines; a held call holds a task."""

    def __init__(self) -> None:
        self._held = 0

    def behaviours(self) -> dict[str, Any]:
        return {"plain": self.plain, "hold": self.hold, "held": self.held}

    async def plain(self, _: bytes, __: Any) -> bytes:
        return REPLY

    async def hold(self, _: bytes, __: Any) -> bytes:
        self._held += 1
        await asyncio.Event().wait()
        return REPLY

    async def held(self, _: bytes, __: Any) -> bytes:
        return b"%d" % self._held


def sync_server(threads: int) -> tuple[grpc.Server, int]:
    """A synchronous server on a free port; its threads are made when a call finds none idle."""
    server = grpc.server(ThreadPoolExecutor(threads), options=_OPTIONS)
    server.add_generic_rpc_handlers((Handlers(Blocking().behaviours()),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


async def _serve_aio(flavour: str) -> None:
    pool = ThreadPoolExecutor(_THREADS[flavour]) if flavour == "aio-executor" else None
    server = grpc.aio.server(migration_thread_pool=pool, options=_OPTIONS)
    behaviours = Blocking().behaviours() if pool else Awaiting().behaviours()
    server.add_generic_rpc_handlers((Handlers(behaviours),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _say(port)
    await server.wait_for_termination()


def _say(port: int) -> None:
    print(f'{{"grpc": "127.0.0.1:{port}"}}', flush=True)


def main(flavour: str) -> None:
    if flavour.startswith("aio"):
        asyncio.run(_serve_aio(flavour))
        return
    server, port = sync_server(_THREADS[flavour])
    _say(port)
    server.wait_for_termination()


if __name__ == "__main__":
    for module in sys.argv[2:]:
        import_module(module)
    main(sys.argv[1])
