"""The command `aistudio-client`: reads the arguments, runs one command, turns its end into an exit code."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from aistudio_client import AIStudioError, ConfigurationError, PermissionDenied, Unauthenticated, Unavailable
from aistudio_client.commands.command import Exit, Group

PROGRAM = "aistudio-client"
GROUPS = {
    "datasets": "validate, upload, list, show, download and delete datasets",
    "tunings": "start, watch and cancel tunings, and fetch their metrics",
    "models": "ask models, base and tuned ones",
}
"""What there is, in the order of the help. Each has a module in `commands`."""

_INTERRUPTED = 130
_ENVIRONMENT = (Unavailable, Unauthenticated, PermissionDenied)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0, 1 (what was asked failed), 2 (usage), 3 (environment), 130 (Ctrl-C).

    Raises:
        SystemExit: after `--help` (0), and arguments that cannot be read (2).
    """
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except ConfigurationError as error:
        return _complain(error, Exit.USAGE)
    except _ENVIRONMENT as error:
        return _complain(error, Exit.ENVIRONMENT)
    except AIStudioError as error:
        return _complain(error, Exit.FAILED)
    except OSError as error:
        return _complain(error, Exit.ENVIRONMENT)
    except KeyboardInterrupt as interrupt:
        for note in getattr(interrupt, "__notes__", ()):
            sys.stderr.write(f"{PROGRAM}: {note}\n")
        return _INTERRUPTED


def _complain(error: BaseException, code: Exit) -> int:
    lines = (str(error), *getattr(error, "__notes__", ()))
    sys.stderr.write(f"{PROGRAM}: " + "\n".join(lines) + "\n")
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{PROGRAM}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The parser of everything."""
    made = _Parser(
        prog=PROGRAM,
        description="A client of AI Studio's fine-tuning API.",
        epilog=(
            "example:\n  aistudio-client datasets upload train.jsonl --name mine\n\n"
            "YC_FOLDER_ID, YC_API_KEY (or YC_IAM_TOKEN) and YC_API_ENDPOINT say where and who."
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_completion(made)
    groups = made.add_subparsers(dest="group", metavar="GROUP", required=True, parser_class=_Parser)
    for name, summary in GROUPS.items():
        group = groups.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        verbs = group.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
        found: Group = import_module(f"aistudio_client.commands.{name}").GROUP
        for verb in found:
            verb.add_to(verbs, f"{PROGRAM} {name} {verb.name}")
    return made


def _add_completion(made: argparse.ArgumentParser) -> None:
    try:
        import shtab  # noqa: PLC0415 - part of the extra
    except ImportError:
        return
    shtab.add_argument_to(made, ["--print-completion"], help="print a script that completes for a shell")
