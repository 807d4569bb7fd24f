"""Everything that this client raises.

AIStudioError
├── ConfigurationError          what was given to the client cannot work; also a ValueError
├── RpcError                    a call was refused or lost: `code`, `details`, `request_id`
│   ├── InvalidArgument         the request is wrong, whatever the state of things
│   ├── Unauthenticated         no credentials, or wrong ones
│   ├── PermissionDenied        the credentials are right and not enough
│   ├── NotFound                no such dataset, tuning, operation or model
│   ├── AlreadyExists
│   ├── FailedPrecondition      the right request at the wrong time
│   ├── QuotaExceeded           a quota: RESOURCE_EXHAUSTED
│   ├── Unavailable             the service could not be reached, or not answer
│   ├── DeadlineExceeded        no answer in time
│   ├── Unimplemented           this service does not have the call
│   └── OutcomeUnknown          the answer to a call that must not be repeated was lost
├── StorageError                a presigned URL was refused or lost: `status`, `code`, `request_id`
├── OperationFailed             an operation ended with an error: `code`, `message`
│   ├── TuningFailed            a tuning did: `reasons`
│   └── Canceled                it was cancelled
├── DatasetInvalid              rows of a file are wrong, found here or by the service: `errors`, `table()`
├── WaitTimeout                 the wait is over, the work is not; also a TimeoutError
└── MetricsError                an archive of metrics that is broken, or not safe to unpack
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

_ROWS_SHOWN = 10


class AIStudioError(Exception):
    """The root of the tree."""


class ConfigurationError(AIStudioError, ValueError):
    """What was given to the client cannot work. The message says what would."""


class Violation(Struct, frozen=True):
    """One field of a request that the service refuses, and why."""

    field: str
    description: str


class RpcError(AIStudioError):
    """A call was refused, or its answer was lost.

    Attributes:
        method: `Service/Method`.
        code: the name of the gRPC status code: `NOT_FOUND`.
        details: the service's own words.
        request_id: what to name to its support; empty when the service was not reached.
        client_request_id: the id that this client gave the call.
        violations: which fields are wrong, where the service says so.
        retry_after: seconds after which the service wants to be asked again; None when it does not say.
        attempts: how many there were.
    """

    hint = ""

    def __init__(
        self,
        method: str,
        code: str,
        details: str,
        *,
        request_id: str = "",
        client_request_id: str = "",
        violations: Sequence[Violation] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(details)
        self.method = method
        self.code = code
        self.details = details
        self.request_id = request_id
        self.client_request_id = client_request_id
        self.violations = tuple(violations)
        self.retry_after = retry_after
        self.attempts = 1

    def __str__(self) -> str:
        """What was refused and why, what to do, and the id for the support."""
        told = [f"{self.method}: {self.code}: {self.details or 'without a message'}"]
        told += [f"  {one.field}: {one.description}" for one in self.violations]
        if self.hint:
            told.append(f"  {self.hint}")
        if self.request_id or self.client_request_id:
            told.append(f"  request id: {self.request_id or self.client_request_id}")
        return "\n".join(told)


class InvalidArgument(RpcError):
    """The request is wrong, whatever the state of things."""


class Unauthenticated(RpcError):
    """No credentials, or wrong ones."""

    hint = "check the credentials: an API key's secret begins with AQVN, an IAM token with t1. and ages"


class PermissionDenied(RpcError):
    """The credentials are right and not enough."""

    hint = "the account needs a role in this folder: ai.editor, or ai.datasets.editor and ai.models.editor"


class NotFound(RpcError):
    """No such dataset, tuning, operation or model; or it is older than the service keeps it."""


class AlreadyExists(RpcError):
    """There is one already."""


class FailedPrecondition(RpcError):
    """The right request at the wrong time: a dataset that is not READY, a task that has ended."""


class QuotaExceeded(RpcError):
    """A quota is used up."""

    hint = "wait, delete what is not needed any more, or ask for a higher quota"


class Unavailable(RpcError):
    """The service could not be reached, or could not answer, at every attempt."""

    hint = "the service may be down, or the endpoint or a proxy be wrong; try again later"


class DeadlineExceeded(RpcError):
    """No answer in time, all attempts together."""

    hint = "give the call more time (timeout=…) or try again later"


class Unimplemented(RpcError):
    """This service does not have the call."""


class OutcomeUnknown(RpcError):
    """The answer to a call that must not be repeated was lost, and what it may have made was not found.

    `label` is the (name, value) that is on whatever it made.
    """

    def __init__(self, cause: RpcError, label: tuple[str, str], found_by: str) -> None:
        super().__init__(
            cause.method,
            cause.code,
            cause.details,
            request_id=cause.request_id,
            client_request_id=cause.client_request_id,
        )
        self.label = label
        self.hint = (
            f"whether it was carried out is not known. Look before you repeat it: {found_by} would show it "
            f"with the label {label[0]}={label[1]}"
        )


CODES: Mapping[str, type[RpcError]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "UNAUTHENTICATED": Unauthenticated,
    "PERMISSION_DENIED": PermissionDenied,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "FAILED_PRECONDITION": FailedPrecondition,
    "RESOURCE_EXHAUSTED": QuotaExceeded,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "UNIMPLEMENTED": Unimplemented,
}
"""Which status codes have a class of their own; the others are RpcError."""


class StorageError(AIStudioError):
    """A presigned URL was refused, or its answer was lost. The URL is not told: its signature is a secret.

    Attributes:
        verb: `PUT` or `GET`.
        status: of HTTP; 0 when there was no answer.
        code: of S3, `SignatureDoesNotMatch`; empty when there is none.
        request_id: of the storage.
    """

    def __init__(
        self,
        verb: str,
        status: int,
        code: str,
        message: str,
        *,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.verb = verb
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        """What the storage said, and the id for its support."""
        said = " ".join(str(one) for one in (self.status or "no answer", self.code) if one)
        message = f"{self.verb}: the storage answered {said}: {self.args[0]}"
        return f"{message}\n  request id: {self.request_id}" if self.request_id else message


class OperationFailed(AIStudioError):
    """An operation ended with an error. `code` is the name of a status code, or its number as text."""

    def __init__(self, operation_id: str, code: str, message: str) -> None:
        super().__init__(message)
        self.operation_id = operation_id
        self.code = code
        self.message = message

    def __str__(self) -> str:
        """What the service says of it."""
        return f"operation {self.operation_id} failed: {self.code}: {self.message or 'without a message'}"


class TuningFailed(OperationFailed):
    """A tuning ended without a model. `reasons` are what the service tells its owner, if anything."""

    def __init__(self, tuning_id: str, code: str, message: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(tuning_id, code, message)
        self.tuning_id = tuning_id
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        """The operation's words, then every reason."""
        first = f"tuning {self.tuning_id} failed: {self.code}: {self.message or 'without a message'}"
        return "\n".join([first, *(f"  {reason}" for reason in self.reasons)])


