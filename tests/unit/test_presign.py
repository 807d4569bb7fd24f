"""Presigned URLs, against botocore's own signer and against every way to spoil them."""

import re
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from aistudio_mock.domain import presign, s3_errors
from aistudio_mock.domain.instant import DAY, HOUR, SECOND, Instant, later
from aistudio_mock.domain.objects import DATASETS, DRAFTS, expiration, object_key
from aistudio_mock.domain.presign import Signer

NOW = Instant(1_765_419_534 * SECOND)  # 2025-12-11T02:18:54Z, as recorded
SIGNER = Signer("YCAJEtest0000000000000000", "secret")
BASE = "http://127.0.0.1:8444"
KEY = "b1ge6b3ojkeeciv997a8/fdshp9a6b8oe8k4b4t36"


def put_url(size=38, now=NOW, key=KEY, base=BASE, **options):
    return SIGNER.sign_put(base, DRAFTS, key, size, now, **options)


def get_url(key=KEY, now=NOW, base=BASE):
    return SIGNER.sign_get(base, DATASETS, key, now)


def verify(url, method="PUT", *, length=38, now=NOW, signer=SIGNER, headers=None, announced=()):
    parts = urlsplit(url)
    sent = {"Host": parts.netloc, "Accept": "*/*"} | (
        {} if length is None else {"Content-Length": str(length)}
    )
    age = lambda signed_at: now - signed_at  # noqa: E731
    signer.verify(method, parts.path, parts.query, sent | (headers or {}), age, announced=announced)


def refusal(url, *args, **kwargs):
    with pytest.raises(s3_errors.S3Error) as caught:
        verify(url, *args, **kwargs)
    return caught.value


def botocore_signature(method, url, headers):
    """What botocore calculates for the same request, time and scope."""
    parts, given_ = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    auth = S3SigV4QueryAuth(
        Credentials(SIGNER.access_key_id, SIGNER.secret), "s3", "us-east-1", int(given_["X-Amz-Expires"])
    )
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    request = AWSRequest(method, bare, headers)
    request.context["timestamp"] = given_["X-Amz-Date"]
    auth._modify_request_before_signing(request)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def signature(url):
    return dict(parse_qsl(urlsplit(url).query))["X-Amz-Signature"]


def test_a_put_url_has_the_recorded_anatomy():
    pattern = (
        r"https://storage\.yandexcloud\.net/ai-fomo-drafts-prod/b1ge6b3ojkeeciv997a8/fdshp9a6b8oe8k4b4t36"
        r"\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20251211T021854Z"
        r"&X-Amz-SignedHeaders=content-length%3Bhost&X-Amz-Expires=86400"
        r"&X-Amz-Credential=YCAJE\w+%2F20251211%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=[0-9a-f]{64}"
    )
    assert re.fullmatch(pattern, put_url(base="https://storage.yandexcloud.net"))


def test_a_get_url_signs_the_host_only():
    assert "&X-Amz-SignedHeaders=host&" in get_url()


@pytest.mark.parametrize("base", [BASE, "https://storage.yandexcloud.net", "http://[::1]:8444"])
def test_botocore_calculates_the_same_signatures(base):
    assert signature(put_url(base=base)) == botocore_signature(
        "PUT", put_url(base=base), {"content-length": "38"}
    )
    assert signature(get_url(base=base)) == botocore_signature("GET", get_url(base=base), {})


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    size=st.integers(1, 5 << 30),
    now=st.integers(0, 4_000_000_000).map(lambda s: Instant(s * SECOND)),
)
def test_any_key_size_and_time_agree_with_botocore_and_verify(key, size, now):
    url = put_url(size, now, key)
    assert signature(url) == botocore_signature("PUT", url, {"content-length": str(size)})
    verify(url, length=size, now=now)


def test_what_was_signed_verifies():
    verify(put_url())
    verify(get_url(), "GET", length=None)


def test_header_names_count_in_any_case():
    verify(put_url(), length=None, headers={"CONTENT-length": "38"})


def test_folder_ids_may_contain_dots():
    key = object_key("yc.fomo.storage.prod.service", "fds1")
    assert "/yc.fomo.storage.prod.service/fds1?" in put_url(key=key)
    verify(put_url(key=key))


