"""`adapter lint`: tries the verbs of an adapter and says what is wrong with its answers."""

import argparse
import sys

from aistudio_conformance import clients
from aistudio_conformance.children import NotStarted
from aistudio_conformance.commands.command import Command, CommandError
from aistudio_conformance.lint import Remark, lint
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.results import Exit
from aistudio_conformance.target import TargetError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which adapter."""
    parser.add_argument("action", choices=["lint"], help="try each verb once on a good server")
    parser.add_argument(
        "--client", nargs="?", metavar="NAME", help="as `run` takes it; any program goes behind --"
    )


def run(arguments: argparse.Namespace) -> int:
    """A line for each ask; RED if anything is wrong. Raises CommandError."""
    try:
        command = clients.command(arguments.client, arguments.program)
        with MockTarget() as target:
            problems = sum(_tell(remark) for remark in lint(command, target))
    except clients.ClientError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None
    except (NotStarted, TargetError) as trouble:
        raise CommandError(str(trouble), Exit.HARNESS) from None
    sys.stdout.write(f"{problems or 'no'} problem{'' if problems == 1 else 's'}\n")
    return Exit.RED if problems else Exit.GREEN


def _tell(remark: Remark) -> bool:
    sys.stdout.write(f"{remark.asked:<21}{remark.told}\n")
    if remark.problem:
        sys.stdout.write(f"{'':<21}PROBLEM: {remark.problem}\n")
    sys.stdout.flush()
    return bool(remark.problem)


COMMAND = Command(
    name="adapter",
    summary="try an adapter before any case",
    example="aistudio-conformance adapter lint -- ./my-adapter",
    add_arguments=add_arguments,
    run=run,
    takes_program=True,
)
