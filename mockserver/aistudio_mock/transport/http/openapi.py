"""The OpenAPI 3.1 document of the control API, made of the table that the server routes by."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from aistudio_mock import control_types as types
from aistudio_mock.transport.http.control_events import EVENTS, STREAM
from aistudio_mock.transport.http.control_journal import LINES
from aistudio_mock.transport.http.control_table import PREFIX, TABLE, VERSION, Parameter, Row

_JSON = "application/json"
_DESCRIPTION = (
    "What tests and tools ask of a running aistudio-mock: folders, what is in them and when, faults, plans, "
    "the journal. On a loopback address no token is needed. Within a version fields are only ever added."
)


def _beside() -> tuple[Row, ...]:
    """What the server answers without the table."""

    def act(*_: object) -> None:
        raise AssertionError("not answered by the table")

    journal = {
        "after": Parameter("only calls after that number", {"type": "integer", "minimum": 0}),
        "format": Parameter("jsonl for JSON Lines", {"enum": ["json", "jsonl"], "default": "json"}),
    }
    watched = {"after": Parameter("first the calls after that number", {"type": "integer", "minimum": 0})}
    return (
        Row("GET", "/server", "getServer", "Where everything is reached", act, types.ServerShown),
        Row("GET", "/folders/{id}/journal", "getJournal", "The calls of a folder, oldest first", act,
            types.Entries, query=journal, lines="JournalLine"),
        Row("GET", "/folders/{id}/events", "watchFolder", "What changes in a folder, as it changes", act,
            None, query=watched, stream=EVENTS),
        Row("GET", "/folders/{id}/saved", "saveFolder", "A document that can be kept, and loaded again", act,
            types.SavedFolder),
        Row("POST", "/folders:load", "loadFolder", "Make the folder of such a document", act,
            types.FolderShown, types.SavedFolder),
        Row("POST", "/shutdown", "shutDown", "Stop the server, once this is answered", act, types.Nothing),
        Row("GET", "/openapi.json", "getDocument", "This document", act, dict[str, Any]),
    )  # fmt: skip


def rows() -> tuple[Row, ...]:
    """Everything that the control API answers."""
    return (*_beside()[:1], *TABLE, *_beside()[1:])


def document() -> dict[str, Any]:
    """The document as JSON says it."""
    everything = rows()
    kinds = [kind for row in everything for kind in (row.gives, row.shown) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*kinds, types.PresetName, types.Watching, types.Refusal], ref_template=types.COMPONENTS + "{name}"
    )
    found = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for row in everything:
        gives = next(found) if row.gives is not None else None
        takes = next(found) if row.shown is not None else None
        paths.setdefault(row.path, {})[row.verb.lower()] = _operation(row, gives, takes, schemas[-1])
    return {
        "openapi": "3.1.0",
        "info": {"title": "aistudio-mock control API", "version": str(VERSION), "description": _DESCRIPTION},
        "servers": [{"url": PREFIX}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(sorted((components | _journal()).items())),
        },
    }


def _operation(
    row: Row, gives: Mapping[str, Any] | None, takes: Mapping[str, Any] | None, refusal: Mapping[str, Any]
) -> dict[str, Any]:
    in_path = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    in_query = [
        {"name": name, "in": "query", "description": parameter.what, "schema": dict(parameter.schema)}
        for name, parameter in row.query.items()
    ]
    said: dict[str, Any] = {"operationId": row.name, "summary": row.summary}
    if parameters := [*(in_path if "{id}" in row.path else []), *in_query]:
        said["parameters"] = parameters
    if takes is not None:
        said["requestBody"] = {"content": {_JSON: {"schema": takes}}}
    content: dict[str, Any] = {_JSON: {"schema": gives}} if gives is not None else {}
    if row.lines:
        content[LINES] = {"schema": {"type": "string", "description": f"each line is a {row.lines}"}}
    if row.stream:
        content[STREAM] = {"schema": {"type": "string", "description": row.stream}}
    said["responses"] = {
        "200": {"description": row.summary, "content": content},
        "default": {"description": "refused", "content": {_JSON: {"schema": refusal}}},
    }
    return said


def _journal() -> dict[str, Any]:
    """What the journal's own schema says, as types of this document; here a call has two names more."""
    text = files("aistudio_mock").joinpath("journal.schema.json").read_text(encoding="utf-8")
    parts = json.loads(_DEFINED.sub(lambda found: f'"{types.COMPONENTS}{_named(found[1])}"', text))
    line = {name: value for name, value in parts.items() if name not in {"$schema", "$defs"}}
    return {
        "JournalLine": line,
        "JournalEntry": {
            "allOf": [{"$ref": types.COMPONENTS + _named("call")}],
            "required": ["time"],
            "properties": {
                "time": {"type": "string", "description": "`answered_at.virtual`"},
                "key": {"type": "string", "description": "of the storage: `path` decoded, without its slash"},
            },
        },
        **{_named(name): part for name, part in parts["$defs"].items()},
    }


_DEFINED = re.compile(r'"#/\$defs/(\w+)"')


def _named(part: str) -> str:
    return f"Journal{part.capitalize()}"
