"""What every broken client says of itself."""

from collections.abc import Callable
from typing import TypeVar

from aistudio_conformance.adapters.raw_stubs import RawStubs

_Class = TypeVar("_Class", bound=type[RawStubs])

MUTANTS: dict[str, tuple[type[RawStubs], frozenset[str]]] = {}
"""By name: the client, and exactly the checks that it turns red."""


def turns_red(*checks: str) -> Callable[[_Class], _Class]:
    """Declares a mutant. Its docstring is its defect, its name the class's."""

    def declare(client: _Class) -> _Class:
        MUTANTS[client.__name__] = (client, frozenset(checks))
        return client

    return declare
