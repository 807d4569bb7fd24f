"""What every broken client says of itself."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.protocol import Refused

_Told = TypeVar("_Told")
_Class = TypeVar("_Class", bound=type[RawStubs])

MUTANTS: dict[str, tuple[type[RawStubs], frozenset[str]]] = {}
"""By name: the client, and exactly the checks that it turns red."""


def turns_red(*checks: str) -> Callable[[_Class], _Class]:
    """Declares a mutant. Its docstring is its defect, its name the class's."""

    def declare(client: _Class) -> _Class:
        MUTANTS[client.__name__] = (client, frozenset(checks))
        return client

    return declare


def where_refused(call: Callable[[], _Told], words: str, instead: Callable[[Refused], Any]) -> _Told:
    """What the call gives; where it is refused with that code or in these words, something else.

    A Refused that comes instead is raised.
    """
    try:
        return call()
    except Refused as failure:
        if words != failure.failure.code and words not in str(failure):
            raise
        other = instead(failure)
        if isinstance(other, Refused):
            raise other from failure
        return cast("_Told", other)
