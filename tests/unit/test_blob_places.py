"""Bodies that share a file: written to their place, given up without harm to the others, joined."""

from pathlib import Path

import pytest

from aistudio_mock.domain.objects import FinishedUpload, Piece, Place
from aistudio_mock.runtime.blobs import BlobStore


@pytest.fixture
def blobs(tmp_path):
    store = BlobStore(tmp_path / "blobs")
    yield store
    store.close()


@pytest.fixture
def shared(blobs):
    writer = blobs.create()
    writer.write(b"0123456789")
    return Path(writer.commit().path)


def test_a_body_goes_to_its_place_and_its_file_stays_when_it_is_discarded(blobs, shared):
    writer = blobs.within(Place(str(shared), 4))
    writer.write(b"abc")
    upload = writer.commit()
    assert upload == FinishedUpload(str(shared), 3, "900150983cd24fb0d6963f7d28e17f72", 4)
    blobs.discard(upload)
    assert shared.read_bytes() == b"0123abc789"


def test_a_body_that_is_given_up_leaves_the_shared_file(blobs, shared):
    writer = blobs.within(Place(str(shared), 0))
    writer.abort()
    assert shared.read_bytes() == b"0123456789"


def test_a_place_in_a_file_that_is_gone_is_none(blobs, shared):
    blobs.unlink(str(shared))
    with pytest.raises(FileNotFoundError):
        blobs.within(Place(str(shared), 0))


def test_only_what_lies_elsewhere_is_copied_and_the_rest_is_cut_off(blobs, shared):
    writer = blobs.create()
    writer.write(b"xyz")
    own = writer.commit()
    pieces = [Piece(str(shared), 0, 4, 0), Piece(own.path, 0, 3, 4)]
    assert blobs.join(pieces, str(shared)) == str(shared)
    assert shared.read_bytes() == b"0123xyz"


def test_a_part_whose_file_is_too_short_is_an_error_and_leaves_nothing_half(blobs, shared, tmp_path):
    with pytest.raises(OSError, match="is shorter than the part"):
        blobs.join([Piece(str(shared), 5, 9, 0)], None)
    assert list((tmp_path / "blobs").iterdir()) == [shared]
