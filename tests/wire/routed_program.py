"""A user's program on bare grpcio: documented host names, default credentials; prints what it saw.

    python -m tests.wire.routed_program requests|curl FILE

Streams an answer, creates a dataset, uploads the file to it by its presigned URL.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import requests

from aistudio_protos.pool import message_class

HOST = "llm.api.cloud.yandex.net:443"
AI = "yandex.cloud.ai"


def call(
    channel: grpc.Channel, method: str, request: str, reply: str, *, stream: bool = False, **fields: Any
) -> Any:
    make = channel.unary_stream if stream else channel.unary_unary
    rpc = make(
        f"/{AI}.{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_class(f"{AI}.{reply}").FromString,
    )
    credentials = (("authorization", f"Api-Key {os.environ['YC_API_KEY']}"),)
    return rpc(message_class(f"{AI}.{request}")(**fields), metadata=credentials, timeout=20)


def main(uploader: str, file: Path) -> None:
    folder = os.environ["YC_FOLDER_ID"]
    with grpc.secure_channel(HOST, grpc.ssl_channel_credentials()) as channel:
        streamed = call(
            channel,
            "foundation_models.v1.TextGenerationService/Completion",
            "foundation_models.v1.CompletionRequest",
            "foundation_models.v1.CompletionResponse",
            stream=True,
            model_uri=f"gpt://{folder}/yandexgpt-lite/latest",
            completion_options={"stream": True},
            messages=[{"role": "user", "text": "Как тебя зовут?"}],
        )
        answers = [reply.alternatives[0].message.text for reply in streamed]
        dataset = call(
            channel,
            "dataset.v1.DatasetService/Create",
            "dataset.v1.CreateDatasetRequest",
            "dataset.v1.CreateDatasetResponse",
            folder_id=folder,
            name="routed",
            task_type="TextToTextGeneration",
            upload_format="jsonlines",
        )
        url = call(
            channel,
            "dataset.v1.DatasetService/GetUploadDraftUrl",
            "dataset.v1.GetUploadDraftUrlRequest",
            "dataset.v1.GetUploadDraftUrlResponse",
            dataset_id=dataset.dataset_id,
            size_bytes=file.stat().st_size,
        ).upload_url
    put = {"requests": by_requests, "curl": by_curl}[uploader](url, file)
    print(json.dumps({"answers": answers, "url": url, "put": put}))  # noqa: T201 - its answer


def by_requests(url: str, file: Path) -> int:
    with file.open("rb") as content:
        return requests.put(url, data=content, timeout=60).status_code


def by_curl(url: str, file: Path) -> int:
    command = ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", "-T", str(file), url]
    return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
