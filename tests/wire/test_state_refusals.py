"""A directory for the state that cannot be used, or not any more: no call is answered that is not kept."""

import os
import resource
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from aistudio_mock.domain.errors import Internal
from aistudio_mock.runtime.database import NAME, StateError
from tests.wire import batch_parts, steps
from tests.wire.state_parts import drafts, everything, fill


def test_a_second_server_is_refused(running, directory):
    with running(), pytest.raises(StateError, match="another aistudio-mock") as refusal, running(http_port=0):
        pass
    assert str(directory) in str(refusal.value)


def test_what_is_not_ours_is_left_alone(running, directory):
    directory.mkdir()
    (directory / "thesis.txt").write_text("precious")
    with pytest.raises(StateError, match=r"something else \(thesis.txt\)"), running():
        pass
    (directory / "thesis.txt").unlink()
    with sqlite3.connect(directory / NAME) as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()
    with pytest.raises(StateError, match="not aistudio-mock's"), running():
        pass


def test_a_newer_format_is_refused(running, directory):
    with running():
        pass
    with sqlite3.connect(directory / NAME) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(StateError, match=r"format 2.* formats up to 1"), running():
        pass


def test_a_damaged_database_is_told(running, directory):
    with running() as here:
        steps.draft(here.client, here.folder)
    whole = (directory / NAME).read_bytes()
    (directory / NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(StateError, match="damaged"), running():
        pass
    (directory / NAME).write_bytes(whole[:4096])
    with pytest.raises(StateError, match="damaged"), running():
        pass
    (directory / NAME).write_bytes(whole.replace(b'"task_type"', b'"task_tyqe"'))
    with pytest.raises(StateError, match=r"damaged.*task_type"), running():
        pass
    (directory / NAME).write_bytes(whole)
    with running() as here:
        assert len(here.folder.state().datasets) == 1


def test_a_directory_that_cannot_be_written_is_told(running, tmp_path):
    (tmp_path / "file").write_text("")
    for directory, says in (
        (tmp_path / "file", "is not a directory; name an empty directory, or a new one"),
        (Path(os.devnull), "is not a directory; name an empty directory, or a new one"),
        (tmp_path / "file" / "x", "Not a directory; name a directory that can be written"),
    ):
        with pytest.raises(StateError, match=says) as refusal, running(state=directory):
            pass
        assert str(directory) in str(refusal.value)


def test_a_call_that_cannot_be_kept_is_refused_and_leaves_no_trace(running):
    with running() as here:
        ready = fill(here)
        url = steps.upload_url(here.client, drafts(here)[0], 3)
        before, files = everything(here), here.files
        with unwritable(here):
            refusals = [
                steps.refused(steps.draft, here.client, here.folder),
                steps.refused(here.client.call, "DatasetService/Delete", dataset_id=ready),
                steps.refused(here.client.call, "DatasetService/Validate", dataset_id=drafts(here)[0]),
                steps.refused(here.client.call, "TuningService/Tune", **steps.order(here.folder, ready)),
                steps.refused(
                    here.client.call, batch_parts.START, **batch_parts.order(here.folder, questions(here))
                ),
            ]
            assert {code for code, _ in refusals} == {grpc.StatusCode.INTERNAL}
            assert all("was not carried out" in words and "disk" in words for _, words in refusals)
            answer = steps.put(url, b"abc")
            assert answer.status_code == 500
            assert "was not carried out" in answer.text
            for call in (here.folder.reset, here.folder.plan.clear, lambda: here.folder.plan.add("fail")):
                with pytest.raises(Internal):
                    call()
            assert everything(here) == before
        assert here.files == files
        here.client.call("DatasetService/Delete", dataset_id=ready)  # the server goes on
        assert steps.put(url, b"abc").status_code == 200
        after = everything(here)
    with running() as here:
        assert everything(here) == after


def questions(here):
    (found,) = [one.id for one in here.folder.state().datasets if one.task_type == batch_parts.REQUEST_TYPE]
    return found


@contextmanager
def unwritable(here):
    """No file of this process grows beyond what the log of the database has now."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = here.server._config.state.joinpath(f"{NAME}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_scan_whose_outcome_cannot_be_kept_begins_again_with_the_next_start(running, caplog):
    big = steps.GOOD * 4000
    with running() as here:
        fill(here)
        dataset_id = steps.uploaded(here.client, here.folder, big, name="big")
        operation_id = here.client.call("DatasetService/Validate", dataset_id=dataset_id).id
        with unwritable(here), pytest.raises(Internal):
            here.folder.clock.advance(hours=1)
        assert f"operation {operation_id}: what came of it cannot be kept" in caplog.text
        here.folder.clock.advance(hours=1)
        assert not here.client.call("OperationService/Get", operation_id=operation_id).done
    with running() as here:
        here.folder.clock.advance(hours=1)
        assert here.client.call("OperationService/Get", operation_id=operation_id).done
        assert here.folder.state().datasets[0].status == "READY"


def test_a_directory_that_became_read_only_refuses_calls(running):
    with running() as here:
        here.server.backend.lock._database._connection.execute("PRAGMA query_only = 1")
        code, words = steps.refused(steps.draft, here.client, here.folder)
        assert code is grpc.StatusCode.INTERNAL
        assert "it can only be read" in words


def test_a_body_that_the_disk_refuses_is_told_as_that(running):
    with running() as here:
        fill(here)
        big = bytes(1 << 23)
        dataset_id = steps.draft(here.client, here.folder)
        url = steps.upload_url(here.client, dataset_id, len(big))
        with unwritable(here):
            answer = steps.put(url, big)
        assert answer.status_code == 500
        assert "the disk refuses: File too large" in answer.text
        files = here.files
        assert steps.put(url, big).status_code == 200
        assert len(here.files) == len(files) + 1


def test_a_full_disk_is_called_that(running):
    with running() as here:
        database = here.server.backend.lock._database._connection
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(grpc.RpcError) as refusal:
            [steps.draft(here.client, here.folder) for _ in range(1000)]
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "the disk is full; make room" in refusal.value.details()
        database.execute("PRAGMA max_page_count = 1000000")
        assert steps.draft(here.client, here.folder)


def test_a_clock_whose_move_is_refused_has_not_moved(running):
    with running() as here:
        fill(here)
        before = here.folder.clock.now()
        for move in (
            lambda: here.folder.clock.advance(hours=1),
            lambda: here.folder.clock.set(before + timedelta(days=1)),
        ):
            with unwritable(here), pytest.raises(Internal, match="was not carried out"):
                move()
            assert here.folder.clock.now() == before
        assert here.folder.clock.advance(hours=1) == before + timedelta(hours=1)


def test_a_poll_that_is_refused_moves_no_clock(running):
    with running(time="skip") as here:
        ready = steps.validated(here.client, here.folder)
        task_id = here.client.call("TuningService/Tune", **steps.order(here.folder, ready)).id
        before = here.folder.clock.now()
        with unwritable(here):
            code, _ = steps.refused(here.client.call, "OperationService/Get", operation_id=task_id)
            assert code is grpc.StatusCode.INTERNAL
            assert here.folder.clock.now() - before < timedelta(minutes=1), "it ends in minutes"
        assert here.client.call("OperationService/Get", operation_id=task_id).done
        assert here.folder.clock.now() - before > timedelta(minutes=1)
