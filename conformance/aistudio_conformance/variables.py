"""What the `${…}` of a case stand for: random per run, so that a right answer can only come from the wire."""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from aistudio_conformance.match import look

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NONCE = 12
"""Letters in a nonce."""


class VariableError(ValueError):
    """A variable stands for nothing. The message is one line and names it."""


def fill(value: Any, variables: Mapping[str, Any]) -> Any:
    """`value` with every `${…}` in it replaced, at any depth.

    A text that is one reference and nothing else becomes what it stands for, with its type. Raises
    VariableError for one that stands for nothing.
    """
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        return (
            _find(whole[1], variables)
            if whole
            else _REFERENCE.sub(lambda one: str(_find(one[1], variables)), value)
        )
    if isinstance(value, Mapping):
        return {name: fill(one, variables) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [fill(one, variables) for one in value]
    return value


def references(value: Any) -> Iterator[str]:
    """The names of all variables in `value`, at any depth."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from references(one)


def nonce(seed: int, case: str, name: str) -> str:
    """The letters that `${nonce.NAME}` stands for in one run of a case."""
    digest = blake2b(f"{seed}/{case}/nonce/{name}".encode(), digest_size=_NONCE).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)


def uuid(seed: int, case: str, name: str) -> str:
    """The text in the form of a UUID that `${uuid.NAME}` stands for in one run of a case."""
    digits = blake2b(f"{seed}/{case}/uuid/{name}".encode(), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _find(name: str, variables: Mapping[str, Any]) -> Any:
    found = look(name, variables)
    if found is None:
        raise VariableError(f"${{{name}}} stands for nothing here; there are {', '.join(sorted(variables))}")
    return found
