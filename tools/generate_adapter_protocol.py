"""Writes what is derived from the adapters' protocol: its JSON Schema and its page in docs/reference."""

import argparse
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from aistudio_conformance.protocol import ASKED, VERSION, Answer, Ask, Done, Hello, Place, Record

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "docs/reference/adapter-protocol.schema.json"
PAGE = ROOT / "docs/reference/adapter-protocol.md"

TALK: dict[str, tuple[type[Record] | None, type[Record]]] = {
    "hello": (None, Hello),
    "begin": (Place, Done),
    **dict(ASKED.items()),
    "end": (None, Done),
}
"""What each `do` takes and gives, in the order of a conversation."""

Part = dict[str, Any]


def records() -> dict[str, Part]:
    """The schema of every record, by name, in the order in which they are met."""
    met = [record for pair in TALK.values() for record in pair if record] + [Ask, Answer]
    _, parts = msgspec.json.schema_components(dict.fromkeys(met), ref_template="#/$defs/{name}")
    for part in parts.values():
        part["description"] = inspect.cleandoc(part["description"])
    return parts


def schema() -> str:
    """JSON Schema: a line is one of `asks`, or an answer; `talk` tells which reply belongs to which ask."""
    parts = records()
    answer = parts["Answer"]
    answer["oneOf"] = [{"required": [field]} for field in answer["properties"] if field != "id"]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Adapter protocol of aistudio-conformance, version {VERSION}",
        "description": "One line: an ask to the adapter, or an answer from it. Unknown fields are ignored.",
        "anyOf": [{"$ref": "#/$defs/asks"}, {"$ref": "#/$defs/Answer"}],
        "talk": {
            do: {"with": _reference(takes), "ok": _reference(gives)} for do, (takes, gives) in TALK.items()
        },
        "$defs": {"asks": {"oneOf": [_ask(do, takes, parts) for do, (takes, _) in TALK.items()]}, **parts},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _ask(do: str, takes: type[Record] | None, parts: dict[str, Part]) -> Part:
    """One ask. `with` may be left out where every field in it may."""
    is_needed = takes is not None and bool(parts[takes.__name__].get("required"))
    required = ["id", "do", *(["with"] if is_needed else [])]
    properties = {"id": {"type": "integer"}, "do": {"const": do}, "with": _reference(takes)}
    return {"type": "object", "properties": properties, "required": required}


def _reference(record: type[Record] | None) -> Part:
    return {"$ref": f"#/$defs/{record.__name__}"} if record else {"type": "object"}


