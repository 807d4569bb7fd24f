"""What the client made of the raw official stubs decides where the service is in trouble or newer than it."""

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty
from google.rpc.status_pb2 import Status
from yandex.cloud.ai.dataset.v1 import dataset_pb2 as dataset
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as datasets
from yandex.cloud.ai.foundation_models.v1 import text_common_pb2 as texts
from yandex.cloud.ai.foundation_models.v1.text_generation.text_generation_service_pb2 import (
    CompletionResponse,
)
from yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tunings
from yandex.cloud.ai.tuning.v1 import tuning_task_pb2 as tuning
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.protocol import (
    Credentials,
    DatasetId,
    DatasetList,
    DatasetUpload,
    ModelComplete,
    Place,
    Refused,
    TuningId,
    TuningStart,
)
from tests.conformance.scripted import CUT, serving, storing

ID = DatasetId(dataset_id="fds")
TASK = TuningId(tuning_id="ftn")
BODY = b'{"a": 1}\r\n{"b": 2}'


class Hasty(RawStubs):
    """It waits for nothing."""

    def _backoff(self, _):
        return 0.0

    def _poll_pause(self):
        return 0.0


@pytest.fixture
def service():
    with serving({}) as (address, service):
        yield address, service


@pytest.fixture
def script(service):
    return service[1].script


@pytest.fixture
def client(service):
    client = Hasty(
        Place(
            grpc=service[0],
            tls="",
            http="",
            ca="",
            folder_id="b1g",
            credentials=Credentials(kind="api-key", value="AQVN"),
        )
    )
    yield client
    client.close()


@pytest.fixture
def ask(tmp_path):
    file = tmp_path / "train.jsonl"
    file.write_bytes(BODY)
    return DatasetUpload(name="n", task_type="t", file=str(file))


def packed(message):
    one = Any()
    one.Pack(message)
    return one


def described(**fields):
    return datasets.DescribeDatasetResponse(dataset=dataset.DatasetInfo(dataset_id="fds", **fields))


def task(**fields):
    return tunings.DescribeTuningResponse(tuning_task=tuning.TuningTask(task_id="ftn", **fields))


def validated(**fields):
    outcome = datasets.ValidateDatasetResponse(dataset_id="fds", **fields)
    return Operation(id="op", done=True, response=packed(outcome))


def uploads_to(script, url, *, operation=None):
    script |= {
        "DatasetService/Create": [datasets.CreateDatasetResponse(dataset_id="fds")],
        "DatasetService/GetUploadDraftUrl": [datasets.GetUploadDraftUrlResponse(upload_url=url)],
        "DatasetService/Validate": [operation or validated(is_valid=True)],
        "DatasetService/Describe": [described(status=dataset.DatasetInfo.READY)],
        "DatasetService/Delete": [datasets.DeleteDatasetResponse()],
    }


def test_an_upload_url_is_used_with_every_character_as_given(script, client, ask):
    target = "/b/f%2Fd/%7Ex?b=2&a=%41&X-Amz-Expires=86399&empty=&plus=a+b&odd=%2f"
    with storing((200, b"")) as (base, puts):
        uploads_to(script, base + target)
        client.dataset_upload(ask)
    (put,) = puts
    assert (put.target, put.body) == (target, BODY)
    assert put.headers.keys() == {"host", "accept-encoding", "content-length"}


def test_after_a_cut_the_whole_file_is_sent_again(script, client, ask):
    with storing(CUT, (500, b""), (200, b"")) as (base, puts):
        uploads_to(script, f"{base}/k")
        client.dataset_upload(ask)
    assert [put.body for put in puts] == [BODY] * 3


