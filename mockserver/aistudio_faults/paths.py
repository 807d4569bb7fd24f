"""Paths into a message.

`dataset.status` · `datasets[0].name` · `datasets[*].status` (as `datasets.status`) · `datasets[-1]` ·
`endpoints[id=operation].address` · `endpoints[+]` (one more) · `labels[a.b]` (a key of a map) ·
`metadata.status` (inside whatever an Any holds) · `metadata.@type` (the type that an Any says it holds).
"""

import re
from functools import lru_cache

from msgspec import Struct

_STEP = re.compile(r"(?P<name>@type|[A-Za-z_][A-Za-z0-9_]*)(?:\[(?P<selector>[^\[\]]*)\])?(?P<more>\.|$)")


class PathError(ValueError):
    """The text is no path. The message is one line with an example."""


class Step(Struct, frozen=True):
    """One field on the way, and which of its elements: all of them where nothing says."""

    name: str
    selector: str = "*"


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises PathError."""
    found: list[Step] = []
    position, more = 0, "."
    while more:
        step = _STEP.match(path, position)
        if step is None:
            raise PathError(f"{path!r} is no path to a field; write one such as datasets[0].status")
        found.append(Step(step["name"], step["selector"] if step["selector"] is not None else "*"))
        position, more = step.end(), step["more"]
    return tuple(found)
