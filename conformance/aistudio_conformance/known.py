"""Checks that are known to fail, with the reason: they run, and must fail as the list says."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

from aistudio_conformance.model import Finding, Outcome, Verdict

_MONITOR = "monitor/"

Place = tuple[str, str]
"""A case, and a check as findings on it name it."""


class KnownError(ValueError):
    """A list can never work as it is written. The message is one line."""


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check that is known to fail.

    `why`, if given, is part of what the finding says. `cases` are all those in which a monitor is red; any
    other check belongs to one case. `versions` are globs of the client's versions that it is said of; all
    without any. `breaks`, which the suite's own lists always have, is the rule of the ledger that is broken.
    """

    check: str
    outcome: Literal["fail", "warn", "not reached"]
    reason: str
    citation: str
    why: str = ""
    breaks: str = ""
    cases: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it is red."""
        return tuple((case, self.check) for case in self.cases or (self.check.partition("/")[0],))


class Compared(Struct, frozen=True):
    """Findings held against a list: those that are as listed, and what is wrong with the list."""

    expected: Mapping[Place, Known] = {}
    problems: tuple[str, ...] = ()


def read(text: bytes, name: str) -> tuple[Known, ...]:
    """A list from YAML. Raises KnownError."""
    try:
        entries = msgspec.yaml.decode(text, type=tuple[Known, ...] | None) or ()
    except msgspec.MsgspecError as problem:
        raise KnownError(f"{name}: {' '.join(str(problem).split())}") from None
    for entry in entries:
        if entry.check.startswith(_MONITOR) is not bool(entry.cases):
            raise KnownError(
                f"{name}: {entry.check}: `cases` belongs to the checks of monitors, and they need it"
            )
        if not entry.reason.strip() or not entry.citation.strip():
            raise KnownError(f"{name}: {entry.check}: say the reason, and cite what shows it")
    return entries


def of_version(entries: Sequence[Known], version: str) -> tuple[Known, ...]:
    """Those that are said of that version of the client."""
    return tuple(
        one for one in entries if not one.versions or any(fnmatchcase(version, glob) for glob in one.versions)
    )


def shipped(client: str) -> tuple[Known, ...]:
    """The suite's own list for a client of that name; empty if there is none. Raises KnownError."""
    return every_shipped().get(re.sub(r"[^a-z0-9]+", "-", client.lower()).strip("-"), ())


@cache
def every_shipped() -> Mapping[str, tuple[Known, ...]]:
    """All the suite's own lists, by the names of their clients. Raises KnownError."""
    found = files("aistudio_conformance").joinpath("known_failing").iterdir()
    lists = sorted((one for one in found if one.name.endswith(".yaml")), key=lambda one: one.name)
    return {one.name.removesuffix(".yaml"): read(one.read_bytes(), one.name) for one in lists}


def compare(known: Sequence[Known], verdicts: Sequence[Verdict], cases: Iterable[str]) -> Compared:
    """Holds verdicts against a list. `cases` are all that there are, whether they ran or not."""
    findings = {
        (verdict.case, finding.check): finding for verdict in verdicts for finding in verdict.findings
    }
    listed = [(place, entry) for entry in known for place in entry.places]
    did_not_run = frozenset(cases) - {verdict.case for verdict in verdicts}
    expected: dict[Place, Known] = {}
    problems = [*_twice(listed)]
    for place, entry in dict(listed).items():
        finding = findings.get(place)
        if place[0] in did_not_run or (finding and finding.outcome is Outcome.HARNESS_ERROR):
            continue  # nothing was shown of it
        problem = _problem(entry, finding)
        if problem:
            problems.append(f"{_named(place)} is listed as known failing {problem}")
        else:
            expected[place] = entry
    return Compared(expected, tuple(problems))


def _twice(listed: Sequence[tuple[Place, Known]]) -> Iterator[str]:
    for place, times in Counter(place for place, _ in listed).items():
        if times > 1:
            yield f"{_named(place)} is listed as known failing {times} times"


def _problem(entry: Known, finding: Finding | None) -> str:
    if finding is None:
        return "and there is no such check"
    if finding.outcome is Outcome.PASS:
        return "and passes; take it off the list"
    if finding.outcome.value != entry.outcome:
        return f"with `{entry.outcome}` and is `{finding.outcome}`"
    if entry.breaks not in ("", finding.rule):
        return f"because it breaks {entry.breaks}, and is a check of {finding.rule}"
    if entry.why not in finding.why:
        return f"because of {entry.why!r}, and fails otherwise: {finding.why}"
    return ""


def _named(place: Place) -> str:
    case, check = place
    return f"{check} in {case}" if check.startswith(_MONITOR) else check
