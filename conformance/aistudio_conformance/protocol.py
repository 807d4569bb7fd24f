"""What an adapter is asked and may answer: one JSON object a line, the same objects as in Python.

Every verb is an action that users of a client know, never one call on the wire: how many calls it takes is
what gets judged. Within version 1 fields are only ever added, and unknown ones are ignored on both sides.
"""

from typing import Any, Literal, Protocol

from msgspec import Struct

VERSION = 1

Verb = Literal[
    "dataset.upload",
    "dataset.upload_parts",
    "dataset.get",
    "dataset.list",
    "dataset.update",
    "dataset.delete",
    "dataset.types",
    "dataset.schemas",
    "tuning.start",
    "tuning.start_with",
    "tuning.wait",
    "tuning.get",
    "tuning.list",
    "tuning.cancel",
    "tuning.metrics",
    "tuning.options",
    "model.complete",
    "model.stream",
    "model.complete_async",
    "model.classify",
    "model.embed",
]


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A JSON object: keyword arguments only, nothing said about what is left at its default."""


class Credentials(Record, frozen=True):
    """Who the client is. `value` is a secret; it is empty for `none`, and the client then sends none."""

    kind: Literal["api-key", "iam-token", "none"]
    value: str = ""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Credentials(kind={self.kind!r})"


class Place(Record, frozen=True):
    """Where the service is, and how this case's client reaches it.

    `grpc` and `tls` are host:port (plaintext, TLS); `ca` is the PEM file to trust for `tls`; `http` the base
    URL of the REST faces. `poll_interval` is how long to wait between two polls, in seconds.
    """

    grpc: str
    tls: str
    http: str
    ca: str
    folder_id: str
    credentials: Credentials
    poll_interval: float = 1.0


# --- what the verbs take ------------------------------------------------------------------------------------


class DatasetUpload(Record, frozen=True):
    """Make a dataset of a file and validate it; the reply comes when the validation is over."""

    name: str
    task_type: str
    file: str
    description: str | None = None
    labels: dict[str, str] | None = None


class DatasetUploadParts(Record, frozen=True):
    """The same, with the file sent in parts of `part_size` bytes; the last one has the rest.

    With 0, the service chooses how many parts there are.
    """

    name: str
    task_type: str
    file: str
    part_size: int


class DatasetId(Record, frozen=True):
    """One dataset."""

    dataset_id: str


class DatasetList(Record, frozen=True):
    """Every dataset of the folder, all pages."""

    name_contains: str | None = None


class DatasetUpdate(Record, frozen=True):
    """Change what is given, nothing else. An empty mapping of labels removes them all."""

    dataset_id: str
    name: str | None = None
    description: str | None = None
    labels: dict[str, str] | None = None


class Nothing(Record, frozen=True):
    """There is nothing to say."""


class TaskType(Record, frozen=True):
    """What a row of a dataset is: TextToTextGeneration."""

    task_type: str


Kind = Literal["completion", "multilabel", "multiclass", "pair", "triplet"]


class TuningStart(Record, frozen=True):
    """Start a tuning, without waiting for it. What is not given is the service's business.

    An empty `dataset_id` is none: the user names nothing to train on.
    """

    dataset_id: str
    base_model: str = "yandexgpt-lite"
    kind: Kind = "completion"
    name: str | None = None
    validation_dataset_id: str | None = None


class TuningStartWith(Record, frozen=True):
    """Start a tuning with hyper-parameters; those that are not given are the service's business.

    `lora_rank` and `lora_alpha` are of low-rank adaptation, `warmup_ratio` is a share of the steps,
    `beta1` and `beta2` are of the optimizer AdamW, `embedding_dims` of the kinds pair and triplet.
    """

    dataset_id: str
    base_model: str = "yandexgpt-lite"
    kind: Kind = "completion"
    name: str | None = None
    seed: int | None = None
    lr: float | None = None
    lora_rank: int | None = None
    lora_alpha: float | None = None
    scheduler: Literal["linear", "constant", "cosine"] | None = None
    warmup_ratio: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    embedding_dims: list[int] | None = None


class TuningId(Record, frozen=True):
    """One tuning task, by the id that `tuning.start` gave."""

    tuning_id: str


class TuningList(Record, frozen=True):
    """Every tuning task of the folder, all pages, `page_size` at a time."""

    page_size: int | None = None


class TuningMetrics(Record, frozen=True):
    """Save the task's metrics archive in `file`."""

    tuning_id: str
    file: str


