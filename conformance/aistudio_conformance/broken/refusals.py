"""Broken clients: refusals, retries, and uploads that fail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

import grpc
from msgspec.structs import replace
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import ListDatasetsRequest

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.adapters.raw_stubs.storage import Answered
from aistudio_conformance.broken.mutant import turns_red, where_refused
from aistudio_conformance.protocol import (
    Dataset,
    DatasetId,
    DatasetList,
    Datasets,
    DatasetUpload,
    DatasetUploadParts,
    Refused,
    Tuning,
    TuningId,
    TuningStart,
)


@turns_red("ER-01/told")
class TellsTheFirstLine(RawStubs):
    """It tells the first line of a message."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        return where_refused(
            partial(super().dataset_get, ask),
            "INVALID_ARGUMENT",
            lambda failure: Refused(str(failure).splitlines()[0], failure.failure.code),
        )


@turns_red("ER-03/request-id-told")
class HidesTheRequestId(RawStubs):
    """It does not tell which request failed."""

    def _refusal(self, method: str, error: grpc.RpcError) -> Refused:
        refusal = super()._refusal(method, error)
        lines = [line for line in str(refusal).splitlines() if not line.startswith("request id")]
        return Refused("\n".join(lines), refusal.failure.code)


@turns_red("ER-04/told")
class CallsAMissingMethodDone(RawStubs):
    """It shows an empty dataset where the service does not have the method."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        return where_refused(
            partial(super().dataset_get, ask), "UNIMPLEMENTED", lambda _: Dataset(dataset_id=ask.dataset_id)
        )


@turns_red("ER-04/asked-once")
class RepeatsWhatIsNotThere(RawStubs):
    """It repeats a call of a method that the service does not have."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        return code is grpc.StatusCode.UNIMPLEMENTED or super()._is_worth_repeating(method, code)


@turns_red("ER-05/told")
class BlamesTheUser(RawStubs):
    """It tells words of its own about a folder that is not the credential's."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        return where_refused(
            partial(super().dataset_get, ask),
            "service account folder",
            lambda failure: Refused("check your settings", failure.failure.code),
        )


@turns_red("ER-05/asked-once")
class RepeatsAForeignFolder(RawStubs):
    """It repeats a call that was refused because of its folder."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        try:
            return super().dataset_get(ask)
        except Refused as failure:
            if "service account folder" not in str(failure):
                raise
            return super().dataset_get(ask)


@turns_red("RE-04/told")
class ShowsSomethingAnyway(RawStubs):
    """It shows an empty dataset after an INTERNAL that it cannot mend."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        return where_refused(
            partial(super().dataset_get, ask), "INTERNAL", lambda _: Dataset(dataset_id=ask.dataset_id)
        )


@turns_red("RE-04/asked-once")
class RepeatsInternal(RawStubs):
    """It repeats a call that ended with INTERNAL."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        return code is grpc.StatusCode.INTERNAL or super()._is_worth_repeating(method, code)


@turns_red("RE-01/shown", "RE-01/gaps-grow")
class GivesUpAtOnce(RawStubs):
    """It does not try a read again."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:  # noqa: ARG002 - never
        return False


@turns_red("RE-01/gaps-grow")
class HammersTheService(RawStubs):
    """It waits less and less between attempts."""

    def _backoff(self, attempt: int) -> float:
        return 0.1 / 100.0 ** (attempt - 1)


@turns_red("RE-01/shown")
class GivesUpAtTheLast(RawStubs):
    """It throws the third answer away."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        shown = super()._shown(info)
        return replace(shown, status=None) if self._task_ids.pop("pauses", None) else shown

    def _backoff(self, attempt: int) -> float:
        self._task_ids["pauses"] = "some"
        return super()._backoff(attempt)


@turns_red("RE-03/told-as-made")
class InventsADataset(RawStubs):
    """It tells of a dataset when the answer to Create was lost."""

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        try:
            return super().dataset_upload(ask)
        except Refused as failure:
            if failure.failure.code != "UNAVAILABLE" or "Create" not in str(failure):
                raise
            return Dataset(dataset_id="fds00000000000000000")


