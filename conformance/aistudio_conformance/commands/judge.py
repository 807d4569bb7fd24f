"""`judge`: the verdicts on a run, anew, from all that was seen of it and from nothing else."""

import argparse
from pathlib import Path

from aistudio_conformance import bundle, load
from aistudio_conformance.commands import reporting
from aistudio_conformance.commands.command import Command, CommandError, add_level, add_reports, counted
from aistudio_conformance.judge import COURTS
from aistudio_conformance.packs import every_case
from aistudio_conformance.results import Exit, Results
from aistudio_conformance.runner import judged

_OF_ONE_RUN = ("junit", "jsonl", "markdown", "badge", "known_failing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which bundles, and where the reports go."""
    parser.add_argument(
        "bundles", type=Path, nargs="+", metavar="BUNDLE", help="what `run --bundle DIR` wrote"
    )
    add_level(parser)
    add_reports(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judges bundles; the exit code is the worst. Raises CommandError for one that cannot be read."""
    folders: list[Path] = arguments.bundles
    if len(folders) == 1:
        results = _judged(arguments, folders[0])
        reporting.tell(arguments, results)
        return results.exit
    for option in _OF_ONE_RUN:
        if getattr(arguments, option):
            raise CommandError(f"--{option.replace('_', '-')} is of one run; give one bundle", Exit.USAGE)
    several = [_judged(arguments, folder) for folder in folders]
    reporting.tell_many(arguments, several)
    return next(
        (code for code in (Exit.RED, Exit.HARNESS) if code in {one.exit for one in several}), Exit.GREEN
    )


def _judged(arguments: argparse.Namespace, folder: Path) -> Results:
    try:
        read = bundle.read(folder)
    except bundle.BundleError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None
    cases = {case.id: case for case in every_case()}
    found = tuple(
        judged(cases[played.report.case], played, load.rules(), COURTS[read.run.court])
        for played in read.cases
        if played.report.case in cases
    )
    known = reporting.listed(arguments, read.run)
    unknown = tuple(played.report.case for played in read.cases if played.report.case not in cases)
    compared = reporting.compared(known, found)
    return Results(read.run, found, compared, unknown=unknown, rules=counted(arguments.level))


COMMAND = Command(
    name="judge",
    summary="judge a run again, from its bundle, without running anything",
    example="aistudio-conformance judge ./bundle --junit report.xml\n"
    "  aistudio-conformance judge ./ours ./theirs --html side-by-side.html",
    add_arguments=add_arguments,
    run=run,
)
