"""What every command shares: how it is described, how it ends, how it speaks to a terminal."""

import argparse
import os
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class Exit(IntEnum):
    """What a command's exit code tells."""

    OK = 0
    FAILED = 1
    """The thing asked about failed."""
    USAGE = 2
    ENVIRONMENT = 3
    """This machine, not the thing asked about: a port in use, no server, no such file."""


class CommandError(Exception):
    """A command cannot go on. The message is one line that says what to do; `code` is the exit code."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


class Command(Struct, frozen=True):
    """One subcommand. `run` gets the parsed arguments and returns the exit code."""

    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def path(text: str) -> "Path":
    """What names a file or directory, for `add_argument(type=path)`."""
    from pathlib import Path

    return Path(text)


def say(line: str = "") -> None:
    """One line on stdout, at once: whoever waits at the other end of a pipe sees it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def version() -> str:
    """The installed distribution's version."""
    from importlib.metadata import version as installed

    return installed("aistudio-mock")


def bold(text: str) -> str:
    """`text`, bold on a terminal."""
    return _painted(text, "1")


def dim(text: str) -> str:
    """`text`, faint on a terminal."""
    return _painted(text, "2")


def green(text: str) -> str:
    """`text`, green on a terminal."""
    return _painted(text, "32")


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if _has_colours(sys.stdout) else text


def _has_colours(stream: TextIO) -> bool:
    # https://no-color.org: any non-empty value switches colours off
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
