"""Writes what is derived from behaviours.yaml: domain/behaviours.py and docs/reference/fidelity.md."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from aistudio_protos.pool import services

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "mockserver/aistudio_mock/behaviours.yaml"
MODULE = ROOT / "mockserver/aistudio_mock/domain/behaviours.py"
PAGE = ROOT / "docs/reference/fidelity.md"
EDITIONS = ("2024-12", "2025-01", "2025-12")

MAIN_PATH = {
    "DatasetService/Create": ("ids", "response-headers", "dataset-create-reply", "dataset-name-free"),
    "DatasetService/GetUploadDraftUrl": ("upload-url-anatomy",),
    "PUT": ("upload-length-is-signed", "upload-answer-headers", "draft-lifecycle"),
    "DatasetService/Validate": (
        "generation-row-shape",
        "dataset-rows-are-strict",
        "generation-asks-something",
        "stored-parquet-layout",
    ),
    "OperationService/Get": (
        "validation-operation",
        "validation-metadata",
        "tuning-operation",
        "tuning-operation-progress",
        "poll-without-deadline",
    ),
    "DatasetService/Describe": ("dataset-ready-before-done", "dataset-rows", "dataset-size-is-parquet"),
    "TuningService/Tune": (
        "tune-reply",
        "tune-name",
        "base-models",
        "tuning-number-defaults",
        "planned-outcomes",
    ),
    "TextGenerationService/Completion": (
        "completion-shape",
        "completion-model-version",
        "tuned-model-answers-its-training-data",
        "tokens-are-words-in-pieces-of-seven",
    ),
    "TuningService/GetMetricsUrl": ("metrics-when-completed", "metrics-url-anatomy"),
    "GET": (
        "download-answer-headers",
        "metrics-archive-is-tensorboard-zip",
        "metrics-archive-layout",
        "losses-are-simulated",
        "learning-rate-curve-follows-request",
    ),
}
"""What `aistudio-mock demo` calls, and the behaviours that its answers show."""

Row = dict[str, Any]


def module(rows: list[Row]) -> str:
    """The typed module that code reads: one field for each behaviour that can be set."""
    settable = [row for row in rows if "values" in row]
    lines = [
        '"""The behaviours that can be set. Generated from behaviours.yaml; do not edit."""',
        "",
        "from __future__ import annotations  # making the types takes as long as the rest of the module",
        "",
        "from typing import TYPE_CHECKING",
        "",
        "from msgspec import Struct",
        "",
        "if TYPE_CHECKING:",
        "    from collections.abc import Mapping",
        "    from typing import Literal",
        "",
        "",
        "class Behaviours(Struct, frozen=True):",
        '    """One field for each behaviour that has a choice; the default is the newest edition\'s."""',
        "",
    ]
    for row in settable:
        literal = ", ".join(f'"{value}"' for value in row["values"])
        kind = "str" if "also" in row else f"Literal[{literal}]"
        lines.append(f'    {_name(row)}: {kind} = "{row["values"][0]}"')
    lines += ["", "", "VALUES: Mapping[str, tuple[str, ...]] = {"]
    for row in settable:
        literal = ", ".join(f'"{value}"' for value in row["values"])
        lines.append(f'    "{_name(row)}": ({literal}),')
    lines += ["}", "", "EDITIONS: Mapping[str, Mapping[str, str]] = {"]
    for edition in EDITIONS:
        chosen = {
            _name(row): row["editions"][edition] for row in settable if edition in row.get("editions", {})
        }
        lines.append(f'    "{edition}": {{' + ("" if chosen else "},"))
        lines += [f'        "{name}": "{value}",' for name, value in chosen.items()]
        lines += ["    },"] if chosen else []
    return "\n".join([*lines, "}", ""])


def page(rows: list[Row]) -> str:
    """The page people read: every behaviour with its evidence, and which methods answer."""
    counts = {kind: sum(row["evidence"] == kind for row in rows) for kind in _EVIDENCE}
    lines = [
        "# Fidelity",
        "",
        "What the mock does, and how we know. Generated from `behaviours.yaml`; sections such as *c.6* are",
        "those of the project's notes on the observed service.",
        "",
        f"{len(rows)} behaviours: " + ", ".join(f"{number} {kind}" for kind, number in counts.items()) + ".",
        main_path(rows),
        "A behaviour with values can be changed with `--set ID=VALUE`; the first value is the default.",
        "",
        "| id | what the mock does | evidence | source | values |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['id']}` | {row['statement']} | {row['evidence']} | {row['cite']} | {_values(row)} |"
        for row in rows
    ]
    return "\n".join([*lines, "", *_methods(), ""])


def main_path(rows: list[Row]) -> str:
    """How much of the way from a dataset to an answer of the tuned model is assumed."""
    shown = {behaviour for behaviours in MAIN_PATH.values() for behaviour in behaviours}
    assumed = sum(row["evidence"] == "assumed" for row in rows if row["id"] in shown)
    return (
        f"On the main path, which is what `aistudio-mock demo` does, {assumed} of {len(shown)} "
        f"({assumed / len(shown):.0%}) are assumed."
    )


class _Nobody:
    """Stands where a backend is expected by those who only want to know what it would be asked."""

    def __getattr__(self, name: str) -> "_Nobody":
        return self


def implemented() -> frozenset[str]:
    """Every RPC that has an answer, as `package.Service/Method`."""
    from aistudio_mock.transport.routes import routes  # noqa: PLC0415 - reads the module written first

    nobody: Any = _Nobody()
    return frozenset(path.strip("/") for path in routes(nobody))


def _methods() -> Iterator[str]:
    answered = implemented()
    yield from (
        "## Methods",
        "",
        "Besides these: server reflection (v1 and v1alpha) and health. A method that is not implemented, and",
        "one that nobody has heard of, is UNIMPLEMENTED; where a similar one exists, the message names it.",
        "",
        "| service | implemented | not implemented |",
        "|---|---|---|",
    )
    for service in services():
        names = [(name, f"{service.full_name}/{name}" in answered) for name in service.methods_by_name]
        columns = (", ".join(name for name, is_in in names if is_in is wanted) for wanted in (True, False))
        yield f"| `{service.full_name}` | {' | '.join(columns)} |"


_EVIDENCE = ("recorded", "documented", "proto", "sdk-source", "assumed")


def _name(row: Row) -> str:
    return str(row["id"]).replace("-", "_")


def _values(row: Row) -> str:
    older = row.get("editions", {})
    values = (
        f"`{value}`" + "".join(f" ({edition})" for edition, chosen in older.items() if chosen == value)
        for value in row.get("values", [])
    )
    return ", ".join([*values, *([row["also"]] if "also" in row else [])])


def main() -> int:
    """Writes both files, or with `--check` says whether they are fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    check = parser.parse_args().check
    rows = msgspec.yaml.decode(TABLE.read_bytes())
    stale = []
    for path, write in ((MODULE, module), (PAGE, page)):
        text = write(rows)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make generate`\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
