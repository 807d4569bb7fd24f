"""What the API refuses, by canonical status code; each transport translates once, at its edge.

ApiError
├── Cancelled            1  CANCELLED            (only as a fault)
├── Unknown              2  UNKNOWN              (only as a fault)
├── InvalidArgument      3  INVALID_ARGUMENT
├── DeadlineExceeded     4  DEADLINE_EXCEEDED    (only as a fault)
├── NotFound             5  NOT_FOUND
├── AlreadyExists        6  ALREADY_EXISTS
├── PermissionDenied     7  PERMISSION_DENIED
├── ResourceExhausted    8  RESOURCE_EXHAUSTED
├── FailedPrecondition   9  FAILED_PRECONDITION
├── Aborted             10  ABORTED              (only as a fault)
├── OutOfRange          11  OUT_OF_RANGE         (only as a fault)
├── Unimplemented       12  UNIMPLEMENTED
├── Internal            13  INTERNAL
├── Unavailable         14  UNAVAILABLE          (only as a fault)
├── DataLoss            15  DATA_LOSS            (only as a fault)
└── Unauthenticated     16  UNAUTHENTICATED
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar

from msgspec import Struct


class FieldViolation(Struct, frozen=True):
    """One field of a request that breaks the contract: its path in snake case, and what would be right."""

    field: str
    description: str


class ApiError(Exception):
    """The API refuses a call. `code` is the canonical gRPC status code; the message is for people."""

    code: ClassVar[int]
    name: ClassVar[str]

    def __init__(
        self,
        message: str,
        violations: tuple[FieldViolation, ...] = (),
        details: tuple[tuple[str, bytes], ...] = (),
        trailers: tuple[tuple[str, str], ...] = (),
        cut: Callable[[], object] | None = None,
    ) -> None:
        """Only faults have what comes last.

        `details` are messages (type URL, bytes), `trailers` metadata; `cut` cuts the connection,
        so that the caller never learns of the refusal.
        """
        super().__init__(message)
        self.message = message
        self.violations = violations
        self.details = details
        self.trailers = trailers
        self.cut = cut


class InvalidArgument(ApiError):
    """The request itself is wrong, whatever the state of the server."""

    code, name = 3, "INVALID_ARGUMENT"

    @staticmethod
    def of(*violations: FieldViolation) -> "InvalidArgument":
        """The refusal of these fields, each on a line of its own (wording: service-behaviour a.6)."""
        lines = (f"{violation.field}: {violation.description}" for violation in violations)
        return InvalidArgument("\n".join(["Validation error:", *lines]), violations)


class NotFound(ApiError):
    """No such object, or none visible to this caller."""

    code, name = 5, "NOT_FOUND"


class AlreadyExists(ApiError):
    """An object of that identity is there already."""

    code, name = 6, "ALREADY_EXISTS"


class PermissionDenied(ApiError):
    """The caller is known and may not do this."""

    code, name = 7, "PERMISSION_DENIED"


class ResourceExhausted(ApiError):
    """A quota or a rate limit is used up."""

    code, name = 8, "RESOURCE_EXHAUSTED"


class FailedPrecondition(ApiError):
    """The object is not in a state that allows this command."""

    code, name = 9, "FAILED_PRECONDITION"


class Unimplemented(ApiError):
    """The method does not exist, or upstream declares it unimplemented."""

    code, name = 12, "UNIMPLEMENTED"


class Internal(ApiError):
    """The server cannot read the request bytes, or met its own bug."""

    code, name = 13, "INTERNAL"


class Unauthenticated(ApiError):
    """No usable credentials."""

    code, name = 16, "UNAUTHENTICATED"


class Cancelled(ApiError):
    """The call was cancelled on the way."""

    code, name = 1, "CANCELLED"


class Unknown(ApiError):
    """An error of another system that says nothing more."""

    code, name = 2, "UNKNOWN"


class DeadlineExceeded(ApiError):
    """The service gave up before it was done."""

    code, name = 4, "DEADLINE_EXCEEDED"


class Aborted(ApiError):
    """A conflict with another call; the whole sequence may be tried again."""

    code, name = 10, "ABORTED"


class OutOfRange(ApiError):
    """Past the end of what there is."""

    code, name = 11, "OUT_OF_RANGE"


class Unavailable(ApiError):
    """The service cannot be reached now; the call may be tried again."""

    code, name = 14, "UNAVAILABLE"


class DataLoss(ApiError):
    """Data is lost or corrupted, for good."""

    code, name = 15, "DATA_LOSS"


BY_NAME: Mapping[str, type[ApiError]] = MappingProxyType(
    {error.name: error for error in ApiError.__subclasses__()}
)
"""Every refusal by the name of its status code."""

BY_CODE: Mapping[int, type[ApiError]] = MappingProxyType({error.code: error for error in BY_NAME.values()})
"""Every refusal by the number of its status code."""
