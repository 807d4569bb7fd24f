"""A program with the mock and the official SDK in one process: two servers, one after the other, over TLS.

    python -m tests.wire.sdk_same_process threads|tasks DIRECTORY

At each server many clients live through the whole flow at once, in one folder, each with data of its own;
prints the answers of their tuned models as JSON, a list per server. gRPC reads its CA once per process: the
environment names it from the start.
"""

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from yandex_ai_studio_sdk import AIStudio, AsyncAIStudio

from aistudio_mock import MockServer
from tests.wire.sdk_parts import FLOWS, KIND, row

QUESTION = "Какой у тебя номер?"


def with_threads(directory: Path) -> list[list[str]]:
    told = []
    for server, flows in enumerate(FLOWS):
        with MockServer() as mock, ThreadPoolExecutor(flows) as threads:
            os.environ.update(mock.env)
            names = [f"{server}-{number}" for number in range(flows)]
            told.append(list(threads.map(lambda name: flow(directory, name), names)))
    return told


async def with_tasks(directory: Path) -> list[list[str]]:
    told = []
    for server, flows in enumerate(FLOWS):
        async with MockServer() as mock:
            os.environ.update(mock.env)
            names = [f"{server}-{number}" for number in range(flows)]
            told.append(await asyncio.gather(*(async_flow(directory, name) for name in names)))
    return told


def flow(directory: Path, name: str) -> str:
    sdk = AIStudio()
    dataset = sdk.datasets.draft_from_path(data(directory, name), name=name, **KIND).upload()
    tuned = sdk.models.completions("yandexgpt-lite").tune(dataset)
    return tuned.run(QUESTION)[0].text


async def async_flow(directory: Path, name: str) -> str:
    sdk = AsyncAIStudio()
    dataset = await sdk.datasets.draft_from_path(data(directory, name), name=name, **KIND).upload()
    tuned = await sdk.models.completions("yandexgpt-lite").tune(dataset)
    return (await tuned.run(QUESTION))[0].text


def data(directory: Path, name: str) -> Path:
    path = directory / f"{name}.jsonl"
    path.write_text(row(QUESTION, f"Мой номер {name}"), encoding="utf-8")
    return path


def main(way: str, directory: str) -> None:
    work = Path(directory)
    print(json.dumps(with_threads(work) if way == "threads" else asyncio.run(with_tasks(work))))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
