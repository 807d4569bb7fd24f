"""`demo`: the whole flow on example data, in one process, told step by step."""

import argparse
from time import perf_counter
from typing import TYPE_CHECKING

from aistudio_mock.commands.console import Command, CommandError, Exit, bold, dim, say
from aistudio_mock.commands.launch import running
from aistudio_mock.config import ServerConfig

if TYPE_CHECKING:
    from aistudio_mock.app import Ready

_NEXT = (
    ("aistudio-mock serve", "a server for your own program, and the variables that redirect it there"),
    ("aistudio-mock examples data", "example datasets to start from"),
    ("aistudio-mock validate FILE --task-type T", "would the platform take this file?"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: the demo shows one thing."""


def run(_arguments: argparse.Namespace) -> int:
    """Tell the story; exit code 1 when the server refuses a step.

    Raises:
        CommandError: a step failed, or no server can run on this machine.
    """
    began = perf_counter()
    say(f"{bold('From a dataset to an answer of the tuned model')}, on this machine only")
    with running(ServerConfig(grpc_port=0, tls_port=0, http_port=0)) as server:
        ready = server.ready
        say(dim(f"gRPC at {ready.grpc}, storage at {ready.http}, folder {ready.folder_id}"))
        _tell(ready)
    say()
    say(f"All of it, with the server's start and stop: {perf_counter() - began:.1f} s of yours")
    say()
    say(bold("What next"))
    for command, what in _NEXT:
        say(f"   {command:<43}{dim(what)}")
    return Exit.OK


def _tell(ready: "Ready") -> None:
    from urllib.error import URLError

    import grpc

    from aistudio_formats.examples import EXAMPLES
    from aistudio_mock.commands import demo_story

    try:
        demo_story.tell(ready, EXAMPLES["TextToTextGeneration"].encode())
    except grpc.RpcError as error:
        raise CommandError(
            f"the server refused a call: {error.code().name}: {error.details()}", Exit.FAILED
        ) from error
    except URLError as error:
        raise CommandError(f"the storage side refused a request: {error}", Exit.FAILED) from error


COMMAND = Command(
    example="aistudio-mock demo",
    add_arguments=add_arguments,
    run=run,
)