def test_a_storage_that_never_takes_the_file_is_told_without_its_secrets(service, script, client, ask):
    refusal = b"<Error><Code>AccessDenied</Code><SignatureProvided>5ec2e7</SignatureProvided></Error>"
    for answer, told in ((CUT, "no answer RemoteDisconnected"), ((403, refusal), "403 AccessDenied")):
        with storing(answer) as (base, _):
            uploads_to(script, f"{base}/k?X-Amz-Signature=5ec2e7")
            with pytest.raises(Refused, match=told) as failure:
                client.dataset_upload(ask)
        assert "5ec2e7" not in str(failure.value)
        assert service[1].methods()[-1] == "Delete"


def test_a_redirect_is_not_followed(script, client, ask):
    with storing((307, b"")) as (base, puts):
        uploads_to(script, f"{base}/k")
        with pytest.raises(Refused, match="307"):
            client.dataset_upload(ask)
    assert len(puts) == 1


def test_a_file_that_changes_after_it_was_announced_is_not_sent(script, client, ask, tmp_path):
    def growing():
        (tmp_path / "train.jsonl").write_bytes(BODY + BODY)
        return datasets.GetUploadDraftUrlResponse(upload_url=f"{base}/k")

    with storing((200, b"")) as (base, puts):
        uploads_to(script, "")
        script["DatasetService/GetUploadDraftUrl"] = [growing]
        with pytest.raises(Refused, match="the file changed"):
            client.dataset_upload(ask)
    assert puts == []


def test_a_page_token_that_comes_again_is_a_failure_not_a_circle(service, script, client):
    script["DatasetService/List"] = [
        datasets.ListDatasetsResponse(next_page_token=token) for token in ("a", "b", "a")
    ]
    with pytest.raises(Refused, match="gave one page token twice"):
        client.dataset_list(DatasetList())
    sent = service[1].requests("DatasetService/List", datasets.ListDatasetsRequest)
    assert [request.page_token for request in sent] == ["", "a", "b"]


def test_a_status_that_is_newer_than_the_client_is_told_by_its_number(script, client):
    script["DatasetService/Describe"] = [described(status=42)]
    script["TuningService/Describe"] = [task(status=42)]
    assert client.dataset_get(ID).status == "42"
    assert client.tuning_get(TASK).status == "42"


@pytest.mark.parametrize("name", tuning.TuningTask.Status.keys())
def test_every_known_status_of_a_tuning_is_told_by_its_name(script, client, name):
    script["TuningService/Describe"] = [task(status=name)]
    assert client.tuning_get(TASK).status == name


def test_the_creator_is_shown_from_whichever_field_is_filled(script, client):
    for field in ("created_by", "created_by_id"):
        script["DatasetService/Describe"] = [described(**{field: "aje"})]
        assert client.dataset_get(ID).created_by == "aje"


def test_a_draft_shows_nothing_that_is_not_there(script, client):
    script["DatasetService/Describe"] = [described(status=dataset.DatasetInfo.DRAFT)]
    shown = client.dataset_get(ID)
    assert (shown.rows, shown.size_bytes, shown.description, shown.created_by) == (None,) * 4


def test_a_validation_is_over_when_it_is_done_and_not_before(service, script, client, ask):
    counts = packed(datasets.ValidateDatasetMetadata(valid_rows=2, processed_rows=2, total_rows=2))
    with storing((200, b"")) as (base, _):
        uploads_to(script, f"{base}/k", operation=Operation(id="op"))
        failing = Operation(id="op", error=Status(code=13, message="rolling back"))
        script["OperationService/Get"] = [
            Operation(id="op"),
            Operation(id="op", metadata=counts),
            failing,
            validated(is_valid=True),
        ]
        assert client.dataset_upload(ask).status == "READY"
    assert service[1].methods().count("Get") == 4


@pytest.mark.parametrize(
    "end", [Operation(id="op", done=True), Operation(id="op", done=True, response=packed(Empty()))]
)
@pytest.mark.parametrize("status", ["READY", "INVALID"])
def test_a_validation_that_does_not_say_how_it_ended_is_told_from_the_dataset(
    script, client, ask, end, status
):
    with storing((200, b"")) as (base, _):
        uploads_to(script, f"{base}/k", operation=end)
        script["DatasetService/Describe"] = [described(status=status)]
        if status == "READY":
            assert client.dataset_upload(ask).status == "READY"
        else:
            with pytest.raises(Refused, match="is not valid: the service gives no details"):
                client.dataset_upload(ask)


