"""`validate`: checks a dataset file as the server would, without a server."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from aistudio_formats.guess import guess
from aistudio_formats.json_array import NotConvertible
from aistudio_formats.models import model_of
from aistudio_formats.task_types import TASK_TYPES
from aistudio_formats.validation import scan
from aistudio_mock.commands import convert, validate_text
from aistudio_mock.commands.console import Command, CommandError, Exit, say
from aistudio_mock.commands.language import LANGUAGES, Words, of_locale
from aistudio_mock.commands.progress import Progress, WatchedFile
from aistudio_mock.commands.validate_closer import Closer, look
from aistudio_mock.commands.validate_result import Guessed, NotConverted, Verdict
from aistudio_mock.commands.validate_verdict import refused, verdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what its rows are, and how to say what is found."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the dataset, as JSON Lines")
    parser.add_argument(
        "--task-type",
        metavar="TYPE",
        help="what its rows are, such as TextToTextGeneration (default: as the first rows look, if clear)",
    )
    parser.add_argument(
        "--convert",
        type=Path,
        metavar="OUT",
        help="write FILE, one JSON array in the old DataSphere format, to OUT as JSON Lines, and check OUT",
    )
    parser.add_argument("--force", action="store_true", help="write over OUT")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--lang", choices=LANGUAGES, help="the language of messages (default: the locale's)")


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict; exit code 1 when the server would find the file INVALID, or it cannot be converted.

    Raises:
        CommandError: the file cannot be read, there is no such task type, or it cannot be guessed.
    """
    words = Words(arguments.lang or of_locale(os.environ))
    _check_named(arguments.task_type, words)
    with _readable(arguments.file, words) as file:
        task_type, guessed = _task_type(arguments, file, words)
        if arguments.convert is None:
            found: Verdict | NotConverted = _judged(file, arguments.file, task_type, words, guessed)
        else:
            found = _converted(file, arguments, task_type, words)
    _print(found, words, as_json=arguments.json)
    return Exit.OK if isinstance(found, Verdict) and found.is_valid else Exit.FAILED


@contextmanager
def _readable(path: Path, words: Words) -> Iterator[BinaryIO]:
    """The file, open; a copy of it where it is a pipe, which cannot be read twice."""
    try:
        with path.open("rb") as file:
            if file.seekable():
                yield file
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(file, copy)
                copy.seek(0)
                yield copy
    except OSError as error:
        text = "cannot read {file} ({why}); name a JSON Lines file"
        raise CommandError(words(text, file=path, why=error.strerror), Exit.ENVIRONMENT) from error


def _check_named(task_type: str | None, words: Words) -> None:
    if task_type is not None and task_type not in TASK_TYPES:
        text, known = "no task type {type}; use one of {list}", ", ".join(TASK_TYPES)
        raise CommandError(words(text, type=repr(task_type), list=known), Exit.USAGE)


def _task_type(arguments: argparse.Namespace, file: BinaryIO, words: Words) -> tuple[str, Guessed | None]:
    """The task type that was named, or that the first rows have, and whether that is a guess."""
    if arguments.task_type is not None:
        return arguments.task_type, None
    guessed = guess(file)
    file.seek(0)
    if guessed.task_type:
        return guessed.task_type, Guessed(guessed.rows)
    text = "{file} may be {list}; say which with --task-type"
    if not guessed.task_types:
        text = "cannot tell the task type of {file} by its rows; name it with --task-type"
    fitting = ", ".join(guessed.task_types)
    raise CommandError(words(text, file=arguments.file, list=fitting), Exit.USAGE)


def _judged(
    file: BinaryIO,
    path: Path,
    task_type: str,
    words: Words,
    guessed: Guessed | None,
    source: str | None = None,
) -> Verdict:
    model = model_of(task_type)
    closer: Closer | None = None
    with Progress(_size(file)) as progress:
        watched = WatchedFile(file, progress)
        progress.begin(words("checking"))
        report = scan(cast("BinaryIO", watched), task_type, 1)
        if model and report.processed_rows:
            file.seek(0)
            progress.begin(words("looking closer"))
            closer = look(cast("BinaryIO", watched), model, report)
    return verdict(str(path), task_type, report, closer, words, guessed=guessed, converted_from=source)


def _converted(
    file: BinaryIO, arguments: argparse.Namespace, task_type: str, words: Words
) -> Verdict | NotConverted:
    """The verdict on what was written, or why nothing was."""
    if (model := model_of(task_type)) is None:
        text = "rows of {type} are not known here; there is nothing to convert to"
        raise CommandError(words(text, type=task_type), Exit.USAGE)
    try:
        convert.convert(file, arguments.convert, model, words, force=arguments.force)
    except NotConvertible as error:
        return refused(str(arguments.file), error, words)
    with _readable(arguments.convert, words) as out:
        return _judged(out, arguments.convert, task_type, words, None, str(arguments.file))


def _size(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _print(found: Verdict | NotConverted, words: Words, *, as_json: bool) -> None:
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for line in validate_text.lines(found, words):
        say(line)


COMMAND = Command(
    example="aistudio-mock validate train.jsonl --task-type TextToTextGeneration",
    add_arguments=add_arguments,
    run=run,
)
