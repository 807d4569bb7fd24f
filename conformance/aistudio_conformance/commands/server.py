"""`server`: does a server keep the contract? Asked with a client that keeps its own side."""

import argparse
from collections.abc import Sequence
from difflib import get_close_matches

from aistudio_conformance import clients, load
from aistudio_conformance.broken.servers import broken_servers
from aistudio_conformance.case import Case
from aistudio_conformance.commands import run as running
from aistudio_conformance.commands.command import Command, CommandError, selected
from aistudio_conformance.results import Exit

_DRIVER = "reference"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server, which cases, how, and where the reports go."""
    parser.add_argument(
        "--client",
        default=_DRIVER,
        metavar="NAME",
        help=f"the client that asks, which has to be all green itself (default {_DRIVER})",
    )
    parser.add_argument(
        "--broken",
        metavar="ID",
        help="change its answers as those of a broken server, to see what the checks make of it; "
        "docs/reference/requirements.md names them",
    )
    running.add_running(parser)


def run(arguments: argparse.Namespace) -> int:
    """Runs the cases that look at a server, and tells what came of them. Raises CommandError."""
    load.require_rules_of_monitors()
    try:
        command = clients.command(arguments.client, ())
    except clients.ClientError as problem:
        raise CommandError(str(problem), Exit.USAGE) from None
    cases = [case for case in selected(arguments) if case.server_checks]
    if arguments.broken:
        cases = _disguised(arguments.broken, cases)
    if not cases:
        raise CommandError(
            "none of these cases looks at a server; see `aistudio-conformance list`", Exit.USAGE
        )
    return running.conduct(arguments, command, cases, "server")


def _disguised(name: str, cases: Sequence[Case]) -> list[Case]:
    """Those cases that show its defect, with the broken server. Raises CommandError."""
    known = broken_servers()
    if name not in known:
        near = get_close_matches(name, known, 3, 0.3) or [*known]
        raise CommandError(
            f"--broken {name}: there is no such server; did you mean {', '.join(near)}?", Exit.USAGE
        )
    return [known[name].disguised(case) for case in cases if case.id in known[name].cases]


COMMAND = Command(
    name="server",
    summary="judge a server, with a client that keeps the contract",
    example="aistudio-conformance server --target localhost:8443 --ca ca.pem",
    add_arguments=add_arguments,
    run=run,
)
