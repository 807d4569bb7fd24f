"""Waiting: `done` alone ends it, polls begin soon and back off, and a timeout says how to go on."""

from itertools import pairwise

import pytest

from aistudio_client import (
    Canceled,
    DatasetInvalid,
    NotFound,
    OperationFailed,
    Poll,
    TuningFailed,
    Unavailable,
    WaitTimeout,
    _codec,
)
from aistudio_client._flows import batches, datasets, models, operations, tunings
from aistudio_protos.pool import message_class
from tests.unit.client.world import World, link, lost, reply

GET, DESCRIBE, TASK = "OperationService/Get", "DatasetService/Describe", "TuningService/Describe"
_TUNING = "yandex.cloud.ai.tuning.v1."
_DATASET = "yandex.cloud.ai.dataset.v1."


def packed(name, **fields):
    message = message_class(name)(**fields)
    return {"type_url": f"type.googleapis.com/{name}", "value": message.SerializeToString()}


def running(**metadata):
    given = {"metadata": packed(f"{_TUNING}TuningMetadata", **metadata)} if metadata else {}
    return reply(GET, id="op1", **given)


DONE = reply(GET, id="op1", done=True)


def waited(world, timeout=3600.0, **given):
    begun = _codec.operation(running())
    return world.play(operations.wait(link(**given), begun, timeout=timeout))


def test_polls_begin_soon_and_back_off():
    world = World(OperationService__Get=[*[running()] * 14, DONE])
    waited(world)
    assert world.slept[0] <= 0.25
    assert all(before <= after for before, after in pairwise(world.slept))
    assert world.slept[-1] == 30.0


def test_how_often_is_configurable():
    world = World(OperationService__Get=[*[running()] * 3, DONE])
    waited(world, poll=Poll(first=2.0, factor=1.0))
    assert world.slept == [2.0] * 4


def test_metadata_that_look_final_do_not_end_a_wait():
    world = World(OperationService__Get=[running(status=4), running(status=4), DONE])
    assert waited(world).done
    assert len(world.calls(GET)) == 3


def test_an_error_before_done_does_not_end_a_wait():
    early = reply(GET, id="op1", error={"code": 13, "message": "not the end"})
    world = World(OperationService__Get=[early, DONE])
    assert waited(world).error is None


def test_an_error_without_a_code_is_an_error():
    world = World(OperationService__Get=reply(GET, id="op1", done=True, error={"message": "java.lang.X"}))
    with pytest.raises(OperationFailed, match=r"java\.lang\.X"):
        waited(world)


def test_a_timeout_says_what_still_runs_and_how_to_attach():
    task = reply(TASK, tuning_task={"task_id": "ftn1", "operation_id": "op1"})
    world = World(TuningService__Describe=task, OperationService__Get=running(status=2))
    with pytest.raises(WaitTimeout, match=r"ftn1 still runs after 100 s, PENDING.*tunings.wait\('ftn1'\)"):
        world.play(tunings.wait(link(), "ftn1", 100.0))
    assert sum(world.slept) == pytest.approx(100.0)


def test_a_timeout_of_a_wait_is_a_timeout_error():
    world = World(OperationService__Get=running())
    with pytest.raises(TimeoutError):
        waited(world, timeout=5.0)


def test_an_outage_is_survived():
    world = World(OperationService__Get=[*[lost(GET)] * 12, DONE])
    assert waited(world).done


def test_an_outage_that_does_not_end_says_that_the_work_goes_on():
    world = World(OperationService__Get=lost(GET))
    with pytest.raises(Unavailable) as told:
        waited(world, poll=Poll(patience=120.0))
    assert "goes on; attach with operations.wait('op1')" in told.value.__notes__[0]
    assert world.now - 1000.0 >= 120.0