@turns_red("AU-04/told")
class HidesAnExpiredCredential(RawStubs):
    """It tells of an expired credential as of any failure."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        return where_refused(
            partial(super().tuning_wait, ask), "UNAUTHENTICATED", lambda _: Refused("something went wrong")
        )


@turns_red("AU-04/not-tuned-again")
class TunesAgain(RawStubs):
    """It starts another tuning when its credential expires while it waits."""

    def tuning_start(self, ask: TuningStart) -> Tuning:
        self._task_ids["order"] = ask.dataset_id
        return super().tuning_start(ask)

    def tuning_wait(self, ask: TuningId) -> Tuning:
        try:
            return super().tuning_wait(ask)
        except Refused as failure:
            if failure.failure.code == "UNAUTHENTICATED":
                with suppress(Refused):
                    super().tuning_start(TuningStart(dataset_id=self._task_ids["order"]))
            raise


@turns_red("PG-05/ends")
class GoesRoundInCircles(RawStubs):
    """It does not notice that a page token comes again."""

    def _pages(self, fetch: Callable[[str], Any]) -> Iterator[Any]:
        def pages() -> Iterator[Any]:
            token = ""
            while True:
                page = fetch(token)
                yield page
                token = self._next_token(page)
                if not token:
                    return

        return islice(pages(), 12)


@turns_red("PG-06/asked-by-name")
class FiltersByItself(RawStubs):
    """It asks for all datasets and filters them itself."""

    def dataset_list(self, ask: DatasetList) -> Datasets:
        request = ListDatasetsRequest(folder_id=self._place.folder_id)
        found = self._call(self._datasets, "List", request).datasets
        return Datasets(
            dataset_ids=[one.dataset_id for one in found if (ask.name_contains or "") in one.name]
        )


@turns_red("PG-06/found")
class LosesTheLast(RawStubs):
    """It drops the only dataset of a list that has one."""

    def dataset_list(self, ask: DatasetList) -> Datasets:
        found = super().dataset_list(ask).dataset_ids
        described = [self._described(one) for one in found]
        return Datasets(dataset_ids=[one.dataset_id for one in described if one.status != DatasetInfo.READY])


@turns_red("UP-06/not-validated-unstored")
class TakesBusyForStored(RawStubs):
    """It takes a busy storage's answer for success."""

    def _is_stored(self, status: int) -> bool:
        return status == 503 or super()._is_stored(status)  # noqa: PLR2004


@turns_red("UP-10/sent-as-it-is")
class DropsTheByteOrderMark(RawStubs):
    """It sends a file without the mark of its byte order, when the announced size allows for that."""

    def _body(self, file: Any) -> Any:
        content = file.read()
        return [content.replace(b"\xef\xbb\xbf", b"   ", 1)]


@turns_red("MP-05/told")
class HidesALostPart(RawStubs):
    """It tells its user of a dataset when the storage refused a part."""

    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset:
        return where_refused(
            partial(super().dataset_upload_parts, ask),
            "403",
            lambda _: Dataset(dataset_id="", status="DRAFT"),
        )


@turns_red("MP-05/not-finished")
class FinishesWithoutAPart(RawStubs):
    """It finishes an upload of which a part was refused."""

    def _upload_part(self, url: str, part: bytes) -> str:
        nothing = '"d41d8cd98f00b204e9800998ecf8427e"'
        return where_refused(partial(super()._upload_part, url, part), "403", lambda _: nothing)


@turns_red("MP-06/not-finished")
class TakesAnETagForSuccess(RawStubs):
    """It takes a part for stored because the answer has an ETag."""

    def _sent(self, *asked: Any) -> Answered:
        answered = super()._sent(*asked)
        return answered._replace(status=200) if answered.status == 500 and answered.etag else answered  # noqa: PLR2004


@turns_red("MP-07/told")
class HidesThatPartsDoNotFit(RawStubs):
    """It tells its user of a dataset whose parts could not be joined."""

    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset:
        return where_refused(
            partial(super().dataset_upload_parts, ask),
            "INVALID_ARGUMENT",
            lambda _: Dataset(dataset_id="", status="DRAFT"),
        )


@turns_red("MP-07/not-validated")
class ValidatesWithoutFinish(RawStubs):
    """It validates an upload that could not be finished."""

    def _finish(self, dataset_id: str, etags: Sequence[str]) -> None:
        try:
            super()._finish(dataset_id, etags)
        except Refused:
            with suppress(Refused):
                self._validation(dataset_id)
            raise