class ModelComplete(Record, frozen=True):
    """One answer of a model to one user message: at once, as a stream, or by an operation that is awaited."""

    model_uri: str
    text: str


class ModelClassify(ModelComplete, frozen=True):
    """What a tuned classifier makes of a text."""


class ModelEmbed(ModelComplete, frozen=True):
    """A text as a vector, of `dim` numbers if that is given."""

    dim: int | None = None


# --- what they give back ------------------------------------------------------------------------------------


class ValidationError(Record, frozen=True):
    """What is wrong with some rows of a file."""

    error: str
    rows: list[int] = []


class Dataset(Record, frozen=True):
    """A dataset as the client shows it; what it does not show is left out. `status` as in the enum: READY."""

    dataset_id: str
    name: str | None = None
    status: str | None = None
    description: str | None = None
    labels: dict[str, str] | None = None
    rows: int | None = None
    size_bytes: int | None = None
    created_by: str | None = None
    errors: list[ValidationError] | None = None


class Datasets(Record, frozen=True):
    """Ids, in the order in which the client gave them."""

    dataset_ids: list[str]


class TaskTypes(Record, frozen=True):
    """The task types that a dataset may have."""

    task_types: list[str]


class Schemas(Record, frozen=True):
    """What an uploaded file must look like, as text as the service told it, by upload format."""

    schemas: dict[str, str]


class Tuning(Record, frozen=True):
    """A tuning as the client shows it; `status` as in the enum: COMPLETED, FAILED, CANCELED."""

    tuning_id: str
    status: str | None = None
    model_uri: str | None = None
    source_model_uri: str | None = None


class Tunings(Record, frozen=True):
    """Ids, in the order in which the client gave them."""

    tuning_ids: list[str]


class Metrics(Record, frozen=True):
    """Whether there was an archive. That there is none yet is an answer, not an error."""

    found: bool


class TuningOptions(Record, frozen=True):
    """What a tuning was started with, as far as the client shows it."""

    tuning_id: str
    base_model_uri: str | None = None
    dataset_ids: list[str] | None = None


class Classification(Record, frozen=True):
    """The classes of a text: how sure the model is of each, from 0 to 1."""

    labels: dict[str, float]


class Embedding(Record, frozen=True):
    """A vector."""

    vector: list[float]


class Completion(Record, frozen=True):
    """The final text; of a stream, what its user has in hands when it is over."""

    text: str


class Done(Record, frozen=True):
    """It is done, and there is nothing to tell."""


class Failure(Record, frozen=True):
    """The client told its user that it failed. `code` is the name of a status code, if it tells one."""

    message: str
    code: str | None = None
    errors: list[ValidationError] | None = None


class Refused(Exception):
    """Raise it where the client fails in front of its user; anything else is the adapter's trouble."""

    def __init__(
        self, message: str, code: str | None = None, errors: list[ValidationError] | None = None
    ) -> None:
        super().__init__(message)
        self.failure = Failure(message=message, code=code, errors=errors)


class Unsupported(Exception):
    """Raise it for a verb, or a field of one, that the client has nothing for."""


