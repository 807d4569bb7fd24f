"""Never run: what type checkers have to make of the client, both ways to call it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, assert_type

from aistudio_client import (
    AIStudio,
    AsyncAIStudio,
    Batch,
    Completion,
    Dataset,
    Metrics,
    Operation,
    TextGeneration,
    Tuning,
)


def blocking(studio: AIStudio) -> None:
    """Every verb gives its result."""
    dataset = studio.datasets.upload("train.jsonl", task_type="TextToTextGeneration", labels={"a": "b"})
    assert_type(dataset, Dataset)
    assert_type(studio.datasets.list(status="READY"), Iterator[Dataset])
    assert_type(studio.datasets.validation(dataset), Operation | None)
    assert_type(studio.datasets.download(dataset, "data"), tuple[Path, ...])
    tuning = studio.tunings.start(dataset, parameters=TextGeneration(lr=1e-4), validation=[dataset])
    assert_type(tuning, Tuning)
    assert_type(studio.tunings.metrics(tuning), Metrics | None)
    assert_type(studio.models.complete(tuning, [("system", "be brief"), ("user", "hi")]), Completion)
    assert_type([piece.text for piece in studio.models.stream(tuning, "hi")], list[str])
    assert_type(studio.batches.wait("fbi"), Batch)


async def awaited(studio: AsyncAIStudio) -> None:
    """Every verb is awaited for its result."""
    dataset = await studio.datasets.upload([{"anchor": "a"}], task_type="TextEmbeddingsPair")
    assert_type(dataset, Dataset)
    assert_type(studio.datasets.list(), AsyncIterator[Dataset])
    assert_type(await studio.tunings.wait("ftn", timeout=60.0), Tuning)
    assert_type([piece.text async for piece in studio.models.stream("gpt://x", "hi")], list[str])


def mistakes(studio: AIStudio, other: AsyncAIStudio) -> Any:
    """What has to be an error; an ignore that is not needed is one too."""
    studio.datasets.upload("train.jsonl")  # type: ignore[call-arg]
    studio.datasets.get(7)  # type: ignore[arg-type]
    studio.tunings.start("fds", parametres=TextGeneration())  # type: ignore[call-arg]
    other.datasets.get("fds").status  # type: ignore[attr-defined]  # noqa: B018
    AIStudio("b1g", api_kye="AQVN")  # type: ignore[call-arg]
    TextGeneration(embedding_dims=(1,))  # type: ignore[call-arg]
