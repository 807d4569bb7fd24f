"""What the storage and Finish refuse: S3's error codes as XML, and what a caller of Finish hears of them."""

from urllib.parse import urlsplit

import grpc
import pytest
import requests

from aistudio_mock.domain.objects import DRAFTS, PartAddress, object_key
from tests.wire import multipart_steps as multipart
from tests.wire import steps
from tests.wire.multipart_steps import PART
from tests.wire.test_wrong_uploads import error_of

CODE = grpc.StatusCode
ABC = '"900150983cd24fb0d6963f7d28e17f72"'


@pytest.fixture
def draft(client, folder):
    return steps.draft(client, folder)


def put(url, content=b"abc"):
    return error_of(requests.put(url, data=content, timeout=20))


def own_url(mock, folder, draft, upload_id, number):
    """A URL that the server's own key signs, for what it would not hand out."""
    objects = mock._server.backend.objects
    now = mock._server.backend.folders.get(folder.id).clock.now()
    key = object_key(folder.id, draft)
    return objects._signer.sign_part(mock.http_url, DRAFTS, key, PartAddress(upload_id, number), None, now)


def test_a_part_of_no_upload_is_refused_before_its_body(mock, client, folder, draft):
    url = own_url(mock, folder, draft, "nonsense", 1)
    status, code, said = put(url)
    assert (status, code) == (404, "NoSuchUpload")
    assert "The specified upload does not exist." in said
    assert "StartMultipartUploadDraft gives URLs of a new upload" in said


@pytest.mark.parametrize("number", [0, 10_001, 99_999_999])
def test_a_part_number_out_of_range_is_refused(mock, client, folder, draft, number):
    (url,) = multipart.start(client, draft, 3, 1)
    upload_id = url.partition("uploadId=")[2].partition("&")[0]
    status, code, said = put(own_url(mock, folder, draft, upload_id, number))
    assert (status, code) == (400, "InvalidArgument")
    assert "Part number must be an integer between 1 and 10000, inclusive" in said


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("partNumber=1", "partNumber=2"), ("partNumber=1&", ""), ("uploadId=", "uploadId=0"), ("host", "Host")],
)
def test_a_changed_part_url_is_refused(mock, client, draft, was, becomes):
    (url,) = multipart.start(client, draft, 3, 1)
    changed = urlsplit(url)._replace(query=urlsplit(url).query.replace(was, becomes)).geturl()
    assert changed != url
    assert put(changed)[:2] == (403, "SignatureDoesNotMatch")
    assert multipart.files(mock) == set() or multipart.draft_of(mock, draft) is None


def test_an_upload_url_does_not_take_parts_and_a_part_url_no_files(client, draft):
    url = steps.upload_url(client, draft, 3)
    (part,) = multipart.start(client, draft, 3, 1)
    added = part.partition("?")[2].partition("&X-Amz")[0]
    assert put(url.replace("?", f"?{added}&"))[:2] == (403, "SignatureDoesNotMatch")
    assert put(part.replace(added + "&", ""))[:2] == (403, "SignatureDoesNotMatch")


def test_a_part_of_more_than_5_gib_is_refused_before_its_body(client, draft):
    (url,) = multipart.start(client, draft, 3, 1)
    parts = urlsplit(url)
    session = requests.Session()
    request = requests.Request("PUT", url).prepare()
    request.headers["Content-Length"] = str((5 << 30) + 1)
    answer = session.send(request, timeout=20)
    assert parts.query
    assert error_of(answer)[:2] == (400, "EntityTooLarge")


def test_a_part_url_lives_a_day(client, folder, draft):
    (url,) = multipart.start(client, draft, 3, 1)
    folder.clock.advance(hours=23)
    multipart.send(url, b"abc")
    folder.clock.advance(hours=2)
    assert put(url)[:2] == (403, "AccessDenied")


def test_a_list_of_nothing_is_refused(client, draft):
    multipart.upload(client, draft, [b"abc"])
    code, message = steps.refused(multipart.finish, client, draft, [])
    assert (code, message) == (CODE.INVALID_ARGUMENT, "Validation error:\nuploaded_parts: Field is required")


def test_finish_without_start_is_refused_and_says_how_to_begin(client, draft):
    code, message = steps.refused(multipart.finish, client, draft, multipart.receipts([ABC]))
    assert code is CODE.FAILED_PRECONDITION
    assert message.startswith("NoSuchUpload: The specified upload does not exist.")
    assert "the dataset has no upload under way; StartMultipartUploadDraft begins one" in message


def test_a_part_that_was_not_uploaded_is_an_invalid_part(client, draft):
    multipart.start(client, draft, 3, 1)
    code, message = steps.refused(multipart.finish, client, draft, multipart.receipts([ABC]))
    assert code is CODE.INVALID_ARGUMENT
    assert message.startswith("InvalidPart: One or more of the specified parts could not be found.")
    assert "part 1 was not uploaded" in message


