"""What every command shares: how it is described, and what it refuses."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from aistudio_conformance import load
from aistudio_conformance.case import Case
from aistudio_conformance.packs import PACKS, every_case
from aistudio_conformance.results import Exit


class CommandError(Exception):
    """A command cannot go on. The message is one line that says what to do; `code` is the exit code."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. `run` gets the arguments, `program` what stands behind `--`; it gives the exit code."""

    name: str
    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    takes_program: bool = False


LEVELS = ("must", "should", "may")


def add_level(parser: argparse.ArgumentParser) -> None:
    """`--level`."""
    parser.add_argument(
        "--level",
        choices=LEVELS,
        default="may",
        help="count only what is to be kept at least that firmly (default may: everything)",
    )


def counted(level: str) -> frozenset[str] | None:
    """The rules of a level and of those above it; None for all."""
    wanted = {name.upper() for name in LEVELS[: LEVELS.index(level) + 1]}
    firm = frozenset(name for name, rule in load.rules().items() if rule.level in wanted)
    return None if level == LEVELS[-1] else firm


def add_selection(parser: argparse.ArgumentParser) -> None:
    """`--pack` and `--only`."""
    parser.add_argument(
        "--pack",
        choices=PACKS,
        help="core: the cases that are written by hand (default); forward: answers that have something new, "
        "one case for each place where the contract has room for it",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="only cases whose id fits, such as 'UP-*', of any pack unless --pack names one; may be repeated",
    )


def selected(arguments: argparse.Namespace) -> tuple[Case, ...]:
    """The cases that `--pack` and `--only` mean. Raises CommandError."""
    if arguments.pack is None and arguments.only:
        return select(every_case(), arguments.only)
    return select(PACKS[arguments.pack or "core"](), arguments.only)


def add_reports(parser: argparse.ArgumentParser) -> None:
    """Where reports go, and which failures are known."""
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML there")
    parser.add_argument(
        "--jsonl", type=Path, metavar="FILE", help="write all findings there, a line of JSON each"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained page there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a summary for a CI system there")
    parser.add_argument("--badge", type=Path, metavar="FILE", help="write an SVG badge there")
    parser.add_argument(
        "--known-failing",
        type=Path,
        metavar="FILE",
        help="YAML list of checks that are known to fail, in place of the suite's own for this client",
    )


def select(cases: Sequence[Case], globs: Sequence[str]) -> tuple[Case, ...]:
    """The cases that fit one of the globs; all without any. CommandError for a glob that none fits."""
    for glob in globs:
        if not any(fnmatchcase(case.id, glob) for case in cases):
            ids = [case.id for case in cases]
            near = get_close_matches(glob, ids, 3, 0.3) or ids
            raise CommandError(
                f"--only {glob}: no case has such an id; there are {', '.join(near)}", Exit.USAGE
            )
    return tuple(case for case in cases if not globs or any(fnmatchcase(case.id, glob) for glob in globs))
