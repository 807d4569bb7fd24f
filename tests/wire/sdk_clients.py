"""One client of the official SDK, whichever of its four classes it is."""

import asyncio
import importlib
import inspect
import warnings
from pathlib import Path
from typing import Any

from aistudio_mock import MockServer

CLASSES = [
    "yandex_ai_studio_sdk.AIStudio",
    "yandex_ai_studio_sdk.AsyncAIStudio",
    "yandex_cloud_ml_sdk.YCloudML",
    "yandex_cloud_ml_sdk.AsyncYCloudML",
]
"""Blocking and async, under the SDK's new name and its old one."""


class Sdk:
    """A client in a folder of its own, made as `settings` say; `done` waits for what an async one gives."""

    def __init__(self, class_name: str, mock: MockServer, **settings: Any) -> None:
        package, _, name = class_name.rpartition(".")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "yandex-cloud-ml-sdk package is deprecated")
            client = getattr(importlib.import_module(package), name)
        self.folder = folder = mock.folder(**settings)
        self._loop = asyncio.new_event_loop()
        self.client = client(folder_id=folder.id, auth=folder.api_key, endpoint=mock.endpoint, verify=False)

    def done(self, answer: Any) -> Any:
        """The answer, awaited where it must be."""
        return self._loop.run_until_complete(answer) if inspect.isawaitable(answer) else answer

    def all(self, answers: Any) -> list[Any]:
        """Every item of an iterator of either kind."""
        if not hasattr(answers, "__aiter__"):
            return list(answers)

        async def collected() -> list[Any]:
            return [answer async for answer in answers]

        return self._loop.run_until_complete(collected())

    def dataset(self, path: Path, task_type: str, text: str) -> Any:
        """A READY dataset of that text, by way of a file."""
        path.write_bytes(text.encode())
        draft = self.client.datasets.draft_from_path(
            path, name="train", task_type=task_type, upload_format="jsonlines"
        )
        return self.done(draft.upload())

    def close(self) -> None:
        """Frees the loop."""
        self._loop.close()