@pytest.mark.parametrize("etag", ['"0"', "é", "a" * 200_000, f"W/{ABC}", f'"{ABC}"', ABC.upper()])
def test_another_etag_than_the_parts_is_an_invalid_part(client, draft, etag):
    multipart.upload(client, draft, [b"abc"])
    code, message = steps.refused(multipart.finish, client, draft, multipart.receipts([etag]))
    assert code is CODE.INVALID_ARGUMENT
    assert message.startswith("InvalidPart: ")
    assert f"part 1 has the ETag {ABC}" in message
    assert len(message) < 1_000


def test_the_etag_of_what_was_replaced_is_an_invalid_part(mock, client, draft):
    (url,) = multipart.start(client, draft, 3, 1)
    first = multipart.send(url, b"abc")
    second = multipart.send(url, b"xyz")
    code, message = steps.refused(multipart.finish, client, draft, multipart.receipts([first]))
    assert (code, message[:11]) == (CODE.INVALID_ARGUMENT, "InvalidPart")
    multipart.finish(client, draft, multipart.receipts([second]))
    assert multipart.stored(mock, draft) == b"xyz"


@pytest.mark.parametrize("order", [(2, 1), (1, 1), (1, 2, 1)])
def test_part_numbers_that_do_not_ascend_are_an_invalid_order(client, draft, order):
    listed = multipart.upload(client, draft, [multipart.body(PART), multipart.body(PART)])
    wrong = [listed[number - 1] for number in order]
    code, message = steps.refused(multipart.finish, client, draft, wrong)
    assert code is CODE.INVALID_ARGUMENT
    assert message.startswith("InvalidPartOrder: The list of parts was not in ascending order.")
    assert f"the part numbers are {', '.join(map(str, order))}; list each once" in message


def test_a_small_part_before_the_last_is_too_small(client, draft):
    urls = multipart.start(client, draft, 2 * PART, 2)
    etags = [multipart.send(urls[0], multipart.body(PART - 1)), multipart.send(urls[1], b"x" * (PART + 1))]
    code, message = steps.refused(multipart.finish, client, draft, multipart.receipts(etags))
    assert code is CODE.INVALID_ARGUMENT
    assert message.startswith("EntityTooSmall: Your proposed upload is smaller than the minimum allowed size")
    assert f"part 1 has {PART - 1} bytes; only the last may have less than {PART}" in message


def test_parts_that_are_not_the_announced_size_together_are_refused(mock, client, draft):
    (url,) = multipart.start(client, draft, 5, 1)
    listed = multipart.receipts([multipart.send(url, b"abc")])
    code, message = steps.refused(multipart.finish, client, draft, listed)
    assert code is CODE.INVALID_ARGUMENT
    assert f"the listed parts have 3 bytes, and 5 were announced for dataset {draft}" in message
    assert multipart.draft_of(mock, draft) is None


def test_a_refused_finish_leaves_the_upload_as_it_was(mock, client, draft):
    content = multipart.body(PART + 5)
    urls = multipart.start(client, draft, 2 * PART, 2)
    listed = multipart.receipts([multipart.send(urls[0], content[:PART])])
    for wrong in (listed, [*listed, {"part_num": 2, "etag": ABC}], [*listed, *listed]):
        assert steps.refused(multipart.finish, client, draft, wrong)[0] is CODE.INVALID_ARGUMENT
    second = multipart.body(PART, seed=2)
    multipart.finish(client, draft, [*listed, *multipart.receipts([multipart.send(urls[1], second)], 2)])
    assert multipart.stored(mock, draft) == content[:PART] + second


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_a_part_number_that_the_contract_does_not_allow_is_refused(client, draft, number):
    code, message = steps.refused(multipart.finish, client, draft, [{"part_num": number, "etag": ABC}])
    assert code is CODE.INVALID_ARGUMENT
    assert "uploaded_parts[0].part_num" in message


def test_uploads_are_for_drafts_only(client, folder):
    dataset_id = steps.validated(client, folder)
    for command in (
        lambda: multipart.start(client, dataset_id, 5, 1),
        lambda: multipart.finish(client, dataset_id, multipart.receipts([ABC])),
    ):
        code, message = steps.refused(command)
        assert code is CODE.FAILED_PRECONDITION
        assert f"dataset {dataset_id} is READY and cannot be uploaded to" in message


def test_an_unknown_dataset_is_not_found(client):
    for command in (
        lambda: multipart.start(client, "fds00000000000000000", 5, 1),
        lambda: multipart.finish(client, "fds00000000000000000", multipart.receipts([ABC])),
    ):
        assert steps.refused(command) == (CODE.NOT_FOUND, "dataset fds00000000000000000 not found")
