"""What a client sees of each behaviour of tunings and operations that can be set."""

from typing import Any

import grpc

from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import unpack

CODE = grpc.StatusCode


def tune(client: Any, folder: Any, **more: Any) -> str:
    """A tuning that has begun; its id."""
    fields = steps.order(folder, steps.validated(client, folder), **more)
    return client.call("TuningService/Tune", **fields).id


def finished(client: Any, folder: Any) -> str:
    """A COMPLETED tuning; its id."""
    task_id = tune(client, folder)
    folder.clock.advance(hours=1)
    return task_id


def tune_refusals(client: Any, folder: Any) -> str:
    fields = steps.order(folder, steps.draft(client, folder))
    try:
        client.call("TuningService/Tune", **fields)
    except grpc.RpcError as refusal:
        return "sync" if refusal.code() is CODE.FAILED_PRECONDITION else refusal.details()
    return "async"


def tune_name(client: Any, folder: Any) -> str:
    tune(client, folder, name="")
    tune(client, folder, name="a-name_of 1")
    try:
        tune(client, folder, name="имя")
    except grpc.RpcError as refusal:
        return "pattern" if "\nname: Value does not match" in refusal.details() else refusal.details()
    return "free"


def llama_lite(client: Any, folder: Any) -> str:
    try:
        tune(client, folder, base_model_uri=f"gpt://{folder.id}/llama-lite/latest")
    except grpc.RpcError as refusal:
        return "retired" if "no tunable model" in refusal.details() else refusal.details()
    return "tunable"


def tuning_visible_after(client: Any, folder: Any) -> str:
    task_id, seconds = tune(client, folder), 0
    while not client.call("TuningService/List", folder_id=folder.id).tuning_tasks:
        folder.clock.advance(seconds=1)
        seconds += 1
    assert client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.task_id == task_id
    return str(seconds)


def tuning_operation_progress(client: Any, folder: Any) -> str:
    folder.plan.add(seconds={"start": 10, "run": 100})
    operation_id = tune(client, folder)
    folder.clock.advance(seconds=60)
    shown = unpack(client.call("OperationService/Get", operation_id=operation_id).metadata)
    if shown.current_step:
        return "steps" if shown.current_step * 2 == shown.total_steps else "wrong steps"
    return "in-progress" if shown.status == TuningTask.Status.IN_PROGRESS else "frozen"


def archive_and_billing(client: Any, folder: Any) -> str:
    task_id, seen = finished(client, folder), set()
    for rpc in ("EnableBilling", "Archive"):
        try:
            client.call(f"TuningService/{rpc}", tuning_task_id=task_id)
        except grpc.RpcError as refusal:
            seen.add(refusal.code().name.lower())
        else:
            seen.add("answered")
        folder.clock.advance(minutes=1)
    return " or ".join(sorted(seen))


def archived_model(client: Any, folder: Any) -> str:
    task_id = finished(client, folder)
    client.call("TuningService/Archive", tuning_task_id=task_id)
    folder.clock.advance(minutes=1)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    question = {"model_uri": uri, "messages": [{"role": "user", "text": "?"}]}
    try:
        return "stays" if list(client.stream("TextGenerationService/Completion", **question)) else "silent"
    except grpc.RpcError as refusal:
        return "gone" if refusal.code() is CODE.NOT_FOUND else refusal.details()


def metrics_available(client: Any, folder: Any) -> str:
    folder.plan.add(seconds={"start": 10, "run": 100})
    task_id = tune(client, folder)
    folder.clock.advance(seconds=60)
    try:
        client.call("TuningService/GetMetricsUrl", task_id=task_id)
    except grpc.RpcError as refusal:
        folder.clock.advance(seconds=60)
        given = client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url
        return "completed" if given and refusal.code() is CODE.NOT_FOUND else refusal.details()
    return "first-evaluation"


def operation_expiry(client: Any, folder: Any) -> str:
    operation_id = finished(client, folder)
    folder.clock.advance(days=14)
    try:
        client.call("OperationService/Get", operation_id=operation_id)
    except grpc.RpcError as refusal:
        return "14-days" if refusal.code() is CODE.NOT_FOUND else refusal.details()
    return "never"


OBSERVERS = (
    archive_and_billing,
    archived_model,
    llama_lite,
    metrics_available,
    operation_expiry,
    tune_name,
    tune_refusals,
    tuning_operation_progress,
    tuning_visible_after,
)
