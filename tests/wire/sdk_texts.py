"""A user's program on `models.completions` alone; prints what it saw as JSON.

    python -m tests.wire.sdk_texts PACKAGE.CLASS MODEL_URI

Where the service is and who asks, only the environment says. CLASS is the blocking or the async client.
"""

import asyncio
import importlib
import json
import sys
import warnings
from typing import Any

QUESTION = "Откуда ты?"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}}


def blocking(sdk: Any, uri: str) -> dict[str, Any]:
    model = sdk.models.completions(uri)
    operation = model.run_deferred(QUESTION)
    tools = model.configure(tools=sdk.tools.function(CITY, name="weather"))
    called = tools.run(QUESTION)
    told = {"tool_results": [{"name": "weather", "content": "снег"}]}
    return seen(
        run=model.run(QUESTION),
        stream=list(model.run_stream(QUESTION)),
        deferred=operation.wait(poll_interval=0.01),
        attached=model.attach_deferred(operation.id).wait(poll_interval=0.01),
        tokens=model.tokenize(QUESTION),
        short=model.configure(max_tokens=1).run(QUESTION),
        as_json=model.configure(response_format="json").run(QUESTION),
        called=called,
        after_call=tools.run([QUESTION, called, told]),
        base=sdk.models.completions("yandexgpt-lite").run(QUESTION),
    )


async def waiting(sdk: Any, uri: str) -> dict[str, Any]:
    model = sdk.models.completions(uri)
    operation = await model.run_deferred(QUESTION)
    attached = await model.attach_deferred(operation.id)
    tools = model.configure(tools=sdk.tools.function(CITY, name="weather"))
    called = await tools.run(QUESTION)
    told = {"tool_results": [{"name": "weather", "content": "снег"}]}
    return seen(
        run=await model.run(QUESTION),
        stream=[part async for part in model.run_stream(QUESTION)],
        deferred=await operation.wait(poll_interval=0.01),
        attached=await attached.wait(poll_interval=0.01),
        tokens=await model.tokenize(QUESTION),
        short=await model.configure(max_tokens=1).run(QUESTION),
        as_json=await model.configure(response_format="json").run(QUESTION),
        called=called,
        after_call=await tools.run([QUESTION, called, told]),
        base=await sdk.models.completions("yandexgpt-lite").run(QUESTION),
    )


def seen(**results: Any) -> dict[str, Any]:
    return {
        "texts": {name: one.text for name, one in results.items() if name not in ("stream", "tokens")},
        "stream": [(part.text, part.status.name) for part in results["stream"]],
        "tokens": [token.text for token in results["tokens"]],
        "usage": results["run"].usage.input_text_tokens,
        "short": results["short"].status.name,
        "arguments": results["called"].tool_calls[0].function.arguments,
    }


def main(class_name: str, uri: str) -> None:
    package, _, name = class_name.rpartition(".")
    with warnings.catch_warnings():
        # The older package says so on import; nothing else may warn.
        warnings.filterwarnings("ignore", "yandex-cloud-ml-sdk package is deprecated")
        client = getattr(importlib.import_module(package), name)
    sdk = client()
    told = asyncio.run(waiting(sdk, uri)) if name.startswith("Async") else blocking(sdk, uri)
    print(json.dumps(told))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
