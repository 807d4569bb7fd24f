"""TextGenerationAsyncService: the same completions, collected later."""

from aistudio_mock.backend import views
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.inference import TextGeneration
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain.instant import DAY
from aistudio_mock.domain.operation import Operation, OperationState, Packed
from aistudio_mock.domain.schedule import completion_done
from aistudio_mock.domain.timeline import Timeline
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as wire,
)
from aistudio_protos.yandex.cloud.operation import operation_pb2

DESCRIPTION = "Async GPT Completion"
_KEPT = 3 * DAY
"""How long an answer can be collected (service-behaviour d, e.6)."""


class AsyncTextGeneration:
    """Completions as operations without metadata."""

    def __init__(self, store: Store, lock: Lock, texts: TextGeneration) -> None:
        self._store = store
        self._lock = lock
        self._texts = texts

    def completion(self, call: Call, request: wire.CompletionRequest) -> operation_pb2.Operation:
        """An operation that ends in the answer (f). Raises as a completion, at once."""
        model, prompt = self._texts.asked(call, request)
        answer = self._texts.answered(model, prompt)
        packed = Packed(answer.DESCRIPTOR.full_name, answer.SerializeToString())
        folder = model.folder
        operation_id = folder.ids.new("d7q")
        with self._lock:
            now = folder.clock.now()
            done = completion_done(folder.settings.durations, folder.chance(operation_id), now)
            story = Timeline.starting(now, OperationState())
            operation = Operation(
                operation_id,
                folder.id,
                now,
                story.then(done, OperationState(done=True, response=packed), terminal=True),
                phases=(done,),
                description=DESCRIPTION,
                created_by=folder.service_account_id,
                kept=_KEPT,
            )
            self._store.operations.put(operation)
        return views.operation(operation, now)
