"""The how-to pages' cURL way, command by command, from a token to metrics."""

import json
import zipfile

import pytest

from aistudio_mock import MockServer
from tests.wire.grpcurl import DOORS, GRPCURL, terminal

pytestmark = GRPCURL

TRAINING = [("Как тебя зовут?", "Меня зовут Женя."), ("Откуда ты?", "Из Перми."), ("Кто ты?", "Нейросеть.")]
VALIDATION = [("Как твоё имя?", "Меня зовут Женя.")]

TOKEN = '"$PYTHON" -m aistudio_mock token --http "$AISTUDIO_MOCK_HTTP"'

CREATE = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d @ \
  $HOST yandex.cloud.ai.dataset.v1.DatasetService/Create <<EOM
  {
    "folder_id": "$FOLDER_ID",
    "name": "$NAME",
    "task_type": "TextToTextGeneration",
    "upload_format": "jsonlines"
  }
EOM
"""

UPLOAD_URL = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d '{"dataset_id": "'"$DATASET"'", "size_bytes": '$(($(wc -c < "$FILE")))'}' \
  $HOST yandex.cloud.ai.dataset.v1.DatasetService/GetUploadDraftUrl
"""

UPLOAD = 'curl --silent --show-error --request PUT --upload-file "$FILE" "$LINK"'

VALIDATE = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d '{"dataset_id": "'"$DATASET"'"}' \
  $HOST yandex.cloud.ai.dataset.v1.DatasetService/Validate
"""

GET = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d '{"operation_id": "'"$OPERATION"'"}' \
  $HOST yandex.cloud.operation.OperationService/Get
"""

TUNE = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d @ \
  $HOST yandex.cloud.ai.tuning.v1.TuningService/Tune <<EOM
  {
    "base_model_uri": "gpt://$FOLDER_ID/yandexgpt-lite/latest",
    "train_datasets": [{"dataset_id": "$TRAINING", "weight": 1.0}],
    "validation_datasets": [{"dataset_id": "$VALIDATION", "weight": 1.0}],
    "name": "my first model",
    "text_to_text_completion": {}
  }
EOM
"""

METRICS_URL = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d '{"task_id": "'"$TASK"'"}' \
  $HOST yandex.cloud.ai.tuning.v1.TuningService/GetMetricsUrl
"""

DOWNLOAD = 'curl --silent --show-error --output "$FILE" "$LINK"'

COMPLETION = r"""
grpcurl $FLAGS \
  -H "Authorization: Bearer $IAM_TOKEN" \
  -d '{"model_uri": "'"$MODEL"'", "completion_options": {}, "messages": [{"role": "user", "text": "Как тебя зовут?"}]}' \
  $HOST yandex.cloud.ai.foundation_models.v1.TextGenerationService/Completion
"""  # noqa: E501 - one line, as a person types it


@pytest.fixture(scope="module")
def mock():
    with MockServer(auth="strict") as mock:
        yield mock


def written(file, pairs):
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        for question, answer in pairs:
            row = {"request": [{"role": "user", "text": question}], "response": answer}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return file


def link(shell, printed, key):
    # As the page's tip says for those without jq: undo the escapes of `&`.
    line = next(line for line in printed.splitlines() if key in line)
    assert r"\u0026" in line
    return shell.prints("printf %s \"$LINE\" | sed 's/\\\\u0026/\\&/g'", LINE=line).split('"')[3]


def uploaded_and_validated(shell, name, file):
    dataset = shell.answers(CREATE, NAME=name)
    assert (dataset["dataset"]["name"], dataset["dataset"]["status"]) == (name, "DRAFT")
    printed = shell.prints(UPLOAD_URL, DATASET=dataset["datasetId"], FILE=file)
    assert shell.prints(UPLOAD, FILE=file, LINK=link(shell, printed, "uploadUrl")) == ""
    operation = shell.answers(VALIDATE, DATASET=dataset["datasetId"])
    done = shell.answers(GET, OPERATION=operation["id"])
    assert (done["done"], done["response"]["isValid"]) == (True, True)
    return dataset["datasetId"]


@pytest.mark.parametrize("door", DOORS)
def test_the_how_to_works_from_a_token_to_metrics_and_an_answer(mock, door, tmp_path):
    shell = terminal(mock, door, iam_token=terminal(mock).prints(TOKEN).strip())
    training = uploaded_and_validated(shell, "My awesome dataset", written(tmp_path / "t.jsonl", TRAINING))
    validation = uploaded_and_validated(
        shell, "My validation dataset", written(tmp_path / "файл с пробелами.jsonl", VALIDATION)
    )

    started = shell.answers(TUNE, TRAINING=training, VALIDATION=validation)
    done = shell.answers(GET, OPERATION=started["id"])
    assert (started.get("done"), done["done"], done["metadata"]["status"]) == (None, True, "COMPLETED")
    model = done["response"]["targetModelUri"]
    assert model.startswith(f"gpt://{mock.default_folder.id}/yandexgpt-lite/latest@tamr")

    printed = shell.prints(METRICS_URL, TASK=done["metadata"]["tuningTaskId"])
    metrics = tmp_path / "tensorboard.zip"
    shell.prints(DOWNLOAD, FILE=metrics, LINK=link(shell, printed, "loadUrl"))
    with zipfile.ZipFile(metrics) as archive:
        assert archive.testzip() is None
        assert any("tfevents" in name for name in archive.namelist())

    answer = shell.answers(COMPLETION, MODEL=model)
    assert answer["alternatives"][0]["message"] == {"role": "assistant", "text": "Меня зовут Женя."}


def test_the_platform_s_own_way_to_a_token_gives_one_that_is_accepted(mock):
    # POST https://iam.api.cloud.yandex.net/iam/v1/tokens, at the mock's address.
    answer = terminal(mock).answers(
        "curl --silent --show-error --request POST "
        """--data '{"yandexPassportOauthToken": "y0_anything"}' "$AISTUDIO_MOCK_HTTP/iam/v1/tokens\""""
    )
    assert list(answer) == ["iamToken", "expiresAt"]
    shell = terminal(mock, iam_token=answer["iamToken"])
    assert shell.answers(CREATE, NAME="My awesome dataset")["datasetId"].startswith("fds")


def test_a_token_of_others_is_refused(mock):
    refused = terminal(mock, iam_token="t1.foreign").run(CREATE, NAME="My awesome dataset")
    assert refused.returncode == 64 + 16
    assert "Code: Unauthenticated" in refused.stderr
    assert "The token is invalid" in refused.stderr
