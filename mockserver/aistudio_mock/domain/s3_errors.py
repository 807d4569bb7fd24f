"""What the object storage refuses, in S3's words: error code, HTTP status, message, and their XML.

S3Error
├── AccessDenied                       403
├── AuthorizationQueryParametersError  400
├── BadDigest                          400
├── EntityTooLarge                     400
├── EntityTooSmall                     400
├── IncompleteBody                     400
├── InternalError                      500
├── InvalidAccessKeyId                 403
├── InvalidArgument                    400
├── InvalidDigest                      400
├── InvalidPart                        400
├── InvalidPartOrder                   400
├── InvalidRange                       416
├── MethodNotAllowed                   405
├── MissingContentLength               411
├── NoSuchBucket                       404
├── NoSuchKey                          404
├── NoSuchUpload                       404
├── PreconditionFailed                 412
├── RequestTimeout                     400  (only as a fault)
├── ServiceUnavailable                 503  (only as a fault)
├── SignatureDoesNotMatch              403
├── SlowDown                           503  (only as a fault)
└── TemporaryRedirect                  307  (only as a fault)
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import ClassVar


class S3Error(Exception):
    """The storage refuses a request. The error code is the class's name; the message is S3's, for people.

    `details` are further (element, text) pairs of the XML answer, in their order: what S3 itself adds to some
    errors, and our own `Hint` that says what to check.
    """

    status: ClassVar[int]
    text: ClassVar[str]

    def __init_subclass__(cls, *, status: int, text: str) -> None:
        cls.status, cls.text = status, text

    def __init__(self, message: str | None = None, details: tuple[tuple[str, str], ...] = ()) -> None:
        self.message = message or self.text
        self.details = details
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The S3 error code, such as `NoSuchKey`."""
        return type(self).__name__


class AccessDenied(S3Error, status=403, text="Access Denied"):
    """No signature at all, or one whose time is over or has not come."""


class AuthorizationQueryParametersError(
    S3Error,
    status=400,
    text="Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
):
    """The X-Amz parameters of a presigned URL are incomplete or malformed."""


class BadDigest(S3Error, status=400, text="The Content-MD5 you specified did not match what we received."):
    """The body is not the one that the caller took the MD5 of."""


class EntityTooLarge(
    S3Error, status=400, text="Your proposed upload exceeds the maximum allowed object size."
):
    """One PUT takes 5 GiB at most."""


class EntityTooSmall(
    S3Error, status=400, text="Your proposed upload is smaller than the minimum allowed size"
):
    """A part that is not the last has less than 5 MB."""


class IncompleteBody(
    S3Error,
    status=400,
    text="You did not provide the number of bytes specified by the Content-Length HTTP header.",
):
    """The body ended before the announced length."""


class InternalError(S3Error, status=500, text="We encountered an internal error. Please try again."):
    """The server met its own bug, or its disk is full."""


class InvalidAccessKeyId(
    S3Error, status=403, text="The AWS access key ID that you provided does not exist in our records."
):
    """The URL was signed with another server's key."""


class InvalidArgument(S3Error, status=400, text="Invalid Argument"):
    """Two ways to authenticate in one request, or a part number that is none."""


class InvalidDigest(S3Error, status=400, text="The Content-MD5 you specified is not valid."):
    """Content-MD5 is not 16 bytes in base64."""


class InvalidPart(
    S3Error,
    status=400,
    text="One or more of the specified parts could not be found. The part may not have been uploaded, "
    "or the specified entity tag may not match the part's entity tag.",
):
    """The list that finishes an upload names a part that is not there, or not with that ETag."""


class InvalidPartOrder(
    S3Error,
    status=400,
    text="The list of parts was not in ascending order. Parts must be ordered by part number.",
):
    """The list that finishes an upload is not sorted, or names a part twice."""


class InvalidRange(S3Error, status=416, text="The requested range is not satisfiable"):
    """No byte of the Range lies within the object."""


class MethodNotAllowed(
    S3Error, status=405, text="The specified method is not allowed against this resource."
):
    """The storage answers GET, HEAD and PUT."""


class MissingContentLength(S3Error, status=411, text="You must provide the Content-Length HTTP header."):
    """A PUT with a chunked body; the length is part of the signature."""


class NoSuchBucket(S3Error, status=404, text="The specified bucket does not exist"):
    """No bucket of that name."""


class NoSuchKey(S3Error, status=404, text="The specified key does not exist."):
    """No object under that key, or its dataset is gone."""


class NoSuchUpload(
    S3Error,
    status=404,
    text="The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
    "aborted or completed.",
):
    """The multipart upload was finished, begun anew, or went with its dataset."""


class PreconditionFailed(
    S3Error, status=412, text="At least one of the pre-conditions you specified did not hold"
):
    """If-Match or If-Unmodified-Since does not hold; the object is another one by now."""


class RequestTimeout(
    S3Error,
    status=400,
    text="Your socket connection to the server was not read from or written to within the timeout period.",
):
    """The body did not come fast enough."""


class ServiceUnavailable(S3Error, status=503, text="Service is unable to handle request."):
    """The storage cannot answer now."""


class SignatureDoesNotMatch(
    S3Error,
    status=403,
    text="The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method.",
):
    """The request is not the one that was signed."""


class SlowDown(S3Error, status=503, text="Please reduce your request rate."):
    """Too many requests; each may be tried again, later."""


class TemporaryRedirect(
    S3Error,
    status=307,
    text="Please re-send this request to the specified temporary endpoint. "
    "Continue to use the original request endpoint for future requests.",
):
    """The request is answered elsewhere, this once."""


BY_CODE: Mapping[str, type[S3Error]] = MappingProxyType(
    {error.__name__: error for error in S3Error.__subclasses__()}
)
"""Every refusal by its error code."""


def to_xml(error: S3Error, resource: str, request_id: str) -> bytes:
    """The answer in UTF-8: Code, Message, Resource, RequestId (service-behaviour c.5), then the details."""
    elements = (
        ("Code", error.code),
        ("Message", error.message),
        ("Resource", resource),
        ("RequestId", request_id),
        *error.details,
    )
    inner = "".join(f"<{name}>{_escaped(text)}</{name}>" for name, text in elements)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()


# By hand, because importing xml.etree costs 7 ms on the server's way to its first call.
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


@cache
def _not_xml() -> re.Pattern[str]:
    # At the first refusal: compiling so wide a range takes 5 ms.
    return re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _escaped(text: str) -> str:
    return _not_xml().sub("\ufffd", text).translate(_MARKUP)
