"""The official SDK by its public API, as its users have it: blocking, over TLS, all else at its defaults.

`connect` is the package yandex-ai-studio-sdk, `connect_ml` the older name of it, yandex-cloud-ml-sdk.
"""

import importlib
import ssl
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar

import grpc
import httpx

from aistudio_conformance.protocol import (
    Classification,
    Completion,
    Credentials,
    Dataset,
    DatasetId,
    DatasetList,
    Datasets,
    DatasetUpdate,
    DatasetUpload,
    DatasetUploadParts,
    Done,
    Embedding,
    Metrics,
    ModelClassify,
    ModelComplete,
    ModelEmbed,
    Place,
    Refused,
    Schemas,
    TaskType,
    Tuning,
    TuningId,
    TuningList,
    TuningMetrics,
    Tunings,
    TuningStart,
    TuningStartWith,
    Unsupported,
    ValidationError,
)

_CODES = {code.value[0]: code.name for code in grpc.StatusCode}
_AUTH = {"api-key": "APIKeyAuth", "iam-token": "IAMTokenAuth", "none": "NoAuth"}
_KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "completion": ("completions", {}),
    "multilabel": ("text_classifiers", {"classification_type": "multilabel"}),
    "multiclass": ("text_classifiers", {"classification_type": "multiclass"}),
    "pair": ("text_embeddings", {"embeddings_tune_type": "pair"}),
    "triplet": ("text_embeddings", {"embeddings_tune_type": "triplet"}),
}
_SCHEDULERS = {"linear": "SchedulerLinear", "constant": "SchedulerConstant", "cosine": "SchedulerCosine"}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


