"""Field rules, operation types and REST mappings as the rest of the code reads them."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from aistudio_protos.options import (
    FieldRules,
    HttpRule,
    MapKeyRules,
    OperationTypes,
    exactly_one,
    field_rules,
    http_rule,
    operation_types,
)
from aistudio_protos.pool import POOL, message_class, services


def rules(name):
    return field_rules(POOL.FindFieldByName(f"yandex.cloud.{name}"))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ai.dataset.v1.CreateDatasetRequest.name", FieldRules(required=True, length="<=63")),
        ("ai.dataset.v1.CreateDatasetRequest.description", FieldRules()),
        ("ai.dataset.v1.GetUploadDraftUrlRequest.size_bytes", FieldRules(value=">0")),
        ("ai.dataset.v1.UploadedPartInfo.part_num", FieldRules(value="1-10000")),
        ("ai.tuning.v1.TuningRequest.train_datasets", FieldRules(size=">0")),
        ("ai.tuning.v1.TuningTask.name", FieldRules(pattern="^[A-Za-z0-9 _-]{3,100}$")),
        ("ai.tuning.v1.TuningRequest.name", FieldRules()),
        ("iam.v1.CreateIamTokenRequest.jwt", FieldRules(length="<=8000")),
    ],
)
def test_a_field_has_the_rules_of_the_contract(field, expected):
    assert rules(field) == expected


def test_every_field_option_of_the_platform_is_a_rule():
    options = POOL.FindMessageTypeByName("google.protobuf.FieldOptions")
    platform = {
        extension.name
        for extension in POOL.FindAllExtensions(options)
        if extension.full_name.startswith("yandex.cloud.")
    }
    assert set(FieldRules._fields) == platform


def test_rules_that_no_field_of_ours_uses_are_read_as_well():
    options = message_class("google.protobuf.FieldOptions")()
    options.Extensions[POOL.FindExtensionByName("yandex.cloud.unique")] = True
    options.Extensions[POOL.FindExtensionByName("yandex.cloud.map_key")].length = "1-63"
    file = FileDescriptorProto(name="foreign.proto")
    field = file.message_type.add(name="Foreign").field.add(name="field", number=1, type="TYPE_STRING")
    field.options.MergeFromString(options.SerializeToString())
    foreign = DescriptorPool()
    foreign.Add(file)
    assert field_rules(foreign.FindFieldByName("Foreign.field")) == FieldRules(
        unique=True, map_key=MapKeyRules(value="", pattern="", length="1-63")
    )


@pytest.mark.parametrize(
    ("oneof", "expected"),
    [("iam.v1.CreateIamTokenRequest.identity", True), ("ai.tuning.v1.TuningRequest.tuning_params", False)],
)
def test_a_oneof_says_whether_one_must_be_set(oneof, expected):
    assert exactly_one(POOL.FindOneofByName(f"yandex.cloud.{oneof}")) is expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("TextGenerationService.Completion", None),
        (
            "TextGenerationAsyncService.Completion",
            OperationTypes(None, "yandex.cloud.ai.foundation_models.v1.CompletionResponse"),
        ),
        (
            "TextGenerationBatchService.Completion",
            OperationTypes(
                "yandex.cloud.ai.foundation_models.v1.BatchCompletionMetadata",
                "yandex.cloud.ai.foundation_models.v1.BatchCompletionResponse",
            ),
        ),
    ],
)
def test_a_method_names_what_its_operation_carries(method, expected):
    found = POOL.FindMethodByName(f"yandex.cloud.ai.foundation_models.v1.{method}")
    assert operation_types(found) == expected


def test_every_type_that_an_operation_carries_is_in_the_contract():
    carried = [
        name
        for service in services()
        for method in service.methods
        for name in operation_types(method) or ()
        if name
    ]
    assert len(carried) == 13
    assert [message_class(name).DESCRIPTOR.full_name for name in carried] == carried


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("iam.v1.IamTokenService.Create", HttpRule("POST", "/iam/v1/tokens", "*")),
        ("operation.OperationService.Cancel", HttpRule("GET", "/operations/{operation_id}:cancel", "")),
        ("ai.dataset.v1.DatasetService.Create", None),
    ],
)
def test_a_method_has_its_rest_mapping(method, expected):
    assert http_rule(POOL.FindMethodByName(f"yandex.cloud.{method}")) == expected
