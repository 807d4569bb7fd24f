"""What is written of the adapters' protocol is what the code says, and what the code says fits it."""

import json

import msgspec
import pytest

from aistudio_conformance.protocol import ASKED, Answer, Ask, Failure
from tools import generate_adapter_protocol

PLACE = {
    "grpc": "h:1",
    "tls": "h:2",
    "http": "http://h:3",
    "ca": "/ca.pem",
    "folder_id": "b1g",
    "credentials": {"kind": "api-key", "value": "AQVN"},
}
GOOD = [
    Ask(id=1, do="hello"),
    Ask(id=2, do="begin", with_=PLACE),
    Ask(id=3, do="dataset.update", with_={"dataset_id": "fds", "labels": {}, "newer": 1}),
    Ask(id=4, do="tuning.list"),
    Ask(id=5, do="end"),
    Answer(id=1, ok={}),
    Answer(id=2, error=Failure(message="no", code="NOT_FOUND")),
    Answer(id=3, unsupported="none"),
    Answer(id=4, trouble="broken"),
]
BAD = [
    {"id": 1, "do": "dataset.paint"},
    {"id": 1, "do": "dataset.get"},
    {"id": 1, "do": "dataset.get", "with": {"dataset_id": 7}},
    {"id": 1, "do": "begin", "with": PLACE | {"credentials": {"kind": "password"}}},
    {"id": 1},
    {"id": 1, "ok": {}, "error": {"message": "no"}},
    {"id": "1", "ok": {}},
]


def test_the_schema_is_fresh():
    written = generate_adapter_protocol.SCHEMA.read_text(encoding="utf-8")
    assert written == generate_adapter_protocol.schema(), "run `make generate`"


def test_the_page_is_fresh():
    written = generate_adapter_protocol.PAGE.read_text(encoding="utf-8")
    assert written == generate_adapter_protocol.page(), "run `make generate`"


def test_every_verb_is_on_the_page_and_in_the_schema():
    page, schema = generate_adapter_protocol.page(), json.loads(generate_adapter_protocol.schema())
    for verb, (takes, gives) in ASKED.items():
        assert f"| `{verb}` |" in page
        talk = schema["talk"][verb]
        assert [talk["with"], talk["ok"]] == [{"$ref": f"#/$defs/{one.__name__}"} for one in (takes, gives)]


@pytest.mark.all  # jsonschema comes with nbformat
@pytest.mark.parametrize(("lines", "fits"), [(GOOD, True), (BAD, False)])
def test_lines_of_the_protocol_fit_the_schema_and_others_do_not(lines, fits):
    from jsonschema import Draft202012Validator

    schema = json.loads(generate_adapter_protocol.schema())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for line in lines:
        assert validator.is_valid(json.loads(msgspec.json.encode(line))) is fits, line
