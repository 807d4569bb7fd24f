"""The blob store: what is committed is there and hashed, everything else leaves nothing."""

import hashlib
from pathlib import Path

import pytest

from aistudio_mock.domain.objects import FinishedUpload
from aistudio_mock.runtime.blobs import BlobStore


@pytest.fixture
def blobs(tmp_path):
    store = BlobStore(tmp_path / "blobs")
    yield store
    store.close()


def files(tmp_path):
    return sorted((tmp_path / "blobs").iterdir())


def test_a_committed_body_is_on_disk_with_its_size_and_md5(blobs):
    writer = blobs.create()
    writer.write(b"one two ")
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


def test_a_body_that_comes_in_pieces_is_stored_whole(blobs):
    body = bytes(range(256)) * 5000
    writer = blobs.create()
    for start in range(0, len(body), 100_003):
        writer.write(body[start : start + 100_003])
    finished = writer.commit()
    assert (finished.size, finished.md5) == (len(body), hashlib.md5(body).hexdigest())
    with blobs.open(finished.path) as stored:
        assert stored.read() == body


def test_a_full_disk_is_told_to_the_one_who_writes_and_leaves_nothing(blobs, tmp_path):
    writer = blobs.create()
    writer._file.close()  # the nearest thing to a disk that refuses
    with pytest.raises(ValueError):
        writer.write(b"more")
    writer.abort()
    assert files(tmp_path) == []
