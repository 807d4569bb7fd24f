"""The environment that leads a program to the router."""

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from aistudio_mock.transport.router.hosts import METADATA, YANDEX, canonical, steers
from aistudio_mock.transport.router.pipe import Address
from aistudio_mock.transport.router.request import GRPC_USER

LOCAL = ("localhost", "127.0.0.1", "::1")
PRELOAD = Path(__file__).with_name("node_preload.cjs")
PYTHON_PRELOAD = Path(__file__).with_name("python_preload")


def variables(
    proxy: Address, tls: Address, allowed: Collection[str], own: Mapping[str, str]
) -> dict[str, str]:
    """Variables for a program whose environment is `own` so far: its exceptions and options are kept."""
    url = f"http://{proxy[0]}:{proxy[1]}"
    proxies = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
    exceptions = ",".join(_exceptions(own))
    doors = {
        "hosts": [*YANDEX, *METADATA],
        "allowed": [*map(canonical, allowed)],
        "proxy": proxy[1],
        "tls": tls[1],
    }
    return {
        **dict.fromkeys(proxies, url),
        "grpc_proxy": f"http://{GRPC_USER}@{proxy[0]}:{proxy[1]}",
        "no_proxy": exceptions,
        "NO_PROXY": exceptions,
        "NODE_OPTIONS": f"{own.get('NODE_OPTIONS', '')} --require {_quoted(PRELOAD)}".strip(),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PYTHON_PRELOAD), own.get("PYTHONPATH")))),
        "AISTUDIO_MOCK_ROUTER": json.dumps(doors),
    }


def _exceptions(own: Mapping[str, str]) -> dict[str, None]:
    """Hosts that need no proxy: this machine, and the user's own but for those that must not be reached."""
    given = (own.get("no_proxy") or own.get("NO_PROXY") or "").split(",")
    kept = (entry.strip() for entry in given if entry.strip() and not steers(entry))
    return dict.fromkeys((*LOCAL, *kept))


def _quoted(path: Path) -> str:
    """A path as NODE_OPTIONS wants it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
