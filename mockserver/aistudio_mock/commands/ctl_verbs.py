"""What `ctl` can be told: the whole control API, in words."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aistudio_mock.commands.console import CommandError, Exit, say
from aistudio_mock.commands.ctl_printing import Row, Shape

if TYPE_CHECKING:
    from aistudio_mock.control_client import ControlClient
    from aistudio_mock.control_types import FolderShown, NewFolder, Standings

Words = Sequence[str]


class Verb(Struct, frozen=True):
    """`act` gets the client, the folder's id and the words after the verb; `shape` is for its answer."""

    help: str
    act: "Callable[[ControlClient, str, Words], object]"
    words: tuple[str, ...] = ()
    shape: Shape = Shape()


def _save(client: "ControlClient", folder_id: str, words: Words) -> None:
    from aistudio_mock.runtime.whole_file import write_whole

    document = client.save_folder(folder_id)
    try:
        write_whole(Path(words[0]), document)
    except OSError as problem:
        raise CommandError(f"{words[0]} cannot be written: {problem.strerror}", Exit.ENVIRONMENT) from problem


def _load(client: "ControlClient", _: str, words: Words) -> "FolderShown":
    try:
        document = Path(words[0]).read_bytes()
    except OSError as problem:
        raise CommandError(f"{words[0]} cannot be read: {problem.strerror}", Exit.ENVIRONMENT) from problem
    return client.load_folder(document)


def _watch(client: "ControlClient", folder_id: str, _: Words) -> None:
    for name, told in client.watch(folder_id):
        say(json.dumps({"event": name, "data": told}, ensure_ascii=False))


def _load_faults(client: "ControlClient", folder_id: str, words: Words) -> "Standings":
    from aistudio_faults.faults import FaultError
    from aistudio_mock.domain.errors import InvalidArgument
    from aistudio_mock.fault_files import written

    try:
        listed, source = written(words[0])
    except FaultError as problem:
        raise CommandError(str(problem), Exit.USAGE) from problem
    try:
        return client.load_faults(folder_id, listed if isinstance(listed, list) else [listed])
    except InvalidArgument as refusal:
        raise CommandError(
            f"{source}, {refusal.message}" if source else refusal.message, Exit.FAILED
        ) from None


def _fault(row: Row) -> Row:
    """A fault on one line: where it is, and what it does."""
    apart = {"id", "seen", "hits", "method", "object"}
    does = (name if value is True else f"{name}={value}" for name, value in row.items() if name not in apart)
    return {**row, "on": row.get("method") or row.get("object"), "does": " ".join(does)}


def _moment(text: str) -> datetime:
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"{text!r} is no moment; write one such as 2025-12-11T02:18:54Z", Exit.USAGE)
    return moment


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CommandError(f"{text!r} is no number of seconds", Exit.USAGE) from None


def _number(text: str) -> int:
    if not text.isdecimal():
        raise CommandError(f"{text!r} is no number of a call", Exit.USAGE)
    return int(text)


