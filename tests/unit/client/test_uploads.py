"""Uploads: whole or in parts, checked, resumed; what fails leaves nothing, or says what it left."""

import hashlib

import msgspec
import pytest

from aistudio_client import ConfigurationError, DatasetInvalid, StorageError
from aistudio_client._flows import uploads
from aistudio_client._flows.datasets import Draft
from aistudio_client._flows.uploads import How
from aistudio_client._steps import Stored
from aistudio_protos.pool import message_class
from tests.unit.client.world import World, link, lost, reply

ROW = b'{"request": [{"role": "user", "text": "q"}], "response": "a"}\n'
CREATE, DELETE = "DatasetService/Create", "DatasetService/Delete"
START, FINISH = "DatasetService/StartMultipartUploadDraft", "DatasetService/FinishMultipartUploadDraft"
DRAFT = Draft(name="mine", task_type="TextToTextGeneration")
MIB5 = 5 << 20
PARTS = ROW * (2 * MIB5 // len(ROW) + 1)
DELETED, WHOLE = reply(DELETE), ["Create", "GetUploadDraftUrl", "PUT", "Validate", "Get", "Describe"]


def stored(step):
    """The storage keeps what it is sent."""
    md5 = hashlib.md5(step.source.read(step.offset, step.length)).hexdigest()
    return Stored(f'"{md5}"', md5)


def refused(status, code="", message=""):
    return StorageError("PUT", status, code, message)


def world(**answers):
    valid = message_class("yandex.cloud.ai.dataset.v1.ValidateDatasetResponse")(is_valid=True)
    response = {"type_url": f"x/{valid.DESCRIPTOR.full_name}", "value": valid.SerializeToString()}
    good = {
        "DatasetService__Create": reply(CREATE, dataset={"dataset_id": "fds1"}),
        "DatasetService__GetUploadDraftUrl": reply(
            "DatasetService/GetUploadDraftUrl", upload_url="https://s/one"
        ),
        "DatasetService__StartMultipartUploadDraft": lambda step: reply(
            START, multipart_upload_urls=[f"https://s/{n}" for n in range(step.request.parts)]
        ),
        "DatasetService__FinishMultipartUploadDraft": reply(FINISH),
        "DatasetService__Validate": reply("DatasetService/Validate", id="op1"),
        "OperationService__Get": reply("OperationService/Get", id="op1", done=True, response=response),
        "DatasetService__Describe": reply(
            "DatasetService/Describe", dataset={"dataset_id": "fds1", "status": 3}
        ),
        "DatasetService__Delete": DELETED,
        "PUT": stored,
    }
    return World(**{**good, **answers})


def upload(played, data=ROW, draft=DRAFT, **how):
    return played.play(uploads.upload(link(), data, draft, How(**how)))


def names(played):
    return [name.partition("/")[2] or name for name in played.names()]


def test_a_small_file_goes_in_one_piece():
    played = world()
    assert upload(played).status == "READY"
    assert names(played) == WHOLE


def test_wrong_rows_are_told_before_a_byte_leaves():
    played = world()
    with pytest.raises(DatasetInvalid, match="nothing was sent"):
        upload(played, b'{"response": "a"}\n')
    assert names(played) == []


def test_the_check_can_be_switched_off():
    played = world()
    upload(played, b'{"response": "a"}\n', check=False)
    assert names(played) == WHOLE


def test_rows_of_a_type_that_is_not_known_here_are_sent_unchecked():
    played = world()
    upload(played, b"anything\n", Draft(name="mine", task_type="TextToSpeechGeneration"))
    assert names(played) == WHOLE


def test_nothing_is_no_dataset():
    played = world()
    with pytest.raises(ConfigurationError, match="at least one row"):
        upload(played, b"")
    assert names(played) == []


@pytest.mark.parametrize(
    "failure", [refused(403, "SignatureDoesNotMatch"), refused(400), KeyboardInterrupt()]
)
def test_a_draft_that_cannot_be_filled_is_deleted(failure):
    played = world(PUT=failure)
    with pytest.raises(type(failure)):
        upload(played)
    assert names(played)[-1] == "Delete"
    assert "Validate" not in names(played)
    assert played.calls(DELETE)[0].request.dataset_id == "fds1"


def test_a_draft_that_cannot_be_deleted_either_is_named():
    played = world(PUT=refused(400), DatasetService__Delete=lost(DELETE, "PERMISSION_DENIED"))
    with pytest.raises(StorageError) as told:
        upload(played)
    assert "datasets.delete('fds1') removes it" in told.value.__notes__[0]


def test_ctrl_c_during_the_validation_removes_what_nobody_was_told_of():
    played = world(OperationService__Get=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt) as told:
        upload(played)
    assert names(played)[-1] == "Delete"
    assert not hasattr(told.value, "__notes__"), "nothing goes on"


def test_a_timeout_of_the_validation_leaves_the_dataset_and_says_how_to_attach():
    played = world(OperationService__Get=reply("OperationService/Get", id="op1"))
    with pytest.raises(TimeoutError, match=r"datasets\.wait\('fds1'\)"):
        upload(played, wait=10.0)
    assert "Delete" not in names(played)


@pytest.mark.parametrize("status", [0, 408, 429, 500, 502, 503, 504])
def test_a_put_is_repeated_when_the_storage_is_in_trouble(status):
    played = world(PUT=[refused(status), stored])
    upload(played)
    assert names(played).count("PUT") == 2
    assert played.slept[0] > 0


def test_bytes_that_arrived_changed_are_sent_again():
    wrong = Stored('"' + "0" * 32 + '"', "1" * 32)
    played = world(PUT=[wrong, stored])
    upload(played)
    assert names(played).count("PUT") == 2
    with pytest.raises(StorageError, match="other bytes"):
        upload(world(PUT=wrong))


def test_an_answer_without_an_etag_is_not_believed():
    with pytest.raises(StorageError, match="no ETag"):
        upload(world(PUT=Stored("", "1" * 32)))


def test_an_etag_that_is_no_md5_says_nothing_of_the_bytes():
    upload(world(PUT=Stored('"encrypted-4"', "1" * 32)))


def test_a_url_that_is_too_old_is_replaced_once():
    old = refused(403, "AccessDenied", "Request has expired")
    played = world(PUT=[old, stored])
    upload(played)
    assert names(played).count("GetUploadDraftUrl") == 2
    with pytest.raises(StorageError, match="expired"):
        upload(world(PUT=old))


def test_a_url_without_tls_that_leads_away_is_refused():
    away = reply("DatasetService/GetUploadDraftUrl", upload_url="http://storage.example/x")
    played = world(DatasetService__GetUploadDraftUrl=away)
    with pytest.raises(ConfigurationError, match="https only"):
        upload(played)
    assert "PUT" not in names(played)


# --- parts --------------------------------------------------------------------------------------------------


def test_a_big_file_goes_in_parts_that_are_finished_in_order():
    played = world()
    upload(played, PARTS, part_size=MIB5, check=False)
    puts = [one for one in played.asked if hasattr(one, "offset")]
    assert [(one.offset, one.length) for one in puts] == [
        (0, MIB5),
        (MIB5, MIB5),
        (2 * MIB5, len(PARTS) - 2 * MIB5),
    ]
    finish = played.calls(FINISH)[0].request
    assert [one.part_num for one in finish.uploaded_parts] == [1, 2, 3]
    assert [one.etag for one in finish.uploaded_parts] == [stored(one).etag for one in puts]


def test_how_many_parts_there_are_is_the_services_word():
    urls = reply(START, multipart_upload_urls=["https://s/1", "https://s/2"])
    played = world(DatasetService__StartMultipartUploadDraft=urls)
    upload(played, PARTS, part_size=MIB5, check=False)
    lengths = [one.length for one in played.asked if hasattr(one, "offset")]
    assert sum(lengths) == len(PARTS)
    assert len(lengths) == 2


def test_a_part_alone_is_repeated():
    played = world(PUT=[stored, refused(503, "SlowDown"), stored])
    upload(played, PARTS, part_size=MIB5, check=False)
    assert names(played).count("PUT") == 4


def test_a_finish_whose_answer_was_lost_is_settled_by_the_validation():
    played = world(
        DatasetService__FinishMultipartUploadDraft=[lost(FINISH), lost(FINISH, "FAILED_PRECONDITION")]
    )
    assert upload(played, PARTS, part_size=MIB5, check=False).status == "READY"


def test_a_finish_that_is_refused_at_once_is_a_failure():
    played = world(DatasetService__FinishMultipartUploadDraft=lost(FINISH, "FAILED_PRECONDITION"))
    with pytest.raises(type(lost(FINISH, "FAILED_PRECONDITION"))):
        upload(played, PARTS, part_size=MIB5, check=False)
    assert names(played)[-1] == "Delete"


# --- checkpoints --------------------------------------------------------------------------------------------


def test_an_upload_that_was_cut_off_goes_on_with_the_parts_that_are_missing(tmp_path):
    path = tmp_path / "upload.json"
    cut = world(PUT=[stored, refused(403)])
    with pytest.raises(StorageError) as told:
        upload(cut, PARTS, part_size=MIB5, check=False, checkpoint=path)
    assert "goes on where it was cut off" in told.value.__notes__[0]
    assert "Delete" not in names(cut)
    again = world()
    upload(again, PARTS, part_size=MIB5, check=False, checkpoint=path)
    assert [one.offset for one in again.asked if hasattr(one, "offset")] == [MIB5, 2 * MIB5]
    assert not {"Create", "StartMultipartUploadDraft"} & set(names(again))
    assert not path.exists()


def test_a_checkpoint_is_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "upload.json"
    with pytest.raises(StorageError):
        upload(world(PUT=refused(403)), PARTS, part_size=MIB5, check=False, checkpoint=path)
    assert path.stat().st_mode & 0o077 == 0


def test_a_part_that_is_not_what_the_checkpoint_says_is_sent_again(tmp_path):
    path = tmp_path / "upload.json"
    with pytest.raises(StorageError):
        upload(world(PUT=[stored, refused(403)]), PARTS, part_size=MIB5, check=False, checkpoint=path)
    told = msgspec.json.decode(path.read_bytes())
    told["etags"]["1"] = '"' + "0" * 32 + '"'
    path.write_bytes(msgspec.json.encode(told))
    again = world()
    upload(again, PARTS, part_size=MIB5, check=False, checkpoint=path)
    assert next(one.offset for one in again.asked if hasattr(one, "offset")) == 0


def test_a_checkpoint_of_other_data_is_refused(tmp_path):
    path = tmp_path / "upload.json"
    with pytest.raises(StorageError):
        upload(world(PUT=refused(403)), PARTS, part_size=MIB5, check=False, checkpoint=path)
    with pytest.raises(ConfigurationError, match="other data"):
        upload(world(), PARTS + ROW, part_size=MIB5, check=False, checkpoint=path)


def test_a_checkpoint_that_is_too_old_is_dropped_with_its_draft(tmp_path):
    path = tmp_path / "upload.json"
    with pytest.raises(StorageError):
        upload(world(PUT=refused(403)), PARTS, part_size=MIB5, check=False, checkpoint=path)
    played = world(PUT=refused(404, "NoSuchUpload"))
    with pytest.raises(StorageError) as told:
        upload(played, PARTS, part_size=MIB5, check=False, checkpoint=path)
    assert names(played)[-1] == "Delete"
    assert "begins anew" in told.value.__notes__[-1]
    assert not path.exists()
