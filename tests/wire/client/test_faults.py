"""What goes wrong on the wire, and what both clients make of it. The journal says what was really sent."""

import logging

import pytest

from aistudio_client import (
    AIStudioError,
    DeadlineExceeded,
    OperationFailed,
    OutcomeUnknown,
    QuotaExceeded,
    Retry,
    StorageError,
    Timeouts,
    Unavailable,
)
from tests.wire.client.parts import GENERATION, ROWS

CREATE, TUNE, VALIDATE = "DatasetService/Create", "TuningService/Tune", "DatasetService/Validate"


def upload(studio, **more):
    return studio.datasets.upload(ROWS, task_type=GENERATION, **more)


def count(folder, method):
    return len(folder.journal.calls(method))


# --- what must not be made twice ----------------------------------------------------------------------------


def test_a_tune_whose_answer_is_lost_is_the_only_one(studio, folder):
    dataset = upload(studio)
    folder.faults.add(method=TUNE, lost=True)
    tuning = studio.tunings.start(dataset)
    assert [one.id for one in studio.tunings.list()] == [tuning.id]
    assert count(folder, TUNE) == 1
    assert studio.tunings.wait(tuning).model_uri


def test_a_tune_that_nobody_heard_is_told_and_not_repeated(studio, folder):
    dataset = upload(studio)
    folder.faults.add(method=TUNE, status="UNAVAILABLE", message="Socket closed")
    with pytest.raises(OutcomeUnknown, match="Socket closed"):
        studio.tunings.start(dataset)
    assert count(folder, TUNE) == 1
    assert list(studio.tunings.list()) == []


def test_a_create_whose_answer_is_lost_leaves_one_dataset(studio, folder):
    folder.faults.add(method=CREATE, lost=True)
    dataset = upload(studio)
    assert [one.id for one in studio.datasets.list()] == [dataset.id]
    assert count(folder, CREATE) == 1


def test_a_create_that_nobody_heard_is_repeated_under_another_label(studio, folder):
    folder.faults.add(method=CREATE, status="UNAVAILABLE")
    dataset = upload(studio)
    assert [one.id for one in studio.datasets.list()] == [dataset.id]
    first, second = folder.journal.calls(CREATE)
    assert first.request != second.request


def test_a_validate_whose_answer_is_lost_is_attached_to(studio, folder):
    folder.faults.add(method=VALIDATE, lost=True)
    assert upload(studio).status == "READY"
    assert count(folder, VALIDATE) == 1


def test_a_delete_whose_answer_is_lost_is_done(studio, folder):
    dataset = upload(studio)
    folder.faults.add(method="DatasetService/Delete", lost=True)
    studio.datasets.delete(dataset)
    assert count(folder, "DatasetService/Delete") == 2


# --- what is repeated, and when -----------------------------------------------------------------------------


def test_a_read_is_repeated_with_a_deadline_at_every_attempt(studio, folder):
    dataset = upload(studio)
    folder.faults.add(method="DatasetService/Describe", status="UNAVAILABLE", times=2)
    before = count(folder, "DatasetService/Describe")
    assert studio.datasets.get(dataset).status == "READY"
    deadlines = [one.deadline for one in folder.journal.calls("DatasetService/Describe")[before:]]
    assert len(deadlines) == 3
    assert all(0 < one < 61 for one in deadlines)  # gRPC rounds: how they shrink is seen without a wire


def test_every_call_has_a_deadline(studio, folder):
    tuning = studio.tunings.start(upload(studio))
    studio.models.complete(studio.tunings.wait(tuning), "q1")
    assert [one.method for one in folder.journal.calls("*/*") if one.deadline is None] == []


def test_a_slow_answer_ends_with_the_deadline(studios, mock, folder):
    studio = studios.of(mock, folder, timeouts=Timeouts(call=0.3))
    list(studio.datasets.list())
    folder.faults.add(method="DatasetService/List", latency=5.0)
    with pytest.raises(DeadlineExceeded, match="DatasetService/List"):
        list(studio.datasets.list())


def test_the_service_says_when_to_come_back(studio, folder):
    dataset = upload(studio)
    folder.faults.add(method=TUNE, status="RESOURCE_EXHAUSTED", retry_after=0.05)
    assert studio.tunings.start(dataset).id
    assert count(folder, TUNE) == 2


def test_a_quota_is_told_at_once(studio, folder):
    message = "ai.tunings.count gauge quota limit exceed: allowed 10 requests"
    dataset = upload(studio)
    folder.faults.add(method=TUNE, status="RESOURCE_EXHAUSTED", message=message, times=None)
    with pytest.raises(QuotaExceeded, match=message) as told:
        studio.tunings.start(dataset)
    assert count(folder, TUNE) == 1
    assert told.value.request_id == folder.journal.calls(TUNE)[0].request_id


def test_a_service_that_is_down_is_told_after_all_attempts(studio, folder):
    folder.faults.add(method="DatasetService/List", status="UNAVAILABLE", times=None)
    with pytest.raises(Unavailable, match="the service may be down") as told:
        list(studio.datasets.list())
    assert told.value.attempts == count(folder, "DatasetService/List") == Retry().attempts


def test_a_refusal_names_the_fields(studio):
    with pytest.raises(AIStudioError, match="name"):
        upload(studio, name="n" * 64)


