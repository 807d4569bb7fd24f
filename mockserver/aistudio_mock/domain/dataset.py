"""Datasets: their statuses, which command each status allows, and what is visible when."""

from collections.abc import Mapping
from enum import Enum, IntEnum
from itertools import product

from msgspec import Struct, field

from aistudio_formats.report import RowError
from aistudio_mock.domain.errors import FailedPrecondition, NotFound
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.timeline import Timeline


class DatasetStatus(IntEnum):
    """`DatasetInfo.Status` on the wire (service-behaviour c.1)."""

    DRAFT = 1
    VALIDATING = 2
    READY = 3
    INVALID = 4
    DELETING = 5


class DatasetCommand(Enum):
    """What a caller can ask of a dataset, as the refusal names it."""

    UPLOAD = "be uploaded to"
    VALIDATE = "be validated"
    DOWNLOAD = "be downloaded"
    PREVIEW = "be previewed"
    TUNE_ON = "be tuned on"
    INFER_ON = "be answered"
    UPDATE = "be updated"
    DELETE = "be deleted"


_ANY_TIME = {DatasetCommand.UPDATE, DatasetCommand.DELETE}
_CONTENT = {DatasetCommand.DOWNLOAD, DatasetCommand.PREVIEW, DatasetCommand.TUNE_ON, DatasetCommand.INFER_ON}
"""What needs the converted file."""

LEGAL: Mapping[DatasetStatus, frozenset[DatasetCommand]] = {
    DatasetStatus.DRAFT: frozenset({DatasetCommand.UPLOAD, DatasetCommand.VALIDATE, *_ANY_TIME}),
    DatasetStatus.VALIDATING: frozenset(_ANY_TIME),
    DatasetStatus.READY: frozenset({*_CONTENT, *_ANY_TIME}),
    DatasetStatus.INVALID: frozenset(_ANY_TIME),
    DatasetStatus.DELETING: frozenset(),
}
"""Which commands each status allows; absent means FAILED_PRECONDITION. Assumed beyond what c.10 shows."""

_WHAT_WOULD_WORK: Mapping[tuple[DatasetStatus, DatasetCommand], str] = {
    **dict.fromkeys(product([DatasetStatus.DRAFT], _CONTENT), "upload to it and validate it first"),
    (DatasetStatus.DRAFT, DatasetCommand.TUNE_ON): "validate it first",
    **dict.fromkeys(
        product([DatasetStatus.VALIDATING], _CONTENT), "wait until the validation operation is done"
    ),
    (DatasetStatus.VALIDATING, DatasetCommand.VALIDATE): "poll the validation operation that is running",
    (DatasetStatus.VALIDATING, DatasetCommand.UPLOAD): "create a new dataset for other data",
    (DatasetStatus.READY, DatasetCommand.UPLOAD): "create a new dataset for other data",
    (DatasetStatus.READY, DatasetCommand.VALIDATE): "it is valid already and can be tuned on",
    **dict.fromkeys(
        product([DatasetStatus.INVALID], [*DatasetCommand]),
        "see validation_error, and create a corrected one",
    ),
}


class DatasetState(Struct, frozen=True):
    """What changes together when a status begins."""

    status: DatasetStatus
    rows: int = 0
    size_bytes: int = 0
    errors: tuple[RowError, ...] = ()


class Dataset(Struct, frozen=True):
    """A dataset as stored. What a caller sees is a view of it at `now`."""

    id: str
    folder_id: str
    name: str
    task_type: str
    upload_format: str
    created_at: Instant
    created_by: str
    timeline: Timeline[DatasetState]
    description: str = ""
    metadata: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    allow_data_log: bool = False
    edited_at: Instant | None = None
    operation_id: str = ""
    """The operation that validates it, or did; none for a draft."""
    draft: Blob | None = None
    """The file as uploaded."""
    content: Blob | None = None
    """The converted Parquet file; visible once the status is READY."""

    def status(self, now: Instant) -> DatasetStatus:
        """The status visible at `now`."""
        mark = self.timeline.last  # what most readers see, and a filter asks it of every dataset
        return (mark if mark.at <= now else self.timeline.at(now)).state.status

    def updated_at(self, now: Instant) -> Instant:
        """The date of the last visible change: of status, or by Update."""
        mark = self.timeline.at(now).at
        return max(mark, self.edited_at) if self.edited_at is not None else mark

    def require_made(self, now: Instant) -> None:
        """Raises NotFound for the result of a batch task that has not come to make it."""
        if now < self.created_at:
            raise NotFound(f"dataset {self.id} not found")

    def require(self, command: DatasetCommand, now: Instant) -> None:
        """Raises FailedPrecondition unless the status at `now` allows `command`; else as `require_made`."""
        self.require_made(now)
        status = self.status(now)
        if command not in LEGAL[status]:
            advice = _WHAT_WOULD_WORK.get((status, command), "create a new one")
            raise FailedPrecondition(
                f"dataset {self.id} is {status.name} and cannot {command.value}; {advice}"
            )
