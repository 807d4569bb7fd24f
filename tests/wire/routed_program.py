"""A user's program on bare grpcio: host names as in the documentation, default credentials; prints what it saw.

    python -m tests.wire.routed_program MEBIBYTES

Streams an answer, creates a dataset, uploads so much to it by its presigned URL.
"""

import json
import os
import sys
from typing import Any

import grpc
import requests

from aistudio_protos.pool import message_class

HOST = "llm.api.cloud.yandex.net:443"
AI = "yandex.cloud.ai"
MEBIBYTE = bytes(1 << 20)


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


def main(mebibytes: int) -> None:
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
            size_bytes=mebibytes << 20,
        ).upload_url
    put = requests.put(url, data=Body(mebibytes), timeout=60)
    print(json.dumps({"answers": answers, "url": url, "put": put.status_code, "said": put.text}))  # noqa: T201


class Body:
    """So many mebibytes, never all of them in memory."""

    def __init__(self, mebibytes: int) -> None:
        self._left = mebibytes

    def __len__(self) -> int:
        return self._left << 20

    def read(self, _: int) -> bytes:
        self._left -= 1
        return MEBIBYTE if self._left >= 0 else b""


if __name__ == "__main__":
    main(int(sys.argv[1]))
