"""The page about the journal says what the schema says: every field, and examples that are valid."""

import json
import re
from pathlib import Path

import pytest

from tests.wire.journal_parts import SCHEMA, checked, described

PAGE = (Path(__file__).parents[2] / "docs/reference/journal.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


def test_every_example_is_a_line_of_a_journal():
    lines = b"".join(json.dumps(example).encode() + b"\n" for example in EXAMPLES)
    assert [line.get("leg") for line in checked(lines)] == [None, "grpc", "storage"]


@pytest.mark.parametrize("leg", ["grpc", "storage"])
def test_every_field_is_explained(leg):
    explained = {
        name
        for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
        for name in re.findall(r"`([\w.]+)`", row)
    }
    expected = described({"leg": leg}) - {"body"} | {
        f"body.{name}" for name in SCHEMA["$defs"]["body"]["properties"]
    }
    assert expected - explained == set()
