"""The command `aistudio-mock`: reads the arguments, runs one command, turns its end into an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

from aistudio_mock.commands.console import Command, CommandError, Exit, say, version
from aistudio_mock.config import ConfigError

PROGRAM = "aistudio-mock"
COMMANDS = {
    "demo": "show the whole flow on example data, step by step",
    "run": "run a program, unmodified, with the real service's names leading here",
    "serve": "start a server and say where it is",
    "ctl": "ask a running server what is in it, and tell it what to do",
    "validate": "check a dataset file as the server would, without a server",
    "examples": "write example datasets",
    "token": "print an IAM token of a running server",
    "health": "say whether a server answers",
    "ca": "show the certificate authority, and how to have it trusted",
}
"""What there is, in the order of the help. Each has a module in `commands`, imported when it is chosen."""

_COLUMNS = 80
_INTERRUPTED, _BROKEN_PIPE = 130, 141  # 128 and the signal's number, as shells report it


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code: 0, 1 (failed), 2 (usage), 3 (environment), 130 (Ctrl-C).

    Raises:
        SystemExit: after `--help` and `--version` (0), and arguments that cannot be read (2).
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a pipe may know less than UTF-8; a "?" beats a traceback
    given = sys.argv[1:] if argv is None else argv
    arguments = _read(given)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except CommandError as error:
        return _complain(str(error), error.code)
    except ConfigError as error:
        return _complain(f"{error}; see {PROGRAM} {arguments.command} --help", Exit.USAGE)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from flushing into it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return code


def _complain(message: str, code: Exit) -> int:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{PROGRAM}: {message}; see {self.prog} --help\n")


class _Version(argparse.Action):
    """Print the version and stop; looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        say(f"{PROGRAM} {version()}")
        parser.exit(Exit.OK)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. argparse would ask `shutil`, once per option: slow to import."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    try:
        return int(given) if given.isdecimal() and int(given) else os.get_terminal_size().columns or _COLUMNS
    except OSError:  # no terminal
        return _COLUMNS


def _read(given: Sequence[str]) -> argparse.Namespace:
    if given and given[0] in COMMANDS:
        parser = _Parser(**_looks(given[0]), prog=f"{PROGRAM} {given[0]}")
        return _with_options(parser, given[0]).parse_args(given[1:])
    return _parser(_chosen(given)).parse_args(given)


def _chosen(given: Sequence[str]) -> str | None:
    """The command: the first word, as no option before it takes a value."""
    return next((word for word in given if not word.startswith("-")), None)


def _parser(chosen: str | None) -> _Parser:
    """The parser of everything, with the options of the chosen command only."""
    parser = _Parser(
        prog=PROGRAM,
        description="An offline fake of Yandex Cloud AI Studio's fine-tuning API.",
        epilog="example:\n  aistudio-mock demo",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, summary in COMMANDS.items():
        one = commands.add_parser(name, help=summary, **_looks(name))
        if name == chosen:
            _with_options(one, name)
    return parser


def _looks(name: str) -> dict[str, Any]:
    summary = COMMANDS[name]
    return {
        "description": f"{summary[0].upper()}{summary[1:]}.",
        "formatter_class": _Help,
        "allow_abbrev": False,
    }


def _with_options(parser: _Parser, name: str) -> _Parser:
    command: Command = import_module(f"aistudio_mock.commands.{name}").COMMAND
    parser.epilog = f"example:\n  {command.example}"
    command.add_arguments(parser)
    parser.set_defaults(run=command.run, command=name)
    return parser