def test_thousands_of_bad_rows_are_told_in_short_and_given_whole(script, client, ask):
    error = dataset.ValidationError(error="e", error_description="d", row_numbers=range(10_000))
    with storing((200, b"")) as (base, _):
        uploads_to(script, f"{base}/k", operation=validated(errors=[error]))
        with pytest.raises(Refused, match=r"8, 9 and 9990 more\): d$") as failure:
            client.dataset_upload(ask)
    assert len(str(failure.value)) < 200
    assert len(failure.value.failure.errors[0].rows) == 10_000


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (Status(code=3, message="bad"), "INVALID_ARGUMENT", "bad"),
        (Status(message="no code"), "OK", "no code"),
        (Status(code=999), "999", "operation op failed without a message"),
    ],
)
def test_an_operation_that_ends_with_an_error_is_a_failure_with_its_code(
    script, client, ask, error, code, told
):
    failed = Operation(id="op", done=True, error=error)
    script["OperationService/Get"] = [failed]
    with storing((200, b"")) as (base, _):
        uploads_to(script, f"{base}/k", operation=failed)
        for asked in (lambda: client.dataset_upload(ask), lambda: client.tuning_wait(TASK)):
            with pytest.raises(Refused) as failure:
                asked()
            assert (failure.value.failure.code, failure.value.failure.message) == (code, told)


def test_a_tuning_is_waited_for_until_done_whatever_its_metadata_say(service, script, client):
    final = packed(tunings.TuningMetadata(status=tuning.TuningTask.COMPLETED))
    response = tunings.TuningResponse(status=tuning.TuningTask.COMPLETED, target_model_uri="gpt://m@tamr")
    script["OperationService/Get"] = [
        Operation(id="ftn", metadata=final),
        Operation(id="ftn", metadata=final),
        Operation(id="ftn", metadata=final, done=True, response=packed(response)),
    ]
    assert client.tuning_wait(TASK).model_uri == "gpt://m@tamr"
    assert service[1].methods() == ["Get"] * 3


@pytest.mark.parametrize("last", [Operation(id="ftn", done=True), grpc.StatusCode.NOT_FOUND])
def test_a_tuning_whose_operation_does_not_tell_or_is_gone_is_told_from_the_task(script, client, last):
    script["OperationService/Get"] = [last]
    script["TuningService/Describe"] = [task(status="COMPLETED", target_model_uri="gpt://m@tamr")]
    assert client.tuning_wait(TASK).model_uri == "gpt://m@tamr"
    script["TuningService/Describe"] = [task(status="CANCELED")]
    assert client.tuning_wait(TASK).status == "CANCELED"
    for status in ("COMPLETED", "FAILED", "PENDING"):
        script["TuningService/Describe"] = [task(status=status)]
        with pytest.raises(Refused, match=f"tuning ftn is {status}, and the service names no model"):
            client.tuning_wait(TASK)


def test_a_young_task_that_only_its_operation_knows_is_told_from_that(script, client):
    young = Operation(id="ftn", metadata=packed(tunings.TuningMetadata(status=tuning.TuningTask.CREATED)))
    script["TuningService/Describe"] = [grpc.StatusCode.NOT_FOUND]
    script["OperationService/Get"] = [young]
    assert client.tuning_get(TASK).status == "CREATED"
    script["OperationService/Get"] = [grpc.StatusCode.NOT_FOUND]
    with pytest.raises(Refused, match="TuningService/Describe is NOT_FOUND"):
        client.tuning_get(TASK)


