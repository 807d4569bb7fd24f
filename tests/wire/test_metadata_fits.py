"""Refusals of any size reach their caller as what they are; metadata is not refused by chance."""

import grpc
import pytest

from aistudio_protos.google.rpc.error_details_pb2 import BadRequest
from aistudio_protos.google.rpc.status_pb2 import Status
from tests.wire import http2, steps

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
LIST = "/yandex.cloud.ai.dataset.v1.DatasetService/List"
PING = http2.frame(6, 0, 0, b"are you?")
CALLS = 40


@pytest.mark.parametrize("letter", ["x", "ж", "…", "😀"])
def test_an_id_of_any_length_is_not_found(client, letter):
    code, said = steps.refused(client.call, "DatasetService/Describe", dataset_id=letter * 100_000)
    assert code is NOT_FOUND
    assert said.startswith(f"dataset {letter}")
    assert said.endswith(f"{letter}…")
    assert 1190 < len(said.encode()) < 1210


def test_the_longest_refusal_comes_through_every_time(client):
    client.metadata = (*client.metadata, ("x-client-request-id", "c" * 256))
    for _ in range(CALLS):
        code, _ = steps.refused(client.call, "DatasetService/Describe", dataset_id="…" * 100_000)
        assert code is NOT_FOUND


@pytest.mark.parametrize(("length", "is_echoed"), [(256, True), (257, False), (12_000, False)])
def test_a_caller_s_own_id_comes_back_where_it_is_no_burden(client, folder, length, is_echoed):
    client.metadata = (*client.metadata, ("x-client-request-id", "c" * length))
    for _ in range(CALLS):
        _, call = client.with_call("DatasetService/List", folder_id=folder.id)
        assert ("x-client-request-id" in dict(call.trailing_metadata())) is is_echoed


def test_as_many_fields_may_be_wrong_as_there_are(client, folder):
    ask = steps.order(folder, *[""] * 3000)
    with pytest.raises(grpc.RpcError) as refusal:
        client.call("TuningService/Tune", **ask)
    assert refusal.value.code() is INVALID
    assert "train_datasets[0].dataset_id: Field is required" in refusal.value.details()
    packed = Status.FromString(dict(refusal.value.trailing_metadata())["grpc-status-details-bin"]).details
    told = BadRequest.FromString(packed[1].value).field_violations
    assert [one.field for one in told] == [f"train_datasets[{n}].dataset_id" for n in range(len(told))]
    assert 20 < len(told) < 40


def test_a_short_refusal_is_told_as_it_is(client):
    said = steps.refused(client.call, "DatasetService/Describe", dataset_id="x" * 1100)[1]
    assert said == f"dataset {'x' * 1100} not found"


def test_16_kib_of_metadata_are_taken_every_time(client, folder):
    client.metadata = (*client.metadata, ("x-baggage", "b" * 14_000))
    for _ in range(CALLS):
        client.call("DatasetService/List", folder_id=folder.id)


def test_more_metadata_is_refused_every_time(client, folder):
    client.metadata = (*client.metadata, ("x-baggage", "b" * 14_000), ("x-more", "b" * 2_000))
    for _ in range(CALLS):
        code, _ = steps.refused(client.call, "DatasetService/List", folder_id=folder.id)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_connection_may_be_asked_often_whether_it_lives(mock, folder):
    said = (
        http2.PREFACE
        + http2.frame(4, 0, 0, b"")
        + PING * 50
        + http2.frame(1, 4, 1, http2.head(LIST, [(b"authorization", b"Api-Key AQVNanything")]))
        + http2.frame(0, 1, 1, b"\0\0\0\0\0")
    )
    heard, goes_on = http2.converse(mock.endpoint, said, lambda so_far: bool(so_far.statuses))
    assert (heard.statuses, heard.goaway, goes_on) == ({1: INVALID.value[0]}, None, True)