def _object(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError as problem:
        raise CommandError(f"that is not JSON ({problem}): {text}", Exit.USAGE) from None
    if not isinstance(fields, dict):
        raise CommandError(f"that is no JSON object: {text}", Exit.USAGE)
    return fields


def _new(text: str) -> "NewFolder":
    from msgspec import ValidationError, convert

    from aistudio_mock.control_types import NewFolder

    try:
        return convert(_object(text), NewFolder)
    except ValidationError as problem:
        known = ", ".join(NewFolder.__struct_fields__)
        raise CommandError(f"{problem}; a folder has {known}", Exit.USAGE) from None


_FAULTS = Shape(("id", "on", "does", "seen", "hits"), "faults", _fault)
_PLANS = Shape(("id", "outcome", "times", "used"), "plans")
_FOLDERS = Shape(("id", "polling", "rate", "durations", "auth", "seed", "now"), "folders")
_CALLS = Shape(
    ("number", "time", "leg", "method", "key", "status", "error_code", "message", "fault"), "entries"
)

VERBS: Mapping[str, Verb] = {
    "server": Verb("where everything is reached, and where the state is kept", lambda c, _, __: c.server()),
    "state": Verb("what is in the folder now", lambda c, id_, _: c.state(id_)),
    "state at": Verb(
        "… at another moment, past or to come", lambda c, id_, w: c.state(id_, _moment(w[0])), ("MOMENT",)
    ),
    "clock": Verb("virtual time", lambda c, id_, _: c.clock(id_)),
    "clock advance": Verb(
        "move it forward", lambda c, id_, w: c.advance_clock(id_, _seconds(w[0])), ("SECONDS",)
    ),
    "clock set": Verb(
        "move it forward to a moment", lambda c, id_, w: c.set_clock(id_, _moment(w[0])), ("MOMENT",)
    ),
    "clock mode": Verb(
        "how it goes from now on: skip, poll, real, manual, 10x",
        lambda c, id_, w: c.set_mode(id_, w[0]),
        ("MODE",),
    ),
    "faults": Verb(
        "the folder's faults, and what became of each", lambda c, id_, _: c.list_faults(id_), shape=_FAULTS
    ),
    "faults add": Verb("one more, as JSON", lambda c, id_, w: c.add_fault(id_, _object(w[0])), ("JSON",)),
    "faults load": Verb("all of a YAML file, or of a preset", _load_faults, ("FILE|PRESET",), _FAULTS),
    "faults clear": Verb("forget them", lambda c, id_, _: c.clear_faults(id_), shape=_FAULTS),
    "presets": Verb(
        "faults that have a name", lambda c, _, __: c.list_presets(), shape=Shape(("name", "what"), "presets")
    ),
    "plan": Verb("how the next tunings go", lambda c, id_, _: c.list_plans(id_), shape=_PLANS),
    "plan add": Verb("one more script, as JSON", lambda c, id_, w: c.add_plan(id_, _object(w[0])), ("JSON",)),
    "plan clear": Verb("they go as usual", lambda c, id_, _: c.clear_plans(id_), shape=_PLANS),
    "journal": Verb("the folder's calls, oldest first", lambda c, id_, _: c.journal(id_), shape=_CALLS),
    "journal after": Verb(
        "… after that number", lambda c, id_, w: c.journal(id_, _number(w[0])), ("NUMBER",), _CALLS
    ),
    "metrics": Verb("where a tuning's metrics are read", lambda c, id_, w: c.metrics(id_, w[0]), ("TUNING",)),
    "watch": Verb("what changes, as it changes: lines of JSON, until Ctrl-C", _watch),
    "token": Verb("a fresh IAM token of the folder", lambda c, id_, _: c.issue_token(id_)),
    "folder": Verb("the folder's settings and credentials", lambda c, id_, _: c.folder(id_)),
    "folders": Verb("every folder", lambda c, _, __: c.list_folders(), shape=_FOLDERS),
    "folders new": Verb(
        'make one; its settings as JSON, such as {"time": "manual", "seed": 7}',
        lambda c, _, w: c.create_folder(_new(w[0])),
        ("JSON",),
    ),
    "folders delete": Verb("forget the folder", lambda c, id_, _: c.delete_folder(id_)),
    "save": Verb("write the folder to a file that can be committed", _save, ("FILE",)),
    "load": Verb("make the folder of such a file", _load, ("FILE",)),
    "reset": Verb("empty the folder; its clock goes on", lambda c, id_, _: c.reset_folder(id_)),
    "document": Verb("the control API as an OpenAPI document", lambda c, _, __: c.document()),
    "shutdown": Verb("stop the server", lambda c, _, __: c.shutdown()),
}
"""By the first words. The longest that fits is meant."""

STATE: Mapping[str, tuple[str, ...]] = {
    "datasets": ("id", "name", "status", "task_type", "rows", "size_bytes", "updated_at"),
    "tunings": ("id", "name", "status", "source_model_uri", "target_model_uri"),
    "batches": ("id", "status", "model_uri", "source_dataset_id", "result_dataset_id"),
    "operations": ("id", "done", "created_at", "modified_at"),
}
"""The parts of a folder's state, and the columns of each."""