def test_ctrl_c_says_that_the_tuning_goes_on():
    task = reply(TASK, tuning_task={"task_id": "ftn1", "operation_id": "op1"})
    world = World(TuningService__Describe=task, OperationService__Get=[running(), KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt) as told:
        world.play(tunings.wait(link(), "ftn1", None))
    assert "ftn1 goes on; attach with tunings.wait('ftn1')" in told.value.__notes__[0]


@pytest.mark.parametrize(
    ("wait", "attach"),
    [
        (lambda: datasets.wait(link(), "fds1", None), "datasets.wait('fds1')"),
        (lambda: operations.wait(link(), "op1", timeout=9.0), "operations.wait('op1')"),
        (lambda: batches.wait(link(), "fbi1", 9.0), "batches.wait('fbi1')"),
        (
            lambda: models.collected(link(addresses={"operation": "op:443"}), "op1", 9.0),
            "models.collect('op1')",
        ),
    ],
    ids=["validation", "operation", "batch", "answer"],
)
def test_ctrl_c_says_what_goes_on(wait, attach):
    world = World(
        DatasetService__ListOperationsIds=reply(
            "DatasetService/ListOperationsIds", dataset_id_to_operation_id={"fds1": "op1"}
        ),
        BatchInferenceService__Describe=reply(
            "BatchInferenceService/Describe", task={"task_id": "fbi1", "operation_id": "op1"}
        ),
        OperationService__Get=[running(), KeyboardInterrupt()],
    )
    with pytest.raises(KeyboardInterrupt) as told:
        world.play(wait())
    assert [f"goes on; attach with {attach}" in note for note in told.value.__notes__] == [True]


# --- how a tuning ends --------------------------------------------------------------------------------------


def ended(world):
    return world.play(tunings.wait(link(), _codec.tuning_of_operation(_codec.operation(running())), None))


def test_a_tuning_ends_with_the_model_that_its_task_shows():
    task = reply(TASK, tuning_task={"task_id": "op1", "status": 4, "target_model_uri": "gpt://b/m@t"})
    world = World(OperationService__Get=DONE, TuningService__Describe=task)
    assert ended(world).model_uri == "gpt://b/m@t"


def test_a_model_that_only_the_operation_shows_will_do():
    response = packed(f"{_TUNING}TuningResponse", target_model_uri="gpt://b/m@t")
    done = reply(GET, id="op1", done=True, response=response)
    task = reply(TASK, tuning_task={"task_id": "op1", "status": 4})
    assert ended(World(OperationService__Get=done, TuningService__Describe=task)).model_uri == "gpt://b/m@t"


def test_done_without_a_model_is_no_success():
    task = reply(TASK, tuning_task={"task_id": "op1", "status": 4})
    with pytest.raises(OperationFailed, match="names no model"):
        ended(World(OperationService__Get=DONE, TuningService__Describe=task))


def test_a_failed_tuning_tells_the_reasons():
    failed = reply(GET, id="op1", done=True, error={"code": 3, "message": "bad data"})
    reasons = reply("TuningService/ListErrors", tuning_error=[{"message": "row 7 is too long", "type": 1}])
    world = World(OperationService__Get=failed, TuningService__ListErrors=reasons)
    with pytest.raises(TuningFailed, match="INVALID_ARGUMENT: bad data\n  row 7 is too long"):
        ended(world)


def test_reasons_that_cannot_be_read_do_not_hide_the_failure():
    failed = reply(GET, id="op1", done=True, error={"code": 3, "message": "bad data"})
    missing = lost("TuningService/ListErrors", "UNIMPLEMENTED")
    world = World(OperationService__Get=failed, TuningService__ListErrors=missing)
    with pytest.raises(TuningFailed, match="bad data"):
        ended(world)


def test_a_cancelled_tuning_is_told_as_one():
    cancelled = reply(GET, id="op1", done=True, error={"code": 1})
    with pytest.raises(Canceled):
        ended(World(OperationService__Get=cancelled))
    task = reply(TASK, tuning_task={"task_id": "op1", "status": 6})
    with pytest.raises(Canceled):
        ended(World(OperationService__Get=DONE, TuningService__Describe=task))


def test_an_operation_that_is_not_kept_any_more_is_told_from_the_task():
    task = reply(TASK, tuning_task={"task_id": "op1", "status": 4, "target_model_uri": "gpt://b/m@t"})
    world = World(OperationService__Get=lost(GET, "NOT_FOUND"), TuningService__Describe=task)
    assert ended(world).model_uri == "gpt://b/m@t"


def test_a_task_that_is_too_young_to_be_shown_is_told_from_its_operation():
    young = running(tuning_task_id="ftn1", status=1)
    world = World(TuningService__Describe=lost(TASK, "NOT_FOUND"), OperationService__Get=young)
    shown = world.play(tunings.get(link(), "op1"))
    assert (shown.id, shown.operation_id, shown.status) == ("ftn1", "op1", "CREATED")


def test_no_such_tuning_is_told_of_the_task():
    world = World(
        TuningService__Describe=lost(TASK, "NOT_FOUND"), OperationService__Get=lost(GET, "NOT_FOUND")
    )
    with pytest.raises(NotFound, match="TuningService/Describe"):
        world.play(tunings.get(link(), "ftn1"))


# --- how a validation ends ----------------------------------------------------------------------------------


def verdict(**fields):
    return reply(GET, id="op1", done=True, response=packed(f"{_DATASET}ValidateDatasetResponse", **fields))


def validated(world):
    return world.play(datasets.validated(link(), "fds1", _codec.operation(running())))


def test_a_valid_dataset_is_shown_as_it_is():
    info = reply(DESCRIBE, dataset={"dataset_id": "fds1", "status": 3, "rows": 2})
    world = World(OperationService__Get=verdict(is_valid=True), DatasetService__Describe=info)
    assert validated(world).status == "READY"


def test_invalid_rows_come_as_a_table():
    errors = [{"error": "e1", "error_description": "no response", "row_numbers": [2, 5]}]
    with pytest.raises(DatasetInvalid) as told:
        validated(World(OperationService__Get=verdict(errors=errors)))
    assert told.value.errors[0].rows == (2, 5)
    assert "  rows 2, 5  e1  no response" in str(told.value)


def test_a_verdict_that_is_not_in_the_operation_is_read_off_the_dataset():
    info = reply(DESCRIBE, dataset={"dataset_id": "fds1", "status": 4, "validation_error": [{"error": "e1"}]})
    with pytest.raises(DatasetInvalid, match="e1"):
        validated(World(OperationService__Get=DONE, DatasetService__Describe=info))


def test_statuses_and_fields_of_the_future_survive():
    info = message_class(f"{_DATASET}DatasetInfo")()
    info.ParseFromString(b"\x0a\x04fds1\x30\x11\xfa\x3f\x03new")  # status 17, field 1023 "new"
    shown = _codec.dataset(info)
    assert shown.status == "17"
    assert shown.raw.SerializeToString().endswith(b"new")
