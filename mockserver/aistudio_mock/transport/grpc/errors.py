"""ApiErrors on the gRPC wire: status code, message, and the details of the design guide."""

from grpc import StatusCode

from aistudio_mock.domain.errors import ApiError
from aistudio_protos.google.protobuf.any_pb2 import Any
from aistudio_protos.google.rpc.error_details_pb2 import BadRequest, RequestInfo
from aistudio_protos.google.rpc.status_pb2 import Status

CODES = {code.value[0]: code for code in StatusCode}
"""Canonical number → grpc's enum."""

DETAILS = "grpc-status-details-bin"


def details(error: ApiError, request_id: str) -> bytes:
    """A serialized `google.rpc.Status` with RequestInfo, and BadRequest when fields are at fault."""
    parts = [_packed("google.rpc.RequestInfo", RequestInfo(request_id=request_id).SerializeToString())]
    if error.violations:
        violations = [
            BadRequest.FieldViolation(field=violation.field, description=violation.description)
            for violation in error.violations
        ]
        parts.append(
            _packed("google.rpc.BadRequest", BadRequest(field_violations=violations).SerializeToString())
        )
    return Status(code=error.code, message=error.message, details=parts).SerializeToString()


def _packed(type_name: str, value: bytes) -> Any:
    return Any(type_url=f"type.googleapis.com/{type_name}", value=value)
