"""How uploads in parts end: finished, begun anew, given up; and that none of them leaves a file behind."""

import errno
import os

import grpc
import pytest
import requests

from aistudio_mock import MockServer
from tests.wire import multipart_steps as multipart
from tests.wire import steps
from tests.wire.multipart_steps import PART
from tests.wire.stubs import Client
from tests.wire.test_wrong_uploads import error_of

CODE = grpc.StatusCode
TWO = (multipart.body(PART), multipart.body(PART, seed=1))


@pytest.fixture
def mock():
    """A server for this test alone; at its end, a file that is no dataset's is leaked."""
    with MockServer(time="manual") as running:
        yield running
        store = running._server.backend.store
        blobs = [blob for one in store.datasets for blob in (one.draft, one.content) if blob]
        assert {str(path) for path in multipart.files(running)} <= {str(blob.source) for blob in blobs}


@pytest.fixture
def draft(client, folder):
    return steps.draft(client, folder)


def refused_part(url, content=b"abc"):
    return error_of(requests.put(url, data=content, timeout=20))[:2]


@pytest.mark.parametrize("parts", [TWO, (*TWO, b".")], ids=["equal parts", "parts of 5 MiB and a rest"])
def test_nothing_is_copied_when_the_parts_come_as_planned(mock, client, draft, parts):
    listed = multipart.upload(client, draft, parts)
    (spool,) = multipart.files(mock)
    before = spool.stat()
    multipart.finish(client, draft, listed)
    assert multipart.draft_of(mock, draft).source == str(spool)
    assert (spool.stat().st_ino, spool.stat().st_size) == (before.st_ino, sum(map(len, parts)))


def test_only_what_was_sent_again_is_copied(mock, client, draft):
    urls = multipart.start(client, draft, 2 * PART, 2)
    listed = multipart.receipts(map(multipart.send, urls, TWO))
    (spool,) = multipart.files(mock)
    multipart.send(urls[1], b"sent again, and again")
    listed[1]["etag"] = multipart.send(urls[1], TWO[0])
    assert len(multipart.files(mock)) == 2
    multipart.finish(client, draft, listed)
    assert multipart.files(mock) == {spool}
    assert multipart.stored(mock, draft) == TWO[0] * 2


def test_a_part_after_finish_is_refused(mock, client, draft):
    (url,) = multipart.start(client, draft, 3, 1)
    multipart.finish(client, draft, multipart.receipts([multipart.send(url, b"abc")]))
    assert refused_part(url, b"xyz") == (404, "NoSuchUpload")
    assert multipart.stored(mock, draft) == b"abc"


def test_a_second_finish_is_refused_and_the_file_stays(mock, client, draft):
    listed = multipart.upload(client, draft, [b"abc"])
    multipart.finish(client, draft, listed)
    code, message = steps.refused(multipart.finish, client, draft, listed)
    assert (code, message[:12]) == (CODE.FAILED_PRECONDITION, "NoSuchUpload")
    assert multipart.stored(mock, draft) == b"abc"


def test_a_part_that_is_not_listed_does_not_count(mock, client, draft):
    urls = multipart.start(client, draft, 2 * PART, 2)
    listed = multipart.receipts(map(multipart.send, urls, TWO))
    assert steps.refused(multipart.finish, client, draft, listed[:1])[0] is CODE.INVALID_ARGUMENT
    (url,) = multipart.start(client, draft, PART, 1)
    multipart.finish(client, draft, multipart.receipts([multipart.send(url, TWO[1])]))
    assert multipart.stored(mock, draft) == TWO[1]


def test_beginning_anew_ends_the_first_upload(mock, client, draft):
    (first,) = multipart.start(client, draft, 3, 1)
    etag = multipart.send(first, b"abc")
    (second,) = multipart.start(client, draft, 3, 1)
    assert multipart.files(mock) == set() or etag
    assert refused_part(first) == (404, "NoSuchUpload")
    code, message = steps.refused(multipart.finish, client, draft, multipart.receipts([etag]))
    assert (code, message[:11]) == (CODE.INVALID_ARGUMENT, "InvalidPart")
    multipart.finish(client, draft, multipart.receipts([multipart.send(second, b"xyz")]))
    assert multipart.stored(mock, draft) == b"xyz"


def test_a_file_uploaded_whole_meanwhile_is_replaced_by_finish(mock, client, draft):
    listed = multipart.upload(client, draft, [b"abc"])
    steps.put(steps.upload_url(client, draft, 4), b"full")
    assert multipart.stored(mock, draft) == b"full"
    multipart.finish(client, draft, listed)
    assert multipart.stored(mock, draft) == b"abc"


