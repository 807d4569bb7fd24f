"""100,000 datasets in one server: what they weigh, what Get costs beside them, and pages of a long list."""

import base64
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain, repeat

import grpc

from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from bench.calls import finished_operation
from bench.harness import Goal, Report, Subject, interleave
from bench.load import Load, Target
from bench.processes import Child, serve

IN_FOLDER = {"b1gbench000000010000": 10_000, "b1gbench000000090000": 90_000}
"""Few folders: each one's journal takes up to 16 MiB of its own, whatever the calls were about."""

DATASETS = sum(IN_FOLDER.values())
FULL, REFERENCE, AGAIN = f"{DATASETS:,} datasets", "no datasets", "no datasets again"
_SERVICE = "/yandex.cloud.ai.dataset.v1.DatasetService"
_KEY = (("authorization", "Api-Key a-key-of-forty-characters-as-real-ones-are"),)
_LISTED, _OTHER = IN_FOLDER
_AT_ONCE = 64
_SLICE = 0.15


def run() -> Iterator[Report]:
    """Three reports: memory, OperationService/Get, List."""
    with ExitStack() as stack:
        load = stack.enter_context(Load())
        servers = {name: stack.enter_context(serve()) for name in (REFERENCE, AGAIN, FULL)}
        targets = {name: finished_operation(server) for name, server in servers.items()}
        full = servers[FULL]
        idle = full.rss()
        _fill(full)
        yield _memory(full, idle)
        for name, server in servers.items():  # a server has as many threads as there once were calls at once
            load.slice(server, targets[name], concurrency=_AT_ONCE, seconds=1)
        slices = {
            name: partial(load.slice, servers[name], target, concurrency=1, seconds=_SLICE)
            for name, target in targets.items()
        }
        yield Report(
            "Datasets: OperationService/Get beside them",
            interleave([Subject(name, sample) for name, sample in slices.items()], budget=25.0),
            REFERENCE,
            AGAIN,
            (Goal(FULL, "server CPU us/call", 1.05), Goal(FULL, "p50 us", 1.05)),
        )
        yield _lists(load, full)


def _memory(full: Child, idle: float) -> Report:
    subjects = [
        Subject(name, lambda: {"MiB over idle": full.rss() - idle}) for name in (FULL, f"{FULL} again")
    ]
    return Report(
        f"Datasets: {DATASETS:,} drafts in {len(IN_FOLDER)} folders, their journals included",
        interleave(subjects, slices=5),
        FULL,
        f"{FULL} again",
        (Goal(FULL, "MiB over idle", 150, "median"),),
        (f"idle {idle:.0f} MiB; {(full.rss() - idle) * (1 << 20) / DATASETS:.0f} bytes a dataset",),
    )


def _lists(load: Load, full: Child) -> Report:
    deep = base64.urlsafe_b64encode(f"before:{IN_FOLDER[_LISTED] // 2}".encode()).decode()
    requests = {
        # All of these are pages of 100 at most; what a filter costs that finds little is here to be known.
        "first page": wire.ListDatasetsRequest(folder_id=_LISTED),
        "first page again": wire.ListDatasetsRequest(folder_id=_LISTED),
        "page in the middle": wire.ListDatasetsRequest(folder_id=_LISTED, page_token=deep),
        "by name, one of all": wire.ListDatasetsRequest(folder_id=_LISTED, dataset_name_pattern="no. 0 "),
        "by status, none of all": wire.ListDatasetsRequest(folder_id=_LISTED, status=["READY"]),
        f"first page of {IN_FOLDER[_OTHER]:,}": wire.ListDatasetsRequest(folder_id=_OTHER),
    }
    subjects = [
        Subject(name, partial(load.slice, full, _target(full, request), concurrency=1, seconds=_SLICE))
        for name, request in requests.items()
    ]
    first, again, *_ = requests
    return Report(
        f"Datasets: a List page of 100 in a folder of {IN_FOLDER[_LISTED]:,}",
        interleave(subjects, budget=35.0),
        first,
        again,
        tuple(
            Goal(name, "p50 us", 10_000, "median") for name in requests if "page" in name and name != again
        ),
    )


def _target(server: Child, request: wire.ListDatasetsRequest) -> Target:
    return Target(server.ready["grpc"], f"{_SERVICE}/List", request.SerializeToString(), _KEY)


def _fill(server: Child) -> None:
    """Creates the datasets over the wire."""
    with grpc.insecure_channel(server.ready["grpc"]) as channel:
        create = channel.unary_unary(f"{_SERVICE}/Create", wire.CreateDatasetRequest.SerializeToString)
        waiting: deque[grpc.Future] = deque()
        folders = chain.from_iterable(map(repeat, IN_FOLDER, IN_FOLDER.values()))
        for number, folder_id in enumerate(folders):
            request = wire.CreateDatasetRequest(
                folder_id=folder_id,
                name=f"dataset no. {number} of the bench",
                task_type="TextToTextGeneration",
                upload_format="jsonlines",
            )
            waiting.append(create.future(request, metadata=_KEY, timeout=60))
            if len(waiting) >= _AT_ONCE:
                waiting.popleft().result()
        for answer in waiting:
            answer.result()
