"""Suites written for a moment, and run by real pytest in a process of their own.

Not by pytester: it takes modules that were imported meanwhile out of this process again, and grpc, aiohttp
and cryptography do not live through that.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 150

_INI = """\
[pytest]
pythonpath = {root}
filterwarnings = error
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
{more}
"""
_FOREIGN = ("YC_", "GRPC_", "AISTUDIO_", "SSL_CERT_", "PYTEST_", "COV_")
_WITHOUT = [f"-pno:{name}" for name in ("anyio", "faker", "hypothesispytest", "randomly", "schemathesis")]
"""Plugins that may be installed beside ours. They are slow to import, and a suite starts many workers."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def outcomes(self) -> dict[str, int]:
        """The numbers of the summary line: passed, failed, errors, warnings."""
        (summary,) = re.findall(r"^.* in \d+\.\d+s.*$", self.out, re.MULTILINE)
        found = re.findall(r"(\d+) (passed|failed|errors?|warnings?)", summary)
        return {noun.rstrip("s") if noun != "passed" else noun: int(count) for count, noun in found}


class Suite:
    """A directory for one suite, and the environment that it runs in."""

    def __init__(self, directory: Path, variables: Mapping[str, str]) -> None:
        self._directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self._environment = {**kept, "PYTHONUTF8": "1", **variables}

    def run(self, *arguments: str, ini: str = "", conftest: str = "", **files: str) -> Done:
        """Runs pytest on test files given by their text, with warnings as errors."""
        texts = {"pytest.ini": _INI.format(root=ROOT, more=ini), "conftest.py": conftest}
        for name, text in (texts | {f"{name}.py": text for name, text in files.items()}).items():
            (self._directory / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *_WITHOUT, *arguments],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)
