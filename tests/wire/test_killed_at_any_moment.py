"""A server with a state directory is killed again and again, in the middle of writing calls of every kind.

Every call that was answered is there in its next life, the call that was under way wholly or not at all, and
nothing else has changed. In `make test-all` 20 kills; `make nightly` makes AISTUDIO_KILLS of them.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from hashlib import md5

import pytest

from aistudio_mock.backend.records import KINDS, stored, with_files
from aistudio_mock.runtime.database import Database
from tests.wire.crash_worker import Worker
from tests.wire.run_parts import BOUND, ROOT, environment

__all__ = ["environment"]  # a fixture

KILLS = int(os.environ.get("AISTUDIO_KILLS", "20"))
SEED = int(os.environ.get("AISTUDIO_KILLS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
WORKERS = 2

ALL_CALLS = {
    *(
        "create",
        "update",
        "delete",
        "put",
        "start",
        "part",
        "finish",
        "validate",
        "tune",
        "cancel",
        "completion",
    ),
    *(
        "cancel operation",
        "Archive",
        "EnableBilling",
        "batch",
        "cancel batch",
        "delete batch",
        "advance",
        "plan",
    ),
    *("forget plan", "side", "drop side"),
}
"""Each is answered at least once in a long run; a reset takes longer to come."""
MANY = 100

pytestmark = [pytest.mark.all, pytest.mark.timeout(60 + 20 * KILLS)]


class Lives:
    """One directory, and one server after the other on it, all on the same ports."""

    def __init__(self, directory, environment, chance):
        self.directory = directory
        self.environment = environment
        self.chance = chance
        self.ports = [str(port) for port in free_ports(3)]

    def begun(self, when="never", count=0):
        """A new server; its ready line is to be read."""
        options = [
            f"--{name}-port={port}" for name, port in zip(("grpc", "tls", "http"), self.ports, strict=True)
        ]
        command = [*BOUND, sys.executable, "-m", "tests.wire.dying_server", when, str(count), "--json"]
        command += [
            *options,
            "--state",
            str(self.directory),
            "--seed",
            "5",
            "--time",
            "manual",
            "--log-level",
            "warning",
        ]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE)

    def killed_at_its_start(self):
        """A server that does not live long enough to serve, as a rule."""
        with self.begun() as process:
            threading.Event().wait(self.chance.uniform(0.1, 1))
            process.kill()

    def killed_at_work(self, workers):
        """A server that is killed while the workers work; how it was killed."""
        when = self.chance.choice(["by time", "by time", "before", "middle", "after"])
        count = self.chance.randrange(2, 150)
        with self.begun(when, count) as process, ThreadPoolExecutor(len(workers)) as pool:
            try:
                line = process.stdout.readline()
                assert line, "the server does not start"
                working = [pool.submit(one.work, json.loads(line), gone(process)) for one in workers]
                if when == "by time":
                    threading.Event().wait(self.chance.uniform(0.05, 3))
                    process.kill()
                for one in working:
                    one.result()
            except Exception:
                process.send_signal(signal.SIGUSR1)  # its threads' stacks, on stderr
                with suppress(subprocess.TimeoutExpired):
                    process.wait(2)
                raise
            finally:
                process.kill()
        assert process.returncode == -signal.SIGKILL
        return when

    def look(self, workers):
        """Every file that a record names is there, as it was sent, whatever the last life left undone."""
        self.seen = set()
        contents = {etag: digest for worker in workers for etag, digest in worker.contents.items()}
        copy = self.directory.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in self.directory.glob("state.sqlite*"):
            shutil.copy(file, copy)
        database = Database(copy)
        for kind, type_ in KINDS.items():
            for _, _, record in stored(database, kind, type_):
                with_files(record, self.named)
                draft = getattr(record, "draft", None)
                if draft is not None and draft.etag in contents:
                    assert md5(self.file(draft.source).read_bytes()).hexdigest() == contents[draft.etag]
        database.close()
        return self.seen

    def named(self, name):
        self.file(name)
        self.seen.add(name)
        return name

    def strays(self):
        """Files that no record names."""
        named = self.look([])
        return {path.name for path in (self.directory / "files").iterdir()} - named

    def file(self, name):
        path = self.directory / "files" / name
        assert path.exists(), f"{name} is lost"
        return path


def gone(process):
    """Whether the server is gone, which may take a moment to be seen."""

    def is_gone():
        try:
            return process.wait(20) is not None
        except subprocess.TimeoutExpired:
            return False

    return is_gone


def free_ports(count):
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def test_nothing_that_was_answered_is_lost(environment, tmp_path):
    sys.stderr.write(f"again: AISTUDIO_KILLS_SEED={SEED} AISTUDIO_KILLS={KILLS}\n")
    chance = random.Random(SEED)
    lives = Lives(tmp_path / "state", environment, chance)
    workers = [Worker(f"worker{number}", chance.random()) for number in range(WORKERS)]
    ways = Counter()
    for number in range(KILLS):
        if number % 5 == 4:
            lives.killed_at_its_start()
        ways[lives.killed_at_work(workers)] += 1
        lives.look(workers)
    calls = sum((Counter(worker.calls) for worker in workers), Counter())
    unanswered = Counter(one for worker in workers for one in worker.unanswered)
    sys.stderr.write(f"killed {dict(ways)}, answered {dict(calls)}, (unanswered, there) {dict(unanswered)}\n")
    with lives.begun() as process:  # the last look of each worker, and a stop as usual
        line = json.loads(process.stdout.readline())
        for worker in workers:
            worker.look_again(line)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    lives.look(workers)
    assert lives.strays() == set()
    assert set(calls) >= (ALL_CALLS if KILLS >= MANY else {"create", "put"})
