"""`ctl`: asks a running mock what is in it, and tells it what to do, by its control API."""

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aistudio_mock.commands.console import Command, CommandError, Exit, say
from aistudio_mock.environment import CONTROL_TOKEN

if TYPE_CHECKING:
    from aistudio_mock.control_client import ControlClient

_DEFAULT = "http://127.0.0.1:8444"


class _Verb(Struct, frozen=True):
    """`act` gets the client, the folder's id and the words after the verb; `shows` are a row's columns.

    Columns are of the list `rows` of the answer; without it the answer is one row.
    """

    help: str
    act: "Callable[[ControlClient, str, Sequence[str]], object]"
    words: tuple[str, ...] = ()
    rows: str = ""
    shows: tuple[str, ...] = ()


def _save(client: "ControlClient", folder_id: str, words: Sequence[str]) -> None:
    from aistudio_mock.runtime.whole_file import write_whole

    document = client.save_folder(folder_id)
    try:
        write_whole(Path(words[0]), document)
    except OSError as problem:
        raise CommandError(f"{words[0]} cannot be written: {problem.strerror}", Exit.ENVIRONMENT) from problem


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}", Exit.ENVIRONMENT) from problem


_FAULT = ("id", "method", "object", "status", "latency", "seen", "hits")
_PLAN = ("id", "outcome", "times", "used")
_FOLDER = ("id", "polling", "rate", "durations", "auth", "seed", "now")

_VERBS: Mapping[str, _Verb] = {
    "state": _Verb("what is in the folder now", lambda c, id_, _: c.state(id_)),
    "state at": _Verb(
        "… at another moment, past or to come", lambda c, id_, w: c.state(id_, _moment(w[0])), ("MOMENT",)
    ),
    "clock": _Verb("virtual time", lambda c, id_, _: c.clock(id_), shows=("now",)),
    "clock advance": _Verb(
        "move it forward", lambda c, id_, w: c.advance_clock(id_, _number(w[0])), ("SECONDS",), shows=("now",)
    ),
    "clock set": _Verb(
        "move it forward to a moment",
        lambda c, id_, w: c.set_clock(id_, _moment(w[0])),
        ("MOMENT",),
        shows=("now",),
    ),
    "faults": _Verb(
        "the folder's faults, and what became of each",
        lambda c, id_, _: c.list_faults(id_),
        rows="faults",
        shows=_FAULT,
    ),
    "faults add": _Verb(
        "one more, as JSON", lambda c, id_, w: c.add_fault(id_, _fields(w[0])), ("JSON",), shows=_FAULT
    ),
    "faults clear": _Verb("forget them", lambda c, id_, _: c.clear_faults(id_), rows="faults", shows=_FAULT),
    "plan": _Verb("how the next tunings go", lambda c, id_, _: c.list_plans(id_), rows="plans", shows=_PLAN),
    "plan add": _Verb(
        "one more script, as JSON", lambda c, id_, w: c.add_plan(id_, _fields(w[0])), ("JSON",), shows=_PLAN
    ),
    "plan clear": _Verb("they go as usual", lambda c, id_, _: c.clear_plans(id_), rows="plans", shows=_PLAN),
    "journal": _Verb(
        "the folder's calls, oldest first",
        lambda c, id_, _: c.journal(id_),
        rows="entries",
        shows=("number", "time", "leg", "method", "status", "message"),
    ),
    "folders": _Verb("every folder", lambda c, _, __: c.list_folders(), rows="folders", shows=_FOLDER),
    "folders new": _Verb(
        'make one; its settings as JSON, such as {"time": "manual", "seed": 7}',
        lambda c, _, w: c.create_folder(_new(w[0])),
        ("JSON",),
        shows=(*_FOLDER, "api_key"),
    ),
    "folders delete": _Verb("forget the folder", lambda c, id_, _: c.delete_folder(id_)),
    "save": _Verb("write the folder to a file that can be committed", _save, ("FILE",)),
    "load": _Verb(
        "make the folder of such a file", lambda c, _, w: c.load_folder(_read(w[0])), ("FILE",), shows=_FOLDER
    ),
    "reset": _Verb(
        "empty the folder; its clock goes on", lambda c, id_, _: c.reset_folder(id_), shows=_FOLDER
    ),
    "shutdown": _Verb("stop the server", lambda c, _, __: c.shutdown()),
}
"""What can be said, by its first words. The longest that fits is meant."""

