"""`serve --case`: one case's server, for a program that is run by hand, under a debugger if need be."""

import argparse
import secrets
import sys
from datetime import UTC, datetime
from importlib.metadata import version

from aistudio_conformance import load
from aistudio_conformance.by_hand import ByHand
from aistudio_conformance.commands.command import Command, CommandError, select
from aistudio_conformance.known import Compared
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.packs import every_case
from aistudio_conformance.play import play
from aistudio_conformance.protocol import ASKED, Hello
from aistudio_conformance.reports import terminal
from aistudio_conformance.results import Exit, Results, Run
from aistudio_conformance.runner import judged
from aistudio_conformance.target import TargetError

_PERSON = Hello(name="by hand", verbs=list(ASKED))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which case."""
    parser.add_argument("--case", required=True, metavar="ID", help="the case, such as UP-01")
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the chance of another run")


def run(arguments: argparse.Namespace) -> int:
    """Serves until the last step was said to be done, then judges what was seen. Raises CommandError."""
    cases = select(every_case(), [arguments.case])
    if len(cases) > 1:
        raise CommandError(f"--case {arguments.case}: one case at a time", Exit.USAGE)
    (case,) = cases
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    out = terminal.console()
    out.print(f"{case.id}: {case.title}", style="bold")
    person = ByHand(sys.stdin, lambda line: out.print(line, soft_wrap=True))
    try:
        with MockTarget() as target:
            played = play(case, person, _PERSON, target, seed)
            description = target.description
    except TargetError as trouble:
        raise CommandError(str(trouble), Exit.HARNESS) from None
    begun = Run(
        suite=version("aistudio-mock"),
        client=_PERSON,
        target=description,
        seed=seed,
        cases=(case.id,),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - when a run was
    )
    results = Results(begun, (judged(case, played, load.rules()),), Compared())
    terminal.show(results, load.rules(), out)
    return results.exit


COMMAND = Command(
    name="serve",
    summary="serve one case and judge what you do by hand",
    example="aistudio-conformance serve --case UP-05",
    add_arguments=add_arguments,
    run=run,
)
