"""The platform's own headers on answers, good and refused (service-behaviour a.4)."""

import re

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_protos.google.rpc.error_details_pb2 import RequestInfo
from aistudio_protos.google.rpc.status_pb2 import Status
from tests.wire.stubs import Client

SHAPES = {
    "x-request-id": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "x-server-trace-id": r"[0-9a-f]{16}:[0-9a-f]{16}:[0-9a-f]{16}:1",
}
OWN = ("x-client-request-id", "7d1c3c6e-5a0f-4f55-9d4b-1d6a2f0f9b11")


@pytest.fixture(scope="module")
def mock():
    with MockServer() as mock:
        yield mock


@pytest.fixture
def client(mock):
    with Client(mock.endpoint) as client:
        client.metadata = (*client.metadata, OWN)
        yield client


def ours(metadata):
    return {key: value for key, value in metadata or () if key.startswith("x-")}


def refusal(client, rpc_name, **fields):
    with pytest.raises(grpc.RpcError) as refused:
        client.call(rpc_name, **fields)
    return refused.value


def assert_shaped(headers):
    assert set(headers) == {*SHAPES, OWN[0]}
    assert headers[OWN[0]] == OWN[1]
    for name, shape in SHAPES.items():
        assert re.fullmatch(shape, headers[name]), headers


def test_a_good_answer_carries_ids_and_echoes_the_caller_s(client, mock):
    _, call = client.with_call("DatasetService/List", folder_id=mock.default_folder.id)
    assert_shaped(ours(call.trailing_metadata()))


def test_a_refused_call_carries_them_in_trailing_metadata_alone(client):
    # The SDK prints the x-client-request-id of either block; initial metadata would end retries.
    error = refusal(client, "DatasetService/Describe", dataset_id="fds00000000000000000")
    assert_shaped(ours(error.trailing_metadata()))
    assert not error.initial_metadata()


def test_where_so_set_a_refused_call_carries_them_in_both(mock):
    folder = mock.folder(settings={"refusal-headers": "both"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        client.metadata = (*client.metadata, OWN)
        error = refusal(client, "DatasetService/Describe", dataset_id="fds00000000000000000")
    assert_shaped(ours(error.initial_metadata()))
    assert ours(error.initial_metadata()) == ours(error.trailing_metadata())


@pytest.mark.parametrize(
    ("rpc_name", "fields"),
    [
        ("DatasetService/Create", {}),  # refused by the contract
        ("DatasetService/GetPreview", {"dataset_id": "fds1"}),  # refused as unimplemented
        ("TuningService/CreateDraft", {}),
        ("OperationService/Get", {"operation_id": "ftn00000000000000000"}),
    ],
)
def test_every_kind_of_refusal_carries_them(client, rpc_name, fields):
    assert_shaped(ours(refusal(client, rpc_name, **fields).trailing_metadata()))


def test_a_call_without_credentials_carries_them_too(client):
    client.metadata = (OWN,)
    error = refusal(client, "DatasetService/List", folder_id="b1g")
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert_shaped(ours(error.trailing_metadata()))


def test_a_streamed_refusal_carries_them(client):
    with pytest.raises(grpc.RpcError) as refused:
        list(client.stream("TextGenerationService/Completion", model_uri="gpt://f/nothing/latest"))
    assert_shaped(ours(refused.value.trailing_metadata()))
    assert not refused.value.initial_metadata()


def test_the_caller_s_id_is_not_invented(mock):
    with Client(mock.endpoint) as client:
        _, call = client.with_call("DatasetService/List", folder_id=mock.default_folder.id)
    assert set(ours(call.trailing_metadata())) == set(SHAPES)


def test_ids_are_of_one_call_only(client, mock):
    calls = [client.with_call("DatasetService/List", folder_id=mock.default_folder.id)[1] for _ in range(5)]
    for name in SHAPES:
        assert len({ours(call.trailing_metadata())[name] for call in calls}) == len(calls)


def test_the_details_of_a_refusal_name_the_same_request(client):
    error = refusal(client, "DatasetService/Describe", dataset_id="fds00000000000000000")
    status = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    info = RequestInfo.FromString(status.details[0].value)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    assert info.request_id == dict(error.trailing_metadata())["x-request-id"]