def test_a_file_uploaded_whole_afterwards_replaces_the_parts(mock, client, draft):
    multipart.finish(client, draft, multipart.upload(client, draft, TWO))
    steps.put(steps.upload_url(client, draft, 4), b"full")
    assert multipart.stored(mock, draft) == b"full"


def test_a_second_upload_in_parts_replaces_the_first(mock, client, draft):
    for parts in (TWO, TWO[::-1]):
        multipart.finish(client, draft, multipart.upload(client, draft, parts))
    assert multipart.stored(mock, draft) == b"".join(TWO[::-1])


def test_deleting_a_draft_ends_its_upload(mock, client, draft):
    listed = multipart.upload(client, draft, TWO)
    (url, _) = multipart.start(client, draft, 2 * PART, 2)
    multipart.send(url, TWO[0])
    client.call("DatasetService/Delete", dataset_id=draft)
    assert refused_part(url) == (404, "NoSuchUpload")
    assert steps.refused(multipart.finish, client, draft, listed)[0] is CODE.NOT_FOUND


def test_a_reset_of_the_folder_ends_its_uploads(mock, client, folder, draft):
    urls = multipart.start(client, draft, 2 * PART, 2)
    listed = multipart.receipts(map(multipart.send, urls, TWO))
    listed[0]["etag"] = multipart.send(urls[0], TWO[1])
    folder.reset()
    assert refused_part(urls[0]) == (404, "NoSuchUpload")
    assert steps.refused(multipart.finish, client, draft, listed)[0] is CODE.NOT_FOUND


def test_validate_without_finish_is_told_what_is_missing(client, draft):
    multipart.upload(client, draft, [b"abc"])
    code, message = steps.refused(client.call, "DatasetService/Validate", dataset_id=draft)
    assert code is CODE.FAILED_PRECONDITION
    assert message == f"dataset {draft} has no data; call FinishMultipartUploadDraft first"
    multipart.start(client, draft, 3, 1)


def test_validate_ends_an_upload_that_was_not_finished(mock, client, folder):
    dataset_id = steps.uploaded(client, folder)
    urls = multipart.start(client, dataset_id, 2 * PART, 2)
    listed = multipart.receipts([multipart.send(urls[0], TWO[0])])
    client.call("DatasetService/Validate", dataset_id=dataset_id)
    assert refused_part(urls[1]) == (404, "NoSuchUpload")
    code, message = steps.refused(multipart.finish, client, dataset_id, listed)
    assert (code, "cannot be uploaded to" in message) == (CODE.FAILED_PRECONDITION, True)
    folder.reset()  # waits for the scan


@pytest.fixture
def meanwhile(mock, monkeypatch):
    """Has something happen between the joining of parts and the moment when they become the draft."""

    def arrange(happen):
        blobs = mock._server.backend.objects.parts._blobs
        join = blobs.join

        def joining(pieces, home):
            path = join(pieces, home)
            happen()
            return path

        monkeypatch.setattr(blobs, "join", joining)

    return arrange


def test_a_dataset_that_is_deleted_while_its_parts_are_joined_stays_deleted(client, draft, meanwhile):
    listed = multipart.upload(client, draft, TWO)
    meanwhile(lambda: client.call("DatasetService/Delete", dataset_id=draft))
    code, message = steps.refused(multipart.finish, client, draft, listed)
    assert (code, message) == (CODE.NOT_FOUND, f"dataset {draft} not found")


def test_a_dataset_that_is_validated_while_its_parts_are_joined_keeps_its_file(
    mock, client, folder, meanwhile
):
    dataset_id = steps.uploaded(client, folder)
    listed = multipart.upload(client, dataset_id, TWO)
    meanwhile(lambda: client.call("DatasetService/Validate", dataset_id=dataset_id))
    code, message = steps.refused(multipart.finish, client, dataset_id, listed)
    assert (code, "is VALIDATING and cannot be uploaded to" in message) == (CODE.FAILED_PRECONDITION, True)
    assert multipart.stored(mock, dataset_id) == steps.GOOD
    folder.reset()  # waits for the scan


def test_a_full_disk_is_told_and_nothing_of_the_upload_stays(mock, client, draft, monkeypatch):
    def full(pieces, home):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    listed = multipart.upload(client, draft, TWO)
    monkeypatch.setattr(mock._server.backend.objects.parts._blobs, "join", full)
    code, message = steps.refused(multipart.finish, client, draft, listed)
    assert code is CODE.INTERNAL
    assert "cannot be joined: No space left on device; they are removed, so make room and upload" in message


def test_a_stopped_server_leaves_nothing_of_an_upload():
    with MockServer(time="manual") as mock, Client(mock.endpoint) as client:
        dataset_id = steps.draft(client, mock.folder())
        multipart.upload(client, dataset_id, TWO)
        (spool,) = multipart.files(mock)
    assert not spool.parent.exists()
