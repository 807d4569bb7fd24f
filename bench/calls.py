"""Server CPU per OperationService/Get of a finished operation, against a bare handler of the same flavour."""

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import grpc

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from aistudio_protos.yandex.cloud.operation import operation_pb2, operation_service_pb2
from bench.bare_server import REPLY
from bench.harness import Goal, Report, Subject, interleave
from bench.load import Load, Target
from bench.processes import Child, bare, serve

OURS, REFERENCE, AGAIN = "OperationService/Get", "bare handler", "bare handler again"
TOLD = "bare handler, call ids told"
_CPU = "server CPU us/call"
_DATASETS = "/yandex.cloud.ai.dataset.v1.DatasetService"
_GET = "/yandex.cloud.operation.OperationService/Get"
_KEY = (("authorization", "Api-Key a-key-of-forty-characters-as-real-ones-are"),)
_ROWS = '{"request": [{"role": "user", "text": "Да?"}], "response": "Да."}\n'.encode() * 20
_SLICE = 0.12


def run() -> Iterator[Report]:
    """Two reports: one call at a time, and 16."""
    with ExitStack() as stack:
        load = stack.enter_context(Load())
        servers = {name: stack.enter_context(bare("sync512")) for name in (REFERENCE, AGAIN)}
        ours = stack.enter_context(serve())
        get = finished_operation(ours)
        # The same request, credentials included, to each of them.
        plain = {name: (server, _plain(server, get)) for name, server in servers.items()}
        told = (servers[AGAIN], replace(plain[AGAIN][1], path="/bench/told"))
        for concurrency in (1, 16):
            subjects = [
                Subject(name, partial(load.slice, server, target, concurrency=concurrency, seconds=_SLICE))
                for name, (server, target) in {**plain, TOLD: told, OURS: (ours, get)}.items()
            ]
            yield Report(
                f"Calls: a finished operation is read, {concurrency} at a time",
                interleave(subjects, budget=28.0),
                REFERENCE,
                AGAIN,
                (Goal(OURS, _CPU, 1.15),),
            )


def _plain(server: Child, like: Target) -> Target:
    return replace(like, address=server.ready["grpc"], path="/bench/plain")


def finished_operation(server: Child) -> Target:
    """Validates a dataset over the wire; how to read the operation that did it."""
    with grpc.insecure_channel(server.ready["grpc"]) as channel:

        def call(path: str, request: Any, reply: Any) -> Any:
            answer = channel.unary_unary(
                path, type(request).SerializeToString, response_deserializer=reply.FromString
            )
            return answer(request, metadata=_KEY, timeout=20)

        draft = datasets.CreateDatasetRequest(
            folder_id=server.ready["folder_id"],
            name="bench",
            task_type="TextToTextGeneration",
            upload_format="jsonlines",
        )
        dataset_id = call(f"{_DATASETS}/Create", draft, datasets.CreateDatasetResponse).dataset_id
        ask = datasets.GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=len(_ROWS))
        url = call(f"{_DATASETS}/GetUploadDraftUrl", ask, datasets.GetUploadDraftUrlResponse).upload_url
        urllib.request.urlopen(urllib.request.Request(url, data=_ROWS, method="PUT"), timeout=20).close()
        validate = datasets.ValidateDatasetRequest(dataset_id=dataset_id)
        begun = call(f"{_DATASETS}/Validate", validate, operation_pb2.Operation)
        get = operation_service_pb2.GetOperationRequest(operation_id=begun.id)
        done = call(_GET, get, operation_pb2.Operation)
        if not done.done or not 0.5 < done.ByteSize() / len(REPLY) < 2:
            raise RuntimeError(f"not what the bare handler is compared with: {done}")
        return Target(server.ready["grpc"], _GET, get.SerializeToString(), _KEY)
