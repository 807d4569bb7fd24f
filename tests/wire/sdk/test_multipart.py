"""The official SDK uploads big files in parts, and reads back what it uploaded."""

import hashlib
import json
from dataclasses import dataclass

import pytest

from tests.wire import multipart_steps as multipart
from tests.wire.sdk_parts import KIND, client, row

MB = 10**6
CHUNK = 5 << 20  # 5 MB, as the SDK counts them
PARALLELISM = 3
_ANSWER = 40_000
"""Bytes of one row, so that a big file is no long list."""


@dataclass
class File:
    path: object
    rows: list
    size: int


@pytest.fixture
def written(tmp_path):
    """Writes a file of about so many bytes, no two rows alike."""

    def write(size):
        digests = (hashlib.sha256(b"%d" % number).hexdigest() for number in range(size // _ANSWER))
        lines = [row(digest, digest * (_ANSWER // len(digest))) for digest in digests]
        path = tmp_path / "train.jsonl"
        path.write_text("".join(lines), encoding="utf-8")
        return File(path, [json.loads(line) for line in lines], path.stat().st_size)

    return write


def uploaded(mock, folder, file, **options):
    sdk = client(mock, folder.id, folder.api_key)
    return sdk.datasets.draft_from_path(file.path, name="big", **KIND).upload(
        chunk_size=CHUNK, parallelism=PARALLELISM, **options
    )


@pytest.mark.timeout(100)
@pytest.mark.parametrize("size", [24 * MB, pytest.param(120 * MB, marks=pytest.mark.all)], ids=str)
def test_a_big_file_is_uploaded_in_parts_and_read_back_equal(mock, written, size):
    file, folder = written(size), mock.folder()
    dataset = uploaded(mock, folder, file)
    assert (dataset.status.name, dataset.rows) == ("READY", len(file.rows))
    draft = multipart.draft_of(mock, dataset.id)
    assert (draft.size, draft.etag.partition("-")[2]) == (file.size, str(file.size // CHUNK))
    assert multipart.stored(mock, dataset.id) == file.path.read_bytes()
    assert list(dataset.read()) == file.rows


def test_a_file_just_over_the_chunk_size_is_one_part(mock, written):
    file = written(CHUNK + 2 * _ANSWER)
    dataset = uploaded(mock, mock.folder(), file)
    assert multipart.draft_of(mock, dataset.id).etag.endswith("-1")
    assert dataset.rows == len(file.rows)


@pytest.mark.parametrize("size", ["100-mib", "5-mib"])
def test_a_refused_part_ends_the_upload_and_the_draft_is_deleted(mock, written, size):
    """The SDK does not look at a part's status, only for its ETag; a refusal has none."""
    file, folder = written(3 * CHUNK), mock.folder()
    folder.faults.add(object="PUT", status="SlowDown", after=int(size == "5-mib"))
    with pytest.raises(RuntimeError, match="missing etag header in s3 response"):
        uploaded(mock, folder, file)
    assert list(client(mock, folder.id, folder.api_key).datasets.list()) == []
