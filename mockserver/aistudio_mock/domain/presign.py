"""Presigned URLs: AWS Signature Version 4 in the query string, made and checked (service-behaviour c.4).

What is signed: the method, the path, every query parameter, `host`, and for a PUT `content-length`; never the
payload (`UNSIGNED-PAYLOAD`). Escapes are compared by meaning: `%7e` and `~` are one, `%2F` and `/` are two.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain.instant import MINUTE, SECOND, Duration, Instant
from aistudio_mock.domain.objects import PartAddress
from aistudio_mock.domain.s3_errors import (
    AccessDenied,
    AuthorizationQueryParametersError,
    InvalidAccessKeyId,
    InvalidArgument,
    SignatureDoesNotMatch,
)

ALGORITHM = "AWS4-HMAC-SHA256"
DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
CLOCK_SKEW: Duration = 15 * MINUTE
"""How far in the future a signing time may lie: S3 forgives a client's clock that much."""

METHODS = ("GET", "HEAD", "PUT")
_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
    "X-Amz-Credential",
    "X-Amz-Signature",
)
"""In the recorded order."""

_SIGNATURE = _PARAMETERS[-1]
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_CREDENTIAL = re.compile(r"([^/]+)/(([0-9]{8})/[^/]+/s3/aws4_request)")
_EXPIRES = re.compile("[0-9]{1,9}")
_CANONICAL = re.compile(
    "[A-Za-z0-9._~-]*(?:%(?:2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF]|[0189A-F][0-9A-F])[A-Za-z0-9._~-]*)*"
)
"""What is escaped as it is signed: a byte that need not be escaped is not, and the rest is in upper case."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Signer:
    """One key of the storage. `access_key_id` starts with YCAJE on the real service.

    A bare class: the `repr` of a Struct would show the secret.
    """

    def __init__(self, access_key_id: str, secret: str, region: str = "us-east-1") -> None:
        self.access_key_id: Final = access_key_id
        self.secret: Final = secret
        self.region: Final = region

    def sign_put(
        self,
        base_url: str,
        bucket: str,
        key: str,
        size: int,
        now: Instant,
        *,
        expires: int = DAY_SECONDS,
        query: str = "",
    ) -> str:
        """The URL that takes one PUT body of exactly `size` bytes until `expires` seconds after `now`.

        `query` is put before the usual parameters, escaped as it is; it is signed too.
        """
        signed = {"content-length": str(size)}
        return self._presign("PUT", base_url, f"/{bucket}/{key}", signed, now, expires=expires, query=query)

    def sign_part(
        self, base_url: str, bucket: str, key: str, part: PartAddress, size: int | None, now: Instant
    ) -> str:
        """The URL that takes one PUT of a part for a day: of `size` bytes exactly, of any size where None."""
        signed = {} if size is None else {"content-length": str(size)}
        query = f"partNumber={part.number}&uploadId={quote(part.upload_id, safe='')}&"
        return self._presign(
            "PUT", base_url, f"/{bucket}/{key}", signed, now, expires=DAY_SECONDS, query=query
        )

    def sign_get(
        self, base_url: str, bucket: str, key: str, now: Instant, *, expires: int = DAY_SECONDS
    ) -> str:
        """The URL that gives the object to GET until `expires` seconds after `now`."""
        return self._presign("GET", base_url, f"/{bucket}/{key}", {}, now, expires=expires)

    def verify(
        self,
        method: str,
        path: str,
        query_string: str,
        headers: Mapping[str, str],
        age: Callable[[Instant], Duration],
        *,
        announced: Iterable[int] = (),
    ) -> None:
        """Returns if this request is one that this key signed, and its time is not over.

        Args:
            method: as on the request line.
            path: as on the request line, escapes and all.
            query_string: likewise, without the question mark.
            headers: names in any case.
            age: the microseconds lived since an instant; a virtual clock does not count what it skipped.
            announced: the sizes for which URLs of this key were handed out, so that a refusal can name them.

        Raises:
            AccessDenied: no signature, an expired one, or one from the future.
            AuthorizationQueryParametersError: the X-Amz parameters are incomplete or malformed.
            InvalidArgument: an Authorization header besides the signature.
            InvalidAccessKeyId: signed with another key.
            SignatureDoesNotMatch: anything else was changed; `Hint` says what, where it can be told.
        """
        known = {name.lower(): text for name, text in headers.items()}
        request = _Request(method, path, _parameters(query_string), known)
        stamp = _stamp(request.parameters)
        if "authorization" in request.headers:
            raise InvalidArgument(_ONE_MECHANISM, (("ArgumentName", "Authorization"),))
        if stamp.access_key_id != self.access_key_id:
            raise InvalidAccessKeyId(details=(("AWSAccessKeyId", stamp.access_key_id),))
        _check_age(stamp, age(stamp.signed_at))
        if not self._signed(request, stamp):
            raise SignatureDoesNotMatch(details=(("Hint", self._hint(request, stamp, announced)),))

    def _presign(
        self,
        method: str,
        base_url: str,
        path: str,
        signed: dict[str, str],
        now: Instant,
        *,
        expires: int,
        query: str = "",
    ) -> str:
        base = urlsplit(base_url)
        headers = {"host": _host(base.scheme, base.hostname or "", base.port), **signed}
        path = quote(path)
        date = f"{_moment(now):%Y%m%dT%H%M%SZ}"
        scope = f"{date[:8]}/{self.region}/s3/aws4_request"
        values = (ALGORITHM, date, ";".join(sorted(headers)), str(expires), f"{self.access_key_id}/{scope}")
        pairs = zip(_PARAMETERS, values, strict=False)
        query += "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
        request = _Request(method, path, _parameters(query), headers)
        signature = self._signature(request.canonical(values[2]), date, scope)
        return f"{base.scheme}://{headers['host']}{path}?{query}&X-Amz-Signature={signature}"

    def _signature(self, canonical: bytes, date: str, scope: str) -> str:
        digest = hashlib.sha256(canonical).hexdigest()
        key = _key(self.secret, scope)
        return hmac.digest(key, f"{ALGORITHM}\n{date}\n{scope}\n{digest}".encode(), "sha256").hex()

    def _signed(self, request: "_Request", stamp: "_Stamp") -> bool:
        expected = self._signature(request.canonical(stamp.signed_headers), stamp.date, stamp.scope)
        return hmac.compare_digest(expected.encode(), stamp.signature.encode(errors="replace"))

    def _hint(self, request: "_Request", stamp: "_Stamp", announced: Iterable[int]) -> str:
        sent = request.headers.get("content-length", "no length")
        for size in announced:
            if self._signed(request.with_length(size), stamp):
                return (
                    f"this URL was signed for a body of {size} bytes, and the request announces {sent} "
                    f"(Content-Length); send exactly {size} bytes, or ask for a URL of the right size"
                )
        for method in METHODS:
            if self._signed(replace(request, method=method), stamp):
                return f"this URL was signed for {method}, and the request is {request.method}"
        arrived = ", ".join(f"{n}: {request.headers.get(n, '')}" for n in stamp.signed_headers.split(";"))
        return (
            "the signature covers the method, the path, the query and some headers; check that they arrive "
            f"as the URL was made for: {request.method} {request.path} with {arrived}"
        )


_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
    "parameter or the Authorization header should be specified"
)


class _Stamp(Struct, frozen=True):
    """The X-Amz parameters of one URL."""

    access_key_id: str
    scope: str
    date: str
    signed_at: Instant
    expires: int
    signed_headers: str
    signature: str


class _Request(Struct, frozen=True):
    """What arrived; the parameters of the query are canonical, header names in lower case."""

    method: str
    path: str
    parameters: list[tuple[str, str]]
    headers: Mapping[str, str]

    def with_length(self, size: int) -> "_Request":
        return replace(self, headers={**self.headers, "content-length": str(size)})

    def canonical(self, signed_headers: str) -> bytes:
        """The canonical request of Signature Version 4."""
        names = signed_headers.split(";")
        lines = [f"{name}:{' '.join(self.headers.get(name, '').split())}\n" for name in names]
        parts = (
            self.method,
            _canonical_path(self.path),
            "&".join(f"{name}={text}" for name, text in sorted(self.parameters) if name != _SIGNATURE),
            "".join(lines),
            signed_headers,
            "UNSIGNED-PAYLOAD",
        )
        return "\n".join(parts).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=64)
def _key(secret: str, scope: str) -> bytes:
    """The key of one day and region; thousands of parts are signed with the same one."""
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _stamp(parameters: Iterable[tuple[str, str]]) -> _Stamp:
    found = dict(parameters)
    if not any(name.startswith("X-Amz-") for name in found):
        raise AccessDenied
    if any(name not in found for name in _PARAMETERS):
        raise AuthorizationQueryParametersError
    algorithm, date, signed_headers, expires, credential, signature = (
        unquote(found[name]) for name in _PARAMETERS
    )
    if algorithm != ALGORITHM:
        raise AuthorizationQueryParametersError(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    signed_at = _parsed_date(date)
    access_key_id, scope = _parsed_credential(credential, date)
    return _Stamp(access_key_id, scope, date, signed_at, _parsed_expires(expires), signed_headers, signature)


def _parsed_date(text: str) -> Instant:
    try:
        if match := _DATE.fullmatch(text):
            year, month, day, hour, minute, second = map(int, match.groups())
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
            return Instant(int(moment.timestamp()) * SECOND)
    except ValueError:  # a thirteenth month
        pass
    raise AuthorizationQueryParametersError(
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
    )


def _parsed_credential(text: str, date: str) -> tuple[str, str]:
    match = _CREDENTIAL.fullmatch(text)
    if match is None:
        raise AuthorizationQueryParametersError(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request".'
        )
    access_key_id, scope, day = match.groups()
    if day != date[:8]:
        raise AuthorizationQueryParametersError(
            f'Invalid credential date "{day}". This date is not the same as X-Amz-Date: "{date[:8]}".'
        )
    return access_key_id, scope


def _parsed_expires(text: str) -> int:
    if _EXPIRES.fullmatch(text) is None:
        raise AuthorizationQueryParametersError("X-Amz-Expires should be a number")
    if int(text) > WEEK_SECONDS:
        raise AuthorizationQueryParametersError(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be "
            f"less than {WEEK_SECONDS} seconds"
        )
    return int(text)


def _check_age(stamp: _Stamp, age: Duration) -> None:
    if age < -CLOCK_SKEW:
        raise AccessDenied("Request is not valid yet")
    if age > stamp.expires * SECOND:
        ends = _moment(Instant(stamp.signed_at + stamp.expires * SECOND))
        server_time = _moment(Instant(stamp.signed_at + age))
        details = (
            ("X-Amz-Expires", str(stamp.expires)),
            ("Expires", f"{ends:%Y-%m-%dT%H:%M:%SZ}"),
            ("ServerTime", f"{server_time:%Y-%m-%dT%H:%M:%SZ}"),
        )
        raise AccessDenied("Request has expired", details)


def _moment(instant: Instant) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)


def _host(scheme: str, hostname: str, port: int | None) -> str:
    """The Host header that clients send for a URL: lower case, without the scheme's own port."""
    name = f"[{hostname}]" if ":" in hostname else hostname
    return name if port in {None, _DEFAULT_PORTS.get(scheme)} else f"{name}:{port}"


def _parameters(query_string: str) -> list[tuple[str, str]]:
    """Name and value of each, escaped in the one way that is signed."""
    parts = (part.partition("=") for part in query_string.split("&") if part)
    return [(_canonical(name), _canonical(value)) for name, _, value in parts]


def _canonical_path(path: str) -> str:
    return "/".join(_canonical(segment) for segment in path.split("/"))


def _canonical(escaped: str) -> str:
    if _CANONICAL.fullmatch(escaped):  # most are; the rest takes ten times as long
        return escaped
    return quote(unquote_to_bytes(escaped.encode("utf-8", "surrogateescape")), safe="-_.~")
