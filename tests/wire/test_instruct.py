"""The older tutorial's call: a tuned model by its ds:// id, and the instruction that it was tuned with."""

import pytest
import requests

from aistudio_formats.examples import json_lines
from tests.wire import steps
from tests.wire.run_parts import environment, python, run

__all__ = ["environment", "python", "run"]  # fixtures

INSTRUCT = "/llm/v1alpha/instruct"
PAIRS = [
    ("Что такое DataSphere", "DataSphere — это среда для ML-разработки."),
    ("Зачем DataSphere сервисный аккаунт", "Чтобы действовать в других сервисах платформы."),
    ("Что такое контрольная точка", "Ресурс, в котором хранится состояние переменных."),
]


def pair(question, answer, *before):
    request = [*({"role": "system", "text": text} for text in before), {"role": "user", "text": question}]
    return {"request": request, "response": answer}


def tuned(client, folder, rows, **more):
    dataset_id = steps.validated(client, folder, body=json_lines(rows).encode())
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id, **more)).id
    folder.clock.advance(hours=1)
    return task_id


def ask(mock, folder, text, **more):
    authorization = {"Authorization": f"Api-Key {folder.api_key}"}
    body = {"model": "general", "request_text": text, **more}
    return requests.post(mock.http_url + INSTRUCT, json=body, headers=authorization, timeout=20)


def said(response):
    [alternative] = response.json()["result"]["alternatives"]
    return alternative["text"]


def test_a_tuned_model_answers_by_its_alias(mock, client, folder):
    task_id = tuned(client, folder, [pair(*one) for one in PAIRS])
    for question, answer in PAIRS:
        assert said(ask(mock, folder, question, instruction_uri=f"ds://{task_id}")) == answer
    assert (
        said(ask(mock, folder, "что за контрольная точка?", instruction_uri=f"ds://{task_id}")) == PAIRS[2][1]
    )


def test_both_faces_answer(mock, client, folder):
    uri = f"ds://{tuned(client, folder, [pair(*one) for one in PAIRS])}"
    fields = {"model": "general", "instruction_uri": uri, "request_text": PAIRS[0][0]}
    [reply] = client.stream("TextGenerationService/Instruct", **fields)
    assert reply.alternatives[0].text == PAIRS[0][1]


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"instruction_uri": "ds://nobody"}, 404, "Failed to get model ds://nobody"),
        ({"instruction_uri": "ds://"}, 400, "invalid instruction_uri"),
        ({"instruction_uri": "gpt://b1g/yandexgpt-lite/latest"}, 400, "invalid instruction_uri"),
        ({"request_text": ""}, 400, "request_text: Field is required"),
        ({"generation_options": {"temperature": 2}}, 400, "temperature: Value must be in the range"),
        ({"generation_options": {"maxTokens": -1}}, 400, "max_tokens: Value must be greater"),
        ({"model": "x" * 51}, 400, "model: Length must be less than or equal to 50"),
    ],
)
def test_what_makes_no_sense_is_refused(mock, folder, fields, status, message):
    authorization = {"Authorization": f"Api-Key {folder.api_key}"}
    body = {"model": "general", "request_text": "?", **fields}
    response = requests.post(mock.http_url + INSTRUCT, json=body, headers=authorization, timeout=20)
    assert response.status_code == status
    assert message in response.json()["error"]["message"]


def test_a_model_that_is_still_tuned_is_not_found(mock, client, folder):
    dataset_id = steps.validated(client, folder)
    task_id = client.call("TuningService/Tune", **steps.order(folder, dataset_id)).id
    assert ask(mock, folder, "?", instruction_uri=f"ds://{task_id}").status_code == 404


def test_a_base_model_is_given_its_instruction_in_words(mock, folder):
    plain = ask(mock, folder, "Кто ты?").json()["result"]
    told = ask(mock, folder, "Кто ты?", instruction_text="Отвечай коротко").json()["result"]
    assert "Кто ты?" in plain["alternatives"][0]["text"]
    assert int(told["numPromptTokens"]) > int(plain["numPromptTokens"])


def test_an_instruction_chooses_among_rows_with_system_prompts(mock, client, folder):
    rows = [pair("Кто ты?", "Йо-хо-хо!", "Ты пират"), pair("Кто ты?", "К вашим услугам.", "Ты дворецкий")]
    butler = tuned(client, folder, rows, labels={"instruction": "Ты дворецкий"})
    pirate = tuned(client, folder, rows, labels={"instruction": "Ты пират"})
    assert said(ask(mock, folder, "Кто ты?", instruction_uri=f"ds://{butler}")) == "К вашим услугам."
    assert said(ask(mock, folder, "Кто ты?", instruction_uri=f"ds://{pirate}")) == "Йо-хо-хо!"


def test_an_instruction_that_no_row_has_is_seen_in_the_answer(mock, client, folder):
    task_id = tuned(client, folder, [pair(*PAIRS[0])], labels={"instruction": "Отвечай коротко"})
    answer = said(ask(mock, folder, PAIRS[0][0], instruction_uri=f"ds://{task_id}"))
    assert answer == f"[Отвечай коротко] {PAIRS[0][1]}"


def test_partial_results_grow_to_the_answer(mock, client, folder):
    uri = f"ds://{tuned(client, folder, [pair(*PAIRS[0])])}"
    options = {"partial_results": True, "max_tokens": 1000, "temperature": 0.1}
    response = ask(mock, folder, PAIRS[0][0], instruction_uri=uri, generation_options=options)
    lines = response.text.splitlines()
    assert len(lines) > 2
    assert PAIRS[0][1] in lines[-1]


TUTORIAL = """
import os, sys
import requests
from yandex_ai_studio_sdk import AIStudio

sdk = AIStudio()
kind = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}
data = sdk.datasets.draft_from_path(sys.argv[1], name="pairs", **kind).upload()
task = sdk.models.completions("yandexgpt-lite").tune_deferred(data, name="old")
task.wait()
for uri in (f"ds://{task.id}", "ds://nobody"):
    answer = requests.post(
        "https://llm.api.cloud.yandex.net/llm/v1alpha/instruct",
        headers={"Authorization": f"Api-Key {os.environ['YC_API_KEY']}"},
        json={
            "model": "general",
            "instruction_uri": uri,
            "request_text": "Что такое контрольная точка",
            "generation_options": {"max_tokens": 1000, "temperature": 0.1},
        },
    )
    print(answer.json())
"""


def test_the_tutorial_s_program_prints_the_answer_of_the_tuned_model_and_the_error_of_another(
    python, tmp_path
):
    (tmp_path / "pairs.jsonl").write_text(json_lines([pair(*one) for one in PAIRS]), encoding="utf-8")
    done = python(TUTORIAL, tmp_path / "pairs.jsonl")
    assert done.returncode == 0, done.stderr
    answer, error = done.stdout.splitlines()
    assert PAIRS[2][1] in answer
    assert "'grpcCode': 5" in error
    assert "Failed to get model ds://nobody" in error