def test_a_task_whose_id_is_not_told_at_first_is_asked_for_and_used(service, script, client):
    told = packed(tunings.TuningMetadata(tuning_task_id="task"))
    script |= {
        "TuningService/Tune": [Operation(id="op")],
        "OperationService/Get": [Operation(id="op"), Operation(id="op", metadata=told)],
        "TuningService/Describe": [task(status="PENDING")],
    }
    started = client.tuning_start(TuningStart(dataset_id="fds"))
    for _ in range(3):
        client.tuning_get(TuningId(tuning_id=started.tuning_id))
    sent = service[1].requests("TuningService/Describe", tunings.DescribeTuningRequest)
    assert [request.tuning_task_id for request in sent] == ["op", "task", "task"]


@pytest.mark.parametrize(
    ("kind", "scheme", "field"),
    [
        ("completion", "gpt", "text_to_text_completion"),
        ("multilabel", "cls", "text_classification_multilabel"),
        ("multiclass", "cls", "text_classification_multiclass"),
        ("pair", "emb", "text_embedding_pair_params"),
        ("triplet", "emb", "text_embedding_triplet_params"),
    ],
)
def test_the_kind_rules_scheme_and_parameters(service, script, client, kind, scheme, field):
    script["TuningService/Tune"] = [Operation(id="ftn")]
    client.tuning_start(TuningStart(dataset_id="fds", kind=kind, base_model="m"))
    (sent,) = service[1].requests("TuningService/Tune", tunings.TuningRequest)
    assert (sent.base_model_uri, sent.WhichOneof("tuning_params")) == (f"{scheme}://b1g/m/latest", field)


def test_attempts_share_one_deadline_and_come_in_growing_gaps(service, script, client):
    waits, left = [], []
    client._datasets  # noqa: B018 - where the service is has been found out before
    client._backoff = lambda attempt: RawStubs._backoff(client, attempt)
    client._pause = waits.append
    client._deadline = lambda seconds: left.append(seconds) or seconds
    script["DatasetService/Describe"] = [grpc.StatusCode.UNAVAILABLE]
    with pytest.raises(Refused, match="request id: the-request-id"):
        client.dataset_get(ID)
    assert waits == sorted(set(waits))
    assert left == sorted(set(left), reverse=True)
    assert client._budget() > left[0]
    assert len(service[1].calls) == len(left) == len(waits) + 1 == 5


def test_no_attempt_is_waited_for_when_the_deadline_would_pass_first(service, script, client):
    waits = []
    client._pause = waits.append
    client._backoff = lambda _: client._budget()
    script["DatasetService/Describe"] = [grpc.StatusCode.UNAVAILABLE]
    with pytest.raises(Refused) as failure:
        client.dataset_get(ID)
    assert (failure.value.failure.code, waits, len(service[1].calls)) == ("UNAVAILABLE", [], 1)


def test_nobody_there_is_told(client):
    client.close()
    nobody = Hasty(
        Place(
            grpc="127.0.0.1:1", tls="", http="", ca="", folder_id="b1g", credentials=Credentials(kind="none")
        )
    )
    with pytest.raises(Refused) as failure:
        nobody.dataset_get(ID)
    assert failure.value.failure.code == "UNAVAILABLE"


def alternative(status, text):
    message = texts.Message(role="assistant", text=text)
    return CompletionResponse(alternatives=[texts.Alternative(message=message, status=status)])


def test_the_final_text_is_the_answer_and_partial_ones_are_none(script, client):
    ask = ModelComplete(model_uri="gpt://m", text="?")
    partial = alternative("ALTERNATIVE_STATUS_PARTIAL", "Hel")
    script["TextGenerationService/Completion"] = [[partial, alternative("ALTERNATIVE_STATUS_FINAL", "Hello")]]
    assert client.model_complete(ask).text == "Hello"
    script["TextGenerationService/Completion"] = [[partial]]
    with pytest.raises(Refused, match="gave no final text"):
        client.model_complete(ask)
    script["TextGenerationService/Completion"] = [grpc.StatusCode.NOT_FOUND]
    with pytest.raises(Refused, match="NOT_FOUND"):
        client.model_complete(ask)
