"""What users of the official SDK are told when they do something wrong."""

import json

import grpc
import pytest
from yandex_ai_studio_sdk.auth import NoAuth
from yandex_ai_studio_sdk.exceptions import DatasetValidationError

from aistudio_mock import MockServer
from tests.wire.sdk_parts import KIND, client, quiet, row
from tests.wire.stubs import Client

GOOD = row("Кто ты?", "Я")
CODE = grpc.StatusCode


@pytest.fixture
def model(sdk):
    return sdk.models.completions("yandexgpt-lite")


def refusal(call, *arguments, **options):
    """The code and the details of the error that the SDK raises."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        call(*arguments, **options)
    return caught.value.code(), caught.value.details()


def test_a_draft_cannot_be_tuned_on_and_the_refusal_says_what_to_do(mock, sdk, folder, model):
    with Client(mock.endpoint) as raw:
        created = raw.call("DatasetService/Create", folder_id=folder.id, name="empty", **KIND)
    dataset = sdk.datasets.get(created.dataset_id)
    assert dataset.status.name == "DRAFT"
    assert refusal(model.tune_deferred, dataset) == (
        CODE.FAILED_PRECONDITION,
        f"dataset {dataset.id} is DRAFT and cannot be tuned on; validate it first",
    )
    assert list(sdk.tuning.list()) == []


@pytest.mark.parametrize("call", ["get", "tune"])
def test_an_unknown_dataset_is_not_found_by_the_name_it_was_given(call, sdk, model):
    asked = {"get": sdk.datasets.get, "tune": model.tune_deferred}[call]
    assert refusal(asked, "fds00000000000000000") == (
        CODE.NOT_FOUND,
        "dataset fds00000000000000000 not found",
    )


def test_an_unknown_tuning_is_not_found(sdk):
    assert refusal(sdk.tuning.get, "ftn00000000000000000") == (
        CODE.NOT_FOUND,
        "tuning task ftn00000000000000000 not found",
    )


def test_a_tuned_model_does_not_exist_before_its_task_is_completed(tmp_path):
    """The URI of a running task is known from a twin: a server with the same seed draws the same ids."""
    (tmp_path / "train.jsonl").write_text(GOOD, encoding="utf-8")

    def tune(mock):
        sdk = client(mock, mock.default_folder.id, mock.default_folder.api_key)
        upload = sdk.datasets.draft_from_path(tmp_path / "train.jsonl", name="a", **KIND).upload_deferred()
        mock.default_folder.clock.advance(minutes=5)
        return sdk, sdk.models.completions("yandexgpt-lite").tune_deferred(upload.wait())

    with quiet(tmp_path / "ca"), MockServer(seed=1, time="manual") as twin:
        _, task = tune(twin)
        twin.default_folder.clock.advance(hours=1)
        uri = task.wait().uri
    with quiet(tmp_path / "ca"), MockServer(seed=1, time="manual") as mock:
        sdk, task = tune(mock)
        model = sdk.models.completions(uri)
        assert task.get_task_info().target_model_uri is None
        assert task.get_metrics_url() is None
        assert refusal(model.run, "Кто ты?") == (CODE.NOT_FOUND, f"Failed to get model {uri}")
        mock.default_folder.clock.advance(hours=1)
        assert model.run("Кто ты?")[0].text == "Я"


def test_bad_rows_are_named_by_number_and_the_dataset_stays_to_be_looked_at(sdk, draft):
    only_response = json.dumps({"response": "Я"})
    with pytest.raises(DatasetValidationError) as caught:
        draft(sdk, text=f"{GOOD}{only_response}\n{GOOD}{{\n{only_response}\n").upload()
    error = caught.value
    assert sorted(number for each in error.errors for number in each.rows) == [2, 4, 5]
    dataset = sdk.datasets.get(error.dataset_id)
    assert dataset.status.name == "INVALID"
    assert [each.rows for each in dataset.validation_errors] == [each.rows for each in error.errors]
    dataset.delete()
    assert list(sdk.datasets.list()) == []


def test_an_invalid_dataset_is_given_when_the_caller_wants_no_exception(sdk, draft):
    dataset = draft(sdk, text="{\n").upload(raise_on_validation_failure=False)
    assert dataset.status.name == "INVALID"
    assert dataset.validation_errors[0].rows == (1,)


def test_an_empty_file_is_refused_and_leaves_no_draft_behind(sdk, draft):
    code, details = refusal(draft(sdk, text="").upload)
    assert code is CODE.INVALID_ARGUMENT
    assert details.startswith("Validation error:\nsize_bytes: ")
    assert list(sdk.datasets.list()) == []


def test_without_credentials_the_platform_asks_for_them(mock, folder):
    sdk = client(mock, folder.id, NoAuth())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        list(sdk.datasets.list())
    assert (caught.value.code(), caught.value.details()) == (
        CODE.UNAUTHENTICATED,
        "IAM token or API key has to be passed in request",
    )
    assert "auth_provider = NoAuth" in str(caught.value)
    assert 'x-client-request-id = "' in str(caught.value)


def test_the_identifier_of_an_api_key_is_told_apart_from_the_key(mock, folder):
    identifier = "aje0123456789abcdefg"
    code, details = refusal(client(mock, folder.id, identifier).datasets.get, "fds00000000000000000")
    assert code is CODE.UNAUTHENTICATED
    assert "that is the key's identifier; pass the secret key (AQVN…)" in details
    assert identifier not in details