# --- what answers say ---------------------------------------------------------------------------------------


def test_metadata_that_look_final_are_not_believed(studio, folder):
    done = {"done": False}
    folder.faults.add(method="OperationService/Get", set=done, clear=["response"], times=3)
    assert upload(studio).status == "READY"
    assert count(folder, "OperationService/Get") == 4


def test_statuses_and_fields_of_the_future_survive(studio, folder):
    dataset = upload(studio)
    folder.faults.add(
        method="DatasetService/Describe",
        set={"dataset.status": 42},
        unknown_fields={"dataset": {50: "from the future"}},
    )
    shown = studio.datasets.get(dataset)
    assert shown.status == "42"
    assert b"from the future" in shown.raw.SerializeToString()


def test_a_listing_without_an_end_is_told(studio, folder):
    dataset = upload(studio)
    for _ in range(3):
        studio.tunings.start(dataset)
    folder.faults.add(method="TuningService/List", page_token="repeated", times=None)
    with pytest.raises(AIStudioError, match="leads back"):
        list(studio.tunings.list(page_size=2))


def test_an_error_without_a_code_is_an_error(studio, folder):
    folder.faults.add(
        method="OperationService/Get", set={"error.message": "java.lang.X", "done": True}, clear=["response"]
    )
    with pytest.raises(OperationFailed, match=r"java\.lang\.X"):
        upload(studio)


def test_a_model_that_no_operation_names_is_found_in_the_task(studio, folder):
    tuning = studio.tunings.start(upload(studio))
    folder.faults.add(method="OperationService/Get", clear=["response", "metadata"], times=None)
    assert studio.tunings.wait(tuning).model_uri.startswith("gpt://")


# --- the storage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "ServiceUnavailable"])
def test_a_put_is_repeated_while_the_storage_is_in_trouble(studio, folder, code):
    folder.faults.add(object="PUT", status=code, times=2)
    assert upload(studio).status == "READY"
    assert count(folder, "PUT") == 3


def test_a_refused_file_leaves_nothing(studio, folder):
    folder.faults.add(object="PUT", status="SignatureDoesNotMatch", times=None)
    with pytest.raises(StorageError, match="SignatureDoesNotMatch") as told:
        upload(studio)
    assert list(studio.datasets.list()) == []
    assert count(folder, "PUT") == 1
    assert count(folder, VALIDATE) == 0
    assert "X-Amz" not in str(told.value)


def test_one_part_alone_is_sent_again(studio, folder):
    row = b'{"request": [{"role": "user", "text": "q"}], "response": "a"}\n'
    data = row * (11 * 1024 * 1024 // len(row))
    folder.faults.add(object="PUT", where={"query.partNumber": "2"}, status="SlowDown")
    dataset = studio.datasets.upload(data, task_type=GENERATION, part_size=5 << 20, check=False)
    assert (dataset.status, dataset.rows) == ("READY", len(data) // len(row))
    assert count(folder, "PUT") == 4


def test_a_url_that_expired_is_replaced(studio, folder):
    folder.faults.add(object="PUT", expired=True)
    # A URL says the second that it was made in: two of one second are the same.
    folder.faults.add(method="DatasetService/GetUploadDraftUrl", after=1, latency=1.1)
    assert upload(studio).status == "READY"
    assert count(folder, "DatasetService/GetUploadDraftUrl") == 2


def test_a_download_is_whole_or_not_there(studio, folder, tmp_path):
    dataset = upload(studio)
    folder.faults.add(object="GET", status="SlowDown")
    assert studio.datasets.download(dataset, tmp_path)[0].stat().st_size == dataset.size_bytes
    folder.faults.add(object="GET", status="AccessDenied", times=None)
    with pytest.raises(StorageError, match="AccessDenied"):
        studio.datasets.download(dataset, tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []


def test_no_credentials_reach_the_storage(studio, folder, tmp_path):
    studio.datasets.download(upload(studio), tmp_path)
    requests = [*folder.journal.calls("PUT"), *folder.journal.calls("GET")]
    assert len(requests) == 2
    assert not {"authorization", "cookie"} & {name for one in requests for name, _ in one.metadata}
    assert all(not one.body["chunked"] for one in requests if one.method == "PUT")


# --- all of it at once --------------------------------------------------------------------------------------


def test_on_a_bad_network_every_upload_ends_and_no_draft_is_left(studios, mock):
    folder = mock.folder(seed=7)
    studio = studios.of(mock, folder)
    folder.faults.add(method="*", chance=0.15, status="UNAVAILABLE", times=None)
    folder.faults.add(method="*", chance=0.1, lost=True, times=None)
    folder.faults.add(object="*", chance=0.2, status="SlowDown", times=None)
    made = set()
    for number in range(12):
        try:
            made.add(upload(studio, name=f"data {number}").id)
        except AIStudioError as error:
            logging.getLogger(__name__).info("told: %s", error)
    folder.faults.clear()
    assert len(made) > 6
    assert {one.id for one in studio.datasets.list(status="READY")} >= made


def test_a_dataset_that_is_not_ready_is_refused_by_the_service(studio):
    dataset = upload(studio)
    studio.datasets.delete(dataset)
    with pytest.raises(AIStudioError):
        studio.tunings.start(dataset)
