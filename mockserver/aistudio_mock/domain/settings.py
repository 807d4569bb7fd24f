"""Which behaviours are in force: the edition's, with single ones set by hand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aistudio_mock.domain.behaviours import EDITIONS, VALUES, Behaviours


def choose(edition: str, settings: Mapping[str, str]) -> Behaviours:
    """The behaviours of `edition`, with each `ID=VALUE` of `settings` on top.

    Raises:
        ValueError: an edition, id or value that does not exist; the message lists those that do.
    """
    if edition not in EDITIONS:
        raise ValueError(f"edition: no {edition!r}; known: {', '.join(EDITIONS)}")
    chosen: dict[str, Any] = dict(EDITIONS[edition])
    for behaviour, value in settings.items():
        name = behaviour.replace("-", "_")
        if name not in VALUES:
            known = ", ".join(sorted(VALUES)).replace("_", "-")
            raise ValueError(f"set: no settable behaviour {behaviour!r}; known: {known}")
        if value not in VALUES[name]:
            raise ValueError(f"set: {behaviour} cannot be {value!r}; it can be {' or '.join(VALUES[name])}")
        chosen[name] = value
    return replace(Behaviours(), **chosen)
