"""The official SDK's own flow: a dataset, a tuning, a completion of what came of it."""

import os
import sys
from pathlib import Path

from yandex_ai_studio_sdk import AIStudio

sdk = AIStudio(folder_id=os.environ["YC_FOLDER_ID"], auth=os.environ["YC_API_KEY"])
draft = sdk.datasets.draft_from_path(
    Path(sys.argv[1]), task_type="TextToTextGeneration", upload_format="jsonlines", name="questions"
)
dataset = draft.upload(poll_interval=0.01)
model = sdk.models.completions("yandexgpt-lite").tune(dataset, name="answers", poll_interval=0.01)
sys.stdout.write(model.run("Is it red?")[0].text)
