"""Work that was under way when the server ended goes on when it is back."""

from aistudio_mock.backend.backend import Backend


def resume(backend: Backend) -> None:
    """Begins anew whatever the open stories of the store wait for."""
    store = backend.store
    with backend.lock:
        waiting = [one for one in store.operations if one.timeline.is_open]
        validated = (
            {one.operation_id: one for one in store.datasets if one.timeline.is_open} if waiting else {}
        )
        for operation in waiting:
            folder = backend.folders.get(operation.folder_id)
            batch = store.batches.get(store.task_of_operation.get(operation.id, ""))
            if batch is not None:
                backend.batch_runs.resume(folder, batch)
            elif operation.id in validated:
                backend.validations.resume(folder, validated[operation.id], operation)
