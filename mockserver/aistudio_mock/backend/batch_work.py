"""The work of a batch run: an answer to every row, as the lines of a new dataset file."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import Any

from aistudio_mock.domain.batch import LineError
from aistudio_mock.domain.errors import ApiError
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    BatchCompletionRequest,
    CompletionRequest,
)

Answer = Callable[[CompletionRequest], str]
"""What the model says to one request. Raises ApiError."""


class Stopped(Exception):
    """Nobody wants the answers any more."""


class BatchWork:
    """Reads rows and answers them one by one; iterate over it once. `stop` from any thread."""

    def __init__(self, rows: Iterable[bytes], request: BatchCompletionRequest, answer: Answer) -> None:
        self._rows = rows
        self._request = request
        self._answer = answer
        self._stopped = Event()
        self.line_errors: list[LineError] = []
        """Rows that got no answer, so far."""

    def stop(self) -> None:
        """The next row is not answered."""
        self._stopped.set()

    def __iter__(self) -> Iterator[bytes]:
        """The rows with their answers, as lines; rows without one are in `line_errors`. Raises Stopped."""
        import msgspec  # noqa: PLC0415 - 7 ms, and only a batch run needs it

        decode = msgspec.json.Decoder().decode
        for number, line in enumerate(filter(bytes.strip, self._rows), 1):
            if self._stopped.is_set():
                raise Stopped
            row = decode(line)
            try:
                response = self._answer(self._asked(row["request"]))
            except ApiError as refusal:
                self.line_errors.append(LineError(number, refusal.message))
                continue
            yield msgspec.json.encode({"request": row["request"], "response": response}) + b"\n"

    def _asked(self, messages: list[dict[str, Any]]) -> CompletionRequest:
        batch = self._request
        asked = CompletionRequest(
            model_uri=batch.model_uri, completion_options=batch.completion_options, messages=messages
        )
        asked.completion_options.stream = False
        if batch.HasField("json_object"):
            asked.json_object = batch.json_object
        if batch.HasField("json_schema"):
            asked.json_schema.CopyFrom(batch.json_schema)
        return asked
