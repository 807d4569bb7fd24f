"""What a test can ask of a folder's journal, and what it is told when the answer is not what it expects."""

import pytest

from tests.wire.steps import GOOD, draft, order, put, upload_url, validated

CREATE, TUNE = "DatasetService/Create", "TuningService/Tune"


def failure(check, *args, **fields):
    """What a failed assertion says."""
    with pytest.raises(AssertionError) as failed:
        check(*args, **fields)
    return str(failed.value)


def test_calls_are_found_by_what_they_asked_for(client, folder):
    dataset_id = validated(client, folder)
    client.call(TUNE, **order(folder, dataset_id, name="first"))
    called = folder.journal.assert_called
    (entry,) = called(TUNE, times=1, request={"name": "fir*", "train_datasets[0].dataset_id": dataset_id})
    assert entry.request["name"] == "first"
    called(TUNE, request={"description": None, "train_datasets": [{"dataset_id": dataset_id}]})
    called(TUNE, request={"name": lambda name: name.startswith("f")})
    called("*/GetUploadDraftUrl", request={"size_bytes": len(GOOD)})
    called("PUT", key=f"*/{folder.id}/*", status="200")
    folder.journal.assert_not_called(TUNE, request={"name": "second"})
    folder.journal.assert_not_called("PUT", key="elsewhere/*")
    assert folder.journal.calls(CREATE, request={"name": "mine"}, after=entry.number) == []
    client.call("DatasetService/List", folder_id=folder.id, status=[1, 3])
    called("DatasetService/List", request={"status": ["DRAFT", "READY"]})
    folder.journal.assert_not_called("DatasetService/List", request={"status": ["DRAFT", "INVALID"]})


@pytest.mark.parametrize(
    "request_",
    [
        {"name": "second"},
        {"name": None},
        {"train_datasets[0].dataset_id": "fds*x"},
        {"train_datasets": []},
        {"train_datasets[1].dataset_id": "*"},
        {"name": lambda name: name == "second"},
        {"no_such_field": "x"},
        {"train_datasets": {"weight": 3}},
    ],
)
def test_what_was_not_asked_for_is_not_found(client, folder, request_):
    client.call(TUNE, **order(folder, validated(client, folder), name="first"))
    folder.journal.assert_not_called(TUNE, request=request_)


def test_the_nearest_call_is_told_and_why_it_is_another(client, folder):
    draft(client, folder, name="train")
    draft(client, folder, name="test")
    client.call("DatasetService/List", folder_id=folder.id)
    wanted = {"name": "tset", "task_type": "TextToTextGeneration", "description": "mine"}
    first, *conversation, near, name, description = failure(
        folder.journal.assert_called, CREATE, request=wanted
    ).splitlines()
    assert first.startswith(f"expected {CREATE} with request {{'name': 'tset', ")
    assert first.endswith(f"at least once, was 0 times; folder {folder.id} saw 3 calls:")
    assert len(conversation) == 3
    assert near.startswith("nearest: ")
    assert near.endswith(f"{CREATE} → OK")
    assert (name, description) == (
        "  request.name is 'test', not 'tset'",
        "  request.description is unset, not 'mine'",
    )


def test_a_misspelt_method_is_told_from_the_nearest(client, folder):
    draft(client, folder)
    client.call("DatasetService/List", folder_id=folder.id)
    *_, near, why = failure(folder.journal.assert_called, "DatasetService/Creat").splitlines()
    assert near.endswith(f"{CREATE} → OK")
    assert why == f"  method is {CREATE}, not DatasetService/Creat"


def test_another_status_is_told(client, folder):
    draft(client, folder)
    assert "status is OK, not ABORTED" in failure(folder.journal.assert_called, CREATE, status="ABORTED")


def test_a_call_that_must_not_be_made_is_shown(client, folder):
    draft(client, folder)
    told = failure(folder.journal.assert_not_called, CREATE)
    assert f"expected {CREATE} 0 times, was 1 time" in told
    assert "\n> " in told
    assert "nearest" not in told


def test_the_order_of_calls_is_asked_for(client, folder):
    dataset_id = draft(client, folder)
    put(upload_url(client, dataset_id, 2), b"{}")
    asked = folder.journal.assert_order(CREATE, "*/GetUploadDraftUrl", "PUT")
    assert [entry.number for entry in asked] == [1, 2, 3]
    folder.journal.assert_order(CREATE, "PUT")
    told = failure(folder.journal.assert_order, "*/GetUploadDraftUrl", CREATE)
    assert f"expected {CREATE} after DatasetService/GetUploadDraftUrl (call 2), was 0 times" in told


def test_a_folder_that_nobody_called_says_so(folder):
    assert failure(folder.journal.assert_called, "*").endswith("saw no call at all")
