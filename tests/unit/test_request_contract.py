"""Every kind of rule that the contract can put on a field, with the words of its refusal."""

from contextlib import suppress
from itertools import count

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.transport.contract import require_valid
from aistudio_protos.pool import POOL, message_class, services
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    CreateDatasetRequest,
    FinishMultipartUploadDraftRequest,
    ListDatasetsRequest,
    UploadedPartInfo,
)
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest
from aistudio_protos.yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest

_NUMBERS = count()
_MAP = FieldDescriptorProto(
    name="field", number=1, type="TYPE_MESSAGE", label="LABEL_REPEATED", type_name="Entry"
)


def options_of(rules):
    options = message_class("google.protobuf.FieldOptions")()
    for name, value in rules.items():
        extension = POOL.FindExtensionByName(f"yandex.cloud.{name}")
        if name == "map_key":
            for part, text in value.items():
                setattr(options.Extensions[extension], part, text)
        else:
            options.Extensions[extension] = value
    return options.SerializeToString()


def message_with(kind, /, **rules):
    """A class of messages with one field of that kind, under those rules."""
    file = FileDescriptorProto(name=f"ruled{next(_NUMBERS)}.proto", syntax="proto3")
    message = file.message_type.add(name="Ruled")
    field = message.field.add(name="field", number=1)
    scalar, _, repeated = kind.partition(" ")
    if kind == "map":
        entry = message.nested_type.add(name="Entry")
        entry.field.add(name="key", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
        entry.field.add(name="value", number=2, type="TYPE_STRING", label="LABEL_OPTIONAL")
        entry.options.map_entry = True
        field.CopyFrom(_MAP)
    else:
        field.type = FieldDescriptorProto.Type.Value(f"TYPE_{scalar.upper()}")
        field.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    field.options.MergeFromString(options_of(rules))
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("Ruled"))


def refusal(message):
    with pytest.raises(InvalidArgument) as refused:
        require_valid(message)
    return refused.value


RULES = [
    # kind, rules, allowed, refused, description
    ("string", {"required": True}, "a", "", "Field is required"),
    ("int64", {"required": True}, 1, 0, "Field is required"),
    ("string several", {"required": True}, ["a"], [], "Field is required"),
    ("string", {"length": "<=3"}, "абв", "абвг", "Length must be less than or equal to 3"),
    ("string", {"length": "<4"}, "abc", "abcd", "Length must be less than 4"),
    ("string", {"length": "2-3"}, "ab", "a", "Length must be in the range of 2 to 3"),
    ("string", {"length": "2-3"}, "abc", "abcd", "Length must be in the range of 2 to 3"),
    ("string", {"length": "3"}, "abc", "ab", "Length must be equal to 3"),
    ("string several", {"length": "<=3"}, ["a"] * 9, ["a", "abcd"], "Length must be less than or equal to 3"),
    ("int64", {"value": ">0"}, 1, 0, "Value must be greater than 0"),
    ("int64", {"value": ">0"}, 2**63 - 1, -(2**63), "Value must be greater than 0"),
    ("int64", {"value": ">=5"}, 5, 4, "Value must be greater than or equal to 5"),
    ("int64", {"value": "1-10000"}, 10000, 10001, "Value must be in the range of 1 to 10000"),
    ("int64", {"value": "-5--1"}, -5, 0, "Value must be in the range of -5 to -1"),
    ("double", {"value": "0-1"}, 0.5, 1.01, "Value must be in the range of 0 to 1"),
    ("double", {"value": "0.5-1.5"}, 0.5, 0.49, "Value must be in the range of 0.5 to 1.5"),
    ("double", {"value": "0-1"}, 1.0, float("nan"), "Value must be in the range of 0 to 1"),
    ("double", {"value": "<=1"}, -1.0, float("inf"), "Value must be less than or equal to 1"),
    ("string several", {"size": ">0"}, ["a"], [], "Number of elements must be greater than 0"),
    (
        "string several",
        {"size": "<=2"},
        ["a", "b"],
        ["a", "b", "c"],
        "Number of elements must be less than or equal to 2",
    ),
    (
        "map",
        {"size": "<=1"},
        {"a": "b"},
        {"a": "b", "c": "d"},
        "Number of elements must be less than or equal to 1",
    ),
    ("bytes", {"bytes": "<=2"}, b"ab", b"abc", "Number of bytes must be less than or equal to 2"),
    ("string", {"pattern": "[a-z]+"}, "abc", "abC", "Field does not match the pattern /[a-z]+/"),
    ("string", {"pattern": "[a-z]+"}, "abc", "abc\n", "Field does not match the pattern /[a-z]+/"),
    (
        "string several",
        {"pattern": "[a-z]+"},
        ["a", "b"],
        ["a", "B"],
        "Field does not match the pattern /[a-z]+/",
    ),
    ("string several", {"unique": True}, ["a", "b"], ["a", "a"], "Elements must be unique"),
    (
        "map",
        {"map_key": {"length": "1-3"}},
        {"abc": ""},
        {"abcd": ""},
        "Length of key must be in the range of 1 to 3",
    ),
    (
        "map",
        {"map_key": {"pattern": "[a-z]+"}},
        {"a": "B"},
        {"B": "a"},
        "Key does not match the pattern /[a-z]+/",
    ),
    ("map", {"length": "<=3"}, {"abcd": "abc"}, {"a": "abcd"}, "Length must be less than or equal to 3"),
]


