"""Writes the OpenAPI document of the control API and the page about it, from the table of what it answers."""

import json
from pathlib import Path

from aistudio_mock.transport.http.control_table import PREFIX
from aistudio_mock.transport.http.openapi import document, rows

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
DOCUMENT = REFERENCE / "control-api.openapi.json"
PAGE = REFERENCE / "control-api.md"

_INTRODUCTION = f"""# The control API

What tests and tools ask of a running mock, as JSON under `{PREFIX}` of its HTTP address. The whole of it,
with every type, is [an OpenAPI document](control-api.openapi.json), which the server gives as well;
`aistudio-mock ctl` and the handles of Python do the same ([how](../how-to/control-a-running-mock.md)).

Refusals are `{{"code", "message"}}` with the canonical status code and its HTTP status. Within v1 fields are
only ever added; fields that the server does not know are refused. Moments are RFC 3339.

On a loopback address nobody else can come, and no token is asked for. With any other `--host`, every request
carries `Authorization: Bearer TOKEN`: the one that the server prints, or that of `--control-token` or
`$AISTUDIO_MOCK_CONTROL_TOKEN`. Requests of web pages of other origins are refused, and on a loopback address
also names that are none of this machine's.

| request | what it does |
|---|---|
"""


def openapi() -> str:
    """The text of the document."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """The text of the page."""
    return _INTRODUCTION + "".join(
        f"| `{row.verb} {row.path}{'?' + '&'.join(f'{name}=' for name in row.query) if row.query else ''}` "
        f"| {row.summary} |\n"
        for row in rows()
    )


if __name__ == "__main__":
    DOCUMENT.write_text(openapi(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
