"""Leads Python's look-ups of the real cloud's names to the router: aiohttp reads no proxy variables.

Also has `certifi` name the CAs that the environment names: boto3 and many a program trust no others.

Python imports the first `sitecustomize` on its path when it starts. This one runs the user's own after
itself.
"""

import importlib
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

_PLAIN_HTTP = frozenset({80, "80", "http"})


def install(router: Mapping[str, Any]) -> None:
    """From here on `socket.getaddrinfo`, which asyncio uses too, says that a routed host is the router."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_routed(host, router):
            return look_up(host, port, *args, **kwargs)
        # IPv4 is where the router listens, whichever family was asked for.
        kwargs.pop("family", None)
        door = router["proxy"] if port in _PLAIN_HTTP else router["tls"]
        return look_up("127.0.0.1", door, socket.AF_INET, *args[1:], **kwargs)

    socket.getaddrinfo = getaddrinfo


class Certifi:
    """Finds `certifi` when it is first imported: its bundle is that of the environment."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - a finder's
        """What Python calls for each module that it imports; this finder is for one only."""
        if name != "certifi":
            return None
        from importlib.machinery import PathFinder  # noqa: PLC0415 - where it is wanted

        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _renamed(run, module)  # type: ignore[method-assign]
        return spec


def _renamed(run: Callable[[Any], None], module: Any) -> None:
    run(module)
    own = module.where

    def where() -> str:
        return os.environ.get("SSL_CERT_FILE") or own()

    module.where = module.core.where = where


def _is_routed(host: Any, router: Mapping[str, Any]) -> bool:
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    if not isinstance(name, str):
        return False
    name = name.lower().rstrip(".")
    if name in router["allowed"]:
        return False
    return any(name == domain or name.endswith(f".{domain}") for domain in router["hosts"])


def _run_the_users_own() -> None:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is slow to import
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]  # noqa: PTH100
    ours = sys.modules.pop(__name__)
    try:
        importlib.import_module(__name__)
    except ImportError:
        sys.modules[__name__] = ours  # there is none: the import that runs this file wants to find one


if __name__ == "sitecustomize":
    _router = json.loads(os.environ.get("AISTUDIO_MOCK_ROUTER", "null"))
    if _router is not None:
        install(_router)
        sys.meta_path.insert(0, Certifi())
    _run_the_users_own()
