"""Writes the JSON Schema of what `aistudio-mock validate --json` prints, from the types that it prints."""

import json
from pathlib import Path
from typing import Any

import msgspec

from aistudio_mock.commands.validate_result import NotConverted, Verdict

SCHEMA = Path(__file__).parents[1] / "docs" / "reference" / "validate.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> str:
    """The text of the file."""
    either, parts = msgspec.json.schema_components((Verdict, NotConverted), ref_template="#/$defs/{name}")
    whole: dict[str, Any] = {"$schema": _DIALECT, "anyOf": list(either), "$defs": parts}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema(), encoding="utf-8")
