#!/usr/bin/env python3
"""What differs with the newest packages that pyproject.toml admits: `make drift`, which is told and no gate.

They go into an environment of their own, which is thrown away. The contract's tests and those with the
official SDK run there; the SDK goes through the conformance suite here and there; the official descriptors
are held against ours. Exit code 1 when anything but a version differs, 3 when it cannot be told.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import ndiff
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PACKAGES = ("yandexcloud", "yandex-ai-studio-sdk", "yandex-cloud-ml-sdk", "grpcio", "protobuf")
CLIENTS = ("official-sdk", "official-sdk-ml")
PAGE = ROOT / "docs" / "reference" / "contract.md"
_TESTS = ("tests/contract", "tests/wire/sdk")
_PATIENCE = 1800.0
_NONE = "not there"
_RED = re.compile("(FAILED|ERROR) tests/")

Findings = Mapping[tuple[str, str], str]
"""What became of each check, by case and check."""


class DriftError(Exception):
    """The comparison could not be made. The message is what the program that failed has said."""


def main() -> int:
    """Prints the report; its exit code is the module's."""
    with TemporaryDirectory(prefix="drift-") as scratch:
        try:
            newest = _environment(Path(scratch))
            there, sections = versions(newest), [*_sections(newest, Path(scratch))]
        except DriftError as problem:
            sys.stderr.write(f"drift: {problem}\n")
            return 3
    sys.stdout.write(report(versions(sys.executable), there, sections))
    return int(any(lines for _, lines in sections))


def _environment(scratch: Path) -> str:
    """The Python of an environment with the newest packages. Raises DriftError."""
    python = str(scratch / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    uv = (sys.executable, "-m", "uv", "--quiet")
    for command in (
        (*uv, "venv", "--python", sys.executable, str(scratch / "venv")),
        (*uv, "pip", "install", "--python", python, "--upgrade", "--editable", str(ROOT), "--group", "dev"),
    ):
        done = _run(command)
        if done.returncode:
            raise DriftError(done.stderr.strip())
    return python


def _sections(newest: str, scratch: Path) -> Iterator[tuple[str, list[str]]]:
    """What differs, by heading; an empty list where nothing does. Raises DriftError."""
    yield "Tests that are red", red_tests(newest)
    yield "The official contract", contract(newest)
    for client in CLIENTS:
        pinned, there = (findings(_judged(python, client, scratch)) for python in (sys.executable, newest))
        yield f"Findings on {client}", compared(pinned, there)


def report(
    pinned: Mapping[str, str], newest: Mapping[str, str], sections: Sequence[tuple[str, list[str]]]
) -> str:
    """The report, as Markdown."""
    rows = [
        f"| {name} | {pinned[name]} | {newest[name]}{' (new)' * (pinned[name] != newest[name])} |"
        for name in pinned
    ]
    lines = ["# Drift", "", "| package | pinned | newest |", "|---|---|---|", *rows]
    for heading, told in sections:
        lines += ["", f"## {heading}", "", *(told or ["Nothing."])]
    return "\n".join(lines) + "\n"


def compared(pinned: Findings, newest: Findings) -> list[str]:
    """Findings that appeared, vanished or changed, as list items."""
    places = sorted({*pinned, *newest})
    pairs = [(place, pinned.get(place, _NONE), newest.get(place, _NONE)) for place in places]
    return [f"- {case}, {check}: {before} → {now}" for (case, check), before, now in pairs if before != now]


def findings(text: str) -> Findings:
    """Those of a report in JSON Lines. Raises DriftError for one that was cut off."""
    header, *lines, footer = map(json.loads, text.splitlines()) if text.count("\n") > 1 else ({}, {})
    if not footer.get("end"):
        raise DriftError(f"the findings on {header.get('client', {}).get('name', 'a client')} were cut off")
    return {(one["case"], one["check"]): one["outcome"] for one in lines}


def red_tests(python: str) -> list[str]:
    """Tests that fail there, as list items. Raises DriftError when they cannot be run."""
    done = _run((python, "-m", "pytest", "-q", "-n", "auto", "-m", "not all", *_TESTS))
    found = red(done.stdout)
    if done.returncode and not found:
        raise DriftError(f"the tests cannot be run: {done.stdout[-500:]}{done.stderr[-500:]}")
    return found


def red(told: str) -> list[str]:
    """The tests that pytest calls red, as list items."""
    return [f"- `{line.partition(' ')[2]}`" for line in told.splitlines() if _RED.match(line)]


def contract(python: str) -> list[str]:
    """How the page about the contract would change, as list items; what of ours is no more the tests show."""
    done = _run((python, "-c", "import sys; from protos import compare; sys.stdout.write(compare.report())"))
    if done.returncode:
        raise DriftError(f"the contracts cannot be compared: {done.stderr.strip()}")
    return changed(PAGE.read_text("utf-8"), done.stdout)


def changed(page: str, newest: str) -> list[str]:
    """Lines that came and went, as list items, but for the heading with the version."""
    lines = [line for line in ndiff(page.splitlines(), newest.splitlines()) if line.startswith(("+ ", "- "))]
    words = {"+": "new", "-": "gone"}
    return [f"- {words[line[0]]}: {line[2:].lstrip('- ')}" for line in lines if "Compared with" not in line]


def versions(python: str) -> dict[str, str]:
    """What is installed there of `PACKAGES`."""
    script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    return dict(zip(PACKAGES, _run((python, "-c", script, *PACKAGES)).stdout.split(), strict=True))


def _judged(python: str, client: str, scratch: Path) -> str:
    """The report on a client as it is installed there, whatever is known to fail."""
    name = f"{client}-{'pinned' if python == sys.executable else 'newest'}"
    nothing, told = scratch / "nothing.yaml", scratch / f"{name}.jsonl"
    nothing.touch()
    suite = (python, "-m", "aistudio_conformance", "run", "--client", client, "--seed", "1")
    done = _run((*suite, "--known-failing", nothing, "--jsonl", told, "--bundle", scratch / name))
    if not told.exists():
        raise DriftError(done.stderr.strip())
    return told.read_text("utf-8")


def _run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this Python and that of the new environment
        command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=_PATIENCE, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