@pytest.mark.parametrize(("kind", "rules", "allowed", "refused", "description"), RULES)
def test_a_rule_allows_one_value_and_refuses_another_in_its_words(kind, rules, allowed, refused, description):
    ruled = message_with(kind, **rules)
    require_valid(ruled(field=allowed))
    error = refusal(ruled(field=refused))
    assert error.message == f"Validation error:\nfield: {description}"
    assert [(one.field, one.description) for one in error.violations] == [("field", description)]


@pytest.mark.parametrize(
    ("kind", "rules"),
    [("string", {"length": "2-3"}), ("string", {"pattern": "[a-z]+"}), ("bytes", {"bytes": "2"})],
)
def test_a_text_that_is_not_given_breaks_no_rule_but_required(kind, rules):
    require_valid(message_with(kind, **rules)())


def test_an_empty_repeated_field_breaks_no_rule_of_its_elements():
    require_valid(message_with("string several", length="2-3", pattern="[a-z]+")())


def test_a_field_without_rules_takes_anything():
    require_valid(message_with("string")(field="x" * 10_000))


def test_a_range_that_nobody_can_read_is_said_to_be_one():
    with pytest.raises(ValueError, match="the contract has a range that nobody can read: 'a few'"):
        require_valid(message_with("int64", value="a few")(field=1))


def test_every_violation_is_named_each_on_its_line():
    error = refusal(CreateDatasetRequest(name="n" * 64, folder_id="b1g"))
    assert error.message == (
        "Validation error:\n"
        "name: Length must be less than or equal to 63\n"
        "task_type: Field is required\n"
        "upload_format: Field is required"
    )
    assert [one.field for one in error.violations] == ["name", "task_type", "upload_format"]


def test_a_violation_inside_a_message_has_its_path():
    error = refusal(
        TuningRequest(base_model_uri="gpt://x", train_datasets=[{"dataset_id": "fds1"}, {"weight": 1}])
    )
    assert [one.field for one in error.violations] == ["train_datasets[1].dataset_id"]


def test_a_single_message_inside_has_its_path_and_is_checked_only_when_given():
    request = TuningRequest(base_model_uri="gpt://x", train_datasets=[{"dataset_id": "fds1"}])
    require_valid(request)
    request.validation_dataset.weight = 1
    assert [one.field for one in refusal(request).violations] == ["validation_dataset.dataset_id"]


def test_rules_inside_repeated_messages_are_all_applied():
    parts = [UploadedPartInfo(part_num=0, etag="e"), UploadedPartInfo(part_num=10_001)]
    error = refusal(FinishMultipartUploadDraftRequest(dataset_id="fds1", uploaded_parts=parts))
    assert [one.field for one in error.violations] == [
        "uploaded_parts[0].part_num",
        "uploaded_parts[1].part_num",
        "uploaded_parts[1].etag",
    ]


def test_a_oneof_that_must_be_set_names_its_fields():
    error = refusal(CreateIamTokenRequest())
    assert error.message == (
        "Validation error:\nidentity: Exactly one of the fields must be set: yandex_passport_oauth_token, jwt"
    )


def test_a_oneof_that_is_set_is_enough():
    require_valid(CreateIamTokenRequest(jwt="a.b.c"))


def test_a_valid_request_is_let_through():
    require_valid(
        CreateDatasetRequest(name="n" * 63, folder_id="f" * 50, task_type="t" * 50, upload_format="jsonlines")
    )
    require_valid(ListDatasetsRequest(folder_id="b1g"))


@pytest.mark.parametrize(
    "name", sorted({method.input_type.full_name for service in services() for method in service.methods})
)
def test_every_rule_of_the_contract_can_be_read(name):
    request = message_class(name)()
    for field in request.DESCRIPTOR.fields:
        if field.message_type is not None and not field.is_repeated:
            getattr(request, field.name).SetInParent()
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            getattr(request, field.name).add()
    with suppress(InvalidArgument):
        require_valid(request)
