"""Answers that faults have changed: fields set, cleared, from the future; pages that do not end."""

import grpc
import pytest
import requests
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo as OfficialDataset

from aistudio_protos.pool import message_class
from tests.wire.steps import draft, order, validated, validating
from tests.wire.stubs import unpack

KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
LIST, DESCRIBE = "DatasetService/List", "DatasetService/Describe"
GET, TUNE = "OperationService/Get", "TuningService/Tune"


@pytest.fixture(name="tuned")
def _tuned(client, folder):
    """Makes so many tunings."""

    def make(count):
        dataset_id = validated(client, folder)
        for _ in range(count):
            client.call(TUNE, **order(folder, dataset_id))

    return make


@pytest.fixture(name="dataset")
def _dataset(client, folder):
    """What Describe answers, each time anew."""
    dataset_id = draft(client, folder)
    return lambda: client.call(DESCRIBE, dataset_id=dataset_id).dataset


def test_a_field_is_set_and_the_record_is_not(folder, dataset):
    folder.faults.add(method=DESCRIBE, set={"dataset.name": "other", "dataset.rows": 7})
    met, after = dataset(), dataset()
    assert (met.name, met.rows) == ("other", 7)
    assert (after.name, after.rows) == ("mine", 0)
    assert [dict(entry.responses[0]["dataset"])["name"] for entry in folder.journal.calls(DESCRIBE)] == [
        "other",
        "mine",
    ], "the journal tells what was sent"


def test_a_field_is_missing(folder, dataset):
    folder.faults.add(method=DESCRIBE, clear=["dataset.created_at", "dataset.created_by"])
    met = dataset()
    assert not met.HasField("created_at")
    assert (met.created_by, bool(met.created_by_id)) == ("", True)


def test_an_enum_has_a_value_that_no_version_of_the_contract_has(folder, dataset):
    folder.faults.add(method=DESCRIBE, set={"dataset.status": 42})
    assert dataset().status == 42


def test_an_enum_has_another_known_value(folder, dataset):
    folder.faults.add(method=DESCRIBE, set={"dataset.status": "INVALID"})
    assert dataset().status == 4


def test_a_time_is_set_as_json_writes_it(folder, dataset):
    folder.faults.add(method=DESCRIBE, set={"dataset.created_at": "2024-12-01T00:00:00.000000001Z"})
    assert dataset().created_at.nanos == 1


def test_a_map_is_set_by_key_cleared_by_key_and_set_whole(folder, dataset):
    folder.faults.add(method=DESCRIBE, set={"dataset.labels": {"a.b": "1", "c": "2"}})
    folder.faults.add(method=DESCRIBE, set={"dataset.labels[a.b]": "3"})
    folder.faults.add(
        method=DESCRIBE, set={"dataset.labels": {"x": "1", "y": "2"}}, clear=["dataset.labels[x]"]
    )
    assert dict(dataset().labels) == {"a.b": "1", "c": "2"}
    assert dict(dataset().labels) == {"a.b": "3"}
    assert dict(dataset().labels) == {"y": "2"}


def test_fields_of_the_future_reach_a_client_of_today(folder, client):
    dataset_id = draft(client, folder)
    future = {50: "text", 51: 7, 52: {1: "inner", 2: {3: True}}}
    folder.faults.add(method=DESCRIBE, unknown_fields={"dataset": future})
    wire = client.call(DESCRIBE, dataset_id=dataset_id).dataset.SerializeToString()
    assert b"\x92\x03\x04text" in wire
    assert b"\x98\x03\x07" in wire
    assert b"\xa2\x03\x0b\x0a\x05inner\x12\x02\x18\x01" in wire
    assert OfficialDataset.FromString(wire).name == "mine", "the official messages skip them"


def test_an_unknown_field_of_the_answer_itself(folder, client):
    folder.faults.add(method=LIST, unknown_fields={"": {99: "new"}})
    assert b"\x9a\x06\x03new" in client.call(LIST, folder_id=folder.id).SerializeToString()


def test_elements_are_chosen_by_number_from_the_end_by_value_or_all(folder, client):
    for name in ("a", "b", "c"):
        draft(client, folder, name=name)

    def names():
        return [one.name for one in client.call(LIST, folder_id=folder.id).datasets]

    for path in ("datasets[0].name", "datasets[-1].name", "datasets[name=b].name", "datasets[*].name"):
        folder.faults.add(method=LIST, set={path: "x"})
    folder.faults.add(method=LIST, clear=["datasets[1]"])
    folder.faults.add(method=LIST, clear=["datasets"])
    folder.faults.add(method=LIST, set={"datasets[+].name": "d", "datasets[0]": {"name": "whole"}})
    folder.faults.add(method=LIST, set={"datasets": [{"name": "only"}]})
    assert [names() for _ in range(9)] == [
        ["x", "b", "a"],
        ["c", "b", "x"],
        ["c", "x", "a"],
        ["x", "x", "x"],
        ["c", "a"],
        [],
        ["whole", "b", "a", "d"],
        ["only"],
        ["c", "b", "a"],
    ]


def test_every_element_with_such_a_value_is_left_out(folder, client):
    for name in ("b", "a", "b", "b", "c"):
        draft(client, folder, name=name)
    folder.faults.add(method=LIST, clear=["datasets[name=b]"])
    assert [one.name for one in client.call(LIST, folder_id=folder.id).datasets] == ["c", "a"]


def test_repeated_text_is_edited_like_messages_are(folder, client):
    rpc = "DatasetService/ListUploadFormats"
    folder.faults.add(method=rpc, set={"formats[+]": "parquet", "formats[0]": "csv"})
    folder.faults.add(method=rpc, set={"formats": ["xml"]})
    asked = {"task_type": KIND["task_type"]}
    first = list(client.call(rpc, **asked).formats)
    assert (first[0], first[-1]) == ("csv", "parquet")
    assert list(client.call(rpc, **asked).formats) == ["xml"]
    assert not {"csv", "xml"} & set(client.call(rpc, **asked).formats), "the server has its own still"


