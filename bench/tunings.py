"""10,000 tunings in one folder: a page of List and a Get cost what they cost with 100."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import grpc

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tunings
from aistudio_protos.yandex.cloud.operation import operation_pb2
from aistudio_protos.yandex.cloud.operation import operation_service_pb2 as operations
from bench.calls import finished_operation
from bench.harness import Goal, Report, Subject, interleave
from bench.load import Load, Target
from bench.processes import Child, serve

FEW, MANY = 100, 10_000
REFERENCE, AGAIN, FULL = f"{FEW} tunings", f"{FEW} tunings again", f"{MANY:,} tunings"
SIZES = {REFERENCE: FEW, AGAIN: FEW, FULL: MANY}
_SERVICE = "/yandex.cloud.ai.tuning.v1.TuningService"
_DATASETS = "/yandex.cloud.ai.dataset.v1.DatasetService"
_OPERATIONS = "/yandex.cloud.operation.OperationService"
_KEY = (("authorization", "Api-Key a-key-of-forty-characters-as-real-ones-are"),)
_AT_ONCE = 64
_SLICE = 0.15
_LIMIT = 1.3


def run() -> Iterator[Report]:
    """A report for each call: a page of List, Describe, and a poll of the operation."""
    with ExitStack() as stack:
        load = stack.enter_context(Load())
        servers = {name: stack.enter_context(serve()) for name in SIZES}
        ids = {name: _fill(servers[name], number) for name, number in SIZES.items()}
        for title in ("List, a page of 100", "Describe", "OperationService/Get"):
            subjects = [
                Subject(
                    name,
                    partial(
                        load.slice,
                        server,
                        _target(server, title, ids[name]),
                        concurrency=1,
                        seconds=_SLICE,
                    ),
                )
                for name, server in servers.items()
            ]
            yield Report(
                f"Tunings: {title}",
                interleave(subjects, budget=28.0),
                REFERENCE,
                AGAIN,
                (Goal(FULL, "p50 us", _LIMIT),),
            )


def _target(server: Child, title: str, tuning_id: str) -> Target:
    path, request = {
        "List, a page of 100": (
            f"{_SERVICE}/List",
            tunings.ListTuningsRequest(folder_id=server.ready["folder_id"]),
        ),
        "Describe": (f"{_SERVICE}/Describe", tunings.DescribeTuningRequest(tuning_task_id=tuning_id)),
        "OperationService/Get": (
            f"{_OPERATIONS}/Get",
            operations.GetOperationRequest(operation_id=tuning_id),
        ),
    }[title]
    return Target(server.ready["grpc"], path, request.SerializeToString(), _KEY)


def _fill(server: Child, number: int) -> str:
    """Starts that many tunings over the wire, polled to their end; the id of the one in the middle."""
    folder_id, ids = server.ready["folder_id"], list[str]()
    with grpc.insecure_channel(server.ready["grpc"]) as channel:
        order = tunings.TuningRequest(
            base_model_uri=f"gpt://{folder_id}/yandexgpt-lite/latest",
            train_datasets=[{"dataset_id": _dataset(server, channel), "weight": 1.0}],
            text_to_text_completion={},
            name="a tuning of the bench",
        )
        tune = channel.unary_unary(f"{_SERVICE}/Tune", tunings.TuningRequest.SerializeToString, _operation_id)
        waiting: deque[grpc.Future] = deque()
        for _ in range(number):
            waiting.append(tune.future(order, metadata=_KEY, timeout=60))
            if len(waiting) >= _AT_ONCE:
                ids.append(waiting.popleft().result())
        ids += [answer.result() for answer in waiting]
        poll = channel.unary_unary(f"{_OPERATIONS}/Get", operations.GetOperationRequest.SerializeToString)
        poll(operations.GetOperationRequest(operation_id=ids[-1]), metadata=_KEY, timeout=60)
    return ids[number // 2]


def _dataset(server: Child, channel: grpc.Channel) -> str:
    """A READY dataset: the one that a finished validation has made."""
    finished_operation(server)
    listed = channel.unary_unary(
        f"{_DATASETS}/List",
        datasets.ListDatasetsRequest.SerializeToString,
        datasets.ListDatasetsResponse.FromString,
    )
    request = datasets.ListDatasetsRequest(folder_id=server.ready["folder_id"])
    dataset_id: str = listed(request, metadata=_KEY, timeout=20).datasets[0].dataset_id
    return dataset_id


def _operation_id(reply: bytes) -> str:
    return operation_pb2.Operation.FromString(reply).id
