"""The API by HTTP: the same answers as by gRPC, in each face's own form."""

import itertools
import json

import pytest
import requests

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.journal_parts import told

QUESTION = [{"role": "user", "text": "Кто ты?"}]
COMPLETION = "/foundationModels/v1/completion"


def headers(folder, **more):
    return {"Authorization": f"Api-Key {folder.api_key}", **more}


def call(mock, verb, path, folder, body=None, **more):
    data = body if isinstance(body, bytes) else None
    return requests.request(
        verb,
        mock.http_url + path,
        json=None if data is not None else body,
        data=data,
        headers=headers(folder, **more),
        timeout=20,
    )


def question(folder, **options):
    uri = f"gpt://{folder.id}/yandexgpt-lite/latest"
    return {"modelUri": uri, "completionOptions": options, "messages": QUESTION}


def lines(response):
    return [json.loads(line) for line in response.text.splitlines()]


def test_a_completion_is_one_line(mock, folder):
    response = call(mock, "POST", COMPLETION, folder, question(folder))
    assert response.status_code == 200
    result = response.json()["result"]
    assert list(result) == ["alternatives", "usage", "modelVersion"]
    [alternative] = result["alternatives"]
    assert alternative["status"] == "ALTERNATIVE_STATUS_FINAL"
    assert "Кто ты?" in alternative["message"]["text"]
    assert result["usage"]["inputTextTokens"] == "13"


def test_a_stream_is_a_line_for_each_message(mock, folder):
    response = call(mock, "POST", COMPLETION, folder, question(folder, stream=True))
    texts = [line["result"]["alternatives"][0]["message"]["text"] for line in lines(response)]
    assert len(texts) > 2
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


def test_both_faces_say_the_same(mock, client, folder):
    by_rest = call(mock, "POST", COMPLETION, folder, question(folder)).json()["result"]
    uri = question(folder)["modelUri"]
    [by_grpc] = client.stream("TextGenerationService/Completion", model_uri=uri, messages=QUESTION)
    assert by_rest["alternatives"][0]["message"]["text"] == by_grpc.alternatives[0].message.text
    assert int(by_rest["usage"]["totalTokens"]) == by_grpc.usage.total_tokens


def test_names_in_snake_case_and_unknown_fields_are_read_past(mock, folder):
    asked = question(folder)
    body = {"model_uri": asked["modelUri"], "messages": QUESTION, "nobodyKnows": {"this": [1]}}
    assert call(mock, "POST", COMPLETION, folder, body).status_code == 200


REFUSALS = [
    (b"{", 400, 3, "the body is not JSON"),
    (b"[]", 400, 3, "the body is not a JSON object"),
    (b'{"messages": 1}', 400, 3, "not the JSON of a CompletionRequest"),
    (b"\xff\xfe", 400, 3, "the body is not JSON"),
    (b"[" * 100_000, 400, 3, "the body is not JSON"),
    (b'{"modelUri": "x"}', 400, 3, "invalid model_uri"),
    (b'{"modelUri": "gpt://b1g/nobody/latest", "messages": [{"text": "?"}]}', 404, 5, "Failed to get model"),
    (b" " * (4 << 20) + b"{}", 429, 8, "longer than 4194304 bytes"),
]


@pytest.mark.parametrize(("body", "status", "code", "said"), REFUSALS)
def test_a_stream_is_refused_in_its_own_form(mock, folder, body, status, code, said):
    response = call(mock, "POST", COMPLETION, folder, body)
    assert response.status_code == status
    error = response.json()["error"]
    assert list(error) == ["grpcCode", "httpCode", "message", "httpStatus", "details"]
    assert (error["grpcCode"], error["httpCode"]) == (code, status)
    assert said in error["message"]
    assert error["details"][0]["requestId"] == response.headers["x-request-id"]


def test_one_message_is_refused_in_its_own_form(mock, folder):
    response = call(mock, "GET", "/operations/fds00000000000000000", folder)
    assert response.status_code == 404
    assert list(response.json()) == ["code", "message", "details"]
    assert response.json()["code"] == 5


def test_a_path_that_is_none_is_told_what_there_is(mock, folder):
    response = call(mock, "POST", "/foundationModels/v1/complete", folder, {})
    assert response.status_code == 404
    assert COMPLETION in response.json()["message"]


def test_without_credentials_nobody_is_answered(mock):
    response = requests.post(mock.http_url + COMPLETION, json={}, timeout=20)
    assert response.status_code == 401
    assert response.json()["error"]["message"] == "IAM token or API key has to be passed in request"