INTRODUCTION = f"""\
# The adapters' protocol

How `aistudio-conformance` talks with a client under test, version {VERSION}. Generated from
`conformance/aistudio_conformance/protocol.py`; a JSON Schema of the lines is in
[adapter-protocol.schema.json](adapter-protocol.schema.json).

An adapter is a program that puts a client behind some twenty verbs. It reads one JSON object a line on stdin,
answers each by one line on stdout, and prints whatever it likes on stderr. A verb is what a user of the
client wants done; how many calls that takes, and which, is the client's business and is what gets judged.
When stdin ends, the adapter ends, with code 0. One that crashes or hangs costs the case it is in, and no
other.

```
→ {{"id": 1, "do": "hello"}}
← {{"id": 1, "ok": {{"name": "my client", "version": "0.1", "verbs": ["dataset.get"]}}}}
→ {{"id": 2, "do": "begin", "with": {{"grpc": "127.0.0.1:8442", "folder_id": "b1g…", "credentials": …}}}}
← {{"id": 2, "ok": {{}}}}
→ {{"id": 3, "do": "dataset.get", "with": {{"dataset_id": "fds…"}}}}
← {{"id": 3, "ok": {{"dataset_id": "fds…", "status": "READY", "rows": 14}}}}
→ {{"id": 4, "do": "tuning.list"}}
← {{"id": 4, "unsupported": "the client lists no tunings"}}
→ {{"id": 5, "do": "end"}}
← {{"id": 5, "ok": {{}}}}
```

An answer has the id of its ask and exactly one of four fields:

| field | what it says | what becomes of the checks |
|---|---|---|
| `ok` | the client did it, and showed this | they are judged |
| `error` | the client told its user that it could not | they are judged: often that is what is right |
| `unsupported` | the client has nothing for it | not applicable |
| `trouble` | the adapter itself is broken | harness error: nothing is said of the client |

`hello` is asked once. Each case is between a `begin`, which says where the service is and who the client
is, and an `end`; what was learnt in one case is forgotten in the next. What a client does not show is
left out of `ok`: the adapter does not ask the service itself. Within version {VERSION} fields are only
ever added, and unknown ones are ignored on both sides.

## In Python

The host speaks the lines; a module gives the client, by a factory `connect(place)`. The client is any
object with the verbs as methods (`dataset.get` is `dataset_get`), as the Protocol
`aistudio_conformance.protocol.Client` has them, those left out that it has nothing for. It raises
`Refused` for what it tells its user, `Unsupported` for what it has nothing for; whatever else it raises
is trouble, with the traceback on stderr. What it prints goes to stderr.

```
python -m aistudio_conformance.adapters.host my_package.adapter        # connect(place) of a module
python -m aistudio_conformance.adapters.host ./my_client.py:MyClient   # or of a file; a class will do
```

The name and version that `hello` tells are `NAME` and `VERSION` of the client's class or of the module;
the verbs are the methods of the class that the factory is, or is annotated to return.

[examples/conformance-adapter](../../examples/conformance-adapter/my_client.py) is one to begin from;
in other languages there are [Node](../../examples/conformance-adapter/my_client.mjs) and
[bash](../../examples/conformance-adapter/my_client.sh).
Shipped, in `aistudio_conformance.adapters`:

| adapter | client |
|---|---|
| `raw_stubs` | the raw official stubs (package `yandexcloud`), keeping every rule |
| `raw_stubs:connect_plaintext` | the same at the plaintext port |
| `official_sdk` | the official SDK, `yandex-ai-studio-sdk` |
| `official_sdk:connect_ml` | its older package, `yandex-cloud-ml-sdk` |
| `shell/adapter.sh` | grpcurl and curl: a program of its own, in bash with jq |
| `node/adapter.mjs` | the Node client of `clients/node`, once it is built: `make node-client` |

"""


def page() -> str:
    """The page people read."""
    return INTRODUCTION + "\n".join([*_verbs(), *_records()])


def _verbs() -> Iterator[str]:
    yield from ("## What is asked", "", "| `do` | `with` | `ok` | |", "|---|---|---|---|")
    for do, (takes, gives) in TALK.items():
        said = _first_line(takes) if takes else _first_line(gives)
        yield f"| `{do}` | {_link(takes)} | {_link(gives)} | {said} |"


def _records() -> Iterator[str]:
    yield from ("", "## Records", "", "A field that is not required may be left out.", "")
    for name, part in records().items():
        if name not in {"Ask", "Done"}:
            yield from (f"### {name}", "", part["description"].replace("\n\n", "\n"), "")
            yield from ("| field | type | required |", "|---|---|---|")
            yield from (
                f"| `{field}` | {_type(kind)} | {'yes' if field in part.get('required', ()) else ''} |"
                for field, kind in part["properties"].items()
            )
            yield ""


def _link(record: type[Record] | None) -> str:
    return "" if record is None or record is Done else f"[{record.__name__}](#{record.__name__.lower()})"


def _first_line(record: type[Record]) -> str:
    return inspect.cleandoc(record.__doc__ or "").splitlines()[0]


def _type(kind: Part) -> str:
    """A field's type in words."""
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in kind:
        return " or ".join(_type(one) for one in kind["anyOf"] if one.get("type") != "null")
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"])
    if kind["type"] == "array":
        return f"list of {_type(kind['items'])}"
    if "additionalProperties" in kind:
        return f"object of {_type(kind['additionalProperties'])}"
    return str(kind["type"])


def main() -> int:
    """Writes both files, or with `--check` says whether they are fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    check = parser.parse_args().check
    texts = {SCHEMA: schema(), PAGE: page()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if not check:
        for path in stale:
            path.write_text(texts[path], encoding="utf-8")
    elif stale:
        sys.stderr.write(f"stale: {', '.join(path.name for path in stale)}; run `make generate`\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
