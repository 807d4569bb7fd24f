"""What every command shares: how it is described, how it ends, which client it gets."""

import argparse
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aistudio_client import AIStudio

if TYPE_CHECKING:
    from aistudio_client._client import Options


class Exit(IntEnum):
    """What a command's exit code tells."""

    OK = 0
    FAILED = 1
    """What was asked for failed."""
    USAGE = 2
    ENVIRONMENT = 3
    """Not what was asked for: no service, no access, no such file."""


class Verb(Struct, frozen=True):
    """One command. `run` gets the parsed arguments, and returns the exit code; `example` follows its name."""

    name: str
    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    needs_service: bool = True

    def add_to(self, verbs: Any, full_name: str) -> None:
        """Adds its parser."""
        parser = verbs.add_parser(
            self.name,
            help=self.summary,
            description=f"{self.summary[0].upper()}{self.summary[1:]}.",
            epilog=f"example:\n  {full_name} {self.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print JSON")
        if self.needs_service:
            _add_place(parser)
        parser.set_defaults(run=self.run)


Group = Sequence[Verb]


def _add_place(parser: argparse.ArgumentParser) -> None:
    place = parser.add_argument_group("where")
    place.add_argument("--folder-id", metavar="ID", help="default: YC_FOLDER_ID")
    place.add_argument("--endpoint", metavar="HOST:PORT", help="default: YC_API_ENDPOINT, else the cloud")
    place.add_argument("--ca", metavar="FILE", help="a PEM file of certificates to trust")
    place.add_argument("--plaintext", action="store_true", help="without TLS; for localhost only")


def studio(arguments: argparse.Namespace) -> AIStudio:
    """The client of what the arguments and the environment say."""
    options: Options = {"plaintext": arguments.plaintext}
    if arguments.endpoint:
        options["endpoint"] = arguments.endpoint
    if arguments.ca:
        options["ca"] = arguments.ca
    if arguments.json:
        options["progress"] = None
    return AIStudio.from_env(folder_id=arguments.folder_id, **options)


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE texts as a mapping."""
    return {name: value for name, _, value in (text.partition("=") for text in texts)}
