"""`health`: whether a server answers; made for health checks of containers."""

import argparse
import os

from aistudio_mock.commands.console import Command, CommandError, Exit, say

_DEFAULT = "http://127.0.0.1:8444"
_PATIENCE = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server."""
    parser.add_argument(
        "--http",
        metavar="URL",
        help=f"the server's HTTP address (default: $AISTUDIO_MOCK_HTTP, else {_DEFAULT})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Says that a server answers.

    Raises:
        CommandError: none does.
    """
    base = (arguments.http or os.environ.get("AISTUDIO_MOCK_HTTP") or _DEFAULT).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise CommandError(f"--http {base!r}: use an address such as {_DEFAULT}", Exit.USAGE)
    _ask(base)
    say(f"{base} answers")
    return Exit.OK


def _ask(base: str) -> None:
    """The CA is given to everybody and is in no journal: a question that leaves no trace."""
    from urllib.request import ProxyHandler, build_opener

    try:
        # No proxy: what an environment names is for the outside world.
        with build_opener(ProxyHandler({})).open(f"{base}/_mock/ca.pem", timeout=_PATIENCE) as answer:
            answer.read()
    except (OSError, ValueError) as error:  # URLError, HTTPError and time-outs are OSErrors
        raise CommandError(f"no aistudio-mock answers at {base} ({error})", Exit.FAILED) from error


COMMAND = Command(
    example="aistudio-mock health --http http://127.0.0.1:8444", add_arguments=add_arguments, run=run
)
