"""A client of AI Studio's fine-tuning API: datasets, tunings and the models that they make.

    with AIStudio.from_env() as studio:
        dataset = studio.datasets.upload("train.jsonl", task_type="TextToTextGeneration")
        tuning = studio.tunings.wait(studio.tunings.start(dataset))
        print(studio.models.complete(tuning, "Как тебя зовут?").text)

`AsyncAIStudio` has the same verbs, awaited. What can go wrong is one tree under `AIStudioError`. The loggers
`aistudio_client` and `aistudio_client.wire` tell what happens and what is called; neither tells a secret.
"""

from aistudio_client._credentials import (
    ApiKey,
    Credentials,
    IamToken,
    MetadataService,
    NoCredentials,
    OAuthToken,
)
from aistudio_client._errors import (
    AIStudioError,
    AlreadyExists,
    Canceled,
    ConfigurationError,
    DatasetInvalid,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    MetricsError,
    NotFound,
    OperationFailed,
    OutcomeUnknown,
    PermissionDenied,
    QuotaExceeded,
    RowsError,
    RpcError,
    StorageError,
    TuningFailed,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Violation,
    WaitTimeout,
)
from aistudio_client._metrics import Metrics, Point
from aistudio_client._params import (
    AdamW,
    Constant,
    Cosine,
    Linear,
    Lora,
    MulticlassClassification,
    MultilabelClassification,
    PairEmbeddings,
    Parameters,
    PromptTune,
    TextGeneration,
    TripletEmbeddings,
)
from aistudio_client._policies import Poll, Retry, Timeouts
from aistudio_client._steps import Progress
from aistudio_client._types import (
    Completion,
    Dataset,
    Failure,
    Operation,
    Tuning,
    TuningOptions,
    TuningReason,
    Usage,
)
from aistudio_client.aio import AsyncAIStudio
from aistudio_client.sync import AIStudio

__all__ = [
    "AIStudio",
    "AIStudioError",
    "AdamW",
    "AlreadyExists",
    "ApiKey",
    "AsyncAIStudio",
    "Canceled",
    "Completion",
    "ConfigurationError",
    "Constant",
    "Cosine",
    "Credentials",
    "Dataset",
    "DatasetInvalid",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Failure",
    "IamToken",
    "InvalidArgument",
    "Linear",
    "Lora",
    "MetadataService",
    "Metrics",
    "MetricsError",
    "MulticlassClassification",
    "MultilabelClassification",
    "NoCredentials",
    "NotFound",
    "OAuthToken",
    "Operation",
    "OperationFailed",
    "OutcomeUnknown",
    "PairEmbeddings",
    "Parameters",
    "PermissionDenied",
    "Point",
    "Poll",
    "Progress",
    "PromptTune",
    "QuotaExceeded",
    "Retry",
    "RowsError",
    "RpcError",
    "StorageError",
    "TextGeneration",
    "Timeouts",
    "TripletEmbeddings",
    "Tuning",
    "TuningFailed",
    "TuningOptions",
    "TuningReason",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Usage",
    "Violation",
    "WaitTimeout",
]
