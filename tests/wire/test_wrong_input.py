"""Fields and ids that are wrong, on the wire: the platform's code and wording, and nothing is stored."""

import grpc
import pytest

from aistudio_mock.transport.routes import routes
from aistudio_protos.google.rpc.error_details_pb2 import BadRequest, RequestInfo
from aistudio_protos.google.rpc.status_pb2 import Status
from aistudio_protos.options import FieldRules, exactly_one, field_rules
from tests.wire import steps

NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT


# --- ids that nobody has ----------------------------------------------------------------------------------

NO_SUCH = [
    ("DatasetService/Describe", {"dataset_id": "fds1"}, "dataset fds1 not found"),
    ("DatasetService/Update", {"dataset_id": "fds1", "name": "new"}, "dataset fds1 not found"),
    ("DatasetService/Delete", {"dataset_id": "fds1"}, "dataset fds1 not found"),
    ("DatasetService/GetUploadDraftUrl", {"dataset_id": "fds1", "size_bytes": 1}, "dataset fds1 not found"),
    ("DatasetService/GetDownloadUrls", {"dataset_id": "fds1"}, "dataset fds1 not found"),
    ("DatasetService/GetPreview", {"dataset_id": "fds1"}, "dataset fds1 not found"),
    ("DatasetService/Validate", {"dataset_id": "fds1"}, "dataset fds1 not found"),
    (
        "DatasetService/StartMultipartUploadDraft",
        {"dataset_id": "fds1", "size_bytes": 1},
        "dataset fds1 not found",
    ),
    (
        "DatasetService/FinishMultipartUploadDraft",
        {"dataset_id": "fds1", "uploaded_parts": [{"part_num": 1, "etag": "e"}]},
        "dataset fds1 not found",
    ),
    ("TuningService/Describe", {"tuning_task_id": "ftn1"}, "tuning task ftn1 not found"),
    ("TuningService/GetOptions", {"task_id": "ftn1"}, "tuning task ftn1 not found"),
    ("TuningService/GetMetricsUrl", {"task_id": "ftn1"}, "tuning task ftn1 not found"),
    ("TuningService/Cancel", {"tuning_task_id": "ftn1"}, "tuning task ftn1 not found"),
    ("TuningService/ListErrors", {"tuning_task_id": "ftn1"}, "tuning task ftn1 not found"),
    ("TuningService/Archive", {"tuning_task_id": "ftn1"}, "tuning task ftn1 not found"),
    ("TuningService/EnableBilling", {"tuning_task_id": "ftn1"}, "tuning task ftn1 not found"),
    *[
        (f"BatchInferenceService/{rpc}", {"task_id": "fbi1"}, "batch task fbi1 not found")
        for rpc in ("Describe", "Cancel", "Delete")
    ],
    (
        "TextGenerationBatchService/Completion",
        {"model_uri": "gpt://b1g/yandexgpt-lite/latest", "source_dataset_id": "fds1"},
        "dataset fds1 not found",
    ),
    ("OperationService/Get", {"operation_id": "ftn1"}, "operation ftn1 not found"),
    ("OperationService/Cancel", {"operation_id": "fds1"}, "operation fds1 not found"),
    ("ApiEndpointService/Get", {"api_endpoint_id": "ai-nothing"}, "api endpoint ai-nothing not found"),
]


@pytest.mark.parametrize(("rpc", "fields", "message"), NO_SUCH, ids=[row[0] for row in NO_SUCH])
def test_an_id_that_nobody_has_is_not_found_and_named(client, nothing_changes, rpc, fields, message):
    nothing_changes()
    assert steps.refused(client.call, rpc, **fields) == (NOT_FOUND, message)


@pytest.mark.parametrize(
    "field", ["train_datasets", "validation_datasets", "validation_dataset", "test_datasets"]
)
def test_a_tuning_on_a_dataset_that_nobody_has_is_not_found(client, folder, nothing_changes, field):
    ready = steps.validated(client, folder)
    nothing_changes()
    wrong = {"dataset_id": "fds1", "weight": 1}
    named = wrong if field == "validation_dataset" else [wrong]
    request = {**steps.order(folder, ready), field: named}
    assert steps.refused(client.call, "TuningService/Tune", **request) == (
        NOT_FOUND,
        "dataset fds1 not found",
    )


