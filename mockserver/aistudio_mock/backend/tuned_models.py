"""Tuned models that answer: found by their URI, and taught from their training rows at the first call."""

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any, TypeVar

from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.learned import Learned
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.store import Store
from aistudio_mock.domain.errors import InvalidArgument, NotFound
from aistudio_mock.domain.tuning import Tuning
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest

GONE = "Failed to get model"
"""The platform's words for a model that is not there (service-behaviour a.6)."""

MOST_ROWS = 50_000
"""Training rows that are learned from: the documented most of a classifier (service-behaviour d)."""

M = TypeVar("M")
Learn = Callable[[TuningRequest, Iterator[dict[str, Any]]], M]
"""Makes a model of what it was tuned with: the request, and the training rows."""


class TunedModels:
    """The tuned models of every folder."""

    def __init__(self, store: Store, folders: Folders, objects: StoredObjects, learned: Learned) -> None:
        self._store = store
        self._folders = folders
        self._objects = objects
        self._learned = learned

    def get(self, uri: str, kinds: Collection[str], learn: Learn[M]) -> M:
        """The model at `uri`, which is one of those that parameters of `kinds` make; `learn` makes it.

        Raises:
            NotFound: no such model, or its tuning is not COMPLETED.
            InvalidArgument: it answers other calls.
        """
        return self.taught(self.find(uri, kinds), learn)

    def find(self, uri: str, kinds: Collection[str]) -> Tuning:
        """The task that made the model at `uri`. Raises as `get`."""
        task = self._store.tunings.get(self._store.tuned_models.get(uri, ""))
        if task is None or not task.model_exists(self._folders.get(task.folder_id).clock.now()):
            raise NotFound(f"{GONE} {uri}")
        kind = TuningRequest.FromString(task.request).WhichOneof("tuning_params")
        if kind not in kinds:
            raise InvalidArgument(f"model_uri: {uri} was tuned by {kind} and does not answer this call")
        return task

    def taught(self, task: Tuning, learn: Learn[M], most_rows: int | None = MOST_ROWS) -> M:
        """The model that a task made. Raises NotFound when it is deleted meanwhile."""
        request = TuningRequest.FromString(task.request)
        return self._learned.of(task, lambda: learn(request, self._rows(task, most_rows)))

    def _rows(self, task: Tuning, most: int | None) -> Iterator[dict[str, Any]]:
        import msgspec  # noqa: PLC0415 - 7 ms, and only a tuned model needs it

        decode = msgspec.json.Decoder().decode
        lines = self._objects.lines(task.training_data)
        try:
            yield from islice((decode(line) for line in lines if line.strip()), most)
        except FileNotFoundError:  # its folder is being emptied
            raise NotFound(f"{GONE} {task.target_model_uri}") from None
