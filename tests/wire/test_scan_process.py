"""A big file is scanned in a process of its own, which does not outlive a server that is killed."""

import json
import os
import select
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from aistudio_formats.examples import generation, json_lines
from tests.wire import steps
from tests.wire.run_parts import serve_command
from tests.wire.stubs import Client

WAIT = 60
SMALL = 2_000_000
BIG = 60_000_000

pytestmark = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="another process is watched by its pidfd"
)


@pytest.fixture
def server():
    command = serve_command("--json", "--time", "skip")
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def children(pid):
    """Its child processes: id → command line."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
    return found


def ended(watch):
    """Whether the process ends that a pidfd watches."""
    return select.select([watch], [], [], WAIT)[0] == [watch]


def test_a_big_scan_is_in_a_worker_process_that_dies_with_a_killed_server(server):
    row = json_lines([generation("Почему небо синее?", "Так рассеивается свет.")]).encode()
    ready = json.loads(server.stdout.readline())
    folder = SimpleNamespace(id=ready["folder_id"])
    with Client(ready["grpc"], timeout=WAIT) as client:
        _, operation = steps.validating(client, folder, row * (SMALL // len(row)), name="first")
        assert client.call("OperationService/Get", operation_id=operation).done  # held until the scan is over
        ((worker, command),) = children(server.pid).items()
        assert "aistudio_formats.worker" in command
        watch = os.pidfd_open(worker)
        try:
            steps.validating(client, folder, row * (BIG // len(row)), name="second")
            server.send_signal(signal.SIGKILL)
            assert ended(watch)
        finally:
            os.close(watch)