def test_what_is_not_there_is_not_made_up_and_the_rest_is_done(folder, client, caplog):
    draft(client, folder)
    folder.faults.add(method=LIST, set={"datasets[5].name": "x", "datasets[0].name": "y"})
    (only,) = client.call(LIST, folder_id=folder.id).datasets
    assert only.name == "y"
    assert "fault-1: this answer has nothing at datasets[5].name" in caplog.text


def finished(client, folder, **fault):
    """The operation of a validation that is over, as it meets a fault."""
    _, operation_id = validating(client, folder)
    folder.clock.advance(hours=1)
    folder.faults.add(method=GET, **fault)
    return client.call(GET, operation_id=operation_id)


def test_an_operation_is_done_with_neither_response_nor_error(client, folder):
    met = finished(client, folder, clear=["response", "error"])
    assert (met.done, met.WhichOneof("result")) == (True, None)


def test_an_error_takes_the_place_of_the_response(client, folder):
    met = finished(client, folder, set={"error": {"code": 13, "message": "no"}})
    assert (met.WhichOneof("result"), met.error.code, met.error.message) == ("error", 13, "no")


def test_an_error_stands_in_an_operation_that_is_not_done(client, folder):
    met = finished(client, folder, set={"error.code": 3, "done": False})
    assert (met.done, met.error.code) == (False, 3)


def test_fields_inside_an_any_are_reached_by_path(client, folder):
    met = finished(
        client,
        folder,
        set={"response.is_valid": False, "metadata.rows_validated": None},
        unknown_fields={"response": {50: "new"}},
    )
    assert not unpack(met.response).is_valid
    assert b"\x92\x03\x03new" in met.response.value


def test_an_any_says_that_it_holds_a_type_that_nobody_knows(client, folder):
    met = finished(client, folder, set={"response.@type": "type.googleapis.com/yandex.cloud.Later"})
    assert met.response.type_url == "type.googleapis.com/yandex.cloud.Later"
    assert met.response.value, "its content is as it was"


def test_an_any_is_given_another_message(client, folder):
    packed = {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}
    met = finished(client, folder, set={"metadata": packed})
    assert unpack(met.metadata).seconds == 3


def test_a_value_that_does_not_fit_inside_an_any_is_told_at_the_call(client, folder):
    _, operation_id = validating(client, folder)
    folder.clock.advance(hours=1)
    folder.faults.add(method=GET, set={"response.is_valid": "perhaps"})
    with pytest.raises(grpc.RpcError) as refused:
        client.call(GET, operation_id=operation_id)
    assert refused.value.code() is grpc.StatusCode.INTERNAL
    assert "fault-1: " in refused.value.details()
    assert "cannot be 'perhaps'" in refused.value.details()


def pages(client, folder, most=6):
    """The names and the token of each page of two."""
    token, seen = "", []
    while len(seen) < most:
        page = client.call(LIST, folder_id=folder.id, page_size=2, page_token=token)
        seen.append(([one.name for one in page.datasets], token := page.next_page_token))
        if not token:
            break
    return seen


def test_a_page_token_is_repeated(client, folder):
    for name in "abcdef":
        draft(client, folder, name=name)
    folder.faults.add(method="*/List", page_token="repeated", after=1, times=None)
    (first, *rest) = pages(client, folder)
    assert first[0] == ["f", "e"]
    assert len(rest) == 5
    assert rest == [(["d", "c"], first[1])] * 5


def test_the_last_page_that_has_something_has_no_token(client, folder, tuned):
    tuned(3)
    asked = {"folder_id": folder.id, "page_size": 2}
    first = client.call("TuningService/List", **asked)
    second = client.call("TuningService/List", **asked, page_token=first.next_page_token)
    assert second.next_page_token, "as the service does"
    folder.faults.add(method="TuningService/List", page_token="empty-at-end", times=None)
    first = client.call("TuningService/List", **asked)
    assert first.next_page_token
    last = client.call("TuningService/List", **asked, page_token=first.next_page_token)
    assert (len(last.tuning_tasks), last.next_page_token) == (1, "")


def test_every_answer_of_a_stream_is_changed(client, folder):
    completion = {"model_uri": f"gpt://{folder.id}/yandexgpt/latest"}
    message = message_class("yandex.cloud.ai.foundation_models.v1.Message")(role="user", text="one two three")
    folder.faults.add(method="*/Completion", set={"model_version": "0"})
    replies = list(client.stream("TextGenerationService/Completion", **completion, messages=[message]))
    assert {one.model_version for one in replies} == {"0"}


def test_the_rest_face_meets_the_same_faults(mock, folder):
    headers = {"Authorization": f"Api-Key {folder.api_key}"}
    url = f"{mock.http_url}/operations/none"
    folder.faults.add(method=GET, status="UNAVAILABLE", retry_after=2, trailers={"x-quota": "none"})
    refused = requests.get(url, headers=headers, timeout=20)
    assert (refused.status_code, refused.headers["x-quota"]) == (503, "none")
    assert refused.json()["details"][-1]["retryDelay"] == "2s"
    folder.faults.add(method="*/Completion", set={"model_version": "0"}, trailers={"x-served-by": "canary"})
    asked = {"modelUri": f"gpt://{folder.id}/yandexgpt/latest", "messages": [{"role": "user", "text": "hi"}]}
    answer = requests.post(
        f"{mock.http_url}/foundationModels/v1/completion", headers=headers, json=asked, timeout=20
    )
    assert answer.json()["result"]["modelVersion"] == "0"
