"""Broken clients: where they go, and in how many parts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import StartMultipartUploadDraftRequest
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningResponse
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.adapters.raw_stubs.calls import HOME
from aistudio_conformance.adapters.raw_stubs.storage import Answered
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import Done, Refused, Tuning, TuningId

_MOVED = 307


@turns_red("UP-04/used-as-given")
class SpellsAnew(RawStubs):
    """It writes a tilde of the upload URL as itself, as newer rules of escaping want it."""

    def _storage_target(self, url: str) -> str:
        return super()._storage_target(url).replace("%7E", "~")


@turns_red("UP-04/used-as-given")
class NeedsADay(RawStubs):
    """It refuses an upload URL that is not good for a day, to the second."""

    def _upload(self, url: str, file: BinaryIO, size: int) -> None:
        if "X-Amz-Expires=86400&" not in url:
            raise Refused("the URL is not good for a day")
        super()._upload(url, file, size)


@turns_red("UP-07/not-validated-unstored")
class TakesACutForSuccess(RawStubs):
    """It takes a file for stored when the connection was lost after it had been sent."""

    def _is_stored(self, status: int) -> bool:
        return not status or super()._is_stored(status)


@turns_red("MP-02/number-left-out")
class ChoosesThePartsItself(RawStubs):
    """It asks for two parts where their number is left to the service."""

    def _start(self, asked: StartMultipartUploadDraftRequest) -> Sequence[str]:
        asked.parts = asked.parts or 2
        return super()._start(asked)


@turns_red("MP-02/each-part-once")
class RepeatsThePartsItDidNotChoose(RawStubs):
    """It sends a part again when the service has chosen how many there are."""

    def _parts(
        self, file: BinaryIO, size: int, urls: Sequence[str], part_size: int
    ) -> Iterator[tuple[str, bytes]]:
        parts = list(super()._parts(file, size, urls, part_size))
        if not part_size:
            self._upload_part(*parts[0])
        yield from parts


@turns_red("MP-09/whole-or-refused")
class KeepsToItsOwnParts(RawStubs):
    """It fills the URLs that it gets with parts of its own size, whatever is left over."""

    def _parts(
        self, file: BinaryIO, size: int, urls: Sequence[str], part_size: int
    ) -> Iterator[tuple[str, bytes]]:
        if not part_size:
            yield from super()._parts(file, size, urls, part_size)
            return
        for url in urls:
            yield url, file.read(part_size)


@turns_red("OP-05/model-told")
class BelievesThatItCancelled(RawStubs):
    """It does not wait for a tuning that it has cancelled."""

    def tuning_cancel(self, ask: TuningId) -> Done:
        self._operation_ids[f"cancelled {ask.tuning_id}"] = ""
        return super().tuning_cancel(ask)

    def tuning_wait(self, ask: TuningId) -> Tuning:
        if f"cancelled {ask.tuning_id}" in self._operation_ids:
            return Tuning(tuning_id=ask.tuning_id, status="CANCELED")
        return super().tuning_wait(ask)


@turns_red("TU-14/failure-told")
class WaitsForABeginning(RawStubs):
    """It takes a tuning that has not begun for one that is still to come."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        try:
            return super().tuning_wait(ask)
        except Refused:
            task = self._task(ask.tuning_id)
            if task.status == TuningTask.FAILED and not task.HasField("started_at"):
                return Tuning(tuning_id=ask.tuning_id, status="PENDING")
            raise


@turns_red("TU-14/shown")
class NeedsABeginning(RawStubs):
    """It cannot show a task that failed and has no moment of its start."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if task.status == TuningTask.FAILED and not task.HasField("started_at"):
            raise Refused("the task has not started")
        return super()._shown_task(tuning_id, task)


@turns_red("FC-07/model-told")
class ReadsFoldersWithoutDots(RawStubs):
    """It does not read the URI of a model whose folder has dots."""

    def _with_model(self, tuning_id: str, response: TuningResponse) -> Tuning:
        if "." in (urlsplit(response.target_model_uri).netloc):
            raise Refused("the URI cannot be read")
        return super()._with_model(tuning_id, response)


@turns_red("FC-05/new-one-ignored")
class KnowsAllEndpoints(RawStubs):
    """It refuses a list with an endpoint that it does not know."""

    def _home(self, listed: Mapping[str, str]) -> str:
        if any(address.endswith(".invalid:443") for address in listed.values()):
            raise Refused("the list of endpoints cannot be read")
        return super()._home(listed)


@turns_red("FC-05/missing-one-named")
class DoesNotSayWhatIsMissing(RawStubs):
    """It does not name the endpoint that it did not find."""

    def _home(self, listed: Mapping[str, str]) -> str:
        if HOME not in listed:
            raise Refused("the service is not there")
        return super()._home(listed)


@turns_red("AU-06/upload-without-credentials")
class UploadsElsewhereAsItself(RawStubs):
    """It follows the storage to another place with a file and its credentials."""

    def _sent(
        self, url: str, body: bytes | BinaryIO | Iterable[bytes], headers: Mapping[str, str]
    ) -> Answered:
        answered = super()._sent(url, body, headers)
        if answered.status != _MOVED:
            return answered
        if isinstance(body, BufferedReader):
            body.seek(0)
        elsewhere = url.replace("127.0.0.1", "localhost")
        return super()._sent(elsewhere, body, {**headers, **dict(self._authorization())})


@turns_red("AU-06/download-without-credentials")
class DownloadsElsewhereAsItself(RawStubs):
    """It follows the storage to another place, and shows its credentials there."""

    def _download(self, url: str, file: Path) -> None:
        try:
            super()._download(url, file)
        except Refused as refusal:
            if str(_MOVED) not in str(refusal):
                raise
            elsewhere = url.replace("127.0.0.1", "localhost")
            with closing(self._storage(elsewhere)) as connection:
                headers = dict(self._authorization())
                connection.request("GET", self._storage_target(elsewhere), headers=headers)
                file.write_bytes(connection.getresponse().read())