@pytest.mark.parametrize(
    "uri",
    ["gpt://{}/yandexgpt-lite/latest@tamr1", "gpt://{}/no-such/latest", "emb://{}/yandexgpt-lite/latest"],
)
def test_a_model_that_nobody_has_is_not_found(client, folder, uri):
    uri = uri.format(folder.id)
    code, message = steps.refused(
        client.stream,
        "TextGenerationService/Completion",
        model_uri=uri,
        messages=[{"role": "user", "text": "?"}],
    )
    assert (code, message) == (NOT_FOUND, f"Failed to get model {uri}")


# --- fields that are missing, too long, out of range ------------------------------------------------------

CREATE = {"name": "n", "folder_id": "b1g", "task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
REQUIRED = [
    *[("DatasetService/Create", {**CREATE, name: ""}, name) for name in CREATE],
    *[(f"DatasetService/{rpc}", {}, "dataset_id") for rpc in ("Describe", "Update", "Delete")],
    *[(f"DatasetService/{rpc}", {}, "dataset_id") for rpc in ("Validate", "GetDownloadUrls", "GetPreview")],
    *[(f"DatasetService/{rpc}", {}, "task_type") for rpc in ("ListUploadSchemas", "ListUploadFormats")],
    ("DatasetService/GetUploadDraftUrl", {"size_bytes": 1}, "dataset_id"),
    ("DatasetService/StartMultipartUploadDraft", {"size_bytes": 1}, "dataset_id"),
    ("DatasetService/FinishMultipartUploadDraft", {}, "dataset_id"),
    ("DatasetService/List", {}, "folder_id"),
    ("TuningService/Tune", {"train_datasets": [{"dataset_id": "fds1"}]}, "base_model_uri"),
    *[
        (f"TuningService/{rpc}", {}, "tuning_task_id")
        for rpc in ("Describe", "Cancel", "Archive", "EnableBilling")
    ],
    *[(f"TuningService/{rpc}", {}, "task_id") for rpc in ("GetOptions", "GetMetricsUrl")],
    ("TuningService/List", {}, "folder_id"),
    *[(f"OperationService/{rpc}", {}, "operation_id") for rpc in ("Get", "Cancel")],
    *[(f"BatchInferenceService/{rpc}", {}, "task_id") for rpc in ("Describe", "Cancel", "Delete")],
    ("BatchInferenceService/List", {}, "folder_id"),
]


@pytest.mark.parametrize(
    ("rpc", "fields", "missing"), REQUIRED, ids=[f"{row[0]}-{row[2]}" for row in REQUIRED]
)
def test_a_required_field_that_is_missing_is_named(client, nothing_changes, rpc, fields, missing):
    nothing_changes()
    refusal = steps.refused(client.call, rpc, **fields)
    assert refusal == (INVALID, f"Validation error:\n{missing}: Field is required")


LIMITS = [
    ("DatasetService/Create", {**CREATE, "name": "n" * 64}, "name: Length must be less than or equal to 63"),
    ("DatasetService/Create", {**CREATE, "name": "я" * 64}, "name: Length must be less than or equal to 63"),
    (
        "DatasetService/Create",
        {**CREATE, "folder_id": "f" * 51},
        "folder_id: Length must be less than or equal to 50",
    ),
    (
        "DatasetService/Create",
        {**CREATE, "task_type": "T" * 51},
        "task_type: Length must be less than or equal to 50",
    ),
    (
        "DatasetService/Create",
        {**CREATE, "upload_format": "j" * 51},
        "upload_format: Length must be less than or equal to 50",
    ),
    *[
        (
            "DatasetService/GetUploadDraftUrl",
            {"dataset_id": "fds1", "size_bytes": size},
            "size_bytes: Value must be greater than 0",
        )
        for size in (0, -1, -(2**63))
    ],
    *[
        (
            f"{service}/List",
            {"folder_id": "b1g", "page_size": size},
            "page_size: Value must be in the range of 0 to 1000",
        )
        for service in ("DatasetService", "TuningService")
        for size in (-1, 1001)
    ],
    (
        "TuningService/Tune",
        {"base_model_uri": "gpt://x"},
        "train_datasets: Number of elements must be greater than 0",
    ),
    (
        "TuningService/Tune",
        {"base_model_uri": "gpt://x", "train_datasets": [{}]},
        "train_datasets[0].dataset_id: Field is required",
    ),
    (
        "IamTokenService/Create",
        {},
        "identity: Exactly one of the fields must be set: yandex_passport_oauth_token, jwt",
    ),
    ("IamTokenService/Create", {"jwt": "j" * 8001}, "jwt: Length must be less than or equal to 8000"),
]


@pytest.mark.parametrize(("rpc", "fields", "line"), LIMITS)
def test_a_field_out_of_its_limits_is_refused_with_the_limit(client, nothing_changes, rpc, fields, line):
    nothing_changes()
    assert steps.refused(client.call, rpc, **fields) == (INVALID, f"Validation error:\n{line}")


def test_limits_count_characters_and_include_their_ends(mock, client):
    at_the_limit = {**CREATE, "name": "я" * 63, "folder_id": "f" * 50}
    assert client.call("DatasetService/Create", **at_the_limit).dataset_id
    lenient = mock.folder(settings={"dataset-task-type-unknown": "accept"})
    at_the_limit |= {"folder_id": lenient.id, "task_type": "т" * 50, "upload_format": "j" * 50}
    assert client.call("DatasetService/Create", **at_the_limit).dataset_id


@pytest.mark.parametrize("service", ["DatasetService", "TuningService"])
def test_a_forged_page_token_is_refused(client, folder, service):
    code, message = steps.refused(client.call, f"{service}/List", folder_id=folder.id, page_token="Zm9yZ2Vk")
    assert code is INVALID
    assert message.startswith("page_token: not a token of this list")


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"name": "", "update_mask": {"paths": ["name"]}}, "name: Length must be in the range of 1 to 63"),
        (
            {"name": "n" * 64, "update_mask": {"paths": ["name"]}},
            "name: Length must be in the range of 1 to 63",
        ),
        ({"name": "n" * 64}, "name: Length must be in the range of 1 to 63"),
    ],
)
def test_an_update_keeps_to_the_limits_of_create(client, folder, nothing_changes, fields, line):
    dataset_id = steps.draft(client, folder)
    nothing_changes()
    refusal = steps.refused(client.call, "DatasetService/Update", dataset_id=dataset_id, **fields)
    assert refusal == (INVALID, f"Validation error:\n{line}")


