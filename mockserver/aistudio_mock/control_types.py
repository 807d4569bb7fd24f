"""What the control API takes and gives, as types that the server, its clients and the OpenAPI document share.

Clients ignore fields that they do not know, the server refuses them. Within a version fields are only added.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

from aistudio_faults.faults import Fault, Standing
from aistudio_mock.domain.plan import Outcome, Script

Document: TypeAlias = dict[str, Any]
"""What JSON can say."""

COMPONENTS = "#/components/schemas/"
"""Where the OpenAPI document has its types."""


def items(*names: str) -> Meta:
    """Of a list whose items are read by rules of their own: what the document says of them."""
    choices = [{"$ref": COMPONENTS + name} for name in names]
    return Meta(extra_json_schema={"items": choices[0] if len(choices) == 1 else {"anyOf": choices}})


Moment: TypeAlias = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset or Z")]
"""A moment of virtual time."""


class Refusal(Struct, frozen=True):
    """Why a request was refused."""

    code: Annotated[int, Meta(description="canonical status code: 3 INVALID_ARGUMENT, 5 NOT_FOUND, …")]
    message: str


class ServerShown(Struct, frozen=True):
    """Where everything of the server is reached."""

    version: Annotated[int, Meta(description="of the control API")]
    grpc: Annotated[str, Meta(description="host:port, plaintext")]
    tls: Annotated[str, Meta(description="host:port")]
    http: Annotated[str, Meta(description="base URL of storage, REST faces and control API")]
    ca: Annotated[str, Meta(description="the CA's PEM file, where the server runs; also at /_mock/ca.pem")]
    folder_id: Annotated[str, Meta(description="the folder of calls that name none")]
    api_key: str
    pid: int
    faults: Annotated[str, Meta(description="host:port, plaintext, by a relay for faults")] | None = None
    router: str | None = None
    state: Annotated[str, Meta(description="the directory where everything is kept")] | None = None


class NewFolder(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A folder to be made. What is left out is as the server was started with."""

    id: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    time: Annotated[str, Meta(description="skip, poll, real, manual, or a rate such as 10x")] | None = None
    durations: Annotated[str, Meta(description="recorded, documented or instant")] | None = None
    auth: Annotated[str, Meta(description="off, any or strict")] | None = None
    seed: Annotated[int, Meta(description="rules chance, and the ids of everything in the folder")] | None = (
        None
    )
    settings: Annotated[Mapping[str, str], Meta(description="behaviours by id, as --set ID=VALUE")] | None = (
        None
    )
    now: Moment | None = None
    """The first moment of its clock; the present when left out."""


class FolderShown(Struct, frozen=True):
    """A folder: id, credentials, settings, virtual time."""

    id: str
    api_key: str
    service_account_id: str
    polling: Annotated[str, Meta(description="what polling does to the clock: skip, poll or keep")]
    rate: Annotated[float, Meta(description="virtual seconds a second; 0 stands still")]
    durations: str
    auth: str
    seed: int
    now: Moment


class FolderList(Struct, frozen=True):
    """Every folder."""

    folders: list[FolderShown]


class Nothing(Struct, frozen=True):
    """There is nothing to say."""


class Token(Struct, frozen=True):
    """A fresh IAM token."""

    iam_token: str
    expires_at: Moment


class ClockShown(Struct, frozen=True):
    """A folder's virtual time: `rate` virtual seconds a second from `now` on, besides what polling does."""

    now: Moment
    rate: Annotated[float, Meta(description="virtual seconds a second; 0 stands still")] | None = None
    polling: Annotated[str, Meta(description="what polling does to the clock: skip, poll or keep")] = ""


class Watching(Struct, frozen=True):
    """What comes first when a folder is watched, and again when it was emptied."""

    folder_id: str
    calls: Annotated[int, Meta(description="the number of its last call; 0 before the first")]
    dropped: Annotated[int, Meta(description="how many of them are not remembered any more")]


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a clock moves forward, as time that is lived through."""

    seconds: Annotated[float, Meta(ge=0)]


class SetClock(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a clock moves forward to, as time that is lived through."""

    now: Moment


class SetMode(Struct, frozen=True, forbid_unknown_fields=True):
    """How a clock goes from now on."""

    time: Annotated[str, Meta(description="skip, poll, real, manual, or a rate such as 10x")]