class Client(Protocol):
    """The verbs in Python. A client leaves out the methods that it has nothing for."""

    def dataset_upload(self, ask: DatasetUpload) -> Dataset: ...  # noqa: D102 - `DatasetUpload` says it; so below
    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset: ...  # noqa: D102
    def dataset_get(self, ask: DatasetId) -> Dataset: ...  # noqa: D102
    def dataset_list(self, ask: DatasetList) -> Datasets: ...  # noqa: D102
    def dataset_update(self, ask: DatasetUpdate) -> Dataset: ...  # noqa: D102
    def dataset_delete(self, ask: DatasetId) -> Done: ...  # noqa: D102
    def dataset_types(self, ask: Nothing) -> TaskTypes: ...  # noqa: D102
    def dataset_schemas(self, ask: TaskType) -> Schemas: ...  # noqa: D102
    def tuning_start(self, ask: TuningStart) -> Tuning: ...  # noqa: D102
    def tuning_start_with(self, ask: TuningStartWith) -> Tuning: ...  # noqa: D102
    def tuning_wait(self, ask: TuningId) -> Tuning: ...  # noqa: D102
    def tuning_get(self, ask: TuningId) -> Tuning: ...  # noqa: D102
    def tuning_list(self, ask: TuningList) -> Tunings: ...  # noqa: D102
    def tuning_cancel(self, ask: TuningId) -> Done: ...  # noqa: D102
    def tuning_metrics(self, ask: TuningMetrics) -> Metrics: ...  # noqa: D102
    def tuning_options(self, ask: TuningId) -> TuningOptions: ...  # noqa: D102
    def model_complete(self, ask: ModelComplete) -> Completion: ...  # noqa: D102
    def model_stream(self, ask: ModelComplete) -> Completion: ...  # noqa: D102
    def model_complete_async(self, ask: ModelComplete) -> Completion: ...  # noqa: D102
    def model_classify(self, ask: ModelClassify) -> Classification: ...  # noqa: D102
    def model_embed(self, ask: ModelEmbed) -> Embedding: ...  # noqa: D102
    def close(self) -> None:
        """Let go of connections; the case is over."""


ASKED: dict[Verb, tuple[type[Record], type[Record]]] = {
    "dataset.upload": (DatasetUpload, Dataset),
    "dataset.upload_parts": (DatasetUploadParts, Dataset),
    "dataset.get": (DatasetId, Dataset),
    "dataset.list": (DatasetList, Datasets),
    "dataset.update": (DatasetUpdate, Dataset),
    "dataset.delete": (DatasetId, Done),
    "dataset.types": (Nothing, TaskTypes),
    "dataset.schemas": (TaskType, Schemas),
    "tuning.start": (TuningStart, Tuning),
    "tuning.start_with": (TuningStartWith, Tuning),
    "tuning.wait": (TuningId, Tuning),
    "tuning.get": (TuningId, Tuning),
    "tuning.list": (TuningList, Tunings),
    "tuning.cancel": (TuningId, Done),
    "tuning.metrics": (TuningMetrics, Metrics),
    "tuning.options": (TuningId, TuningOptions),
    "model.complete": (ModelComplete, Completion),
    "model.stream": (ModelComplete, Completion),
    "model.complete_async": (ModelComplete, Completion),
    "model.classify": (ModelClassify, Classification),
    "model.embed": (ModelEmbed, Embedding),
}
"""What each verb takes and gives."""


# --- the lines ----------------------------------------------------------------------------------------------


class Hello(Record, frozen=True):
    """What an adapter says of itself when asked `hello`: the client's name and version, and its verbs."""

    name: str
    version: str = ""
    language: str = ""
    verbs: list[Verb] = []
    protocol: int = VERSION


class Ask(Record, frozen=True, rename={"with_": "with"}):
    """One line to the adapter. `do` is `hello`, `begin` (`with` is a `Place`), `end`, or a verb."""

    id: int
    do: str
    with_: dict[str, Any] = {}


class Answer(Record, frozen=True):
    """One line from the adapter: the id of what it answers, and exactly one of the four others.

    `ok` the client did it · `error` the client told its user that it could not · `unsupported` the client has
    nothing for it · `trouble` the adapter itself is broken.
    """

    id: int
    ok: dict[str, Any] | None = None
    error: Failure | None = None
    unsupported: str | None = None
    trouble: str | None = None
