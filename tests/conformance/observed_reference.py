"""The reference client's own flow: a dataset, a tuning, its metrics, a completion."""

import os
import sys
from pathlib import Path

from aistudio_client import AIStudio, ApiKey, Poll

file = Path(sys.argv[1])
with AIStudio(
    os.environ["YC_FOLDER_ID"],
    credentials=ApiKey(os.environ["YC_API_KEY"]),
    poll=Poll(first=0.01),
    progress=None,
) as studio:
    dataset = studio.datasets.upload(file, name="questions", task_type="TextToTextGeneration")
    tuning = studio.tunings.wait(studio.tunings.start(dataset.id, name="answers").id)
    studio.tunings.save_metrics(tuning.id, file.with_suffix(".zip"))
    sys.stdout.write(studio.models.complete(tuning.model_uri, "Is it red?").text)
