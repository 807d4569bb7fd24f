"""The reference client: the control that every case has to find green.

`connect` is the client that blocks, `connect_async` the one that is awaited; they have the same verbs. The
check of files before an upload is off: it is the wire that is judged.
"""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from aistudio_client import (
    AdamW,
    AIStudio,
    AIStudioError,
    ApiKey,
    AsyncAIStudio,
    Constant,
    Cosine,
    DatasetInvalid,
    IamToken,
    Linear,
    Lora,
    MulticlassClassification,
    MultilabelClassification,
    NoCredentials,
    OperationFailed,
    PairEmbeddings,
    Poll,
    Retry,
    RpcError,
    TextGeneration,
    TripletEmbeddings,
)
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
    Nothing,
    Place,
    Refused,
    Schemas,
    TaskType,
    TaskTypes,
    Tuning,
    TuningId,
    TuningList,
    TuningMetrics,
    TuningOptions,
    Tunings,
    TuningStart,
    TuningStartWith,
    Unsupported,
    ValidationError,
)

_VERSION = version("aistudio-mock")
_KINDS = {
    "completion": TextGeneration,
    "multilabel": MultilabelClassification,
    "multiclass": MulticlassClassification,
    "pair": PairEmbeddings,
    "triplet": TripletEmbeddings,
}
_RETRY = Retry(first=0.05, looks=(0.0, 0.05, 0.15))
"""The pauses that the client makes by default, ten times shorter: no case is to be waited for."""
_SCHEDULERS = {"linear": Linear, "constant": Constant, "cosine": Cosine}