class OfficialSdk:
    """The verbs. A task that this client started is the object that the SDK gave; others are got by id."""

    NAME = "yandex-ai-studio-sdk"
    VERSION = _version(NAME)
    CLIENT: ClassVar = ("yandex_ai_studio_sdk", "AIStudio")
    """The package, and the class in it."""

    def __init__(self, place: Place) -> None:
        module, name = self.CLIENT
        self._poll_interval = place.poll_interval
        self._trust = ssl.create_default_context(cafile=place.ca or None)
        self._tasks: dict[str, Any] = {}
        self._sdk = _asked(
            getattr(importlib.import_module(module), name),
            folder_id=place.folder_id,
            endpoint=place.tls,
            auth=_authorization(module, place.credentials),
            verify=place.ca or True,
        )

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        """`draft_from_path(…).upload()`."""
        draft = self._draft(ask, description=ask.description, labels=ask.labels)
        return _shown(_asked(draft.upload, poll_interval=self._poll_interval))

    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset:
        """`draft_from_path(…).upload(chunk_size=…)`."""
        if not ask.part_size:
            raise Unsupported("the SDK says how many parts there are")
        draft = self._draft(ask)
        return _shown(_asked(draft.upload, poll_interval=self._poll_interval, chunk_size=ask.part_size))

    def _draft(self, ask: DatasetUpload | DatasetUploadParts, **more: Any) -> Any:
        return _asked(
            self._sdk.datasets.draft_from_path,
            ask.file,
            task_type=ask.task_type,
            upload_format="jsonlines",
            name=ask.name,
            **_only_given(more),
        )

    def dataset_get(self, ask: DatasetId) -> Dataset:
        """`datasets.get()`."""
        return _shown(_asked(self._sdk.datasets.get, ask.dataset_id))

    def dataset_list(self, ask: DatasetList) -> Datasets:
        """`datasets.list()`."""
        found = _asked(self._sdk.datasets.list, **_only_given({"name_pattern": ask.name_contains}))
        return Datasets(dataset_ids=[dataset.id for dataset in _asked(list, found)])

    def dataset_update(self, ask: DatasetUpdate) -> Dataset:
        """`dataset.update()`."""
        dataset = _asked(self._sdk.datasets.get, ask.dataset_id)
        given = {"name": ask.name, "description": ask.description, "labels": ask.labels}
        return _shown(_asked(dataset.update, **_only_given(given)))

    def dataset_delete(self, ask: DatasetId) -> Done:
        """`dataset.delete()`."""
        _asked(_asked(self._sdk.datasets.get, ask.dataset_id).delete)
        return Done()

    def dataset_schemas(self, ask: TaskType) -> Schemas:
        """`datasets.list_upload_schemas()`; the text is at hand, beside what the SDK makes of it."""
        listed = _asked(self._sdk.datasets.list_upload_schemas, ask.task_type)
        return Schemas(schemas={one.upload_format: one.raw_schema for one in listed})

    def tuning_start(self, ask: TuningStart) -> Tuning:
        """`model.tune_deferred()`."""
        return self._started(ask, validation_datasets=ask.validation_dataset_id, name=ask.name)

    def tuning_start_with(self, ask: TuningStartWith) -> Tuning:
        """`model.tune_deferred()`, with what is given."""
        return self._started(
            ask,
            name=ask.name,
            seed=ask.seed,
            lr=ask.lr,
            tuning_type=self._parameter("types.TuningTypeLora", rank=ask.lora_rank, alpha=ask.lora_alpha),
            scheduler=ask.scheduler
            and self._parameter(f"schedulers.{_SCHEDULERS[ask.scheduler]}", warmup_ratio=ask.warmup_ratio),
            optimizer=self._parameter("optimizers.OptimizerAdamw", beta1=ask.beta1, beta2=ask.beta2),
            dimensions=ask.embedding_dims,
        )

    def _started(self, ask: TuningStart | TuningStartWith, **given: Any) -> Tuning:
        domain, kind = _KINDS[ask.kind]
        model = _asked(getattr(self._sdk.models, domain), ask.base_model)
        task = _asked(model.tune_deferred, ask.dataset_id, **kind, **_only_given(given))
        self._tasks[task.id] = task
        return Tuning(tuning_id=task.id)

    def _parameter(self, name: str, **fields: Any) -> Any:
        """A parameter of the SDK's module `tuning`; None where nothing of it is given."""
        module, _, kind = name.partition(".")
        given = _only_given(fields)
        parameters = importlib.import_module(f"{self.CLIENT[0]}.tuning.{module}")
        return getattr(parameters, kind)(**given) if given or module == "schedulers" else None

    def tuning_wait(self, ask: TuningId) -> Tuning:
        """`task.wait()`; that it gives a model is how it tells of COMPLETED."""
        model = _asked(self._task(ask.tuning_id).wait, poll_interval=self._poll_interval)
        return Tuning(tuning_id=ask.tuning_id, status="COMPLETED", model_uri=model.uri)

    def tuning_get(self, ask: TuningId) -> Tuning:
        """`task.get_task_info()`; None while there is nothing to tell."""
        info = _asked(self._task(ask.tuning_id).get_task_info)
        if info is None:
            return Tuning(tuning_id=ask.tuning_id)
        return Tuning(
            tuning_id=ask.tuning_id,
            status=info.status.name,
            model_uri=info.target_model_uri or None,
            source_model_uri=info.source_model_uri or None,
        )

    def tuning_list(self, ask: TuningList) -> Tunings:
        """`tuning.list()`."""
        found = _asked(self._sdk.tuning.list, **_only_given({"page_size": ask.page_size}))
        return Tunings(tuning_ids=[task.id for task in _asked(list, found)])

    def tuning_cancel(self, ask: TuningId) -> Done:
        """`task.cancel()`."""
        _asked(self._task(ask.tuning_id).cancel)
        return Done()

    def tuning_metrics(self, ask: TuningMetrics) -> Metrics:
        """`task.get_metrics_url()`. The SDK leaves the download to its user."""
        url = _asked(self._task(ask.tuning_id).get_metrics_url)
        if url is None:
            return Metrics(found=False)
        answer = httpx.get(url, verify=self._trust)
        if not answer.is_success:
            raise Refused(f"the storage did not give the metrics: {answer.status_code}")
        Path(ask.file).write_bytes(answer.content)
        return Metrics(found=True)

    def model_complete(self, ask: ModelComplete) -> Completion:
        """`completions().run()`."""
        answer = _asked(_asked(self._sdk.models.completions, ask.model_uri).run, ask.text)
        return Completion(text=answer[0].text)

    def model_stream(self, ask: ModelComplete) -> Completion:
        """`completions().run_stream()`; each result replaces the one before."""
        stream = _asked(_asked(self._sdk.models.completions, ask.model_uri).run_stream, ask.text)
        results = _asked(list, stream)
        return Completion(text=results[-1].text if results else "")

    def model_complete_async(self, ask: ModelComplete) -> Completion:
        """`completions().run_deferred()`, awaited."""
        operation = _asked(_asked(self._sdk.models.completions, ask.model_uri).run_deferred, ask.text)
        return Completion(text=_asked(operation.wait, poll_interval=self._poll_interval).text)

    def model_classify(self, ask: ModelClassify) -> Classification:
        """`text_classifiers().run()`."""
        answer = _asked(_asked(self._sdk.models.text_classifiers, ask.model_uri).run, ask.text)
        return Classification(labels={one.label: one.confidence for one in answer})

    def model_embed(self, ask: ModelEmbed) -> Embedding:
        """`text_embeddings().run()`."""
        model = _asked(self._sdk.models.text_embeddings, ask.model_uri)
        return Embedding(vector=list(_asked(model.run, ask.text, **_only_given({"dimensions": ask.dim}))))

    def _task(self, tuning_id: str) -> Any:
        return self._tasks.get(tuning_id) or _asked(self._sdk.tuning.get, tuning_id)