def test_escapes_are_compared_by_meaning():
    url = put_url(key="folder~1/набор")
    verify(url.replace("~", "%7e").replace("%D0", "%d0"))


def test_an_escaped_slash_is_not_a_slash():
    assert isinstance(refusal(put_url().replace("a8/fds", "a8%2Ffds")), s3_errors.SignatureDoesNotMatch)


def test_the_order_of_parameters_does_not_matter():
    path, query = put_url().split("?")
    verify(f"{path}?{'&'.join(reversed(query.split('&')))}")


def test_a_url_lives_until_the_end_of_its_last_second():
    verify(put_url(), now=later(NOW, DAY))
    expired = refusal(put_url(), now=later(NOW, DAY + 1))
    assert (expired.code, expired.status, expired.message) == ("AccessDenied", 403, "Request has expired")
    assert dict(expired.details) == {
        "X-Amz-Expires": "86400",
        "Expires": "2025-12-12T02:18:54Z",
        "ServerTime": "2025-12-12T02:18:54Z",
    }


def test_age_is_what_the_clock_says_was_lived():
    parts = urlsplit(put_url(expires=60))
    headers = {"host": parts.netloc, "content-length": "38"}
    SIGNER.verify("PUT", parts.path, parts.query, headers, lambda _signed_at: 59 * SECOND)
    with pytest.raises(s3_errors.AccessDenied):
        SIGNER.verify("PUT", parts.path, parts.query, headers, lambda _signed_at: 61 * SECOND)


def test_a_url_from_the_future_is_not_valid_yet():
    verify(put_url(now=later(NOW, 10 * 60 * SECOND)))
    assert refusal(put_url(now=later(NOW, HOUR))).message == "Request is not valid yet"


def tampered(old, new):
    url = put_url()
    assert old in url
    return url.replace(old, new)


@pytest.mark.parametrize(
    "url",
    [
        tampered("X-Amz-Expires=86400", "X-Amz-Expires=86401"),
        tampered("fdshp9a6b8oe8k4b4t36", "fdshp9a6b8oe8k4b4t37"),
        tampered(DRAFTS, DATASETS),
        tampered("us-east-1", "ru-central1"),
        tampered("content-length%3Bhost", "host"),
        tampered("X-Amz-Algorithm", "extra=1&X-Amz-Algorithm"),
        tampered("X-Amz-Signature=", "X-Amz-Signature=0"),
        tampered("X-Amz-Signature=", "X-Amz-Signature=%D0%B6"),
        tampered("X-Amz-Date", "X-Amz-Date=20251211T021855Z&X-Amz-Date"),
        tampered("content-length%3Bhost", "content-length%0A%3Bhost%3B%00"),
    ],
)
def test_a_tampered_url_is_refused(url):
    assert isinstance(refusal(url), s3_errors.SignatureDoesNotMatch)


RAW = "\udcff\udcfe"  # bytes that are no UTF-8, as HTTP parsers hand them over


def test_bytes_that_are_no_text_are_refused_like_any_other_change():
    for url in (tampered("fds", RAW), tampered("X-Amz-Signature=", f"X-Amz-Signature={RAW}")):
        assert isinstance(refusal(url), s3_errors.SignatureDoesNotMatch)
    assert isinstance(refusal(put_url(), headers={"Host": RAW}), s3_errors.SignatureDoesNotMatch)


def test_a_url_names_its_host_as_clients_will():
    assert put_url(base="HTTPS://Storage.YandexCloud.net:443/").startswith(
        "https://storage.yandexcloud.net/ai-"
    )
    assert put_url(base="http://localhost:443").startswith("http://localhost:443/ai-")


def test_another_host_is_refused_and_the_hint_tells_what_arrived():
    error = refusal(put_url(), headers={"Host": "localhost:8444"})
    assert isinstance(error, s3_errors.SignatureDoesNotMatch)
    assert "host: localhost:8444" in dict(error.details)["Hint"]


def test_another_length_is_refused_and_the_hint_tells_the_right_one():
    error = refusal(put_url(size=38), length=40, announced=[12, 38])
    assert error.message.startswith(
        "The request signature we calculated does not match the signature you provided."
    )
    assert "signed for a body of 38 bytes, and the request announces 40" in dict(error.details)["Hint"]


