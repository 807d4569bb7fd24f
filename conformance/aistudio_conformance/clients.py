"""The clients that a command line may name, as the commands that start their adapters."""

import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files

from aistudio_conformance.releases import ReleaseError, python_with

_PACKAGE = "aistudio_conformance.adapters"
_PYTHON = "python:"

SHIPPED: Mapping[str, str] = {
    "reference": f"{_PACKAGE}.reference",
    "reference-async": f"{_PACKAGE}.reference:connect_async",
    "raw-stubs": f"{_PACKAGE}.raw_stubs",
    "official-sdk": f"{_PACKAGE}.official_sdk",
    "official-sdk-ml": f"{_PACKAGE}.official_sdk:connect_ml",
}
"""Python clients with a name, and where they are."""

RELEASED: Mapping[str, str] = {
    "official-sdk": "yandex-ai-studio-sdk",
    "official-sdk-ml": "yandex-cloud-ml-sdk",
}
"""Clients of which any release can be named, `NAME==VERSION`, and their names in the package index."""

PROGRAMS: Mapping[str, tuple[str, str]] = {
    "shell": ("bash", "shell/adapter.sh"),
    "node": ("node", "node/adapter.mjs"),
}
"""Clients with a name that are no Python: grpcurl and curl, and the Node client."""


class ClientError(ValueError):
    """No client is named, or none of that name. The message is one line and says what would work."""


def command(name: str | None, program: Sequence[str]) -> list[str]:
    """The command of the adapter, by `--client NAME` or `-- COMMAND…`. Raises ClientError."""
    if name is not None and program:
        raise ClientError(f"both --client {name} and a command are given; which is the client?")
    if program:
        return list(program)
    if name is None:
        raise ClientError(f"no client; give --client NAME, {_known()}, or a command after --")
    if "==" in name:
        return _release(*name.split("==", 1))
    if name in PROGRAMS:
        program_name, file = PROGRAMS[name]
        return [program_name, str(files(_PACKAGE) / file)]
    return [sys.executable, "-m", f"{_PACKAGE}.host", _module(name)]


def _release(name: str, version: str) -> list[str]:
    if name not in RELEASED:
        raise ClientError(f"releases are of {', '.join(RELEASED)}, not of {name}")
    try:
        python = python_with(RELEASED[name], version)
    except ReleaseError as problem:
        raise ClientError(str(problem)) from None
    return [str(python), str(files(_PACKAGE) / "elsewhere.py"), _module(name)]


def _module(name: str) -> str:
    if name in SHIPPED:
        return SHIPPED[name]
    if name.startswith(_PYTHON) and name != _PYTHON:
        return name.removeprefix(_PYTHON)
    raise ClientError(f"no client {name}; there are {_known()}, or a command after --")


def _known() -> str:
    return f"{', '.join((*SHIPPED, *PROGRAMS))}, {next(iter(RELEASED))}==VERSION, python:MODULE[:FACTORY]"
