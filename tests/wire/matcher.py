"""Does a reply look like a recorded one? Templates are JSON with placeholders; names bind what was seen.

A placeholder is a mapping with one key that begins with `$`, and perhaps `as`, the name to bind the text to:

    {$id: fds, as: dataset}     an id of the platform: prefix and 17 characters of [0-9a-v]
    {$second: ~, as: created}   RFC 3339 in whole seconds
    {$micros: ~, as: started}   RFC 3339 to the microsecond (JSON drops a last group of three zeros)
    {$pattern: '[0-9a-f]{64}'}  any text that matches
    {$same: dataset}            what that name is bound to
    {$http-date: updated}       what that name is bound to, as HTTP headers write dates
    {$join: [a, {$same: b}]}    several of these one after the other
    {$number: ~}                a number with a fraction
    {$numbers: 128}             a list of so many of them
    {$map: {a: b}}              these keys in any order, as in a map field
    {$any: ~}                   anything at all
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import count
from typing import Any

Names = dict[str, str]

_DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def moment(text: str) -> datetime:
    """The date that RFC 3339 or HTTP text stands for."""
    return datetime.fromisoformat(text) if text[0].isdigit() else parsedate_to_datetime(text)


def mismatches(template: Any, actual: Any, names: Names, where: str = "reply") -> Iterator[str]:
    """What in `actual` is not as `template` says, a line each. Binds names on the way, in template order."""
    if _is_placeholder(template):
        yield from _placeholder(template, actual, names, where)
    elif isinstance(template, Mapping) and isinstance(actual, Mapping):
        if list(template) != list(actual):
            yield f"{where}: keys {list(actual)}, not {list(template)}"
        for key in template:
            if key in actual:
                yield from mismatches(template[key], actual[key], names, f"{where}.{key}")
    elif isinstance(template, list) and isinstance(actual, list):
        if len(template) != len(actual):
            yield f"{where}: {len(actual)} items, not {len(template)}"
        for index, (expected, item) in enumerate(zip(template, actual, strict=False)):
            yield from mismatches(expected, item, names, f"{where}[{index}]")
    elif type(template) is not type(actual) or template != actual:
        yield f"{where}: {actual!r}, not {template!r}"


def filled(template: Any, names: Names) -> Any:
    """A request: the template with `$same` and `$join` replaced by what the names are bound to."""
    if _is_placeholder(template):
        kind, content = next(iter(template.items()))
        return names[content] if kind == "$same" else "".join(filled(part, names) for part in content)
    if isinstance(template, Mapping):
        return {key: filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names) for value in template]
    return template


def _is_placeholder(template: Any) -> bool:
    return isinstance(template, Mapping) and str(next(iter(template), "")).startswith("$")


def _placeholder(template: Any, actual: Any, names: Names, where: str) -> Iterator[str]:
    if "$any" in template:
        return
    if "$map" in template:
        entries = dict(sorted(template["$map"].items()))
        in_order = dict(sorted(actual.items())) if isinstance(actual, Mapping) else actual
        yield from mismatches(entries, in_order, names, where)
        return
    if "$numbers" in template:
        yield from mismatches([{"$number": None}] * template["$numbers"], actual, names, where)
        return
    if "$number" in template:
        if not isinstance(actual, float):
            yield f"{where}: {actual!r} is no number with a fraction"
        return
    groups: dict[str, str] = {}
    pattern = _pattern(template, names, groups, count())
    found = re.fullmatch(pattern, actual) if isinstance(actual, str) else None
    if found is None:
        yield f"{where}: {actual!r} does not match {pattern}"
    else:
        names.update({name: found[group] for group, name in groups.items()})


def _pattern(part: Any, names: Names, groups: dict[str, str], number: Iterator[int]) -> str:
    """A regular expression; `groups` gets the name that each of its groups is to be bound to."""
    if not _is_placeholder(part):
        return re.escape(str(part))
    kind, content = next(iter(part.items()))
    if kind == "$join":
        pattern = "".join(_pattern(inner, names, groups, number) for inner in content)
    else:
        pattern = _KINDS[kind](content, names)
    if "as" not in part:
        return f"(?:{pattern})"
    group = f"g{next(number)}"
    groups[group] = part["as"]
    return f"(?P<{group}>{pattern})"


def _http_date(text: str) -> str:
    return format_datetime(moment(text).astimezone(UTC), usegmt=True)


_KINDS: Mapping[str, Callable[[Any, Names], str]] = {
    "$id": lambda prefix, _: f"{prefix}[0-9a-v]{{17}}",
    "$second": lambda *_: f"{_DATE}Z",
    "$micros": lambda *_: rf"{_DATE}\.\d{{3}}(?:\d{{3}})?Z",
    "$pattern": lambda pattern, _: pattern,
    "$same": lambda name, names: re.escape(names[name]),
    "$http-date": lambda name, names: re.escape(_http_date(names[name])),
}