def test_answers_carry_the_headers_of_the_service(mock, folder):
    response = call(mock, "POST", COMPLETION, folder, question(folder), **{"x-client-request-id": "mine"})
    assert response.headers["x-client-request-id"] == "mine"
    assert response.headers["Server"] == "ycalb"
    assert response.headers["x-server-trace-id"].endswith(":1")


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_an_operation_is_read_and_cancelled(mock, client, folder, verb):
    dataset_id = steps.validated(client, folder)
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    running = call(mock, "GET", f"/operations/{task_id}", folder).json()
    assert (running["id"], running["done"], running["description"]) == (task_id, False, "")
    assert running["metadata"]["tuningTaskId"] == task_id
    cancelled = call(mock, verb, f"/operations/{task_id}:cancel", folder).json()
    assert (cancelled["done"], cancelled["error"]["code"]) == (True, 1)


def test_a_fault_on_a_method_is_met_by_http_too(mock, folder):
    folder.faults.add(method="TextGenerationService/*", status="UNAVAILABLE", message="busy")
    response = call(mock, "POST", COMPLETION, folder, question(folder))
    assert (response.status_code, response.json()["error"]["message"]) == (503, "busy")
    assert call(mock, "POST", COMPLETION, folder, question(folder)).status_code == 200


def test_calls_by_http_are_in_the_journal(mock, folder):
    call(mock, "POST", COMPLETION, folder, question(folder, stream=True))
    call(mock, "POST", COMPLETION, folder, b"{")
    whole, wrong = folder.journal.calls()
    assert (whole.method, whole.leg, whole.status) == ("TextGenerationService/Completion", "rest", "OK")
    assert whole.request["messages"] == QUESTION
    assert len(whole.responses) > 2
    assert (wrong.status, wrong.request) == ("INVALID_ARGUMENT", None)


def test_the_journal_of_calls_by_http_is_as_the_schema_says(mock, folder):
    call(mock, "POST", COMPLETION, folder, question(folder))
    call(mock, "POST", COMPLETION, folder, b"{")
    call(mock, "GET", "/operations/fds1?x=1", folder)
    call(mock, "GET", "/v1/models", folder)
    call(mock, "GET", "/v1/nothing", folder)
    entries = told(mock.http_url, folder.id)
    assert [entry["leg"] for entry in entries] == ["rest"] * 5
    assert entries[0]["path"] == COMPLETION
    assert entries[0]["request_type"].endswith(".CompletionRequest")
    assert folder.api_key not in json.dumps(entries)


def test_a_header_names_the_folder_where_nothing_else_does(mock, folder):
    named = {"Authorization": "Bearer anything", "x-folder-id": folder.id}
    requests.get(mock.http_url + "/operations/fds1", headers=named, timeout=20)
    assert [one.method for one in folder.journal.calls()] == ["OperationService/Get"]


def test_a_strict_credential_takes_no_other_folder():
    with MockServer(auth="strict") as strict:
        own, other = strict.folder(), strict.folder()
        response = call(strict, "GET", "/operations/fds1", own, **{"x-folder-id": other.id})
        assert response.status_code == 400
        assert "does not match with service account folder ID" in response.json()["message"]
        unknown = requests.get(
            strict.http_url + "/operations/fds1", headers={"Authorization": "Bearer t"}, timeout=20
        )
        assert unknown.status_code == 401


def test_texts_are_classified_and_embedded(mock, folder):
    asked = {"modelUri": f"cls://{folder.id}/yandexgpt/latest", "text": "мяч", "labels": ["мяч", "шайба"]}
    found = call(mock, "POST", "/foundationModels/v1/fewShotTextClassification", folder, asked).json()
    assert [one["label"] for one in found["predictions"]] == ["мяч", "шайба"]
    assert (found["modelVersion"], found["inputTokens"]) == ("23.10.2024", "13")
    asked = {"modelUri": f"emb://{folder.id}/text-search-doc/latest", "text": "мяч", "dim": "256"}
    placed = call(mock, "POST", "/foundationModels/v1/textEmbedding", folder, asked).json()
    assert (len(placed["embedding"]), placed["numTokens"]) == (256, "2")


def test_a_classifier_that_is_not_there_is_not_found(mock, folder):
    asked = {"modelUri": f"cls://{folder.id}/yandexgpt-lite/latest@tamr0", "text": "мяч"}
    response = call(mock, "POST", "/foundationModels/v1/textClassification", folder, asked)
    assert (response.status_code, response.json()["code"]) == (404, 5)