class OfficialMlSdk(OfficialSdk):
    """The same under its older name."""

    NAME = "yandex-cloud-ml-sdk"
    VERSION = _version(NAME)
    CLIENT: ClassVar = ("yandex_cloud_ml_sdk", "YCloudML")


def connect(place: Place) -> OfficialSdk:
    """The SDK as it is called today."""
    return OfficialSdk(place)


def connect_ml(place: Place) -> OfficialMlSdk:
    """The SDK as it was called before."""
    return OfficialMlSdk(place)


def _authorization(module: str, credentials: Credentials) -> Any:
    """Said outright: left out, the SDK would look for credentials all over the machine."""
    kind = getattr(importlib.import_module(f"{module}.auth"), _AUTH[credentials.kind])
    return kind(credentials.value) if credentials.value else kind()


def _only_given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _asked(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the SDK gives. Raises Refused for whatever it raises, but not for arguments that do not fit it."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        inside = error.__traceback__ and error.__traceback__.tb_next
        if inside is None:  # the call was never entered: the mistake is in this file
            raise
        raise _refused(error) from error


def _refused(error: Any) -> Refused:
    """What the user is told. The SDK's own classes go by their names: each release has others."""
    name = type(error).__name__
    message = str(error) or name
    if isinstance(error, grpc.RpcError):
        return Refused(message, code=error.code().name)
    if name == "RunError":
        return Refused(message, code=_CODES.get(error.code))
    if name == "DatasetValidationError":
        return Refused(message, errors=_errors(error.errors))
    return Refused(message)


def _errors(errors: Any) -> list[ValidationError]:
    return [ValidationError(error=one.error, rows=list(one.rows)) for one in errors]


def _shown(dataset: Any) -> Dataset:
    return Dataset(
        dataset_id=dataset.id,
        name=dataset.name,
        status=dataset.status.name,
        description=dataset.description,
        labels=dataset.labels,
        rows=dataset.rows,
        size_bytes=dataset.size_bytes,
        created_by=dataset.created_by,
        errors=_errors(dataset.validation_errors) or None,
    )
