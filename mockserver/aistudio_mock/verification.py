"""What a test expects of calls, why a call is not what it expects, and the story told when none is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aistudio_faults.paths import Step, steps

if TYPE_CHECKING:
    from aistudio_mock.journal_handle import JournalEntry

Expected = str | bool | float | None | Mapping[str, Any] | Sequence[Any] | Callable[[Any], bool]
"""Text is a glob, None is for what is unset, an object for the fields it names; a function decides itself."""

_SHOWN = 30
"""How many calls of a conversation are told."""


class Wanted(Struct, frozen=True):
    """The calls that are meant; what is None does not matter. `request` has values by path."""

    method: str = "*"
    status: str | None = None
    key: str | None = None
    request: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        """As a sentence has it."""
        told = [self.method]
        if self.key is not None:
            told.append(f"of {self.key}")
        if self.status is not None:
            told.append(f"with status {self.status}")
        if self.request:
            told.append(f"with request {_shown(self.request)}")
        return " ".join(told)


def fits(entry: "JournalEntry", wanted: Wanted) -> bool:
    """Whether the call is one of those that are meant."""
    return next(misses(entry, wanted), None) is None


def misses(entry: "JournalEntry", wanted: Wanted) -> Iterator[str]:
    """In what the call differs from those that are meant; nothing where it is one of them."""
    for name in ("method", "status", "key"):
        expected, found = getattr(wanted, name), getattr(entry, name)
        if expected is not None and not fnmatchcase(found, expected):
            yield f"{name} is {found}, not {expected}"
    for path, expected in (wanted.request or {}).items():
        found = values(entry.request, path)
        if not _is(found, expected):
            yield f"request.{path} is {_told(found)}, not {_shown(expected)}"


def values(document: Any, path: str) -> list[Any]:
    """What stands at a path of a message as JSON."""
    found = [document]
    for step in steps(path):
        found = [inner for one in found for inner in _step(one, step)]
    return found


def story(folder_id: str, entries: Sequence["JournalEntry"], wanted: Wanted, expected: str) -> str:
    """What was expected, the conversation, and, when no call was meant, the nearest one and why it is not."""
    found = [entry for entry in entries if fits(entry, wanted)]
    told = [f"expected {wanted} {expected}, was {_times(len(found))}; folder {folder_id} saw"]
    told[0] += f" {_times(len(entries), 'call')}:" if entries else " no call at all"
    if len(entries) > _SHOWN:
        told.append(f"  … {len(entries) - _SHOWN} earlier ones")
    told += [f"{'>' if entry in found else ' '} {entry}" for entry in entries[-_SHOWN:]]
    if entries and not found:
        near = nearest(entries, wanted)
        told.append(f"nearest: {near}")
        told += [f"  {miss}" for miss in misses(near, wanted)]
    return "\n".join(told)


def nearest(entries: Sequence["JournalEntry"], wanted: Wanted) -> "JournalEntry":
    """The call that differs least; of several, the last."""

    def distance(entry: "JournalEntry") -> tuple[float, int, int]:
        alike = fnmatchcase(entry.method, wanted.method)
        ratio = 1.0 if alike else SequenceMatcher(None, entry.method, wanted.method).ratio()
        return (1 - ratio, sum(1 for _ in misses(entry, wanted)), -entry.number)

    return min(entries, key=distance)


def how_often(times: int | None) -> str:
    """`at least once`, `2 times`."""
    return "at least once" if times is None else _times(times)


def _times(number: int, what: str = "time") -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _step(value: Any, step: Step) -> list[Any]:
    if not isinstance(value, Mapping) or step.name not in value:
        return []
    found = value[step.name]
    if step.selector == "*":
        return list(found) if isinstance(found, list | tuple) else [found]
    if isinstance(found, Mapping):
        return [found[step.selector]] if step.selector in found else []
    name, equals, wanted = step.selector.partition("=")
    if equals:
        return [one for one in found if wanted in map(str, values(one, name))]
    if not step.selector.lstrip("-").isdecimal():
        return []
    index = int(step.selector)
    return [found[index]] if -len(found) <= index < len(found) else []


def _is(found: list[Any], expected: Any) -> bool:
    if expected is None:
        return not any(found)
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(_fits(*pair) for pair in zip(found, expected, strict=True))
    return any(_fits(one, expected) for one in found)


def _fits(found: Any, expected: Any) -> bool:
    if callable(expected):
        return bool(expected(found))
    if isinstance(expected, Mapping):
        return all(_is(values(found, path), inner) for path, inner in expected.items())
    if isinstance(expected, str):
        return fnmatchcase(str(found), expected)
    if isinstance(expected, bool) or isinstance(found, bool):
        return found is expected
    try:
        return float(found) == float(expected)  # 64-bit integers are text in JSON
    except (TypeError, ValueError):
        return bool(found == expected)


def _told(found: list[Any]) -> str:
    if not found:
        return "unset"
    return _shown(found[0]) if len(found) == 1 else _shown(found)


def _shown(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)
