"""A folder with something of everything in it, for tests and pictures of the page."""

from tests.wire import steps

HOSTILE = "<img src=x onerror=document.title='broken'>"
"""What somebody may call a dataset who wants more than a name."""


def played(client, folder):
    """A dataset that is READY, one that is INVALID, a draft, and a tuning under way; its id."""
    dataset_id = steps.validated(client, folder, name="generations")
    steps.validated(client, folder, steps.BAD, name="one row is wrong")
    steps.draft(client, folder, name="pictures, later")
    task = client.call("TuningService/Tune", **steps.order(folder, dataset_id), name="first tuning")
    folder.clock.advance(minutes=2)
    client.call("OperationService/Get", operation_id=task.id)
    folder.faults.load("quota-exhausted")
    steps.refused(client.call, "TuningService/Tune", **steps.order(folder, dataset_id), name="one too many")
    return task.id
