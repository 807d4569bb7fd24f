"""ApiErrors as every face of the API tells them: HTTP status, and the details of the design guide."""

from aistudio_mock.domain.errors import ApiError
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


def _packed(type_name: str, value: bytes) -> Any:
    return Any(type_url=f"type.googleapis.com/{type_name}", value=value)
