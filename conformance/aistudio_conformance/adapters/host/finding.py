"""Finds the client that a command line names, and what it says of itself."""

import importlib
import importlib.util
import inspect
import platform
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import msgspec

from aistudio_conformance.protocol import ASKED, Client, Hello, Place, Verb

_PREFIX = "adapter_"
"""Goes before the name of a file's module, so that `grpc.py` is no other module's namesake."""


class Missing(Exception):
    """There is no such client, or it cannot be imported. The message is one line."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A factory of clients, and its answer to `hello`."""

    connect: Callable[[Place], Any]
    hello: Hello


def find(told: str) -> Adapter:
    """The adapter at `MODULE[:FACTORY]` or `FILE.py[:FACTORY]`. Raises Missing."""
    module_name, colon, name = told.rpartition(":")
    if not colon or not name.isidentifier():
        module_name, name = told, "connect"
    module = _imported(module_name)
    connect = getattr(module, name, None)
    if not callable(connect):
        raise Missing(
            f"{module_name} has no {name}(place) that gives a client; name another one: MODULE:FACTORY"
        )
    return Adapter(connect, _hello(module, name, connect))


def method_of(verb: Verb) -> str:
    """The name of a verb's method: `dataset.get` is `dataset_get`."""
    return verb.replace(".", "_")


def has(kind: type, verb: Verb) -> bool:
    """Whether a class of clients has something for a verb; the Protocol's own stubs are nothing."""
    method = getattr(kind, method_of(verb), None)
    return callable(method) and method is not getattr(Client, method_of(verb))


def _imported(module_name: str) -> ModuleType:
    try:
        if module_name.endswith(".py"):
            return _from_file(Path(module_name))
        return importlib.import_module(module_name)
    except Exception as error:
        # Whatever the module raises, the person who named it has to see.
        traceback.print_exc()
        raise Missing(f"{module_name} cannot be imported: {type(error).__name__}: {error}") from error


def _from_file(path: Path) -> ModuleType:
    """The module in a file, with its neighbours importable, as if it were run."""
    spec = importlib.util.spec_from_file_location(_PREFIX + path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    sys.path.insert(0, str(path.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _hello(module: ModuleType, name: str, connect: Callable[[Place], Any]) -> Hello:
    """What the client says of itself, the rest filled in: by NAME and VERSION, of its class or its module.

    A module that has `hello()` says it all there.
    """
    own = getattr(module, "hello", None)
    told = own() if callable(own) else Hello(name="")
    kind = connect if inspect.isclass(connect) else _returned(connect)
    label = module.__name__.removeprefix(_PREFIX) + ("" if name == "connect" else f":{name}")
    return msgspec.structs.replace(
        told,
        name=told.name or str(_said("NAME", kind, module) or label),
        version=told.version or str(_said("VERSION", kind, module) or ""),
        language=told.language or f"Python {platform.python_version()}",
        verbs=told.verbs or _verbs(kind),
    )


def _said(name: str, *places: Any) -> Any:
    return next((getattr(place, name) for place in places if hasattr(place, name)), None)


def _verbs(kind: Any) -> list[Verb]:
    """The verbs of a class of clients; of one that is not known, all: what it has not is unsupported."""
    return [verb for verb in ASKED if kind in (None, Client) or has(kind, verb)]


def _returned(connect: Callable[[Place], Any]) -> Any:
    """The class that a factory says it gives, None if it does not say."""
    try:
        kind = get_type_hints(connect).get("return")
    except (NameError, TypeError):  # an annotation for type checkers only, or a callable that has none
        return None
    return kind if inspect.isclass(kind) else None
