"""Answers to whole datasets, answers that are collected later, and tokens, by both clients."""

import pyarrow.parquet as pq
import pytest

from aistudio_client import Canceled, NotFound, OperationFailed, Unavailable
from tests.wire.client.parts import GENERATION, ROWS

QUESTIONS = [{"request": [{"role": "user", "text": f"q{n}"}]} for n in range(3)]


@pytest.fixture
def questions(studio):
    return studio.datasets.upload(QUESTIONS, task_type="TextToTextGenerationRequest")


@pytest.fixture
def model(studio):
    dataset = studio.datasets.upload(ROWS, task_type=GENERATION)
    return studio.tunings.wait(studio.tunings.start(dataset))


def test_a_tuned_model_answers_every_row_of_a_dataset(studio, model, questions, tmp_path):
    begun = studio.batches.start(model, questions, temperature=0.3, max_tokens=50)
    ended = studio.batches.wait(begun)
    assert (ended.id, ended.status, ended.line_errors) == (begun.id, "COMPLETED", ())
    assert (ended.model_uri, ended.source_dataset_id) == (model.model_uri, questions.id)
    (file,) = studio.datasets.download(ended.result_dataset_id, tmp_path)
    assert [row["response"] for row in pq.read_table(file).to_pylist()] == ["a0", "a1", "a2"]


def test_a_batch_is_attached_to_by_its_id_and_listed_and_forgotten(studio, questions):
    made = [studio.batches.start("yandexgpt-lite", questions).id for _ in range(3)]
    assert studio.batches.wait(made[0]).result_dataset_id
    assert {one.id for one in studio.batches.list(page_size=2)} == set(made)
    studio.batches.delete(made[0])
    with pytest.raises(NotFound):
        studio.batches.get(made[0])


def test_a_batch_that_is_cancelled_is_told_as_cancelled(mock, studios):
    folder = mock.folder(time="manual")
    studio = studios.of(
        mock, folder, progress=lambda told: told.what == "validation" and folder.clock.advance(hours=1)
    )
    source = studio.datasets.upload(QUESTIONS, task_type="TextToTextGenerationRequest")
    batch = studio.batches.start("yandexgpt-lite", source)
    studio.batches.cancel(batch)
    with pytest.raises(Canceled, match="was cancelled"):
        studio.batches.wait(batch)


def test_a_batch_is_started_once(studio, folder, questions):
    method = "TextGenerationBatchService/Completion"
    folder.faults.add(method=method, lost=True)
    with pytest.raises(Unavailable) as told:
        studio.batches.start("yandexgpt-lite", questions)
    assert "to ask again may cost again" in told.value.__notes__[0]
    assert len(folder.journal.calls(method)) == 1


def test_an_answer_is_collected_later(studio, model):
    begun = studio.models.complete_later(model, "q1", temperature=0.1, max_tokens=10)
    assert studio.models.collect(begun.id).text == "a1"
    assert studio.operations.wait(begun, endpoint="operation").done


def test_an_answer_that_is_not_there_is_told(studio, folder):
    begun = studio.models.complete_later("yandexgpt-lite", "q")
    folder.faults.add(
        method="OperationService/Get",
        set={"error.code": 3, "error.message": "too long", "done": True},
        clear=["response"],
    )
    with pytest.raises(OperationFailed, match="INVALID_ARGUMENT: too long"):
        studio.models.collect(begun)


def test_texts_and_conversations_are_told_in_tokens(studio):
    tokens = studio.models.tokenize("yandexgpt", "Как тебя зовут?")
    assert (
        "".join(one.text for one in tokens if not one.special).replace("▁", " ").strip() == "Как тебя зовут?"
    )
    turns = studio.models.tokenize("yandexgpt", [("system", "Будь краток."), ("user", "Как тебя зовут?")])
    assert len(turns) > len(tokens)
    assert any(one.special for one in turns)
