"""From rows to an answer of the tuned model, and every verb on the way, by both clients."""

import pyarrow.parquet as pq
import pytest

from aistudio_client import (
    AdamW,
    Canceled,
    ConfigurationError,
    Cosine,
    Lora,
    MulticlassClassification,
    MultilabelClassification,
    NotFound,
    PairEmbeddings,
    TextGeneration,
    TripletEmbeddings,
)
from aistudio_formats.examples import EXAMPLES
from tests.wire.client.parts import GENERATION, ROWS


@pytest.fixture
def dataset(studio):
    return studio.datasets.upload(ROWS, task_type=GENERATION, name="mine", labels={"own": "1"})


def test_from_rows_to_an_answer(studio):
    dataset = studio.datasets.upload(ROWS, task_type=GENERATION)
    tuning = studio.tunings.wait(studio.tunings.start(dataset))
    assert studio.models.complete(tuning, "q1").text == "a1"
    assert studio.models.complete(tuning.model_uri, [("user", "q2")]).text == "a2"
    assert list(studio.models.stream(tuning, "q1"))[-1].text == "a1"


def test_a_dataset_is_shown_as_it_was_made(studio, dataset):
    shown = studio.datasets.get(dataset.id)
    assert (shown.status, shown.rows, shown.name, shown.labels) == ("READY", 3, "mine", {"own": "1"})
    assert shown == studio.datasets.get(dataset)


def test_datasets_are_listed_by_what_fits(studio, dataset):
    assert [one.id for one in studio.datasets.list(name="min", status="READY")] == [dataset.id]
    assert list(studio.datasets.list(name="other")) == []
    assert list(studio.datasets.list(task_type=["TextEmbeddingsPair"])) == []
    with pytest.raises(ConfigurationError, match="no status 'GREEN'"):
        list(studio.datasets.list(status="GREEN"))


def test_pages_are_read_to_the_last(studio, dataset):
    made = [studio.tunings.start(dataset, name=f"tuning {n}").id for n in range(5)]
    assert [one.id for one in studio.tunings.list(page_size=2)] == made[::-1]


def test_an_update_changes_what_is_given(studio, dataset):
    studio.datasets.update(dataset, description="new")
    assert studio.datasets.get(dataset).labels == {"own": "1"}
    assert studio.datasets.update(dataset, labels={}).labels == {}
    assert studio.datasets.update(dataset).description == "new"


def test_what_is_deleted_is_gone(studio, dataset):
    studio.datasets.delete(dataset)
    with pytest.raises(NotFound, match=r"request id: [0-9a-f-]{36}"):
        studio.datasets.get(dataset)


def test_a_dataset_is_downloaded(studio, dataset, tmp_path):
    files = studio.datasets.download(dataset, tmp_path / "new" / "place")
    assert [path.name for path in files] == ["main.parquet"]
    assert pq.read_table(files[0]).to_pylist() == ROWS
    assert len(studio.datasets.preview(dataset)) == 3
    assert GENERATION in studio.datasets.task_types()
    assert "request" in studio.datasets.schemas(GENERATION)["jsonlines"]


def test_a_validation_can_be_attached_to_afterwards(studio, dataset):
    assert studio.datasets.wait(dataset.id).status == "READY"
    operation = studio.datasets.validation(dataset)
    assert operation.done
    assert studio.operations.wait(operation.id).response.is_valid


@pytest.mark.parametrize(
    "parameters",
    [
        TextGeneration(lr=1e-4, seed=7, method=Lora(rank=8, alpha=2.0), optimizer=AdamW(beta1=0.5)),
        MultilabelClassification(n_samples=3, scheduler=Cosine(min_lr=1e-6), warmup_ratio=0.1),
        MulticlassClassification(additional_arguments="x"),
        PairEmbeddings(embedding_dims=(35, 128), scheduler=Cosine(), warmup_ratio=0.0),
        TripletEmbeddings(),
    ],
    ids=lambda kind: type(kind).__name__,
)
def test_every_kind_of_tuning_is_started_with_its_parameters(studio, parameters):
    rows = EXAMPLES[parameters.task_type].encode()
    dataset = studio.datasets.upload(rows, task_type=parameters.task_type)
    tuning = studio.tunings.start(dataset, parameters=parameters, validation=dataset, name="typed")
    options = studio.tunings.options(tuning)
    assert options.parameters == parameters
    assert options.train == {dataset.id: 1.0}
    assert studio.tunings.wait(tuning).model_uri.startswith(f"{parameters.scheme}://")


def test_the_kind_follows_from_the_data(studio):
    rows = EXAMPLES["TextEmbeddingsPair"].encode()
    dataset = studio.datasets.upload(rows, task_type="TextEmbeddingsPair")
    tuning = studio.tunings.start(dataset)
    assert isinstance(studio.tunings.options(tuning).parameters, PairEmbeddings)


def test_a_cancelled_tuning_is_told_as_one(studio, dataset):
    tuning = studio.tunings.start(dataset)
    studio.tunings.cancel(tuning.id)
    with pytest.raises(Canceled, match=tuning.id):
        studio.tunings.wait(tuning)
    assert studio.tunings.get(tuning).status == "CANCELED"


def test_metrics_are_read_saved_and_unpacked(studio, dataset, tmp_path):
    tuning = studio.tunings.start(dataset)
    assert studio.tunings.metrics(tuning) is None
    assert studio.tunings.unpack_metrics(tuning, tmp_path / "none") is None
    studio.tunings.wait(tuning)
    metrics = studio.tunings.metrics(tuning)
    assert any("loss" in name for name in metrics.curves)
    archive = studio.tunings.save_metrics(tuning, tmp_path / "m.zip")
    assert archive.read_bytes()[:2] == b"PK"
    files = studio.tunings.unpack_metrics(tuning, tmp_path / "logs")
    assert all(path.is_relative_to(tmp_path / "logs") and path.exists() for path in files)


def test_the_life_after_a_tuning(studio, dataset):
    tuning = studio.tunings.wait(studio.tunings.start(dataset))
    assert studio.operations.wait(studio.tunings.enable_billing(tuning)).done
    assert studio.operations.wait(studio.tunings.archive(tuning)).done
    assert studio.tunings.errors(tuning) == ()
