"""`probe`: asks an account what nobody has written down, and writes what it answered as evidence."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from rich.text import Text

from aistudio_conformance.commands import targets
from aistudio_conformance.commands.command import Command, CommandError, add_selection
from aistudio_conformance.reports import terminal
from aistudio_conformance.results import Exit
from aistudio_conformance.target import TargetError

if TYPE_CHECKING:
    from rich.console import Console

    from aistudio_conformance.probe.asking import Asked
    from aistudio_conformance.probe.evidence import Probing
    from aistudio_conformance.probe.question import Question
    from aistudio_conformance.remote_target import Access

_LONGEST_INTERVAL = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which account, which questions, where the evidence goes."""
    parser.add_argument(
        "--target",
        default="real",
        metavar="real|HOST:PORT",
        help="what is asked: the cloud (default) or any server; "
        "takes YC_FOLDER_ID and YC_API_KEY or YC_IAM_TOKEN from the environment",
    )
    targets.add_remote(parser)
    add_selection(parser)
    parser.add_argument("--dry-run", action="store_true", help="tell what would be sent, and send nothing")
    parser.add_argument(
        "--foreign-dataset",
        default="",
        metavar="ID",
        help="a dataset of a folder that these credentials may not see; it is only looked at",
    )
    parser.add_argument(
        "--poll-interval",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="between two looks at a validation (default 2)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("evidence.json"),
        metavar="FILE",
        help="where the evidence goes (default evidence.json)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Asks, deletes what was made, writes the evidence. Raises CommandError."""
    chosen = _chosen(arguments.only)
    if arguments.dry_run:
        _list(chosen)
        return Exit.GREEN
    if not 0 < arguments.poll_interval <= _LONGEST_INTERVAL:
        raise CommandError(f"--poll-interval: use more than 0 and at most {_LONGEST_INTERVAL}", Exit.USAGE)
    access = replace(targets.remote_access(arguments), poll_interval=arguments.poll_interval)
    if not arguments.output.absolute().parent.is_dir():
        raise CommandError(f"--output {arguments.output}: there is no such directory", Exit.USAGE)
    return _probe(arguments, access, chosen)


def _probe(arguments: argparse.Namespace, access: "Access", chosen: Sequence["Question"]) -> int:
    from aistudio_conformance.probe.evidence import Probing

    out = terminal.console(stderr=True)
    probing = Probing(access, arguments.foreign_dataset)
    try:
        with _told_at_the_end(probing, arguments.output, out), out.status("") as progress:

            def begin(question: "Question") -> None:
                number = f"{len(probing.asked) + 1} of {len(chosen)}"
                progress.update(f"{number}: {question.asks}")

            probing.ask(chosen, begin, lambda one: _show(one, out))
    except TargetError as problem:
        raise CommandError(str(problem), Exit.HARNESS) from None
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    is_any = any(one.means for one in probing.asked)
    return Exit.GREEN if is_any and not probing.left else Exit.HARNESS


@contextmanager
def _told_at_the_end(probing: "Probing", file: Path, out: "Console") -> Iterator[None]:
    """Writes what there is, however it ends."""
    try:
        yield
    finally:
        if probing.asked:
            _write(file, probing.document())
            out.print(f"{_number(probing.asked)} asked; the evidence is in {file}", soft_wrap=True)
        for name in probing.left:
            out.print(Text(f"{name} could not be deleted or cancelled; do it by hand", "red"), soft_wrap=True)


def _write(file: Path, document: bytes) -> None:
    try:
        file.write_bytes(document)
    except OSError as error:
        sys.stdout.buffer.write(document)  # it cannot be asked for again for nothing
        raise CommandError(
            f"--output {file}: {error.strerror}; the evidence is on stdout", Exit.HARNESS
        ) from None


def _show(one: "Asked", out: "Console") -> None:
    out.print(Text(one.id, "bold"), Text(one.problem, "yellow"), soft_wrap=True)
    for row, means in one.means.items():
        colour = "yellow" if means in {"another", "not told"} else "green"
        out.print(Text(f"  {row}: "), Text(means, colour), sep="", soft_wrap=True)


def _chosen(globs: Sequence[str]) -> list["Question"]:
    from aistudio_conformance.probe.questions import QUESTIONS

    ids = [question.id for question in QUESTIONS]
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in ids):
            raise CommandError(
                f"--only {glob}: no question has such an id; there are {', '.join(ids)}", Exit.USAGE
            )
    return [one for one in QUESTIONS if not globs or any(fnmatchcase(one.id, glob) for glob in globs)]


def _list(questions: Sequence["Question"]) -> None:
    for question in questions:
        sys.stdout.write(f"{question.id}  {question.asks}\n")
        sys.stdout.write(f"  sends    {' · '.join(question.sends)}\n")
        for row, values in question.rows.items():
            sys.stdout.write(f"  decides  {row}{': ' * bool(values)}{' or '.join(values)}\n")
    folder = os.environ.get("YC_FOLDER_ID") or "YC_FOLDER_ID (not set)"
    number = _number(questions)
    sys.stdout.write(f"{number} to folder {folder}; none costs, nothing is left behind\n")


def _number(questions: Sequence[object]) -> str:
    return f"{len(questions)} question{'s' * (len(questions) != 1)}"


COMMAND = Command(
    name="probe",
    summary="ask an account what nobody has written down, for nothing, and write the answers as evidence",
    example="aistudio-conformance probe --target real --output evidence.json",
    add_arguments=add_arguments,
    run=run,
)
