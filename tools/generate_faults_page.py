"""Writes docs/reference/faults.md from the types that faults are read with."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from aistudio_faults import paths
from aistudio_faults.faults import Fault
from aistudio_mock.domain import errors, s3_errors
from aistudio_mock.domain.fault_presets import PRESETS
from aistudio_mock.domain.fault_rules import DESCRIPTIONS, GRPC_ONLY, MATCHES

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "faults.md"

_HEAD = """\
# Faults

Generated from the code by `tools/generate_faults_page.py`; do not edit.
[How to use them](../how-to/make-things-go-wrong.md).

A fault says which calls it is for, and what they meet. It is written with the same fields everywhere:
keywords in Python and pytest, an object in files and in the control API. A call is met by the first fault
that is for it and due; later ones do not see it. What can never work (a field, method or path that does not
exist, a value that does not fit) is refused when it is written, with what would work.
"""

_AFTER = """\
A fault with `lost`, or one that changes the answer, lets the call do its work first; every other refusal
comes before it. The journal names the fault that a call has met (`fault`); the fault itself tells how many
calls it was for (`seen`) and how many of them met it (`hits`).

By gRPC, `goaway`, `drip`, and a cut in the `middle` of an answer that is no stream reach clients of the
[fault port](../how-to/make-things-go-wrong.md#what-only-a-fault-port-can-do) only.
"""

_PATHS = """
A list without a selector means all its elements. A path that an answer does not have changes nothing in it;
the log says so.
"""


def page() -> str:
    """The text of the page."""
    return "\n".join(
        (
            _HEAD,
            "## Which calls\n",
            *_table(MATCHES),
            "\n## What they meet\n",
            *_table(tuple(name for name in Fault.__struct_fields__ if name not in MATCHES)),
            "",
            _AFTER,
            "## Paths\n",
            " ".join((paths.__doc__ or "").partition("\n")[2].split()) + "\n",
            _PATHS.lstrip(),
            "## Codes\n",
            f"gRPC: {_codes(errors.BY_NAME)}.\n",
            f"Storage: {_codes(s3_errors.BY_CODE)}.\n",
            "## Presets\n",
            "| name | what a program meets |",
            "|---|---|",
            *(f"| `{name}` | {preset.what} |" for name, preset in PRESETS.items()),
            "",
        )
    )


def _table(names: tuple[str, ...]) -> Iterator[str]:
    yield "| field | default | of | what |"
    yield "|---|---|---|---|"
    nothing = Fault()
    for name in names:
        default = msgspec.json.encode(getattr(nothing, name)).decode().replace('""', "")
        leg = "gRPC" if name in (*GRPC_ONLY, "method") else "storage" if name == "object" else "both"
        shown = f"`{default}`" if default not in {"", "{}", "[]", "null"} else ""
        yield f"| `{name}` | {shown} | {leg} | {DESCRIPTIONS[name]} |"


def _codes(names: object) -> str:
    assert hasattr(names, "__iter__")
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
