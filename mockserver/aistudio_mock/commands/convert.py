"""`validate --convert`: the older JSON array as a file of JSON Lines, whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from aistudio_formats import json_array
from aistudio_formats.rows import Row
from aistudio_mock.commands.console import CommandError, Exit
from aistudio_mock.commands.language import Words


def convert(source: BinaryIO, out: Path, model: type[Row], words: Words, *, force: bool) -> int:
    """Write `out`; how many rows it has.

    Raises:
        NotConvertible: the source is not such an array, or has elements that are no rows; there is no `out`.
        CommandError: `out` is there already, and not to be written over, or cannot be written.
    """
    try:
        with _made(out, force=force) as target:
            return json_array.convert(source, target, model)
    except FileExistsError as error:
        text = "{out} is there already; name another file, or write over it with --force"
        raise CommandError(words(text, out=out), Exit.FAILED) from error
    except OSError as error:
        text = "cannot write {out} ({why}); name another file"
        raise CommandError(words(text, out=out, why=error.strerror), Exit.ENVIRONMENT) from error


@contextmanager
def _made(out: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file that becomes `out` at the end, if all goes well; before that, nobody sees a part of it.

    `out` is claimed at once, empty: what somebody else writes there meanwhile is not lost either.
    """
    if not force:
        out.open("xb").close()
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            yield file
        partial.replace(out)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
            if not force:
                out.unlink(missing_ok=True)
        raise
