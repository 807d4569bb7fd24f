"""The command `aistudio-conformance`: arguments in, one command, its end as an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

from aistudio_conformance.commands import (
    adapter,
    explain,
    judge,
    listing,
    observe,
    probe,
    run,
    serve,
    server,
)
from aistudio_conformance.commands.command import Command, CommandError
from aistudio_conformance.load import CaseError
from aistudio_conformance.results import Exit

PROGRAM = "aistudio-conformance"
COMMANDS: tuple[Command, ...] = (
    run.COMMAND,
    observe.COMMAND,
    server.COMMAND,
    serve.COMMAND,
    judge.COMMAND,
    listing.COMMAND,
    explain.COMMAND,
    probe.COMMAND,
    adapter.COMMAND,
)
_BROKEN_PIPE = 141  # 128 and the signal's number, as shells report it
_EXITS = (
    "exit codes: 0 all green, 1 a check is not, 2 usage, 3 the adapter, the suite or the server is in trouble"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code: those of `Exit`, and of `observe` the program's.

    Raises:
        SystemExit: after `--help` and `--version` (0), and arguments that cannot be read (2).
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe may know less than UTF-8; a "?" beats a traceback
    arguments = _parsed(list(sys.argv[1:] if argv is None else argv))
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except CommandError as error:
        return _complain(str(error), error.code)
    except CaseError as error:
        return _complain(str(error), Exit.HARNESS)
    except KeyboardInterrupt:
        return _complain("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from flushing into it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return code


def _parsed(argv: list[str]) -> argparse.Namespace:
    """The arguments; what stands behind the first `--` is a program's own, and nobody else's to read."""
    end = argv.index("--") if "--" in argv else len(argv)
    parser = _parser()
    arguments = parser.parse_args(argv[:end])
    arguments.program = argv[end + 1 :]
    if arguments.program and not arguments.takes_program:
        parser.error(f"{arguments.command} runs no program, and takes nothing after --")
    return arguments


def _complain(message: str, code: Exit) -> int:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{PROGRAM}: {message}; see {self.prog} --help\n")


class _Version(argparse.Action):
    """Prints the version and stops; looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415

        sys.stdout.write(f"{PROGRAM} {version('aistudio-mock')}\n")
        parser.exit(Exit.GREEN)


def _parser() -> _Parser:
    parser = _Parser(
        prog=PROGRAM,
        description="Does this client keep the contract of Yandex Cloud AI Studio's fine-tuning API?",
        epilog=f"example:\n  {run.COMMAND.example}\n\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for command in COMMANDS:
        one = commands.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"example:\n  {command.example}\n\n{_EXITS}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(one)
        if command.takes_program:
            one.usage = f"{one.prog} [options] [-- COMMAND…]"
        one.set_defaults(run=command.run, takes_program=command.takes_program)
    return parser