_STATE: Mapping[str, tuple[str, ...]] = {
    "datasets": ("id", "name", "status", "task_type", "rows", "size_bytes", "updated_at"),
    "tunings": ("id", "name", "status", "source_model_uri", "target_model_uri"),
    "operations": ("id", "done", "created_at", "modified_at"),
}


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
    width = max(len(_usage(name)) for name in _VERBS)
    known = "\n".join(f"  {_usage(name):<{width}}  {verb.help}" for name, verb in _VERBS.items())
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
    for line in _printed(verb, answer, as_json=arguments.json):
        say(line)
    return Exit.OK


def _meant(words: Sequence[str]) -> tuple[_Verb, Sequence[str]]:
    for count in (2, 1):
        verb = _VERBS.get(" ".join(words[:count])) if len(words) >= count else None
        if verb is not None and len(words) - count == len(verb.words):
            return verb, words[count:]
    known = ", ".join(_usage(name) for name in _VERBS)
    said = f"there is no `ctl {' '.join(words)}`" if words else "say what to do"
    raise CommandError(f"{said}; there is {known}", Exit.USAGE)


def _usage(name: str) -> str:
    return " ".join((name, *_VERBS[name].words))


def _plain(answer: object) -> Mapping[str, Any]:
    from msgspec import to_builtins

    return dict(to_builtins(answer) or {})


def _printed(verb: _Verb, answer: Mapping[str, Any], *, as_json: bool) -> "Sequence[str]":
    if as_json:
        return [json.dumps(answer, ensure_ascii=False)]
    if "datasets" in answer:
        parts = (
            [f"{name}:", *_table(shows, answer[name]), ""] for name, shows in _STATE.items() if answer[name]
        )
        return [
            f"folder {answer['folder_id']} at {answer['at']}",
            "",
            *(line for part in parts for line in part),
        ]
    return _table(verb.shows, answer[verb.rows] if verb.rows else [answer] if answer else [])


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns of text under a head, the empty ones left out: for people, and for `awk`."""
    shown = [column for column in columns if any(row.get(column) not in {None, ""} for row in rows)]
    texts = [[column.upper() for column in shown]]
    texts += [
        [str(row.get(column) if row.get(column) is not None else "") for column in shown] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in texts)
    return [line.rstrip() for line in lines] if rows else ["nothing"]


def _moment(text: str) -> datetime:
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"{text!r} is no moment; write one such as 2025-12-11T02:18:54Z", Exit.USAGE)
    return moment


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CommandError(f"{text!r} is no number of seconds", Exit.USAGE) from None


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError as problem:
        raise CommandError(f"that is not JSON ({problem}): {text}", Exit.USAGE) from None
    if not isinstance(fields, dict):
        raise CommandError(f"that is no JSON object: {text}", Exit.USAGE)
    return fields


def _new(text: str) -> Any:
    from msgspec import ValidationError, convert

    from aistudio_mock.control_types import NewFolder

    try:
        return convert(_fields(text), NewFolder)
    except ValidationError as problem:
        known = ", ".join(NewFolder.__struct_fields__)
        raise CommandError(f"{problem}; a folder has {known}", Exit.USAGE) from None


COMMAND = Command(
    example="aistudio-mock ctl clock advance 3600\n  aistudio-mock ctl --json state at 2030-01-01T00:00:00Z",
    add_arguments=add_arguments,
    run=run,
)
