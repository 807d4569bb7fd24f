"""Bytes, methods and headers that no client of ours would send: an answer for each, and nothing is stored."""

import grpc
import pytest

from tests.wire import http2, steps

UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED
DATASETS = "/yandex.cloud.ai.dataset.v1.DatasetService"
CREATE = {"name": "n", "folder_id": "b1g", "task_type": "TextToTextGeneration", "upload_format": "jsonlines"}


# --- bytes and methods that nobody knows ------------------------------------------------------------------


def raw(client, path, body, metadata=None):
    rpc = client.channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
    return rpc(body, metadata=client.metadata if metadata is None else metadata, timeout=20)


def refused_raw(*args):
    with pytest.raises(grpc.RpcError) as refusal:
        raw(*args)
    return refusal.value.code(), refusal.value.details()


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05abc", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_message_are_internal(client, nothing_changes, body):
    nothing_changes()
    refusal = refused_raw(client, f"{DATASETS}/Create", body)
    assert refusal == (grpc.StatusCode.INTERNAL, "Invalid protobuf byte sequence")


def test_fields_that_nobody_knows_are_ignored(client, folder):
    # Field 999, a varint; the official definitions have more fields than ours.
    reply = raw(
        client, f"{DATASETS}/List", b"\x0a" + bytes((len(folder.id),)) + folder.id.encode() + b"\xb8\x3e\x01"
    )
    assert reply == b""


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (
            "/yandex.cloud.operation.OperationService/GetMetricsUrlRequest",
            "yandex.cloud.ai.tuning.v1.TuningService/GetMetricsUrl",
        ),
        (f"{DATASETS}/Creat", "yandex.cloud.ai.dataset.v1.DatasetService/Create"),
        ("/yandex.cloud.ai.tuning.v1.TuningService/DescribeTuning", None),
        ("/yandex.cloud.nothing.v1.NothingService/Frobnicate", None),
        ("/yandex.cloud.ai.files.v1.FileService/Create", None),
        (f"{DATASETS}s/Create", "yandex.cloud.ai.dataset.v1.DatasetService/Create"),
        ("/yandex.cloud.ai.tuning.v1.TuningService/TuneDraft", None),
        ("/yandex.cloud.ai.tuning.v1.TuningService/CreateDraft", None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"\xff"])
def test_an_unknown_method_is_unimplemented_with_a_hint_where_there_is_one(client, path, hint, body):
    said = f"Method {path[1:]} is unimplemented"
    expected = f"{said}; did you mean {hint}?" if hint else said
    assert refused_raw(client, path, body) == (UNIMPLEMENTED, expected)


def test_a_message_of_more_than_four_megabytes_is_refused_and_the_connection_lives_on(
    client, folder, nothing_changes
):
    nothing_changes()
    big = {**CREATE, "folder_id": folder.id, "metadata": "m" * 5_000_000}
    code, _ = steps.refused(client.call, "DatasetService/Create", **big)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_message_just_below_four_megabytes_is_taken(client, folder):
    reply = client.call(
        "DatasetService/Create",
        **{**CREATE, "folder_id": folder.id, "metadata": "m" * (4 * 1024 * 1024 - 200)},
    )
    assert reply.dataset_id


# --- headers that no library would send -------------------------------------------------------------------

STRANGE = [b"\xff\xfe", "ключ".encode(), b"a\x01b", b"\x00", b"\t"]


@pytest.mark.parametrize("value", STRANGE)
def test_a_request_id_that_cannot_be_sent_back_is_left_out(mock, folder, capfd, value):
    headers = [(b"authorization", f"Api-Key {folder.api_key}".encode()), (b"x-client-request-id", value)]
    folder_id = folder.id.encode()
    answer = http2.call(
        mock.endpoint, f"{DATASETS}/List", headers, b"\x0a" + bytes((len(folder_id),)) + folder_id
    )
    assert answer == http2.Answer(0)
    refusal = http2.call(mock.endpoint, f"{DATASETS}/List", headers[1:], b"")
    assert refusal == http2.Answer(16, "IAM token or API key has to be passed in request")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("value", STRANGE)
def test_a_strange_header_is_nobody_s_business(mock, folder, value):
    headers = [(b"authorization", f"Api-Key {folder.api_key}".encode()), (b"x-anything", value)]
    folder_id = folder.id.encode()
    answer = http2.call(
        mock.endpoint, f"{DATASETS}/List", headers, b"\x0a" + bytes((len(folder_id),)) + folder_id
    )
    assert answer == http2.Answer(0)
