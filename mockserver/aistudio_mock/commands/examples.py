"""`examples`: writes example datasets of every task type whose rows are checked, right and broken ones."""

import argparse
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from aistudio_mock.commands.console import Command, CommandError, Exit, dim, say

if TYPE_CHECKING:
    from aistudio_formats.examples_defects import Line
    from aistudio_formats.examples_phrases import Language

_Row = dict[str, Any]
_DATA = Path("data")
_LANGUAGES = ("ru", "en")


class Broken(Struct, frozen=True):
    """A row that was broken on purpose, counted from 1, and the error that `validate` finds there."""

    row: int
    error: str


class Written(Struct, frozen=True):
    """One file that was written; a right one has no `broken` rows."""

    file: str
    task_type: str
    rows: int
    broken: tuple[Broken, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, what of, how many, and how they are told."""
    where = "where to write; made when missing (default: data)"
    parser.add_argument("directory", type=Path, nargs="?", default=_DATA, metavar="DIRECTORY", help=where)
    parser.add_argument("--task-type", metavar="TYPE", help="write this one only (default: every type)")
    rows = "make up so many rows, with Faker (default: a few that are written by hand, in Russian)"
    parser.add_argument("--rows", type=_count, metavar="N", help=rows)
    defects = "also write each file with so many rows broken on purpose, and list them"
    parser.add_argument("--defects", type=_count, default=0, metavar="K", help=defects)
    parser.add_argument("--lang", choices=_LANGUAGES, default="ru", help="of made up rows (default: ru)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for others of them (default: 0)")
    parser.add_argument("--force", action="store_true", help="write over files of the same names")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Write the files and print, for each, the command that checks it, and its broken rows.

    Raises:
        CommandError: a file is there, the directory cannot be written, Faker is missing, there are too
            few rows, or there is no such task type.
    """
    written = _written(arguments)
    if arguments.json:
        say(msgspec.json.encode({"files": list(written)}).decode())
        return Exit.OK
    for each in written:
        say(shlex.join(["aistudio-mock", "validate", each.file, "--task-type", each.task_type]))
        for broken in each.broken:
            say(dim(f"#  row {broken.row:>6}  {broken.error}"))
    return Exit.OK


def _written(arguments: argparse.Namespace) -> Iterator[Written]:
    sources = [_source(name, arguments) for name in _task_types(arguments.task_type)]
    try:
        arguments.directory.mkdir(parents=True, exist_ok=True)
        for source in sources:
            yield from _of_type(source, arguments)
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


def _task_types(named: str | None) -> list[str]:
    from aistudio_formats.examples import EXAMPLE_ROWS

    if named is None:
        return list(EXAMPLE_ROWS)
    if named not in EXAMPLE_ROWS:
        known = ", ".join(EXAMPLE_ROWS)
        raise CommandError(f"no example rows of {named!r}; use one of {known}", Exit.USAGE)
    return [named]


class _Source(Struct, frozen=True):
    """Where the rows of a task type come from: the same ones, `total` of them, at each call of `rows`."""

    task_type: str
    total: int
    rows: Callable[[], Iterable[_Row]]


def _source(task_type: str, arguments: argparse.Namespace) -> _Source:
    """The rows to write.

    Raises:
        CommandError: Faker is missing, or there are too few rows for so many defects.
    """
    from aistudio_formats import examples

    if arguments.rows is None:
        by_hand = examples.EXAMPLE_ROWS[task_type]
        source = _Source(task_type, len(by_hand), lambda: by_hand)
    else:
        source = _made_up(task_type, arguments.rows, arguments.lang, arguments.seed)
    if arguments.defects >= source.total:
        text = (
            f"--defects {arguments.defects}: {task_type} has {source.total} rows, and the first stays right"
        )
        raise CommandError(f"{text}; use --rows {arguments.defects + 1} or more", Exit.USAGE)
    return source


def _made_up(task_type: str, rows: int, language: "Language", seed: int) -> _Source:
    try:
        import faker  # noqa: F401 - to know before anything is written
    except ModuleNotFoundError as error:
        text = (
            "--rows needs Faker: pip install 'aistudio-mock[examples]'; a few rows are there without --rows"
        )
        raise CommandError(text, Exit.ENVIRONMENT) from error
    from aistudio_formats.examples_generated import generated

    return _Source(task_type, rows, lambda: generated(task_type, rows, language, seed))


def _of_type(source: _Source, arguments: argparse.Namespace) -> Iterator[Written]:
    """Write the right file of a task type and, if asked for, the broken one beside it."""
    from aistudio_formats.examples_defects import line, spoiled

    task_type, total = source.task_type, source.total
    file = arguments.directory / f"{task_type}.jsonl"
    _write(file, map(line, source.rows()), force=arguments.force)
    yield Written(str(file), task_type, total)
    if arguments.defects:
        broken: list[Broken] = []
        lines = spoiled(source.rows(), total, task_type, arguments.defects, arguments.seed)
        file = arguments.directory / f"{task_type}-broken.jsonl"
        _write(file, _noted(lines, broken), force=arguments.force)
        yield Written(str(file), task_type, total, tuple(broken))


def _noted(lines: "Iterable[Line]", broken: list[Broken]) -> Iterator[bytes]:
    for number, each in enumerate(lines, 1):
        if each.error:
            broken.append(Broken(number, each.error))
        yield each.data


def _write(file: Path, lines: Iterable[bytes], *, force: bool) -> None:
    with file.open("wb" if force else "xb") as out:
        out.writelines(line + b"\n" for line in lines)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows; use 1 or more")
    return int(text)


COMMAND = Command(
    example="aistudio-mock examples data --task-type TextEmbeddingsPair --rows 200 --defects 5",
    add_arguments=add_arguments,
    run=run,
)
