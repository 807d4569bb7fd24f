"""Message classes of the private pool, used as any generated class."""

import pickle
from datetime import UTC, datetime

import pytest
from google.protobuf import json_format

from aistudio_protos.google.protobuf import any_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2
from aistudio_protos.google.rpc import error_details_pb2, status_pb2
from aistudio_protos.pool import POOL, message_class, services
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_pb2, dataset_service_pb2
from aistudio_protos.yandex.cloud.ai.foundation_models.v1 import batch_inference_task_status_pb2
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2


def test_a_message_survives_the_wire():
    sent = dataset_service_pb2.CreateDatasetRequest(name="x", labels={"a": "b"})
    assert dataset_service_pb2.CreateDatasetRequest.FromString(sent.SerializeToString()) == sent


def test_a_class_is_the_same_from_a_module_a_field_or_its_name():
    module = dataset_pb2.DatasetInfo
    assert type(dataset_service_pb2.CreateDatasetResponse().dataset) is module
    assert message_class("yandex.cloud.ai.dataset.v1.DatasetInfo") is module
    assert module.__module__ == dataset_pb2.__name__


def test_an_unknown_message_name_is_a_key_error():
    with pytest.raises(KeyError, match=r"no\.such\.Message"):
        message_class("no.such.Message")


def test_enums_know_names_and_numbers():
    assert dataset_pb2.DatasetInfo.Status.Name(dataset_pb2.DatasetInfo.READY) == "READY"
    assert batch_inference_task_status_pb2.BatchInferenceTaskStatus.Value("CANCELED") == 6
    assert batch_inference_task_status_pb2.CANCELED == 6


def test_nested_messages_are_attributes():
    weighted = tuning_service_pb2.TuningRequest.WeightedDataset(dataset_id="fds1", weight=1.0)
    request = tuning_service_pb2.TuningRequest(train_datasets=[weighted])
    assert request.train_datasets[0] == weighted


def test_a_message_can_be_pickled():
    dataset = dataset_pb2.DatasetInfo(name="x")
    assert pickle.loads(pickle.dumps(dataset)) == dataset


def test_any_packs_and_unpacks_our_messages():
    packed = any_pb2.Any()
    packed.Pack(dataset_service_pb2.ValidateDatasetMetadata(total_rows=3))
    unpacked = dataset_service_pb2.ValidateDatasetMetadata()
    assert packed.Unpack(unpacked)
    assert unpacked.total_rows == 3
    assert packed.type_url == "type.googleapis.com/yandex.cloud.ai.dataset.v1.ValidateDatasetMetadata"


def test_timestamps_convert():
    moment = timestamp_pb2.Timestamp()
    moment.FromJsonString("2025-12-11T02:18:54.500Z")
    assert moment.ToDatetime(UTC) == datetime(2025, 12, 11, 2, 18, 54, 500_000, UTC)
    assert dataset_pb2.DatasetInfo(created_at=moment).created_at == moment


def test_other_well_known_types_have_their_methods():
    assert duration_pb2.Duration(seconds=90).ToJsonString() == "90s"
    mask = field_mask_pb2.FieldMask()
    mask.FromJsonString("name,taskType")
    assert mask.paths == ["name", "task_type"]
    struct = struct_pb2.Struct()
    struct.update({"a": [1, None, {"b": "c"}]})
    assert json_format.MessageToDict(struct) == {"a": [1, None, {"b": "c"}]}


def test_json_of_an_any_needs_our_pool():
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.RequestInfo(request_id="r"))
    status = status_pb2.Status(code=16, details=[packed])
    expected = {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "r"}
    assert json_format.MessageToDict(status, descriptor_pool=POOL) == {"code": 16, "details": [expected]}


def test_services_are_the_platforms_own():
    assert [service.full_name.removeprefix("yandex.cloud.") for service in services()] == [
        "ai.batch_inference.v1.BatchInferenceService",
        "ai.dataset.v1.DatasetService",
        "ai.foundation_models.v1.EmbeddingsService",
        "ai.foundation_models.v1.TextGenerationAsyncService",
        "ai.foundation_models.v1.TextGenerationBatchService",
        "ai.foundation_models.v1.TextGenerationService",
        "ai.foundation_models.v1.TokenizerService",
        "ai.foundation_models.v1.text_classification.TextClassificationService",
        "ai.llm.v1alpha.TextGenerationService",
        "ai.tuning.v1.TuningService",
        "endpoint.ApiEndpointService",
        "iam.v1.IamTokenService",
        "operation.OperationService",
    ]
