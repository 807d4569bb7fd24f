"""A user's program: the published tuning flow, written as for the cloud; prints what it saw as JSON.

    python -m tests.wire.sdk_program PACKAGE.CLASS DIRECTORY

Where the service is and who asks, only the environment says. DIRECTORY holds `train.jsonl` and maybe
`validation.jsonl`; the downloads go there. CLASS is the blocking or the async client.
"""

import asyncio
import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.wire.sdk_polls import Polls

QUESTION = "Как тебя зовут?"
KIND = {"task_type": "TextToTextGeneration", "upload_format": "jsonlines"}


def blocking(sdk: Any, work: Path) -> dict[str, Any]:
    def upload(name: str) -> Any:
        return sdk.datasets.draft_from_path(work / f"{name}.jsonl", name=name, **KIND).upload()

    model = sdk.models.completions("yandexgpt-lite")
    validated = {"validation_datasets": upload("validation")} if _has_validation(work) else {}
    train = upload("train")
    task = model.tune_deferred(train, name="persona", **validated)
    tuned = task.wait()
    again = sdk.tuning.get(task.id)
    return _seen(
        tuned=tuned,
        answers=[model.run(QUESTION) for model in (tuned, sdk.models.completions(tuned.uri))],
        train=train,
        read=list(train.read()),
        downloaded=train.download(download_path=work),
        task=task,
        again=again,
        infos=[task.get_task_info(), again.get_task_info()],
        results=[task.get_result(), again.get_result()],
        metrics=_saved(again.get_metrics_url(), work),
    )


async def waiting(sdk: Any, work: Path) -> dict[str, Any]:
    async def upload(name: str) -> Any:
        return await sdk.datasets.draft_from_path(work / f"{name}.jsonl", name=name, **KIND).upload()

    model = sdk.models.completions("yandexgpt-lite")
    validated = {"validation_datasets": await upload("validation")} if _has_validation(work) else {}
    train = await upload("train")
    task = await model.tune_deferred(train, name="persona", **validated)
    tuned = await task
    again = await sdk.tuning.get(task.id)
    return _seen(
        tuned=tuned,
        answers=[await model.run(QUESTION) for model in (tuned, sdk.models.completions(tuned.uri))],
        train=train,
        read=[record async for record in train.read()],
        downloaded=await train.download(download_path=work),
        task=task,
        again=again,
        infos=[await task.get_task_info(), await again.get_task_info()],
        results=[await task.get_result(), await again.get_result()],
        metrics=_saved(await again.get_metrics_url(), work),
    )


def _has_validation(work: Path) -> bool:
    return (work / "validation.jsonl").exists()


def _saved(url: str, work: Path) -> str:
    target = work / "metrics.zip"
    with urlopen(url) as reply:
        target.write_bytes(reply.read())
    return str(target)


def _seen(*, tuned, answers, train, read, downloaded, task, again, infos, results, metrics) -> dict[str, Any]:
    return {
        "tuned": tuned.uri,
        "answers": [answer[0].text for answer in answers],
        "dataset": {"status": train.status.name, "rows": train.rows, "size_bytes": train.size_bytes},
        "read": read,
        "downloaded": [str(path) for path in downloaded],
        "tasks": [task.id, again.id],
        "infos": [
            {
                "task_id": info.task_id,
                "operation_id": info.operation_id,
                "status": info.status.name,
                "source": info.source_model_uri,
                "target": info.target_model_uri,
            }
            for info in infos
        ],
        "results": [model.uri for model in results],
        "metrics": metrics,
    }


def main(class_name: str, directory: str) -> None:
    package, _, name = class_name.rpartition(".")
    with warnings.catch_warnings():
        # The older package says so on import; nothing else may warn.
        warnings.filterwarnings("ignore", "yandex-cloud-ml-sdk package is deprecated")
        client = getattr(importlib.import_module(package), name)
    polls = Polls()
    sdk = client(interceptors=[polls])
    work = Path(directory)
    seen = asyncio.run(waiting(sdk, work)) if name.startswith("Async") else blocking(sdk, work)
    print(json.dumps({**seen, "polls": polls.heard}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
