"""What a call costs that is kept in a directory, against the same call that is kept in memory."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import grpc

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from bench.calls import finished_operation
from bench.harness import Goal, Report, Subject, interleave
from bench.load import Load, Target
from bench.processes import Child, serve

MEMORY, AGAIN, DIRECTORY = "in memory", "in memory again", "in a directory"
_SERVICE = "/yandex.cloud.ai.dataset.v1.DatasetService"
_KEY = (("authorization", "Api-Key a-key-of-forty-characters-as-real-ones-are"),)
_SLICE = 0.15


def run() -> Iterator[Report]:
    """Three reports: Update, one at a time and 16; OperationService/Get, which changes nothing."""
    with ExitStack() as stack:
        load = stack.enter_context(Load())
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-state-"))
        servers = {name: stack.enter_context(serve()) for name in (MEMORY, AGAIN)}
        servers[DIRECTORY] = stack.enter_context(serve("--state", directory))
        updates = {name: _update(server) for name, server in servers.items()}
        for concurrency in (1, 16):
            yield _report(
                f"State: a dataset is updated, {concurrency} at a time",
                load,
                servers,
                updates,
                concurrency,
                2.0,
            )
        reads = {name: finished_operation(server) for name, server in servers.items()}
        yield _report("State: a finished operation is read", load, servers, reads, 1, 1.05)


def _report(
    title: str,
    load: Load,
    servers: dict[str, Child],
    targets: dict[str, Target],
    concurrency: int,
    goal: float,
) -> Report:
    subjects = [
        Subject(name, partial(load.slice, server, targets[name], concurrency=concurrency, seconds=_SLICE))
        for name, server in servers.items()
    ]
    return Report(
        title,
        interleave(subjects, budget=25.0),
        MEMORY,
        AGAIN,
        (Goal(DIRECTORY, "server CPU us/call", goal), Goal(DIRECTORY, "p50 us", goal)),
    )


def _update(server: Child) -> Target:
    """An Update of a dataset that is made for it."""
    with grpc.insecure_channel(server.ready["grpc"]) as channel:
        create = channel.unary_unary(
            f"{_SERVICE}/Create",
            wire.CreateDatasetRequest.SerializeToString,
            wire.CreateDatasetResponse.FromString,
        )
        draft = wire.CreateDatasetRequest(
            folder_id=server.ready["folder_id"],
            name="bench",
            task_type="TextToTextGeneration",
            upload_format="jsonlines",
        )
        dataset_id = create(draft, metadata=_KEY, timeout=20).dataset_id
    request = wire.UpdateDatasetRequest(
        dataset_id=dataset_id, description="as it was", update_mask={"paths": ["description"]}
    )
    return Target(server.ready["grpc"], f"{_SERVICE}/Update", request.SerializeToString(), _KEY)