class Canceled(OperationFailed):
    """It was cancelled before it could end."""

    def __init__(self, operation_id: str, message: str = "") -> None:
        super().__init__(operation_id, "CANCELLED", message)

    def __str__(self) -> str:
        """Which."""
        return f"{self.operation_id} was cancelled" + (f": {self.message}" if self.message else "")


class RowsError(Struct, frozen=True):
    """One kind of error in a file: a short opaque name, words for people, and the rows that have it."""

    error: str
    description: str
    rows: tuple[int, ...] = ()


class DatasetInvalid(AIStudioError):
    """Rows of a file are wrong.

    Attributes:
        dataset_id: empty when the file was checked here and nothing was sent.
        errors: every kind of error, with its rows. Rows count from 1 here; what the service counts from
            is not documented.
    """

    def __init__(self, dataset_id: str, errors: Sequence[RowsError]) -> None:
        super().__init__(dataset_id)
        self.dataset_id = dataset_id
        self.errors = tuple(errors)

    def __str__(self) -> str:
        """The table, and what became of the dataset."""
        where = f"dataset {self.dataset_id} is INVALID" if self.dataset_id else "the file is not valid"
        after = (
            f"it stays until it is deleted: datasets.delete({self.dataset_id!r})"
            if self.dataset_id
            else "nothing was sent; check=False sends it all the same"
        )
        return f"{where}; {after}\n{self.table()}"

    def table(self) -> str:
        """The errors as plain text, one a line: rows, name, description."""
        if not self.errors:
            return "  the service gives no details"
        cells = [(_rows(one.rows), one.error, one.description) for one in self.errors]
        wide = [max(len(row[column]) for row in cells) for column in (0, 1)]
        return "\n".join(f"  {rows:<{wide[0]}}  {name:<{wide[1]}}  {text}" for rows, name, text in cells)


class WaitTimeout(AIStudioError, TimeoutError):
    """The wait is over, the work is not. `attach` is the expression that goes on waiting."""

    def __init__(self, what: str, work_id: str, seconds: float, phase: str, attach: str) -> None:
        super().__init__(work_id)
        self.what = what
        self.id = work_id
        self.seconds = seconds
        self.phase = phase
        self.attach = attach

    def __str__(self) -> str:
        """What still runs, and how to attach to it."""
        phase = f", {self.phase}" if self.phase else ""
        return f"{self.what} {self.id} still runs after {self.seconds:g} s{phase}; go on with {self.attach}"


class MetricsError(AIStudioError):
    """An archive of metrics that is broken, or not safe to unpack."""


def _rows(rows: Sequence[int]) -> str:
    if not rows:
        return "the file"
    more = len(rows) - _ROWS_SHOWN
    shown = ", ".join(map(str, rows[:_ROWS_SHOWN]))
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}" + (f" and {more} more" if more > 0 else "")
