"""What the tests with the official SDK share: quiet environments, programs, clients and data."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from yandex_ai_studio_sdk import AIStudio

from aistudio_mock import MockServer

ROOT = Path(__file__).parents[2]
SECONDS_OF_A_PROGRAM = 50
"""Less than one sleep between two polls of the SDK: 60 s in `upload()` and `tune()`."""

KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
FLOWS = (20, 4)
"""How many flows live at once at each server of `sdk_same_process`, one server after the other."""

_FOREIGN = ("YC_", "GRPC_", "AISTUDIO_", "SSL_CERT_")
_PROXIES = {"http_proxy", "https_proxy", "grpc_proxy", "all_proxy", "no_proxy", "no_grpc_proxy"}


def is_foreign(variable: str) -> bool:
    """Whether a variable of whoever runs the tests could lead the SDK astray."""
    return variable.startswith(_FOREIGN) or variable.casefold() in _PROXIES


@contextmanager
def quiet(ca_directory: Path) -> Iterator[None]:
    """This process without foreign variables, and with certificates that are not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in filter(is_foreign, tuple(os.environ)):
            patch.delenv(variable)
        patch.setenv("AISTUDIO_MOCK_CA_DIR", str(ca_directory))
        yield


def run_program(name: str, *arguments: object, variables: Mapping[str, str]) -> Any:
    """What `tests/wire/NAME.py` prints as JSON, run in a process of its own that must not say anything else.

    Warnings are errors there too.
    """
    ours = {"PYTHONUTF8": "1", **variables}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"tests.wire.{name}", *map(str, arguments)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not is_foreign(name)} | ours,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS_OF_A_PROGRAM,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def client(mock: MockServer, folder_id: str, auth: Any, **options: Any) -> AIStudio:
    """The SDK in this process, at the plaintext port."""
    return AIStudio(folder_id=folder_id, auth=auth, endpoint=mock.endpoint, verify=False, **options)


def row(question: str, answer: str) -> str:
    """One line of a TextToTextGeneration file."""
    request = [{"role": "user", "text": question}]
    return json.dumps({"request": request, "response": answer}, ensure_ascii=False) + "\n"