def test_another_method_is_refused_and_the_hint_tells_the_right_one():
    error = refusal(put_url(), "GET")
    assert isinstance(error, s3_errors.SignatureDoesNotMatch)
    assert dict(error.details)["Hint"] == "this URL was signed for PUT, and the request is GET"


def test_another_secret_and_another_key_id_are_refused():
    assert isinstance(
        refusal(put_url(), signer=Signer(SIGNER.access_key_id, "other")), s3_errors.SignatureDoesNotMatch
    )
    assert isinstance(refusal(put_url(), signer=Signer("YCAJEother", "secret")), s3_errors.InvalidAccessKeyId)


def test_another_region_is_fine_where_the_signer_says_so():
    elsewhere = Signer(SIGNER.access_key_id, SIGNER.secret, "ru-central1")
    verify(elsewhere.sign_put(BASE, DRAFTS, KEY, 38, NOW))


def test_no_signature_is_access_denied():
    assert refusal(f"{BASE}/{DRAFTS}/{KEY}").message == "Access Denied"


def test_an_authorization_header_beside_the_signature_is_refused():
    error = refusal(put_url(), headers={"authorization": "Bearer t1.x"})
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert error.message.startswith("Only one auth mechanism allowed")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("&X-Amz-Expires=86400", "", "requires the X-Amz-Algorithm"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=", "should be a number"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=-1", "should be a number"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=" + "9" * 5000, "should be a number"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=%D9%A1", "should be a number"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=604801", "less than a week"),
        ("20251211T021854Z", "20251311T021854Z", "ISO8601 Long Format"),
        ("20251211T021854Z", "2025-12-11", "ISO8601 Long Format"),
        ("20251211T021854Z", "00000101T000000Z", "ISO8601 Long Format"),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA", "X-Amz-Algorithm only supports"),
        ("%2F20251211", "%2F20251212", "Invalid credential date"),
        ("%2Fs3%2F", "%2Fsqs%2F", "mal-formed"),
        ("%2F", "/%zz/", "mal-formed"),
    ],
)
def test_malformed_parameters_are_named(old, new, says):
    error = refusal(tampered(old, new))
    assert isinstance(error, s3_errors.AuthorizationQueryParametersError)
    assert says in error.message


def test_a_signer_does_not_show_its_secret():
    assert "secret" not in repr(SIGNER)


def test_a_draft_expires_at_the_midnight_after_thirty_days():
    ends = expiration(DRAFTS, NOW)
    assert ends is not None
    assert (ends.at, ends.rule_id) == (Instant(1_768_089_600 * SECOND), "DatasetDraftLifecycleRule")
    midnight = Instant(ends.at - 30 * DAY)
    assert expiration(DRAFTS, midnight) == ends
    assert expiration(DATASETS, NOW) is None


@pytest.mark.parametrize("error", s3_errors.S3Error.__subclasses__(), ids=lambda error: error.__name__)
def test_every_error_has_a_status_a_code_and_a_message(error):
    root = ET.fromstring(s3_errors.to_xml(error(), "/b/k", "0123456789abcdef"))
    assert [element.tag for element in root] == ["Code", "Message", "Resource", "RequestId"]
    assert 300 <= error.status <= 599
    assert (root.findtext("Code"), root.findtext("Message")) == (error.__name__, error.text)


@given(st.text())
def test_any_text_survives_as_xml(text):
    allowed = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    root = ET.fromstring(s3_errors.to_xml(s3_errors.NoSuchKey(text, (("Hint", text),)), text, "0"))
    assert root.findtext("Resource") == allowed
    assert root.findtext("Hint") == allowed


@pytest.mark.parametrize("escape", ["%{:02X}", "%{:02x}"])
def test_of_the_escapes_of_a_byte_one_is_signed(escape):
    sent = [f"a{escape.format(byte)}b" for byte in range(256)]
    signed = [f"a{quote(bytes([byte]), safe='-._~')}b" for byte in range(256)]
    assert list(map(presign._canonical, sent)) == signed
