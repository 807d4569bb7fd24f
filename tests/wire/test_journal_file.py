"""`--journal FILE`: every call of every folder is in it, as whole lines, whatever ends the server."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

from aistudio_mock import RemoteServer
from tests.wire import steps
from tests.wire.journal_parts import checked
from tests.wire.run_parts import environment, run, serve_command
from tests.wire.stubs import Client

__all__ = ["environment", "run"]  # fixtures

posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX here")
LIST = "DatasetService/List"


@pytest.fixture(name="serving")
def _serving(environment):
    """A server with that journal: the process and the ready line. It is killed if the test did not end it."""

    @contextmanager
    def serving(journal):
        command = serve_command("--json", "--journal", journal)
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as process:
            try:
                yield process, json.loads(process.stdout.readline())
            finally:
                process.kill()

    return serving


def calls(path):
    return [(entry["method"], entry["status"]) for entry in checked(path.read_bytes())[1:]]


def stop(process, number=signal.SIGTERM):
    process.send_signal(number)
    return process.wait(30)


def key(ready):
    return f"Api-Key {ready['api_key']}"


def listing(client, folder_id, times=1):
    for _ in range(times):
        client.call(LIST, folder_id=folder_id)


@posix
def test_calls_of_both_legs_and_of_every_folder_are_in_the_file(serving, tmp_path):
    journal = tmp_path / "calls.jsonl"
    with serving(journal) as (process, ready), RemoteServer(ready["http"]) as server:
        folder = server.folder()
        with Client(ready["grpc"], f"Api-Key {folder.api_key}") as client:
            steps.uploaded(client, folder)
        with Client(ready["grpc"], None) as nobody, pytest.raises(grpc.RpcError):
            listing(nobody, folder.id)
        told = {entry["request_id"]: entry for entry in checked(journal_of(ready, folder.id))[1:]}
        assert stop(process) == 0
    header, *lines = checked(journal.read_bytes())
    assert (header["server"], "dropped" in header) == ("aistudio-mock", False)
    assert [(line["number"], line["folder"]) for line in lines] == [
        (1, folder.id),
        (2, folder.id),
        (3, folder.id),
        (4, folder.id),
    ]
    assert lines == [told[line["request_id"]] for line in lines]
    assert [(line["method"], line["status"]) for line in lines][2:] == [
        ("PUT", "200"),
        (LIST, "UNAUTHENTICATED"),
    ]


def journal_of(ready, folder_id):
    url = f"{ready['http']}/_mock/v1/folders/{folder_id}/journal?format=jsonl"
    with urllib.request.urlopen(url, timeout=20) as reply:
        return reply.read()


@posix
def test_a_clean_stop_writes_what_is_waiting(serving, tmp_path):
    journal = tmp_path / "calls.jsonl"
    with serving(journal) as (process, ready):
        with Client(ready["grpc"], key(ready)) as client, ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: listing(client, ready["folder_id"], 40), range(8)))
        assert stop(process, signal.SIGINT) == 0
    assert calls(journal) == [(LIST, "OK")] * 320


@posix
def test_a_killed_server_leaves_whole_lines(serving, tmp_path):
    journal = tmp_path / "calls.jsonl"
    with serving(journal) as (process, ready), Client(ready["grpc"], key(ready)) as client:
        listing(client, ready["folder_id"], 30)
        process.kill()
        process.wait(30)
    text = journal.read_bytes()
    whole = text[: text.rindex(b"\n") + 1]
    assert [entry["number"] for entry in checked(whole)[1:]] == [*range(1, whole.count(b"\n"))]


@posix
def test_a_journal_outlives_what_the_server_remembers_and_a_reset(serving, tmp_path):
    journal = tmp_path / "calls.jsonl"
    with serving(journal) as (process, ready), RemoteServer(ready["http"]) as server:
        with Client(ready["grpc"], key(ready)) as client:
            for _ in range(2):
                listing(client, ready["folder_id"])
                server.default_folder.reset()
        assert server.default_folder.journal.calls() == []
        assert stop(process) == 0
    assert [entry["number"] for entry in checked(journal.read_bytes())[1:]] == [1, 1]


@posix
def test_an_earlier_journal_is_begun_anew(serving, tmp_path):
    journal = tmp_path / "calls.jsonl"
    for times in (3, 1):
        with serving(journal) as (process, ready):
            with Client(ready["grpc"], key(ready)) as client:
                listing(client, ready["folder_id"], times)
            assert stop(process) == 0
    assert calls(journal) == [(LIST, "OK")]


PROGRAM = """
import os, grpc
with grpc.insecure_channel(os.environ["AISTUDIO_MOCK_GRPC"]) as channel:
    call = channel.unary_unary("/yandex.cloud.ai.dataset.v1.DatasetService/List")
    call(b"\\n\\x05b1gme", metadata=(("authorization", "Api-Key " + os.environ["YC_API_KEY"]),), timeout=20)
with grpc.secure_channel("fomo-dataset.api.cloud.yandex.net:443", grpc.ssl_channel_credentials()) as channel:
    call = channel.unary_unary("/yandex.cloud.ai.dataset.v1.DatasetService/List")
    call(b"\\n\\x05b1gme", metadata=(("authorization", "Api-Key " + os.environ["YC_API_KEY"]),), timeout=20)
"""


def test_run_writes_the_calls_of_the_program(run, tmp_path):
    journal = tmp_path / "calls.jsonl"
    done = run("--journal", journal, "--", sys.executable, "-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    _, *entries = checked(journal.read_bytes())
    assert [(entry["door"], entry["request"]) for entry in entries] == [
        ("plaintext", {"folder_id": "b1gme"}),
        ("router", {"folder_id": "b1gme"}),
    ]


def file_of_others(tmp_path):
    (tmp_path / "thesis").write_text("all I know\n")
    return tmp_path / "thesis"


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (
            lambda tmp_path: tmp_path / "no" / "file",
            "No such file or directory; name a file that can be written",
        ),
        (lambda tmp_path: tmp_path, "Is a directory; name a file that can be written"),
        (file_of_others, "holds something else than a journal; name a new file"),
    ],
)
def test_a_file_that_cannot_be_the_journal_is_usage_before_anything_starts(
    run, environment, tmp_path, place, says
):
    path = place(tmp_path)
    done = run("--journal", path, "--", sys.executable, "-c", "print('started')")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"aistudio-mock: --journal {path}")
    assert done.stderr.endswith(f"{says}; see aistudio-mock run --help\n")
    served = subprocess.run(
        serve_command("--journal", path),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert (served.returncode, served.stdout) == (2, "")
    assert says in served.stderr
    assert not path.is_file() or path.read_text() == "all I know\n"
