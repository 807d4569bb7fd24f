"""`observe`: any program, unmodified, against a mock; the monitors judge its traffic."""

import argparse
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from aistudio_conformance import journal as journals
from aistudio_conformance import load
from aistudio_conformance.commands.command import Command, CommandError
from aistudio_conformance.journal import Journal, JournalError
from aistudio_conformance.judge import observed
from aistudio_conformance.mock_target import mock_program
from aistudio_conformance.model import Finding, Outcome
from aistudio_conformance.reports import terminal
from aistudio_conformance.results import Exit
from aistudio_conformance.target import TargetError

_RED = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.NOT_REACHED})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to keep."""
    parser.add_argument("--journal", type=Path, metavar="FILE", help="keep there what was seen on the wire")


def run(arguments: argparse.Namespace) -> int:
    """Runs the program. RED when a monitor is, or nothing was seen; else the program's own exit code.

    Raises CommandError.
    """
    if not arguments.program:
        raise CommandError("no command; give one after --, as in: observe -- python train.py", Exit.USAGE)
    with TemporaryDirectory(prefix="conformance-") as scratch:
        file: Path = arguments.journal or Path(scratch, "journal.jsonl")
        code = _run(file, arguments.program)
        try:
            seen = journals.read(file.read_bytes().splitlines())
        except OSError:
            return code or Exit.HARNESS  # the mock could not start, and has said why
        except JournalError as problem:
            raise CommandError(str(problem), Exit.HARNESS) from None
    return _told(seen, code)


def _told(seen: Journal, code: int) -> int:
    findings, out = observed(seen, load.rules()), terminal.console(stderr=True)
    if not seen.entries:
        out.print(
            "nothing was seen on the wire; does the program talk to the service at all?", soft_wrap=True
        )
        return code or Exit.RED
    for finding in findings:
        _show(finding, seen, out)
    outcomes = {finding.outcome for finding in findings}
    if Outcome.HARNESS_ERROR in outcomes:
        return Exit.HARNESS
    return Exit.RED if outcomes & _RED else code


def _show(finding: Finding, seen: Journal, out: Console) -> None:
    if finding.outcome is Outcome.PASS:
        out.print(Text(f"pass  {finding.check}", style="green"), soft_wrap=True)
    elif finding.outcome is Outcome.NOT_APPLICABLE:
        out.print(Text(f"not applicable  {finding.check}: {finding.why}", style="dim"), soft_wrap=True)
    else:
        terminal.show_finding(finding, seen, load.rules(), out)


def _run(journal: Path, program: Sequence[str]) -> int:
    """Runs it in our place in the terminal; its exit code, as shells have it."""
    try:
        command = [mock_program(), "run", "--journal", str(journal), "--", *program]
        with _left_to_the_child():
            code = subprocess.run(command, check=False).returncode  # noqa: S603 - what the user asks for
    except (TargetError, OSError) as trouble:
        raise CommandError(str(trouble), Exit.HARNESS) from None
    return code if code >= 0 else 128 - code


@contextmanager
def _left_to_the_child() -> Iterator[None]:
    """A Ctrl-C reaches the program as well, and it is the program that deals with it."""
    before = signal.signal(signal.SIGINT, _seen)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _seen(*_: object) -> None:
    """Nothing; an ignored signal would be ignored by the child as well."""


COMMAND = Command(
    name="observe",
    summary="run any program, unmodified, and judge its traffic",
    example="aistudio-conformance observe -- python train.py",
    add_arguments=add_arguments,
    run=run,
    takes_program=True,
)
