"""Reading journals as anyone may: JSON Lines, each line held against the published schema."""

import json
import urllib.request
from importlib.resources import files

import jsonschema

SCHEMA = json.loads(files("aistudio_mock").joinpath("journal.schema.json").read_text(encoding="utf-8"))
_VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def told(http_url, folder_id, query="?format=jsonl"):
    """The entries that the control API streams, without the header."""
    with urllib.request.urlopen(
        f"{http_url}/_mock/v1/folders/{folder_id}/journal{query}", timeout=20
    ) as reply:
        return checked(reply.read())[1:]


def checked(text):
    """The lines of a journal, the header first. Each is as the schema says, with no field beside it."""
    *lines, rest = text.split(b"\n")
    assert rest == b"", "the last line has no end"
    documents = [json.loads(line) for line in lines]
    for document in documents:
        _VALIDATOR.validate(document)
        assert document.keys() <= described(document), document
    assert ["journal" in document for document in documents] == [True] + [False] * (len(documents) - 1)
    return documents


def described(document):
    """The fields that the schema has for such a line."""
    kinds = ("header",) if "journal" in document else ("call", document["leg"].replace("rest", "grpc"))
    return {name for kind in kinds for name in SCHEMA["$defs"][kind]["properties"]}
