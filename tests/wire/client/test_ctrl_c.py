"""A real Ctrl-C, to `aistudio-client` and to programs with the library: nothing is left, or it is told."""

import json
import os
import sys

import pytest

from aistudio_client import AIStudio
from tests.wire.client.parts import GENERATION, ROWS, options
from tests.wire.client.terminals import Hole, Terminal

pytestmark = pytest.mark.all
INTERRUPTED = -2  # by SIGINT, as Python ends when nobody catches KeyboardInterrupt
COMMAND_LINE = [sys.executable, "-m", "aistudio_client"]
PROGRAM = """
import asyncio, sys
from aistudio_client import AIStudio, AsyncAIStudio
way, verb, subject, size = sys.argv[1:]
where = {"plaintext": True, "progress": lambda told: print(told.what, told.phase, flush=True)}
how = {"part_size": int(size), "check": False} if int(size) else {}

def asked(studio):
    if verb == "upload":
        return studio.datasets.upload(subject, task_type="TextToTextGeneration", **how)
    return studio.tunings.wait(subject)

async def awaited():
    async with AsyncAIStudio.from_env(**where) as studio:
        await asked(studio)

if way == "async":
    asyncio.run(awaited())
else:
    with AIStudio.from_env(**where) as studio:
        asked(studio)
"""


@pytest.fixture
def folder(mock):
    """One whose work does not end."""
    return mock.folder(time="manual")


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return str(path)


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big.jsonl"
    path.write_bytes(json.dumps(ROWS[0]).encode().ljust(1 << 20) * 11)
    return str(path)


@pytest.fixture
def start(mock, folder):
    own = {"YC_FOLDER_ID": folder.id, "YC_API_KEY": folder.api_key, "YC_API_ENDPOINT": mock.endpoint}
    return lambda *command: Terminal(command, {**os.environ, **own})


@pytest.fixture(params=["sync", "async"])
def program(request, start):
    return lambda verb, subject, size=0: start(
        sys.executable, "-c", PROGRAM, request.param, verb, subject, str(size)
    )


@pytest.fixture
def studio(mock, folder):
    with AIStudio(folder.id, **options(mock, folder)) as studio:
        yield studio


@pytest.fixture
def dataset(mock, folder):
    """READY: its validation is told, and hours go by at once."""

    def told(progress):
        if progress.what == "validation":
            folder.clock.advance(hours=1)

    with AIStudio(folder.id, **options(mock, folder, progress=told)) as studio:
        return studio.datasets.upload(ROWS, task_type=GENERATION)


def nothing_is_left(folder):
    return folder.state().datasets == []


def test_the_command_line_leaves_nothing_of_an_upload(folder, start, train):
    with Hole() as hole:
        folder.faults.add(method="DatasetService/GetUploadDraftUrl", set={"upload_url": hole.url})
        with start(*COMMAND_LINE, "datasets", "upload", train, "--plaintext") as client:
            hole.request()
            client.ctrl_c()
            assert client.ended() == 130
    assert nothing_is_left(folder)
    assert "Traceback" not in client.shown
    assert "secret" not in client.shown


def test_the_command_line_leaves_nothing_of_a_validation(folder, start, train):
    with start(*COMMAND_LINE, "datasets", "upload", train, "--plaintext") as client:
        client.until("validation fds")
        client.ctrl_c()
        assert client.ended() == 130
    assert nothing_is_left(folder)


def test_the_command_line_says_that_a_tuning_goes_on(folder, start, studio, dataset):
    tuning = studio.tunings.start(dataset)
    with start(*COMMAND_LINE, "tunings", "wait", tuning.id, "--plaintext") as client:
        client.until(f"tuning {tuning.id}")
        client.ctrl_c()
        assert client.ended() == 130
    assert f"tuning {tuning.id} goes on; attach with tunings.wait({tuning.id!r})" in client.shown
    assert studio.tunings.get(tuning).status in {"CREATED", "PENDING", "IN_PROGRESS"}


def test_a_program_leaves_nothing_of_an_upload(folder, program, train):
    with Hole() as hole:
        folder.faults.add(method="DatasetService/GetUploadDraftUrl", set={"upload_url": hole.url})
        with program("upload", train) as running:
            hole.request()
            running.ctrl_c()
            assert running.ended() == INTERRUPTED
    assert nothing_is_left(folder)
    assert "KeyboardInterrupt" in running.shown
    assert "secret" not in running.shown


def test_a_program_leaves_nothing_of_an_upload_in_parts(folder, program, big):
    with Hole() as hole:
        folder.faults.add(
            method="DatasetService/StartMultipartUploadDraft", set={"multipart_upload_urls[1]": hole.url}
        )
        with program("upload", big, 5 << 20) as running:
            hole.request()
            running.ctrl_c()
            assert running.ended() == INTERRUPTED
    assert nothing_is_left(folder)


def test_a_program_is_told_that_a_tuning_goes_on(program, studio, dataset):
    tuning = studio.tunings.start(dataset)
    with program("wait", tuning.id) as running:
        running.until("tuning")
        running.ctrl_c()
        assert running.ended() == INTERRUPTED
    assert f"tuning {tuning.id} goes on; attach with tunings.wait({tuning.id!r})" in running.shown
