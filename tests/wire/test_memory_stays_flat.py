"""What is overwritten is gone, from disk and from memory: a server that has worked for long is no bigger.

With a directory for its state, too. In `make test-all` a hundred rounds; `make nightly` goes on for
AISTUDIO_SOAK_SECONDS, in memory and in a directory.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from aistudio_mock import RemoteServer
from aistudio_mock.runtime.database import NAME
from tests.wire import steps
from tests.wire.run_parts import environment, run, serve_command
from tests.wire.stubs import Client

__all__ = ["environment", "run"]  # fixtures

SECONDS = float(os.environ.get("AISTUDIO_SOAK_SECONDS", "0"))
BIG = b"x" * (1 << 20)
WARM, ROUNDS = 60, 60
MIB = 1 << 20
GROWTH = 6 * MIB
"""What allocators may keep of their own accord; one object that stays in a round is five times as much."""


@pytest.fixture(name="server", params=["in memory", "in a directory"])
def _server(request, environment, tmp_path):
    """A process of its own, whose bodies lie in `tmp_path`; its ready line."""
    state = ["--state", tmp_path / "state"] if request.param == "in a directory" else []
    command = serve_command("--json", "--log-level", "warning", *state)
    variables = environment | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE) as process:
        try:
            yield json.loads(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def resident(pid):
    """Bytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def on_disk(place):
    """Bytes of all files, but for SQLite's, which keeps the room of what was there at a time."""
    files = [path for path in place.rglob("*") if path.is_file() and not path.name.startswith(NAME)]
    return sum(path.stat().st_size for path in files)


def database(place):
    """Bytes of the directory's database and of its log; 0 without one."""
    return sum(path.stat().st_size for path in place.rglob(f"{NAME}*"))


def work(client, folder, url):
    """One round: a body is overwritten, a dataset comes, is trained on, and goes with its task."""
    assert requests.put(url, data=BIG, timeout=20).status_code == 200
    dataset_id, operation_id = steps.validating(client, folder)
    assert client.call("OperationService/Get", operation_id=operation_id).done
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    assert client.call("OperationService/Get", operation_id=task_id).done
    metrics = client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url
    assert requests.get(metrics, timeout=20).ok


def rounds(ready, count, seconds=0.0):
    """Works in folders that are given up after ten rounds, at least `count` of them and so many seconds."""
    server, end, done = RemoteServer(ready["http"]), time.monotonic() + seconds, 0
    while done < count or time.monotonic() < end:
        folder = server.folder()
        with Client(ready["grpc"], f"Api-Key {folder.api_key}") as client:
            url = steps.upload_url(client, steps.draft(client, folder), len(BIG))
            for _ in range(10):
                work(client, folder, url)
                done += 1
        folder.delete()
    return done


@pytest.mark.all
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_and_disk_stay_flat_when_the_same_objects_are_overwritten(server, tmp_path):
    rounds(server, WARM)
    before, kept = resident(server["pid"]), database(tmp_path)
    done = rounds(server, ROUNDS, SECONDS)
    grown = resident(server["pid"]) - before
    assert grown < GROWTH, f"{grown / MIB:.1f} MiB more after {done} rounds"
    assert on_disk(tmp_path) < 2 * MIB
    assert database(tmp_path) < kept + MIB, f"a database of {kept} bytes grew in {done} rounds"
    sizes = f"database {kept / MIB:.1f} to {database(tmp_path) / MIB:.1f} MiB"
    sys.stderr.write(f"{done} rounds: {grown / MIB:.1f} MiB more, {sizes}\n")
