"""Presigned URLs that are misused: S3's own error codes, with a hint, and nothing is stored."""

from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import grpc
import pytest
import requests

from aistudio_mock import MockServer
from aistudio_mock.domain.objects import DATASETS, object_key
from aistudio_mock.domain.s3_errors import NoSuchKey
from tests.wire import steps
from tests.wire.stubs import Client


@pytest.fixture
def draft(client, folder):
    """A draft that holds no data when the test is over."""
    dataset_id = steps.draft(client, folder)
    yield dataset_id
    code, message = steps.refused(client.call, "DatasetService/Validate", dataset_id=dataset_id)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert "has no data" in message


def error_of(answer):
    """(HTTP status, S3 error code, everything said)."""
    document = ET.fromstring(answer.content)
    return answer.status_code, document.findtext("Code"), "".join(document.itertext())


@pytest.mark.parametrize("body", [b"", b"abcd", b"abcdef", b"a" * 100_000])
def test_a_body_of_another_length_than_announced_is_refused_with_the_length(client, draft, body):
    url = steps.upload_url(client, draft, 5)
    status, code, said = error_of(steps.put(url, body))
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert "signed for a body of 5 bytes" in said


def test_a_body_without_a_length_is_refused(client, draft):
    url = steps.upload_url(client, draft, 5)
    status, code, _ = error_of(requests.put(url, data=iter([b"abc", b"de"]), timeout=20))
    assert (status, code) == (411, "MissingContentLength")


def test_a_tampered_signature_is_refused(client, draft):
    url = steps.upload_url(client, draft, 5)
    last = "0" if url[-1] != "0" else "1"
    assert error_of(steps.put(url[:-1] + last, b"abcde"))[:2] == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("was", "becomes"), [("X-Amz-Expires=86400", "X-Amz-Expires=604800"), ("content-length%3Bhost", "host")]
)
def test_a_changed_parameter_is_refused(client, draft, was, becomes):
    url = steps.upload_url(client, draft, 5).replace(was, becomes)
    assert becomes in url
    assert error_of(steps.put(url, b"abcde"))[:2] == (403, "SignatureDoesNotMatch")


def test_a_url_of_another_dataset_is_refused(client, folder, draft):
    other = steps.draft(client, folder)
    url = steps.upload_url(client, other, 5).replace(other, draft)
    assert error_of(steps.put(url, b"abcde"))[:2] == (403, "SignatureDoesNotMatch")


def test_a_url_signed_with_another_key_is_refused(client, draft):
    url = urlsplit(steps.upload_url(client, draft, 5))
    with MockServer(time="manual") as another, Client(another.endpoint) as foreign:
        elsewhere = steps.upload_url(foreign, steps.draft(foreign, another.folder()), 5)
    foreign_url = urlsplit(elsewhere)._replace(netloc=url.netloc, path=url.path).geturl()
    assert error_of(steps.put(foreign_url, b"abcde"))[:2] == (403, "InvalidAccessKeyId")


def test_a_url_without_a_signature_is_refused(client, draft):
    url = steps.upload_url(client, draft, 5).partition("?")[0]
    assert error_of(steps.put(url, b"abcde"))[:2] == (403, "AccessDenied")


def test_an_expired_url_is_refused(client, folder, draft):
    url = steps.upload_url(client, draft, 5)
    folder.clock.advance(days=2)
    status, code, said = error_of(steps.put(url, b"abcde"))
    assert (status, code) == (403, "AccessDenied")
    assert "Request has expired" in said


def test_a_url_lives_a_whole_day(client, folder):
    dataset_id = steps.draft(client, folder)
    url = steps.upload_url(client, dataset_id, 5)
    folder.clock.advance(hours=23, minutes=59, seconds=59)
    assert steps.put(url, b"abcde").status_code == 200


def test_a_second_upload_replaces_the_first(client, folder):
    dataset_id = steps.uploaded(client, folder, body=steps.BAD)
    assert steps.put(steps.upload_url(client, dataset_id, len(steps.GOOD)), steps.GOOD).status_code == 200
    client.call("DatasetService/Validate", dataset_id=dataset_id)
    folder.clock.advance(hours=1)
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.rows == steps.GOOD.count(
        b"\n"
    )