class Reference:
    """The verbs, one call of the client each."""

    NAME = "aistudio-client"
    VERSION = _VERSION

    def __init__(self, place: Place) -> None:
        self._studio: Any = self._made(place)

    def close(self) -> None:
        """Ends every wait and every call."""
        self._studio.close()

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        """`datasets.upload()`."""
        return self._upload(ask, description=ask.description or "", labels=ask.labels)

    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset:
        """`datasets.upload(part_size=…)`."""
        if not ask.part_size:
            raise Unsupported("the client says how many parts there are")
        return self._upload(ask, part_size=ask.part_size)

    def _upload(self, ask: DatasetUpload | DatasetUploadParts, **more: Any) -> Dataset:
        upload = self._studio.datasets.upload
        return _shown(
            self._did(upload, ask.file, name=ask.name, task_type=ask.task_type, check=False, **more)
        )

    def dataset_get(self, ask: DatasetId) -> Dataset:
        """`datasets.get()`."""
        return _shown(self._did(self._studio.datasets.get, ask.dataset_id))

    def dataset_list(self, ask: DatasetList) -> Datasets:
        """`datasets.list()`."""
        found = self._did(self._all, self._studio.datasets.list, name=ask.name_contains or "")
        return Datasets(dataset_ids=[one.id for one in found])

    def dataset_update(self, ask: DatasetUpdate) -> Dataset:
        """`datasets.update()`."""
        given = {"name": ask.name, "description": ask.description, "labels": ask.labels}
        return _shown(self._did(self._studio.datasets.update, ask.dataset_id, **given))

    def dataset_delete(self, ask: DatasetId) -> Done:
        """`datasets.delete()`."""
        self._did(self._studio.datasets.delete, ask.dataset_id)
        return Done()

    def dataset_types(self, _: Nothing) -> TaskTypes:
        """`datasets.task_types()`."""
        return TaskTypes(task_types=list(self._did(self._studio.datasets.task_types)))

    def dataset_schemas(self, ask: TaskType) -> Schemas:
        """`datasets.schemas()`."""
        return Schemas(schemas=dict(self._did(self._studio.datasets.schemas, ask.task_type)))

    def tuning_start(self, ask: TuningStart) -> Tuning:
        """`tunings.start()`."""
        given = {"base_model": ask.base_model, "parameters": _KINDS[ask.kind](), "name": ask.name or ""}
        validation = ask.validation_dataset_id or ()
        data = ask.dataset_id or ()
        return _told(self._did(self._studio.tunings.start, data, validation=validation, **given))

    def tuning_start_with(self, ask: TuningStartWith) -> Tuning:
        """`tunings.start(parameters=…)`."""
        parameters = _KINDS[ask.kind](**_parameters(ask))
        given = {"base_model": ask.base_model, "parameters": parameters, "name": ask.name or ""}
        return _told(self._did(self._studio.tunings.start, ask.dataset_id, **given))

    def tuning_wait(self, ask: TuningId) -> Tuning:
        """`tunings.wait()`."""
        return _told(self._did(self._studio.tunings.wait, ask.tuning_id))

    def tuning_get(self, ask: TuningId) -> Tuning:
        """`tunings.get()`."""
        return _told(self._did(self._studio.tunings.get, ask.tuning_id))

    def tuning_list(self, ask: TuningList) -> Tunings:
        """`tunings.list()`."""
        found = self._did(self._all, self._studio.tunings.list, page_size=ask.page_size or 0)
        return Tunings(tuning_ids=[one.id for one in found])

    def tuning_cancel(self, ask: TuningId) -> Done:
        """`tunings.cancel()`."""
        self._did(self._studio.tunings.cancel, ask.tuning_id)
        return Done()

    def tuning_metrics(self, ask: TuningMetrics) -> Metrics:
        """`tunings.save_metrics()`; None while there are none."""
        saved = self._did(self._studio.tunings.save_metrics, ask.tuning_id, ask.file)
        return Metrics(found=saved is not None)

    def tuning_options(self, ask: TuningId) -> TuningOptions:
        """`tunings.options()`."""
        told = self._did(self._studio.tunings.options, ask.tuning_id)
        return TuningOptions(
            tuning_id=ask.tuning_id, base_model_uri=told.base_model_uri, dataset_ids=list(told.train)
        )

    def model_complete(self, ask: ModelComplete) -> Completion:
        """`models.complete()`."""
        return Completion(text=self._did(self._studio.models.complete, ask.model_uri, ask.text).text)

    def model_stream(self, ask: ModelComplete) -> Completion:
        """`models.stream()`: each piece has all of the text so far."""
        pieces = self._did(self._all, self._studio.models.stream, model=ask.model_uri, said=ask.text)
        return Completion(text=pieces[-1].text if pieces else "")

    def model_complete_async(self, ask: ModelComplete) -> Completion:
        """`models.complete_later()`, then `models.collect()`."""
        begun = self._did(self._studio.models.complete_later, ask.model_uri, ask.text)
        return Completion(text=self._did(self._studio.models.collect, begun).text)

    def model_classify(self, ask: ModelClassify) -> Classification:
        """`models.classify()`."""
        return Classification(
            labels=dict(self._did(self._studio.models.classify, ask.model_uri, ask.text).labels)
        )

    def model_embed(self, ask: ModelEmbed) -> Embedding:
        """`models.embed()`."""
        told = self._did(self._studio.models.embed, ask.model_uri, ask.text, dim=ask.dim)
        return Embedding(vector=list(told.vector))

    def _made(self, place: Place) -> Any:
        return AIStudio(place.folder_id, **_options(place))

    def _all(self, listing: Callable[..., Any], **given: Any) -> Any:
        return list(listing(**given))

    def _did(self, verb: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """What the client gives. Raises Refused for what it tells its user."""
        try:
            return self._awaited(verb(*args, **given))
        except AIStudioError as error:
            raise _refused(error) from error

    def _awaited(self, result: Any) -> Any:
        return result


class AsyncReference(Reference):
    """The same with the client that is awaited, in an event loop of its own."""

    NAME = "aistudio-client, async"

    def __init__(self, place: Place) -> None:
        self._runner = asyncio.Runner()
        super().__init__(place)

    def close(self) -> None:
        """Ends every call, and the loop."""
        self._runner.run(self._studio.close())
        self._runner.close()

    def _made(self, place: Place) -> Any:
        return AsyncAIStudio(place.folder_id, **_options(place))

    async def _all(self, listing: Callable[..., Any], **given: Any) -> Any:
        return [one async for one in listing(**given)]

    def _awaited(self, result: Any) -> Any:
        return self._runner.run(result)


def connect(place: Place) -> Reference:
    """The client that blocks."""
    return Reference(place)


def connect_async(place: Place) -> AsyncReference:
    """The client that is awaited."""
    return AsyncReference(place)


def _options(place: Place) -> Any:
    """Over TLS where there is an address for it."""
    where = (
        {"endpoint": place.tls, "ca": place.ca or None}
        if place.tls
        else {"endpoint": place.grpc, "plaintext": True}
    )
    patience = {"poll": Poll(first=place.poll_interval, factor=1.0), "retry": _RETRY}
    return {**where, **patience, "credentials": _credentials(place.credentials), "progress": None}


def _credentials(told: Credentials) -> Any:
    kinds: dict[str, Callable[[str], Any]] = {"api-key": ApiKey, "iam-token": IamToken}
    return kinds[told.kind](told.value) if told.kind in kinds else NoCredentials()


def _parameters(ask: TuningStartWith) -> dict[str, Any]:
    """What is given, as the client takes it."""
    given: dict[str, Any] = {
        "seed": ask.seed,
        "lr": ask.lr,
        "warmup_ratio": ask.warmup_ratio,
        "method": _with(Lora, rank=ask.lora_rank, alpha=ask.lora_alpha),
        "scheduler": _SCHEDULERS[ask.scheduler]() if ask.scheduler else None,
        "optimizer": _with(AdamW, beta1=ask.beta1, beta2=ask.beta2),
        "embedding_dims": tuple(ask.embedding_dims) if ask.embedding_dims else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _with(kind: Callable[..., Any], **fields: Any) -> Any:
    given = {name: value for name, value in fields.items() if value is not None}
    return kind(**given) if given else None


def _refused(error: AIStudioError) -> Refused:
    match error:
        case RpcError():
            return Refused(str(error), code=error.code)
        case OperationFailed():
            return Refused(str(error), code=error.code)
        case DatasetInvalid():
            return Refused(str(error), errors=_errors(error.errors))
    return Refused(str(error))


def _errors(errors: Any) -> list[ValidationError]:
    return [ValidationError(error=one.error, rows=list(one.rows)) for one in errors]


def _shown(dataset: Any) -> Dataset:
    return Dataset(
        dataset_id=dataset.id,
        name=dataset.name,
        status=dataset.status,
        description=dataset.description or None,
        labels=dict(dataset.labels),
        rows=dataset.rows,
        size_bytes=dataset.size_bytes,
        created_by=dataset.created_by or None,
        errors=_errors(dataset.errors) or None,
    )


def _told(tuning: Any) -> Tuning:
    return Tuning(
        tuning_id=tuning.id,
        status=tuning.status or None,
        model_uri=tuning.model_uri or None,
        source_model_uri=tuning.base_model_uri or None,
    )