@pytest.mark.parametrize("path", ["status", "folder_id", "nonsense", "labels.a", ""])
def test_an_update_of_what_cannot_be_updated_says_what_can(client, folder, nothing_changes, path):
    dataset_id = steps.draft(client, folder)
    nothing_changes()
    code, message = steps.refused(
        client.call,
        "DatasetService/Update",
        dataset_id=dataset_id,
        name="new",
        update_mask={"paths": ["name", path]},
    )
    assert code is INVALID
    assert message.startswith(f"update_mask: cannot update {path!r}: ")
    assert message.endswith("; the mask can name name, description, labels")


def test_field_violations_come_as_details_too(client):
    with pytest.raises(grpc.RpcError) as refusal:
        client.call("DatasetService/Create", folder_id="b1g", task_type="t" * 51, upload_format="jsonlines")
    trailing = dict(refusal.value.trailing_metadata())
    status = Status.FromString(trailing["grpc-status-details-bin"])
    assert (status.code, status.message) == (3, refusal.value.details())
    info, bad = status.details
    assert RequestInfo.FromString(info.value).request_id == trailing["x-request-id"]
    assert [(one.field, one.description) for one in BadRequest.FromString(bad.value).field_violations] == [
        ("name", "Field is required"),
        ("task_type", "Length must be less than or equal to 50"),
    ]


# --- nothing was forgotten --------------------------------------------------------------------------------


def implemented(mock):
    return {
        f"{route.method.containing_service.name}/{route.method.name}": route.method.input_type
        for route in routes(mock._server.backend).values()
        if not route.method.server_streaming
    }


def test_every_rpc_with_a_limit_is_tried_beyond_it(mock):
    limited = {
        rpc
        for rpc, request in implemented(mock).items()
        if any(map(exactly_one, request.oneofs))
        or any(field_rules(field) != FieldRules() for field in request.fields)
    }
    assert limited == {row[0] for row in (*REQUIRED, *LIMITS)}


def test_every_rpc_that_names_an_object_is_tried_with_one_that_nobody_has(mock):
    naming = {
        rpc
        for rpc, request in implemented(mock).items()
        if any(
            field.name.endswith("_id") and field.name != "folder_id" and not field.is_repeated
            for field in request.fields
        )
    }
    assert naming == {row[0] for row in NO_SUCH}
