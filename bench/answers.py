"""Answers of models tuned on 20,000 rows: the first one, for which the rows are read, and later ones."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import grpc
from google.protobuf.message import Message

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from aistudio_protos.yandex.cloud.ai.foundation_models.v1.text_generation import (
    text_generation_service_pb2 as texts,
)
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tunings
from aistudio_protos.yandex.cloud.operation import operation_pb2
from aistudio_protos.yandex.cloud.operation import operation_service_pb2 as operations
from bench.harness import Goal, Report, Sample, Subject, interleave
from bench.processes import Child, serve

ROWS = 20_000
FIRST, FIRST_AGAIN = "first answer", "first answer again"
KNOWN, KNOWN_AGAIN, NEAREST = "a question that was trained on", "such a question again", "another question"
_MODELS = 50
_SLICES = 20
_CPU = "server CPU ms"
_AI = "/yandex.cloud.ai"
_KEY = (("authorization", "Api-Key a-key-of-forty-characters-as-real-ones-are"),)
_WORDS = [f"слово{number}" for number in range(3000)]


def run() -> Iterator[Report]:
    """Two reports: first answers, each of another model, and later ones of one model."""
    chance = random.Random(1)
    questions = [" ".join(chance.choices(_WORDS, k=8)) for _ in range(ROWS)]
    with ExitStack() as stack:
        server = stack.enter_context(serve())
        channel = stack.enter_context(grpc.insecure_channel(server.ready["grpc"]))
        models = iter(_tuned(server, channel, _dataset(server, channel, questions)))
        complete = channel.unary_stream(
            f"{_AI}.foundation_models.v1.TextGenerationService/Completion",
            texts.CompletionRequest.SerializeToString,
        )

        def ask(model: str, question: str) -> Sample:
            request = texts.CompletionRequest(model_uri=model, messages=[{"role": "user", "text": question}])
            began = server.cpu()
            list(complete(request, metadata=_KEY, timeout=60))
            return {_CPU: (server.cpu() - began) * 1000}

        kept = next(models)
        unknown = " ".join(chance.choices(_WORDS, k=7)) + " и ещё"
        ask(kept, unknown)  # which also imports what only answers need
        first = [Subject(name, lambda: ask(next(models), unknown)) for name in (FIRST, FIRST_AGAIN)]
        yield Report(
            f"Answers: the first of a model tuned on {ROWS:,} rows",
            interleave(first, slices=_SLICES),
            FIRST,
            FIRST_AGAIN,
            (Goal(FIRST, _CPU, 1000, "median"),),
        )
        asked = {KNOWN: questions[ROWS // 2], KNOWN_AGAIN: questions[ROWS // 2], NEAREST: unknown}
        yield Report(
            "Answers: later ones of such a model",
            interleave([Subject(name, partial(ask, kept, text)) for name, text in asked.items()]),
            KNOWN,
            KNOWN_AGAIN,
            (Goal(KNOWN, _CPU, 10, "median"), Goal(NEAREST, _CPU, 10, "median")),
        )


def _dataset(server: Child, channel: grpc.Channel, questions: list[str]) -> str:
    """A READY dataset with a row for each question."""
    row = '{{"request": [{{"role": "user", "text": {}}}], "response": "ответ {}"}}\n'
    dumped = (json.dumps(question, ensure_ascii=False) for question in questions)
    body = "".join(row.format(question, number) for number, question in enumerate(dumped)).encode()
    service = f"{_AI}.dataset.v1.DatasetService"
    made = _call(
        channel,
        f"{service}/Create",
        datasets.CreateDatasetRequest(
            folder_id=server.ready["folder_id"],
            name="answers",
            task_type="TextToTextGeneration",
            upload_format="jsonlines",
        ),
        datasets.CreateDatasetResponse.FromString,
    )
    draft = datasets.GetUploadDraftUrlRequest(dataset_id=made.dataset_id, size_bytes=len(body))
    given = _call(
        channel, f"{service}/GetUploadDraftUrl", draft, datasets.GetUploadDraftUrlResponse.FromString
    )
    urlopen(Request(given.upload_url, body, method="PUT")).close()
    validate = datasets.ValidateDatasetRequest(dataset_id=made.dataset_id)
    _end(channel, _call(channel, f"{service}/Validate", validate, operation_pb2.Operation.FromString).id)
    return str(made.dataset_id)


def _tuned(server: Child, channel: grpc.Channel, dataset_id: str) -> list[str]:
    """URIs of models that were tuned on the dataset."""
    order = tunings.TuningRequest(
        base_model_uri=f"gpt://{server.ready['folder_id']}/yandexgpt-lite/latest",
        train_datasets=[{"dataset_id": dataset_id, "weight": 1.0}],
        text_to_text_completion={},
    )
    path, read = f"{_AI}.tuning.v1.TuningService/Tune", operation_pb2.Operation.FromString
    ends = (_end(channel, _call(channel, path, order, read).id) for _ in range(_MODELS))
    return [tunings.TuningResponse.FromString(end.response.value).target_model_uri for end in ends]


def _end(channel: grpc.Channel, operation_id: str) -> operation_pb2.Operation:
    request = operations.GetOperationRequest(operation_id=operation_id)
    path = "/yandex.cloud.operation.OperationService/Get"
    ended: operation_pb2.Operation = _call(channel, path, request, operation_pb2.Operation.FromString)
    return ended


def _call(channel: grpc.Channel, path: str, request: Message, read: Callable[[bytes], Any]) -> Any:
    rpc = channel.unary_unary(path, lambda message: message.SerializeToString(), read)
    return rpc(request, metadata=_KEY, timeout=60)
