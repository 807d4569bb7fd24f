"""A run and what it came to, as reports tell it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, IntEnum
from typing import Literal

from msgspec import Struct

from aistudio_conformance.known import Compared, Known
from aistudio_conformance.model import Finding, Outcome
from aistudio_conformance.protocol import VERSION, Hello
from aistudio_conformance.runner import Judged


class Exit(IntEnum):
    """What an exit code tells."""

    GREEN = 0
    RED = 1
    """A check is not green, or a list of known failures is not right."""
    USAGE = 2
    HARNESS = 3
    """The adapter, the suite or the server is in trouble; nothing is said of the client."""
    INTERRUPTED = 130


class Shade(Enum):
    """How much a finding weighs in the end."""

    GREEN = "green"
    RED = "red"
    TROUBLE = "trouble"
    NOT_COUNTED = "not counted"


class Run(Struct, frozen=True, kw_only=True):
    """One run: who, against what, with which chance, when, and which cases were meant to run."""

    suite: str
    client: Hello
    target: Mapping[str, str]
    seed: int
    cases: tuple[str, ...]
    started_at: str
    ended_at: str = ""
    court: Literal["client", "server"] = "client"
    """Who is judged."""
    protocol: int = VERSION
    bundle: int = 1


class Line(Struct, frozen=True):
    """One finding with its case and, if it is known to fail, what the list says."""

    judged: Judged
    finding: Finding
    known: Known | None = None

    @property
    def shade(self) -> Shade:
        """Green is what passed, and what failed as it is known to."""
        return Shade.GREEN if self.known else _SHADES[self.finding.outcome]


_SHADES: Mapping[Outcome, Shade] = {
    Outcome.PASS: Shade.GREEN,
    Outcome.WARN: Shade.RED,
    Outcome.FAIL: Shade.RED,
    Outcome.NOT_REACHED: Shade.RED,
    Outcome.NOT_APPLICABLE: Shade.NOT_COUNTED,
    Outcome.HARNESS_ERROR: Shade.TROUBLE,
}


_WEIGHTS = (Shade.NOT_COUNTED, Shade.GREEN, Shade.TROUBLE, Shade.RED)


def worst(lines: Iterable[Line]) -> Shade:
    """The heaviest shade among them; of nothing, one that is not counted."""
    return max((line.shade for line in lines), key=_WEIGHTS.index, default=Shade.NOT_COUNTED)


def worth_telling(lines: Sequence[Line]) -> Iterator[Line]:
    """What is not green in a case; trouble makes every check say the same, so that one says it."""
    yield from [line for line in lines if line.shade is Shade.TROUBLE][:1]
    yield from (line for line in lines if line.shade is Shade.RED)


class Results(Struct, frozen=True):
    """A run with its verdicts, by case. `rerun` is what a command needs to run it again, but for the case.

    `rules` are those that count; None for all.
    """

    run: Run
    judged: tuple[Judged, ...]
    compared: Compared
    rerun: str = ""
    unknown: tuple[str, ...] = ()
    """Cases of a bundle that this suite does not have."""
    rules: frozenset[str] | None = None

    @property
    def lines(self) -> Iterator[Line]:
        """Every finding that counts, in the order of the cases and their checks."""
        for judged in self.judged:
            for finding in judged.verdict.findings:
                if self.rules is not None and finding.rule not in self.rules:
                    continue
                known = self.compared.expected.get((judged.case.id, finding.check))
                yield Line(judged, finding, known)

    @property
    def red(self) -> list[list[Line]]:
        """What is red, a list for each check; the one that is red in most cases first."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.shade is Shade.RED:
                found.setdefault(line.finding.check, []).append(line)
        return sorted(found.values(), key=len, reverse=True)

    @property
    def missing(self) -> tuple[str, ...]:
        """Cases that were meant to run and did not."""
        seen = {one.case.id for one in self.judged} | set(self.unknown)
        return tuple(case for case in self.run.cases if case not in seen)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings of each outcome; those known to fail are counted apart."""
        counted = Counter("known failing" if one.known else one.finding.outcome.value for one in self.lines)
        return {name: counted[name] for name in (*(outcome.value for outcome in Outcome), "known failing")}

    @property
    def known(self) -> Iterator[tuple[Finding, Known]]:
        """What failed as it is known to, each check once."""
        yield from {one.finding.check: (one.finding, one.known) for one in self.lines if one.known}.values()

    def alone(self, case: str) -> str:
        """The command that runs one case again; empty where nobody can say."""
        verb = "server" if self.run.court == "server" else "run"
        seed = self.run.seed
        return f"aistudio-conformance {verb} --only {case} --seed {seed} {self.rerun}" if self.rerun else ""

    @property
    def exit(self) -> Exit:
        """RED before HARNESS: trouble with one case excuses no other.

        Where monitors alone are green the client did nothing at all, and that is not green.
        """
        shades = Counter(one.shade for one in self.lines)
        if shades[Shade.RED] or self.compared.problems:
            return Exit.RED
        if shades[Shade.TROUBLE] or self.missing or self.unknown:
            return Exit.HARNESS
        own = (one for one in self.lines if not one.finding.check.startswith("monitor/"))
        return Exit.GREEN if any(one.shade is Shade.GREEN for one in own) else Exit.RED
