"""`examples`: writes small datasets, one file for each task type whose rows are checked."""

import argparse
from pathlib import Path

from aistudio_mock.commands.console import Command, CommandError, Exit, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and whether to write over what is there."""
    parser.add_argument("directory", type=Path, metavar="DIRECTORY", help="where to write; made when missing")
    parser.add_argument("--force", action="store_true", help="write over files of the same names")


def run(arguments: argparse.Namespace) -> int:
    """Write the files and print, for each, the command that checks it.

    Raises:
        CommandError: a file is there already, or the directory cannot be written.
    """
    from aistudio_formats.examples import EXAMPLES

    try:
        arguments.directory.mkdir(parents=True, exist_ok=True)
        for task_type, content in EXAMPLES.items():
            file = arguments.directory / f"{task_type}.jsonl"
            _write(file, content.encode(), force=arguments.force)
            say(f"aistudio-mock validate {file} --task-type {task_type}")
    except FileExistsError as error:
        raise CommandError(
            f"{error.filename} is there already; name another directory, or write over it with --force",
            Exit.FAILED,
        ) from error
    except OSError as error:
        raise CommandError(
            f"cannot write to {arguments.directory} ({error.strerror}); name another directory",
            Exit.ENVIRONMENT,
        ) from error
    return Exit.OK


def _write(file: Path, content: bytes, *, force: bool) -> None:
    with file.open("wb" if force else "xb") as out:
        out.write(content)


COMMAND = Command(
    name="examples",
    summary="write example datasets",
    example="aistudio-mock examples data",
    add_arguments=add_arguments,
    run=run,
)
