"""Task types, schemas and filters as the official SDK reads them; a quota as it meets it."""

import pytest
from yandex_ai_studio_sdk.exceptions import AioRpcError
from yandex_ai_studio_sdk.retry import NoRetryPolicy

from tests.wire.sdk_parts import KIND, client

EXAMPLES = (
    "TextToTextGeneration",
    "TextToTextGenerationRequest",
    "ImageTextToTextGenerationRequest",
    "TextEmbeddingsPair",
    "TextEmbeddingsTriplet",
    "TextClassificationMultilabel",
    "TextClassificationMulticlass",
)
"""The types that the SDK's own example asks for (service-behaviour c.10)."""


@pytest.mark.parametrize("task_type", EXAMPLES)
def test_the_formats_and_schemas_of_a_task_type_are_read(sdk, task_type):
    with pytest.warns(DeprecationWarning, match="list_upload_formats"):
        assert list(sdk.datasets.list_upload_formats(task_type)) == ["jsonlines"]
    (schema,) = sdk.datasets.list_upload_schemas(task_type)
    assert (schema.task_type, schema.upload_format) == (task_type, "jsonlines")
    assert schema.json["type"] == "object"


def test_an_unknown_task_type_is_an_error(sdk):
    with pytest.raises(AioRpcError, match="Unknown task type 'Text'; known: "):
        sdk.datasets.list_upload_schemas("Text")


def test_several_statuses_and_types_are_asked_for_at_once(sdk, draft):
    made = draft(sdk, "first").upload()
    assert [one.id for one in sdk.datasets.list(status=["READY", "INVALID"])] == [made.id]
    assert list(sdk.datasets.list(status=["DRAFT", "VALIDATING"])) == []
    types = ["TextEmbeddingsPair", KIND["task_type"]]
    assert [one.id for one in sdk.datasets.list(task_type=types)] == [made.id]
    assert list(sdk.datasets.list(task_type="TextEmbeddingsPair")) == []


def test_a_quota_is_an_error_of_the_sdk_and_leaves_nothing_behind(mock, draft):
    folder = mock.folder(settings={"quotas": "datasets:1,dataset-bytes:10"})
    sdk = client(mock, folder.id, folder.api_key, retry_policy=NoRetryPolicy())
    with pytest.raises(AioRpcError, match="quota limit exceed: allowed 10 bytes"):
        draft(sdk, "large").upload()
    assert list(sdk.datasets.list()) == []
