"""`ctl`: asks a running mock what is in it, and tells it what to do, by its control API."""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from aistudio_mock.commands.console import Command, CommandError, Exit, say
from aistudio_mock.commands.ctl_printing import show, show_state
from aistudio_mock.commands.ctl_verbs import STATE, VERBS, Verb
from aistudio_mock.environment import CONTROL_TOKEN

_DEFAULT = "http://127.0.0.1:8444"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the server is, which folder, how to print; then what to do."""
    parser.add_argument(
        "--url", metavar="URL", help=f"the mock's HTTP address (default $AISTUDIO_MOCK_HTTP, else {_DEFAULT})"
    )
    parser.add_argument("--token", help=f"what its control API asks for (default ${CONTROL_TOKEN})")
    parser.add_argument(
        "--folder", metavar="ID", help="default: $YC_FOLDER_ID, else the folder of calls that name none"
    )
    parser.add_argument("--json", action="store_true", help="print what the server answers, as JSON")
    parser.add_argument("words", nargs="*", metavar="WORD", help="what to do, see below")
    width = max(len(_usage(name)) for name in VERBS)
    known = "\n".join(f"  {_usage(name):<{width}}  {verb.help}" for name, verb in VERBS.items())
    parser.epilog = f"what to do:\n{known}\n\n{parser.epilog or ''}"


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the answer.

    Raises:
        CommandError: nothing that can be done is named, no mock answers, or it refuses.
    """
    verb, words = _meant(arguments.words)
    from aistudio_mock.control_client import ControlClient, UnreachableError
    from aistudio_mock.domain.errors import ApiError

    url = arguments.url or os.environ.get("AISTUDIO_MOCK_HTTP") or _DEFAULT
    try:
        client = ControlClient(url, arguments.token)
        folder = arguments.folder or os.environ.get("YC_FOLDER_ID") or client.server().folder_id
        answer = _plain(verb.act(client, folder, words))
    except UnreachableError as problem:
        raise CommandError(str(problem), Exit.ENVIRONMENT) from problem
    except ApiError as refusal:
        raise CommandError(refusal.message, Exit.FAILED) from refusal
    if arguments.json or "openapi" in answer:
        say(json.dumps(answer, ensure_ascii=False))
    elif "datasets" in answer:
        show_state(answer, STATE)
    else:
        show(answer, verb.shape)
    return Exit.OK


def _meant(words: Sequence[str]) -> tuple[Verb, Sequence[str]]:
    for count in (2, 1):
        verb = VERBS.get(" ".join(words[:count])) if len(words) >= count else None
        if verb is not None and len(words) - count == len(verb.words):
            return verb, words[count:]
    known = ", ".join(_usage(name) for name in VERBS)
    said = f"there is no `ctl {' '.join(words)}`" if words else "say what to do"
    raise CommandError(f"{said}; there is {known}", Exit.USAGE)


def _usage(name: str) -> str:
    return " ".join((name, *VERBS[name].words))


def _plain(answer: object) -> Mapping[str, Any]:
    from msgspec import to_builtins

    return dict(to_builtins(answer) or {})


COMMAND = Command(
    example="aistudio-mock ctl faults load flaky-network\n"
    "  aistudio-mock ctl --json state at 2030-01-01T00:00:00Z",
    add_arguments=add_arguments,
    run=run,
)
