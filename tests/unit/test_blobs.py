"""The blob store: what is committed is there and hashed, everything else leaves nothing."""

import asyncio
import gc
import hashlib
import threading
from pathlib import Path

import pytest

from aistudio_mock.domain.objects import FinishedUpload
from aistudio_mock.runtime.blobs import BATCH, INLINE_LIMIT, BlobStore


@pytest.fixture
def blobs(tmp_path):
    store = BlobStore(tmp_path / "blobs")
    yield store
    store.close()


def files(tmp_path):
    return sorted((tmp_path / "blobs").iterdir())


def test_a_committed_body_is_on_disk_with_its_size_and_md5(blobs):
    writer = blobs.create()
    writer.write(b"one ", b"two ")
    writer.write(b"three")
    upload = writer.commit()
    assert upload == FinishedUpload(upload.path, 13, hashlib.md5(b"one two three").hexdigest())
    with blobs.open(upload.path) as body:
        assert body.read() == b"one two three"


def test_an_aborted_body_leaves_nothing(blobs, tmp_path):
    writer = blobs.create()
    writer.write(b"half")
    writer.abort()
    writer.abort()
    assert files(tmp_path) == []


def test_abort_after_commit_changes_nothing(blobs):
    writer = blobs.create()
    writer.write(b"whole")
    upload = writer.commit()
    writer.abort()
    assert Path(upload.path).read_bytes() == b"whole"


def test_an_aborted_body_takes_no_more(blobs):
    writer = blobs.create()
    writer.abort()
    with pytest.raises(ValueError):
        writer.write(b"late")
    with pytest.raises(ValueError):
        writer.commit()


def test_an_unlinked_body_is_gone_and_unlinking_again_is_fine(blobs):
    path = blobs.create().commit().path
    blobs.unlink(path)
    blobs.unlink(path)
    with pytest.raises(FileNotFoundError):
        blobs.open(path)


def test_a_reader_keeps_an_unlinked_body(blobs):
    writer = blobs.create()
    writer.write(b"still here")
    path = writer.commit().path
    with blobs.open(path) as body:
        blobs.unlink(path)
        assert body.read() == b"still here"


def test_no_directory_is_made_before_the_first_body(tmp_path):
    BlobStore(tmp_path / "blobs").close()
    assert not (tmp_path / "blobs").exists()


def test_a_temporary_directory_is_removed_with_everything_in_it():
    store = BlobStore()
    kept, unfinished = store.create(), store.create()
    unfinished.write(b"half")
    directory = Path(kept.commit().path).parent
    assert directory.is_dir()
    store.close()
    store.close()
    assert not directory.exists()


def test_a_named_directory_keeps_what_was_committed_only(tmp_path):
    store = BlobStore(tmp_path / "blobs")
    path = store.create().commit().path
    store.create().write(b"half")
    store.close()
    assert files(tmp_path) == [Path(path)]


def test_a_closed_store_takes_no_body(blobs):
    blobs.close()
    with pytest.raises(ValueError):
        blobs.create()


@pytest.mark.parametrize("size", [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, INLINE_LIMIT + 3 * BATCH + 17])
async def test_a_body_received_in_a_loop_is_stored_whole(blobs, size):
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    upload = blobs.receive(size)
    for start in range(0, size, 100_003):
        await upload.write(body[start : start + 100_003])
    finished = await upload.commit()
    upload.abort()
    assert (finished.size, finished.md5) == (size, hashlib.md5(body).hexdigest())
    with blobs.open(finished.path) as stored:
        assert stored.read() == body


async def test_big_bodies_are_hashed_in_one_worker_thread_and_small_ones_are_not(blobs):
    before = threading.active_count()
    await blobs.receive(INLINE_LIMIT).commit()
    assert threading.active_count() == before
    await blobs.receive(INLINE_LIMIT + 1).commit()
    await blobs.receive(INLINE_LIMIT + 1).commit()
    assert threading.active_count() == before + 1


async def test_who_writes_faster_than_the_disk_waits(blobs):
    upload, disk = blobs.receive(INLINE_LIMIT + 1), threading.Event()
    blobs._thread().submit(disk.wait, 10)
    await upload.write(bytes(BATCH))
    second = asyncio.create_task(upload.write(bytes(BATCH)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not second.done()
    disk.set()
    await second
    assert (await upload.commit()).size == 2 * BATCH


async def test_an_abort_in_the_middle_of_a_hand_over_leaves_nothing(blobs, tmp_path):
    upload = blobs.receive(INLINE_LIMIT + 1)
    for _ in range(3):
        await upload.write(bytes(BATCH))
    upload.abort()
    assert files(tmp_path) == []


async def test_a_cancelled_upload_leaves_nothing(blobs, tmp_path):
    upload = blobs.receive(100 * BATCH)
    started = asyncio.Event()

    async def receive():
        try:
            while True:
                await upload.write(bytes(BATCH))
                started.set()
        finally:
            upload.abort()

    task = asyncio.create_task(receive())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(tmp_path) == []


async def test_a_full_disk_is_told_to_the_one_who_writes_and_leaves_nothing(blobs, tmp_path):
    upload = blobs.receive(INLINE_LIMIT + 1)
    upload._writer._file.close()  # the nearest thing to a disk that refuses
    await upload.write(bytes(BATCH))
    with pytest.raises(ValueError):
        await upload.commit()
    upload.abort()
    assert files(tmp_path) == []


async def test_a_failure_that_nobody_waits_for_is_not_reported_twice(blobs, caplog):
    upload = blobs.receive(INLINE_LIMIT + 1)
    upload._writer._file.close()
    await upload.write(bytes(BATCH))
    blobs._thread().submit(int).result()
    for _ in range(10):
        await asyncio.sleep(0)
    upload.abort()
    del upload
    gc.collect()
    assert caplog.records == []


async def test_close_ends_the_worker_thread(blobs):
    before = set(threading.enumerate())
    await blobs.receive(INLINE_LIMIT + 1).commit()
    made = set(threading.enumerate()) - before
    blobs.close()
    assert made
    assert not made & set(threading.enumerate())