class FileSeen(Struct, frozen=True):
    """A stored file. `etag` is without its quotes."""

    bucket: str
    key: str
    size_bytes: int
    etag: str
    modified_at: Moment


class MarkSeen(Struct, frozen=True):
    """When a status began."""

    status: str
    at: Moment


class RowProblem(Struct, frozen=True):
    """What a validation found wrong, and in which rows."""

    error: str
    description: str
    rows: list[int]


class DatasetSeen(Struct, frozen=True):
    """A dataset at one moment; `history` are its statuses until then."""

    id: str
    name: str
    status: str
    task_type: str
    upload_format: str
    rows: int
    size_bytes: int
    created_at: Moment
    updated_at: Moment
    description: str
    labels: Mapping[str, str]
    operation_id: Annotated[str, Meta(description="of its validation; empty while it is a draft")]
    files: list[FileSeen]
    validation_errors: list[RowProblem]
    history: list[MarkSeen]


class TuningSeen(Struct, frozen=True):
    """A tuning task at one moment; `history` are its statuses until then."""

    id: str
    operation_id: str
    name: str
    status: str
    source_model_uri: str
    target_model_uri: Annotated[str, Meta(description="empty until the run is COMPLETED")]
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    description: str
    labels: Mapping[str, str]
    errors: list[str]
    history: list[MarkSeen]


class MetricsShown(Struct, frozen=True):
    """Where the archive of a tuning's metrics is read, for a day of the clock."""

    url: str


class LineProblem(Struct, frozen=True):
    """A row of a batch task's source that got no answer; the first row is 1."""

    line: int
    message: str


class BatchSeen(Struct, frozen=True):
    """A batch task at one moment; `history` are its statuses until then."""

    id: str
    operation_id: str
    status: str
    model_uri: str
    source_dataset_id: str
    result_dataset_id: Annotated[str, Meta(description="empty until there is one")]
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    line_errors: list[LineProblem]
    error: Document | None
    history: list[MarkSeen]


class OperationSeen(Struct, frozen=True):
    """An operation at one moment; metadata, response and error as the JSON of the contract's messages."""

    id: str
    done: bool
    created_at: Moment
    modified_at: Moment
    metadata: Document | None
    response: Document | None
    error: Document | None
    history: Annotated[
        list[MarkSeen],
        Meta(description="what a poll found until then: RUNNING, or what its metadata says; DONE or ERROR"),
    ] = []


class State(Struct, frozen=True):
    """Every object of a folder as seen at one moment, the latest created first."""

    folder_id: str
    at: Moment
    datasets: list[DatasetSeen]
    tunings: list[TuningSeen]
    operations: list[OperationSeen]
    models: Annotated[list[str], Meta(description="URIs of the tuned models that answer")]
    batches: list[BatchSeen] = []


class SavedFolder(Struct, frozen=True):
    """A folder that can be loaded again. What else is in it is between one server and the next."""

    format: Annotated[int, Meta(description="the version of what is written")]
    id: str


class PresetName(Struct, frozen=True, forbid_unknown_fields=True):
    """All faults of a preset."""

    preset: str


class PresetShown(Struct, frozen=True):
    """Faults with a name; `what` says what a program meets."""

    name: str
    what: str
    faults: list[Fault]


class PresetList(Struct, frozen=True):
    """Every preset."""

    presets: list[PresetShown]


class FaultsToLoad(Struct, frozen=True, forbid_unknown_fields=True):
    """Faults to be added, in order: all of them, or none where one can never work."""

    faults: Annotated[list[Any], items("Fault", "PresetName")]


class Standings(Struct, frozen=True):
    """Faults of the folder, in order, each with what became of it."""

    faults: list[Standing]


class PlanShown(Script, frozen=True, kw_only=True, omit_defaults=True):
    """A script for the folder's next tunings, and how many of them have lived by it."""

    id: str
    outcome: Outcome
    times: int | None
    used: int


class Plans(Struct, frozen=True):
    """The scripts of the folder's next tunings, in order."""

    plans: list[PlanShown]


class Entries(Struct, frozen=True):
    """Calls of the folder, oldest first; how many are not remembered any more."""

    entries: Annotated[list[Document], items("JournalEntry")]
    dropped: int
