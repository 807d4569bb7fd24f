"""Tries an adapter: every verb that it claims, once, on a good server; what is wrong with the answers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct

from aistudio_conformance.case import Server
from aistudio_conformance.children import how_it_ended
from aistudio_conformance.driver import Broken, Driver
from aistudio_conformance.environment import of_client
from aistudio_conformance.protocol import ASKED, Answer, Hello, Place, Verb
from aistudio_conformance.redaction import Redactor
from aistudio_conformance.target import Target
from aistudio_conformance.variables import VariableError, fill

_SECONDS = 60.0
_SHOWN = 160
_GOOD_FILE = b'{"request": [{"role": "user", "text": "two and two"}], "response": "four"}\n'
_UPLOAD = {"name": "linted", "task_type": "TextToTextGeneration", "file": "${file}"}
_QUESTION = {"model_uri": "${wait.model_uri}", "text": "two and two"}
_ASKS: tuple[tuple[Verb, Mapping[str, Any]], ...] = (
    ("dataset.upload", _UPLOAD),
    ("dataset.upload_parts", {**_UPLOAD, "part_size": 5 << 20}),
    ("dataset.get", {"dataset_id": "${upload.dataset_id}"}),
    ("dataset.list", {}),
    ("dataset.update", {"dataset_id": "${upload.dataset_id}", "description": "linted"}),
    ("dataset.types", {}),
    ("dataset.schemas", {"task_type": "TextToTextGeneration"}),
    ("tuning.start_with", {"dataset_id": "${upload.dataset_id}", "name": "linted", "lr": 0.0001}),
    ("tuning.start", {"dataset_id": "${upload.dataset_id}", "name": "linted"}),
    ("tuning.wait", {"tuning_id": "${start.tuning_id}"}),
    ("tuning.get", {"tuning_id": "${start.tuning_id}"}),
    ("tuning.list", {}),
    ("tuning.options", {"tuning_id": "${start.tuning_id}"}),
    ("tuning.metrics", {"tuning_id": "${start.tuning_id}", "file": "${metrics}"}),
    ("tuning.cancel", {"tuning_id": "${start.tuning_id}"}),
    ("model.complete", _QUESTION),
    ("model.stream", _QUESTION),
    ("model.complete_async", _QUESTION),
    ("model.classify", {**_QUESTION, "model_uri": "${a_classifier}"}),
    ("model.embed", {**_QUESTION, "model_uri": "emb://${folder_id}/text-embeddings/latest"}),
    ("dataset.delete", {"dataset_id": "${upload.dataset_id}"}),
)
"""In an order in which each finds what it needs."""

_NO_SUCH = {
    "dataset_id": "fds00000000000000000",
    "tuning_id": "ftn00000000000000000",
    "model_uri": "gpt://none/none",
}
"""What is asked for where nothing has made it: the answer is then an error, and of the right form."""


class Remark(Struct, frozen=True):
    """What came of one ask. `problem` is what is wrong with it; empty if nothing is."""

    asked: str
    told: str = ""
    problem: str = ""


def lint(command: Sequence[str], target: Target) -> Iterator[Remark]:
    """Remarks on an adapter, as they are found; after a break nothing more is tried.

    Raises:
        NotStarted: there is no such program.
        TargetError: the server is in trouble.
    """
    place = target.new_folder(Server(), 1).place("api-key")
    client = Driver(command, of_client(os.environ, target.ca))
    try:
        with TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as scratch:
            known = {"folder_id": place.folder_id, **_files(Path(scratch))}
            yield from _conversation(client, place, known)
        found = Redactor({place.credentials.value: "the API key"}).found(client.printed.since(0))
        yield from (Remark("stderr", problem=f"{name} is printed there") for name in found)
        if client.is_usable:
            yield _on_exit(client.close())
    finally:
        client.close()


def _files(scratch: Path) -> dict[str, Any]:
    file = scratch / "train.jsonl"
    file.write_bytes(_GOOD_FILE)
    return {"file": str(file), "metrics": str(scratch / "metrics.zip")}


def _conversation(client: Driver, place: Place, known: dict[str, Any]) -> Iterator[Remark]:
    asked = "hello"
    try:
        hello = client.hello()
        yield _on_hello(hello)
        asked = "begin"
        client.begin(place)
        yield Remark(asked, "ok")
        for asked, given in _ASKS:
            if asked in hello.verbs:
                yield _tried(client, asked, given, known)
        asked = "no.such-verb"
        yield _on_unknown(client.ask(asked, {}, _SECONDS))
        asked = "end"
        client.end()
        yield Remark(asked, "ok")
    except Broken as broken:
        yield Remark(asked, problem=f"the client {broken}; what follows was not tried")


def _tried(client: Driver, verb: Verb, given: Mapping[str, Any], known: dict[str, Any]) -> Remark:
    filled, is_good = {}, True
    for name, value in given.items():
        try:
            filled[name] = fill(value, known)
        except VariableError:
            filled[name], is_good = _NO_SUCH[name], False
    answer = client.ask(verb, filled, _SECONDS)
    known[verb.partition(".")[2]] = answer.ok or {}
    return Remark(verb, _shown(answer), _wrong(verb, answer, is_good=is_good))


def _wrong(verb: Verb, answer: Answer, *, is_good: bool) -> str:
    if answer.trouble is not None:
        return answer.trouble
    if answer.unsupported is not None:
        return f"the hello claims it, and the answer is unsupported: {answer.unsupported}"
    if answer.error is not None:
        return (
            f"it should work here, and the client told of a failure: {answer.error.message}"
            if is_good
            else ""
        )
    unknown = (answer.ok or {}).keys() - set(ASKED[verb][1].__struct_fields__)
    return f"nobody reads these fields of the answer: {', '.join(sorted(unknown))}" if unknown else ""


def _on_hello(hello: Hello) -> Remark:
    said = f"{' '.join(filter(None, (hello.name, hello.version)))}, {len(hello.verbs)} verbs"
    if not hello.name:
        return Remark("hello", said, "the client has no name")
    return Remark(
        "hello", said, "" if hello.verbs else "no verbs are named, so that nothing is ever asked for"
    )


def _on_exit(code: int | None) -> Remark:
    if code is None:
        return Remark("end of input", problem="it goes on after the end of its input, and had to be killed")
    said = how_it_ended(code)
    return Remark("end of input", said, "" if code == 0 else f"{said}, not 0, after the end of its input")


def _on_unknown(answer: Answer) -> Remark:
    is_right = answer.unsupported is not None
    wrong = "" if is_right else "a verb that the adapter does not know has to be answered as unsupported"
    return Remark("a verb of the future", _shown(answer), wrong)


def _shown(answer: Answer) -> str:
    text = msgspec.json.encode(answer).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
