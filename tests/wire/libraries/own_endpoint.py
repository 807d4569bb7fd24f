"""`yandexcloud` with its own option for an endpoint, by each credential that it takes."""

import json
import os
import sys
from pathlib import Path

import yandexcloud
from yandex.cloud.ai.foundation_models.v1.text_generation import text_generation_service_pb2 as texts
from yandex.cloud.ai.foundation_models.v1.text_generation import text_generation_service_pb2_grpc as stubs

key = json.loads(Path("authorized_key.json").read_text(encoding="utf-8"))
model = f"gpt://{os.environ['YC_FOLDER_ID']}/yandexgpt/latest"
asked = texts.CompletionRequest(model_uri=model, messages=[{"role": "user", "text": "?"}])
WAYS = (
    {"service_account_key": key},
    {"token": "y0_any"},
    {"service_account_key": key, "retry_policy": yandexcloud.RetryPolicy()},
)
for way in WAYS:
    sdk = yandexcloud.SDK(endpoint=os.environ["YC_API_ENDPOINT"], **way)
    [answer] = sdk.client(stubs.TextGenerationServiceStub).Completion(asked)
    sys.stdout.write(f"{answer.alternatives[0].message.role}\n")
