"""What the API refuses, by canonical status code; each transport translates once, at its edge.

ApiError
├── InvalidArgument      3  INVALID_ARGUMENT
├── NotFound             5  NOT_FOUND
├── AlreadyExists        6  ALREADY_EXISTS
├── PermissionDenied     7  PERMISSION_DENIED
├── ResourceExhausted    8  RESOURCE_EXHAUSTED
├── FailedPrecondition   9  FAILED_PRECONDITION
├── Unimplemented       12  UNIMPLEMENTED
├── Internal            13  INTERNAL
└── Unauthenticated     16  UNAUTHENTICATED
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field of a request that breaks the contract: its path in snake case, and what would be right."""

    field: str
    description: str


class ApiError(Exception):
    """The API refuses a call. `code` is the canonical gRPC status code; the message is for people."""

    code: ClassVar[int]
    name: ClassVar[str]

    def __init__(self, message: str, violations: tuple[FieldViolation, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.violations = violations


class InvalidArgument(ApiError):
    """The request itself is wrong, whatever the state of the server."""

    code, name = 3, "INVALID_ARGUMENT"


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
