"""Adapters as child processes, asked line by line, beside a mock in this process."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.wire.grpcurl import PATH
from tests.wire.sdk_parts import is_foreign

ROOT = Path(__file__).parents[2]
POLL = 0.01
RAW = "aistudio_conformance.adapters.raw_stubs"


def hosted(client):
    """The command that hosts a Python client. Warnings at its end would be its mistakes."""
    return [
        sys.executable,
        "-W",
        "error::ResourceWarning",
        "-m",
        "aistudio_conformance.adapters.host",
        str(client),
    ]


def environment(**more):
    """This process's environment without what leads elsewhere, and with the programs of its own Python."""
    kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
    return {**kept, "PATH": PATH, "NO_PROXY": "*", "no_proxy": "*", "PYTHONUTF8": "1", **more}


def place(mock, folder, kind="api-key", **changed):
    """Where a case of that folder is."""
    value = {"api-key": lambda: folder.api_key, "iam-token": folder.iam_token, "none": lambda: ""}[kind]()
    return {
        "grpc": mock.endpoint,
        "tls": mock.tls_endpoint,
        "http": mock.http_url,
        "ca": mock.env["NODE_EXTRA_CA_CERTS"],
        "folder_id": folder.id,
        "credentials": {"kind": kind, "value": value},
        "poll_interval": POLL,
        **changed,
    }


class Adapter:
    """A conversation with a running adapter."""

    def __init__(self, process, stderr):
        self.process = process
        self._stderr = stderr
        self._last = 0

    def say(self, line):
        """The answer to any line."""
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self):
        """The next answer."""
        line = self.process.stdout.readline()
        assert line.endswith(b"\n"), f"the adapter ended: {self.stderr()}"
        return json.loads(line)

    def ask(self, do, **given):
        """The answer to an ask, without its id."""
        self._last += 1
        answer = self.say(json.dumps({"id": self._last, "do": do, "with": given}).encode())
        assert answer.pop("id") == self._last
        assert len(answer) == 1
        return answer

    def ok(self, do, **given):
        """What the client showed; it must have done it."""
        answer = self.ask(do, **given)
        assert "ok" in answer, answer
        return answer["ok"]

    def error(self, do, **given):
        """The failure that the client told; it must have told one."""
        answer = self.ask(do, **given)
        assert "error" in answer, answer
        return answer["error"]

    def end(self):
        """The exit code once its input has ended, and what it printed."""
        rest, _ = self.process.communicate()
        assert rest == b""
        return self.process.returncode, self.stderr()

    def stderr(self):
        """What it printed so far."""
        self._stderr.seek(0)
        return self._stderr.read().decode()


@contextmanager
def talking(command, env=None, cwd=ROOT):
    """An adapter that runs, and is gone afterwards."""
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(
            command,
            env=env or environment(),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as process,
    ):
        try:
            yield Adapter(process, stderr)
        finally:
            process.kill()


@contextmanager
def in_a_case(command, mock, folder, **changed):
    """An adapter of its own within a case of that folder."""
    with talking(command) as adapter, case_of(adapter, mock, folder, **changed):
        yield adapter


@contextmanager
def case_of(adapter, mock, folder, **changed):
    """A case of that folder in an adapter that runs; another one may follow."""
    assert adapter.ask("begin", **place(mock, folder, **changed)) == {"ok": {}}
    yield adapter
    if not adapter.process.stdin.closed:
        assert adapter.ask("end") == {"ok": {}}
