"""Both clients behind one face: the one that is awaited gets an event loop of its own and blocks too."""

import asyncio
import inspect
from typing import Any

from aistudio_client import AIStudio, AsyncAIStudio, Poll, Retry

ROWS = [{"request": [{"role": "user", "text": f"q{n}"}], "response": f"a{n}"} for n in range(3)]
GENERATION = "TextToTextGeneration"


class Blocking:
    """An awaited client, or a part of one, whose verbs block; listings give lists."""

    def __init__(self, awaited: Any, runner: asyncio.Runner) -> None:
        self._awaited = awaited
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._awaited, name)
        return self._verb(found) if callable(found) else Blocking(found, self._runner)

    def _verb(self, verb: Any) -> Any:
        def call(*args: Any, **given: Any) -> Any:
            result = verb(*args, **given)
            if inspect.isasyncgen(result):
                return self._runner.run(_all(result))
            return self._runner.run(result)

        return call


async def _all(items: Any) -> list[Any]:
    return [one async for one in items]


def options(mock: Any, folder: Any, **more: Any) -> Any:
    """Of a client of that folder that loses no time."""
    quick = {"poll": Poll(first=0.01), "retry": Retry(first=0.01, looks=(0.0, 0.05))}
    return {
        "endpoint": mock.endpoint,
        "plaintext": True,
        "api_key": folder.api_key,
        "progress": None,
        **quick,
        **more,
    }


class Studios:
    """Makes clients of one kind, and closes them."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._runner = asyncio.Runner() if kind == "async" else None
        self._open: list[Any] = []

    def of(self, mock: Any, folder: Any, **more: Any) -> Any:
        given = options(mock, folder, **more)
        if "credentials" in more:
            given.pop("api_key")
        if self._runner is None:
            self._open.append(AIStudio(folder.id, **given))
        else:
            self._open.append(Blocking(AsyncAIStudio(folder.id, **given), self._runner))
        return self._open[-1]

    def close(self) -> None:
        for one in self._open:
            one.close()
        if self._runner is not None:
            self._runner.close()
