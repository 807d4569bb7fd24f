"""ApiErrors as every face of the API tells them: HTTP status, and the details of the design guide."""

from collections.abc import Iterator

from aistudio_mock.domain.errors import ApiError, FieldViolation
from aistudio_protos.google.protobuf.any_pb2 import Any
from aistudio_protos.google.rpc.error_details_pb2 import BadRequest, RequestInfo
from aistudio_protos.google.rpc.status_pb2 import Status

HTTP_STATUS = {
    1: 499,
    2: 500,
    3: 400,
    4: 504,
    5: 404,
    6: 409,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 501,
}
HTTP_STATUS |= {13: 500, 14: 503, 15: 500, 16: 401}
"""Canonical code → HTTP status (service-behaviour a.6)."""

SAID = 1200
"""So many bytes of UTF-8 a message has by gRPC, and so many all its field violations together.

Most libraries take 8 KiB of metadata, and a message comes in it twice: escaped, up to three bytes for one,
and in base64. Of more the caller would see nothing but RESOURCE_EXHAUSTED, which many clients try again.
"""


def brief(error: ApiError) -> ApiError:
    """`error`, cut so that every caller can read it; the same one where it is short."""
    message, violations = _cut(error.message), tuple(_first(error.violations))
    if message == error.message and len(violations) == len(error.violations):
        return error
    return type(error)(message, violations, error.details, error.trailers, error.cut)


def status(error: ApiError, request_id: str) -> Status:
    """A `google.rpc.Status` with RequestInfo, and BadRequest when fields are at fault."""
    parts = [_packed("google.rpc.RequestInfo", RequestInfo(request_id=request_id).SerializeToString())]
    if error.violations:
        violations = [
            BadRequest.FieldViolation(field=violation.field, description=violation.description)
            for violation in error.violations
        ]
        parts.append(
            _packed("google.rpc.BadRequest", BadRequest(field_violations=violations).SerializeToString())
        )
    parts += [Any(type_url=type_url, value=value) for type_url, value in error.details]
    return Status(code=error.code, message=error.message, details=parts)


def _cut(message: str) -> str:
    said = message.encode()
    return message if len(said) <= SAID else said[:SAID].decode(errors="ignore") + "…"


def _first(violations: tuple[FieldViolation, ...]) -> Iterator[FieldViolation]:
    left = SAID
    for violation in violations:
        left -= len(violation.field.encode()) + len(violation.description.encode())
        if left < 0:
            return
        yield violation


def _packed(type_name: str, value: bytes) -> Any:
    return Any(type_url=f"type.googleapis.com/{type_name}", value=value)
