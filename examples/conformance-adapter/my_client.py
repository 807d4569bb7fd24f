"""Your client behind the suite's verbs: copy this, put your client in place of the official SDK, add verbs.

    python -m aistudio_conformance.adapters.host ./my_client.py

A method for each verb that your client has something for; the rest is left out, and not judged then. What a
verb takes and gives is in docs/reference/adapter-protocol.md.
"""

from typing import Any

from yandex_ai_studio_sdk import AIStudio
from yandex_ai_studio_sdk.auth import APIKeyAuth, IAMTokenAuth, NoAuth
from yandex_ai_studio_sdk.exceptions import AioRpcError, DatasetValidationError

from aistudio_conformance.protocol import Dataset, DatasetId, DatasetUpload, Place, Refused, ValidationError

NAME = "my client"
VERSION = "0.1"

AUTH = {"api-key": APIKeyAuth, "iam-token": IAMTokenAuth, "none": lambda _: NoAuth()}


class MyClient:
    """One case: made at its beginning, forgotten at its end."""

    def __init__(self, place: Place) -> None:
        # Where the service is (`tls` with `ca`, or `grpc` without TLS), in which folder, and who you are.
        credentials = AUTH[place.credentials.kind](place.credentials.value)
        self.sdk = AIStudio(folder_id=place.folder_id, endpoint=place.tls, verify=place.ca, auth=credentials)
        self.poll_interval = place.poll_interval

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        """Create, upload and validate: what your user has done in one line is one verb."""
        draft = self.sdk.datasets.draft_from_path(
            ask.file, task_type=ask.task_type, upload_format="jsonlines", name=ask.name
        )
        try:
            return shown(draft.upload(poll_interval=self.poll_interval))
        except DatasetValidationError as failure:
            # What your client tells its user. Any other exception counts as a mistake of this file.
            errors = [ValidationError(error=one.error, rows=list(one.rows)) for one in failure.errors]
            raise Refused(str(failure), errors=errors) from failure
        except AioRpcError as failure:
            raise Refused(str(failure), code=failure.code().name) from failure

    def dataset_get(self, ask: DatasetId) -> Dataset:
        """What your client shows of a dataset."""
        try:
            return shown(self.sdk.datasets.get(ask.dataset_id))
        except AioRpcError as failure:
            raise Refused(str(failure), code=failure.code().name) from failure


def connect(place: Place) -> MyClient:
    """The host calls this when a case begins."""
    return MyClient(place)


def shown(dataset: Any) -> Dataset:
    """Only what your client knows; the suite sees the wire by itself and compares."""
    return Dataset(dataset_id=dataset.id, name=dataset.name, status=dataset.status.name, rows=dataset.rows)
