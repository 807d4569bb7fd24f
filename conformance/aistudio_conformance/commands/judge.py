"""`judge`: the verdicts on a run, anew, from all that was seen of it and from nothing else."""

import argparse
from pathlib import Path

from aistudio_conformance import bundle, load
from aistudio_conformance.commands import reporting
from aistudio_conformance.commands.command import Command, CommandError, add_reports
from aistudio_conformance.results import Exit, Results
from aistudio_conformance.runner import judged


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which bundle, and where the reports go."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `run --bundle DIR` wrote")
    add_reports(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judges a bundle. Raises CommandError for one that cannot be read."""
    try:
        read = bundle.read(arguments.bundle)
    except bundle.BundleError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None
    cases = {case.id: case for case in load.cases()}
    found = tuple(
        judged(cases[played.report.case], played, load.rules())
        for played in read.cases
        if played.report.case in cases
    )
    known = reporting.listed(arguments, read.run.client.name)
    unknown = tuple(played.report.case for played in read.cases if played.report.case not in cases)
    results = Results(read.run, found, reporting.compared(known, found), unknown=unknown)
    reporting.tell(arguments, results)
    return results.exit


COMMAND = Command(
    name="judge",
    summary="judge a run again, from its bundle, without running anything",
    example="aistudio-conformance judge ./bundle --junit report.xml",
    add_arguments=add_arguments,
    run=run,
)
