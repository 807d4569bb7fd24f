"""Part URLs beside what others make of them: botocore signs the same, and curl uploads by them."""

import shutil
import subprocess
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.wire import multipart_steps as multipart
from tests.wire import steps


@pytest.fixture
def draft(client, folder):
    return steps.draft(client, folder)


def by_botocore(mock, url):
    """The same part's URL, signed by botocore with the server's key."""
    signer = mock._server.backend.objects._signer
    parts = urlsplit(url)
    address = {name: text for name, text in parse_qsl(parts.query) if not name.startswith("X-Amz-")}
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    request = AWSRequest("PUT", bare, params=address)
    credentials = Credentials(signer.access_key_id, signer.secret)
    auth = S3SigV4QueryAuth(credentials, "s3", "us-east-1", 600)
    auth.add_auth(request)
    return request.prepare().url


def test_a_part_url_that_botocore_signs_is_taken(mock, client, folder, draft):
    folder.clock.advance(seconds=1)  # what botocore signs with is the real time; a quarter of an hour is free
    (url,) = multipart.start(client, draft, 3, 1)
    etag = multipart.send(by_botocore(mock, url), b"abc")
    multipart.finish(client, draft, multipart.receipts([etag]))
    assert multipart.stored(mock, draft) == b"abc"


def test_botocore_calculates_the_signature_of_a_part_url(mock, client, draft):
    (url,) = multipart.start(client, draft, 3, 1)
    signer = mock._server.backend.objects._signer
    given = parse_qs(urlsplit(url).query)
    credentials = Credentials(signer.access_key_id, signer.secret)
    auth = S3SigV4QueryAuth(credentials, "s3", "us-east-1", 86_400)
    bare, _, query = url.partition("?")
    names = "&".join(part for part in query.split("&") if not part.startswith("X-Amz-"))
    request = AWSRequest("PUT", f"{bare}?{names}")
    request.context["timestamp"] = given["X-Amz-Date"][0]
    auth._modify_request_before_signing(request)
    signed = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert signed == given["X-Amz-Signature"][0]


def test_the_order_of_a_url_s_parameters_does_not_matter(mock, client, draft):
    (url,) = multipart.start(client, draft, 3, 1)
    bare, _, query = url.partition("?")
    turned = bare + "?" + "&".join(reversed(query.split("&")))
    assert requests.put(turned, data=b"abc", timeout=20).status_code == 200


@pytest.mark.all
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_uploads_the_parts(mock, client, draft, tmp_path):
    content = multipart.body(2 * multipart.PART + 9)
    urls = multipart.start(client, draft, len(content), 3)
    etags = []
    for number, (url, part) in enumerate(zip(urls, multipart.cut(content), strict=True)):
        path = tmp_path / f"part{number}"
        path.write_bytes(part)
        command = ["curl", "-sS", "--fail", "--noproxy", "*", "-D", "-", "--upload-file", path, url]
        done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
        etags += [line.split()[1] for line in done.stdout.splitlines() if line.lower().startswith("etag:")]
    multipart.finish(client, draft, multipart.receipts(etags))
    assert multipart.stored(mock, draft) == content


@pytest.mark.all
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_resumes_a_download(client, folder, tmp_path):
    dataset_id = steps.validated(client, folder)
    (download,) = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls
    whole = requests.get(download.url, timeout=20).content
    target = tmp_path / "main"
    target.write_bytes(whole[:1000])
    command = ["curl", "-sS", "--fail", "--noproxy", "*", "-C", "-", "--output", target, download.url]
    subprocess.run(command, check=True, timeout=60)
    assert target.read_bytes() == whole
