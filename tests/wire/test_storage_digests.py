"""Content-MD5 of a PUT is checked, and the Date of the storage is by the clock of all else there."""

import base64
import hashlib
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.wire import steps

RIGHT = hashlib.md5(steps.GOOD).digest()


def put(client, folder, content_md5):
    dataset_id = steps.draft(client, folder)
    url = steps.upload_url(client, dataset_id, len(steps.GOOD))
    return dataset_id, requests.put(url, steps.GOOD, headers={"Content-MD5": content_md5}, timeout=20)


def is_stored(client, dataset_id):
    try:
        client.call("DatasetService/Validate", dataset_id=dataset_id)
    except Exception as refusal:  # noqa: BLE001 - whatever it says, there is nothing to validate
        return "has no data" not in str(refusal)
    return True


def test_a_right_digest_is_taken(client, folder):
    dataset_id, reply = put(client, folder, base64.b64encode(RIGHT).decode())
    assert (reply.status_code, reply.headers["Etag"]) == (200, f'"{RIGHT.hex()}"')
    assert is_stored(client, dataset_id)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (base64.b64encode(hashlib.md5(b"other").digest()).decode(), "BadDigest"),
        (RIGHT.hex(), "InvalidDigest"),
        (base64.b64encode(RIGHT[:-1]).decode(), "InvalidDigest"),
        ("", "InvalidDigest"),
        ("%%%", "InvalidDigest"),
    ],
)
def test_a_wrong_digest_is_refused_and_nothing_is_stored(client, folder, told, code):
    dataset_id, reply = put(client, folder, told)
    assert (reply.status_code, ET.fromstring(reply.content).findtext("Code")) == (400, code)
    assert not is_stored(client, dataset_id)


def test_a_part_with_a_wrong_digest_can_be_sent_again(client, folder):
    dataset_id = steps.draft(client, folder)
    size = len(steps.GOOD)
    started = client.call("DatasetService/StartMultipartUploadDraft", dataset_id=dataset_id, size_bytes=size)
    url = started.multipart_upload_urls[0]
    wrong = {"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}
    assert requests.put(url, steps.GOOD, headers=wrong, timeout=20).status_code == 400
    assert steps.put(url, steps.GOOD).status_code == 200
    parts = [{"part_num": 1, "etag": RIGHT.hex()}]
    client.call("DatasetService/FinishMultipartUploadDraft", dataset_id=dataset_id, uploaded_parts=parts)
    assert is_stored(client, dataset_id)


def moment(reply, name):
    return parsedate_to_datetime(reply.headers[name])


def test_the_date_of_an_answer_is_virtual_and_no_object_is_younger(client, folder):
    folder.clock.advance(days=40)
    now = folder.clock.now().replace(microsecond=0)
    dataset_id = steps.draft(client, folder)
    reply = steps.put(steps.upload_url(client, dataset_id, len(steps.GOOD)), steps.GOOD)
    assert moment(reply, "Date") == now
    client.call("DatasetService/Validate", dataset_id=dataset_id)
    folder.clock.advance(hours=1)
    url = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls[0].url
    read = requests.get(url, timeout=20)
    assert moment(read, "Last-Modified") <= moment(read, "Date") == folder.clock.now().replace(microsecond=0)
    assert moment(requests.get(url + "0", timeout=20), "Date") == moment(read, "Date")