def test_a_metrics_url_of_a_tuning_that_is_gone_is_no_such_key(client, folder):
    task_id = client.call("TuningService/Tune", **steps.order(folder, steps.validated(client, folder))).id
    folder.clock.advance(hours=1)
    url = client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url
    assert requests.get(url, timeout=20).status_code == 200
    folder.reset()
    assert error_of(requests.get(url, timeout=20))[:2] == (404, "NoSuchKey")


def test_a_converted_file_that_is_not_there_yet_is_no_such_key(mock, client, folder, draft):
    with pytest.raises(NoSuchKey):
        mock._server.backend.objects.get(DATASETS, object_key(folder.id, draft))


def test_a_url_for_put_does_not_read(client, draft):
    url = steps.upload_url(client, draft, 5)
    assert error_of(requests.get(url, timeout=20))[:2] == (403, "SignatureDoesNotMatch")


def test_a_url_for_get_does_not_write(client, folder):
    ready = steps.validated(client, folder)
    url = client.call("DatasetService/GetDownloadUrls", dataset_id=ready).download_urls[0].url
    whole = requests.get(url, timeout=20).content
    assert error_of(steps.put(url, b"abcde"))[:2] == (403, "SignatureDoesNotMatch")
    assert requests.get(url, timeout=20).content == whole


@pytest.mark.parametrize(
    ("path", "code"),
    [("/no-such-bucket/key", "NoSuchBucket"), ("/ai-fomo-drafts-prod/b1g/fds1", "AccessDenied")],
)
def test_a_path_that_nobody_gave_is_refused(mock, path, code):
    assert error_of(requests.get(mock.http_url + path, timeout=20))[1] == code


def test_a_download_url_of_a_deleted_dataset_is_no_such_key(client, folder):
    ready = steps.validated(client, folder)
    url = client.call("DatasetService/GetDownloadUrls", dataset_id=ready).download_urls[0].url
    client.call("DatasetService/Delete", dataset_id=ready)
    assert error_of(requests.get(url, timeout=20))[:2] == (404, "NoSuchKey")


def test_an_upload_url_of_a_deleted_dataset_is_no_such_key(client, folder):
    dataset_id = steps.draft(client, folder)
    url = steps.upload_url(client, dataset_id, 5)
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    assert error_of(steps.put(url, b"abcde"))[:2] == (404, "NoSuchKey")


def test_a_refused_body_does_not_replace_the_one_before(client, folder):
    dataset_id = steps.uploaded(client, folder)
    assert steps.put(steps.upload_url(client, dataset_id, 5), b"abcd").status_code == 403
    client.call("DatasetService/Validate", dataset_id=dataset_id)
    folder.clock.advance(hours=1)
    assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.rows > 1


@pytest.mark.parametrize("folder_id", ["a/b", "папка", "a b", "a?b#c&d=%20", "yc.fomo.storage.prod.service"])
def test_a_folder_of_any_name_takes_uploads(mock, folder_id):
    # The contract limits a folder's id in length only.
    with Client(mock.endpoint) as client:
        dataset_id = client.call(
            "DatasetService/Create",
            name="n",
            folder_id=folder_id,
            task_type=steps.GENERATION,
            upload_format="jsonlines",
        ).dataset_id
        url = steps.upload_url(client, dataset_id, 5)
        assert "signed for a body of 5 bytes" in error_of(steps.put(url, b"abcd"))[2]
        assert steps.put(url, b"abcde").status_code == 200


def test_a_url_signed_just_after_a_long_skip_is_valid_at_once():
    # The date of a URL is cut to its second, and so lies inside the skip.
    with MockServer(time="skip", durations="documented", seed=3) as mock, Client(mock.endpoint) as client:
        folder = mock.default_folder
        dataset_id, operation_id = steps.validating(client, folder)
        assert client.call("OperationService/Get", operation_id=operation_id).done
        lasted = 0
        while lasted <= 15 * 60:
            operation = client.call("TuningService/Tune", **steps.order(folder, dataset_id))
            done = client.call("OperationService/Get", operation_id=operation.id)
            lasted = done.modified_at.seconds - operation.created_at.seconds
            url = client.call("TuningService/GetMetricsUrl", task_id=operation.id).load_url
            assert requests.get(url, timeout=20).status_code == 200
