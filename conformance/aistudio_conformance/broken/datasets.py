"""Broken clients: datasets, their files and their validation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, urlencode

from msgspec.structs import replace
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    CreateDatasetRequest,
    GetUploadDraftUrlRequest,
    StartMultipartUploadDraftRequest,
    ValidateDatasetMetadata,
    ValidateDatasetRequest,
    ValidateDatasetResponse,
)
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.adapters.raw_stubs.storage import Answered
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import (
    Dataset,
    DatasetId,
    DatasetUpdate,
    DatasetUpload,
    DatasetUploadParts,
    Done,
    Refused,
    ValidationError,
)

_OF_A_SIGNATURE = {
    f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "Signature", "SignedHeaders")
}


@turns_red("UP-01/created-once-by-its-name")
class NamesLikeTheConsole(RawStubs):
    """It changes the name to what the console would allow."""

    def _creation(self, ask: DatasetUpload) -> CreateDatasetRequest:
        request = super()._creation(ask)
        request.name = request.name.lower().replace(" ", "-")
        return request


@turns_red("DS-03/refusal-told")
class CutsALongName(RawStubs):
    """It makes a name fit without a word."""

    def _creation(self, ask: DatasetUpload) -> CreateDatasetRequest:
        request = super()._creation(ask)
        request.name = request.name[:63]
        return request


@turns_red("UP-01/size-announced")
class ProbesForTheUrl(RawStubs):
    """It asks for an upload URL of one byte first, to see whether it may."""

    def _filled(self, dataset_id: str, file: BinaryIO, size: int) -> Operation:
        probe = GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=1)
        self._call(self._datasets, "GetUploadDraftUrl", probe)
        return super()._filled(dataset_id, file, size)


@turns_red("UP-01/url-used-as-given", "UP-04/used-as-given")
class SortsTheQuery(RawStubs):
    """It takes the URL apart and puts it together again in another order."""

    def _sent(
        self, url: str, body: bytes | BinaryIO | Iterable[bytes], headers: Mapping[str, str]
    ) -> Answered:
        path, _, query = url.partition("?")
        turned = urlencode(sorted(parse_qsl(query), reverse=True), quote_via=quote, safe="")
        return super()._sent(f"{path}?{turned}", body, headers)


@turns_red("UP-01/url-used-as-given")
class RebuildsWhatItKnows(RawStubs):
    """It puts an upload URL of the form that it knows together anew; one of another form it uses as given."""

    def _sent(
        self, url: str, body: bytes | BinaryIO | Iterable[bytes], headers: Mapping[str, str]
    ) -> Answered:
        path, _, query = url.partition("?")
        parts = dict(parse_qsl(query))
        is_known = parts.keys() == _OF_A_SIGNATURE and "/us-east-1/" in parts["X-Amz-Credential"]
        anew = urlencode({name: parts[name] for name in sorted(parts)}, quote_via=quote, safe="")
        return super()._sent(f"{path}?{anew}" if is_known else url, body, headers)


@turns_red("UP-01/body-is-the-file")
class RewritesLineEnds(RawStubs):
    """It sends the file as text, without carriage returns."""

    def _body(self, file: BinaryIO) -> BinaryIO | Iterable[bytes]:
        return BytesIO(file.read().replace(b"\r\n", b" \n"))


@turns_red("UP-01/validated-after-the-upload")
class ValidatesTooEarly(RawStubs):
    """It validates the draft before there is a file, and again after."""

    def _filled(self, dataset_id: str, file: BinaryIO, size: int) -> Operation:
        with suppress(Refused):
            self._call(self._datasets, "Validate", ValidateDatasetRequest(dataset_id=dataset_id))
        return super()._filled(dataset_id, file, size)


@turns_red("UP-05/nothing-validated")
class IgnoresARefusedFile(RawStubs):
    """It goes on when the storage refused the file."""

    def _upload(self, url: str, file: BinaryIO, size: int) -> None:
        try:
            super()._upload(url, file, size)
        except Refused as failure:
            if "403" not in str(failure):
                raise


@turns_red(
    "UP-05/nothing-validated", "UP-06/not-validated-unstored", "MP-05/not-finished", "MP-06/not-finished"
)
class IgnoresTheStorage(RawStubs):
    """It takes any answer of the storage for success."""

    def _is_stored(self, status: int) -> bool:
        return bool(status)


@turns_red("UP-05/failure-told")
class HidesAFailedUpload(RawStubs):
    """It tells its user of a dataset when the storage refused the file."""

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        try:
            return super().dataset_upload(ask)
        except Refused as failure:
            if "storage" not in str(failure):
                raise
            return Dataset(dataset_id="", status="DRAFT")


@turns_red("monitor/nothing-left-behind")
class LeavesTheDraft(RawStubs):
    """It forgets the draft of an upload that failed."""

    def _given_up(self, dataset_id: str, failure: Refused) -> Refused:  # noqa: ARG002 - forgotten
        return failure


@turns_red("UP-09/nothing-sent")
class PadsAnEmptyFile(RawStubs):
    """It sends a line end in place of an empty file."""

    def _size(self, file: BinaryIO) -> int:
        return super()._size(file) or 1

    def _put(self, url: str, file: BinaryIO, size: int) -> Answered:
        if super()._size(file):
            return super()._put(url, file, size)
        with BytesIO(b"\n") as line:
            return self._sent(url, line, self._storage_headers(size))


@turns_red("UP-09/refusal-told")
class AcceptsAnEmptyFile(RawStubs):
    """It tells its user of a dataset when there was nothing to make one of."""

    def dataset_upload(self, ask: DatasetUpload) -> Dataset:
        try:
            return super().dataset_upload(ask)
        except Refused as failure:
            if "is empty; a dataset" not in str(failure):
                raise
            return Dataset(dataset_id="", rows=0)


@turns_red("monitor/no-credentials-on-storage")
class TriesCredentialsFirst(RawStubs):
    """It sends its credentials to the storage, and leaves them out when they are refused."""

    def _put(self, url: str, file: BinaryIO, size: int) -> Answered:
        headers = {**self._storage_headers(size), **dict(self._authorization())}
        answered = self._sent(url, file, headers)
        return answered if answered.status == 200 else super()._put(url, file, size)  # noqa: PLR2004


@turns_red("monitor/announced-size-is-sent")
class ProbesTheStorage(RawStubs):
    """It sends nothing at all first, to see whether the storage is there."""

    def _put(self, url: str, file: BinaryIO, size: int) -> Answered:
        with BytesIO() as nothing:
            self._sent(url, nothing, self._storage_headers(0))
        return super()._put(url, file, size)


@turns_red("VA-01/polled-until-done")
class TrustsTheCounts(RawStubs):
    """It takes a validation for done when all rows are counted valid."""

    def _is_done(self, operation: Operation) -> bool:
        counts = ValidateDatasetMetadata()
        counted = operation.metadata.Unpack(counts) and counts.valid_rows == counts.total_rows
        return (counted and not operation.HasField("error")) or super()._is_done(operation)


@turns_red("VA-01/told-ready")
class ShowsNoRows(RawStubs):
    """It does not show how many rows a dataset has."""

    def _shown(self, info: DatasetInfo) -> Dataset:
        shown = super()._shown(info)
        return replace(shown, rows=None)


@turns_red("VA-04/bad-rows-told", "VA-05/failure-told")
class TakesDoneForValid(RawStubs):
    """It takes every validation that is done for a good one."""

    def _is_valid(self, outcome: ValidateDatasetResponse) -> bool:  # noqa: ARG002 - not looked at
        return True


@turns_red("VA-04/bad-rows-told")
class DropsRowNumbers(RawStubs):
    """It tells what is wrong, and not where."""

    def _require_valid(self, dataset_id: str, operation: Operation) -> None:
        try:
            super()._require_valid(dataset_id, operation)
        except Refused as failure:
            errors = [ValidationError(error=one.error) for one in failure.failure.errors or ()]
            raise Refused(str(failure), failure.failure.code, errors) from failure


@turns_red("DS-07/mask-of-the-name")
class MasksMoreThanItChanges(RawStubs):
    """It names the description in the mask whenever it changes a name."""

    def _update_mask(self, ask: DatasetUpdate) -> list[str]:
        mask = super()._update_mask(ask)
        return [*mask, "description"] if "name" in mask else mask


@turns_red("DS-07/mask-of-no-labels")
class ForgetsEmptyLabels(RawStubs):
    """It takes empty labels for none given."""

    def _update_mask(self, ask: DatasetUpdate) -> list[str]:
        return [field for field in super()._update_mask(ask) if getattr(ask, field)]


@turns_red("DS-08/one-delete")
class DeletesTwice(RawStubs):
    """It deletes again, to be sure."""

    def dataset_delete(self, ask: DatasetId) -> Done:
        done = super().dataset_delete(ask)
        with suppress(Refused):
            super().dataset_delete(ask)
        return done


@turns_red("DS-08/empty-reply-is-success")
class ReadsTheReplyOfDelete(RawStubs):
    """It looks for the dataset in the reply to Delete."""

    def dataset_delete(self, ask: DatasetId) -> Done:
        super().dataset_delete(ask)
        raise Refused("the reply names no dataset")


@turns_red("DS-08/missing-is-told")
class ShowsWhatIsGone(RawStubs):
    """It shows an empty dataset where there is none."""

    def dataset_get(self, ask: DatasetId) -> Dataset:
        try:
            return super().dataset_get(ask)
        except Refused as failure:
            if failure.failure.code != "NOT_FOUND":
                raise
            return Dataset(dataset_id=ask.dataset_id)


@turns_red("MP-01/size-announced")
class StartsTwice(RawStubs):
    """It starts an upload in parts to see how many there will be, and then starts it anew."""

    def _joined(self, dataset_id: str, file: BinaryIO, size: int, part_size: int) -> Operation:
        probe = StartMultipartUploadDraftRequest(dataset_id=dataset_id, size_bytes=size)
        self._call(self._datasets, "StartMultipartUploadDraft", probe)
        return super()._joined(dataset_id, file, size, part_size)


@turns_red("MP-01/each-part-once")
class SendsAPartAgain(RawStubs):
    """It sends the first of as many parts as it asked for again, to be sure."""

    def _parts(
        self, file: BinaryIO, size: int, urls: Sequence[str], part_size: int
    ) -> Iterator[tuple[str, bytes]]:
        parts = list(super()._parts(file, size, urls, part_size))
        if part_size and len(urls) * part_size >= size:
            self._upload_part(*parts[0])
        yield from parts


@turns_red("MP-01/finish-names-each-part")
class ListsPartsAsTheyCome(RawStubs):
    """It lists the parts in another order, and in theirs only when that is refused."""

    def _finish(self, dataset_id: str, etags: Sequence[str]) -> None:
        try:
            super()._finish(dataset_id, etags[::-1])
        except Refused:
            super()._finish(dataset_id, etags)


@turns_red("MP-01/told-ready")
class ForgetsToShowTheParts(RawStubs):
    """It does not show what became of a file that was sent in parts."""

    def dataset_upload_parts(self, ask: DatasetUploadParts) -> Dataset:
        return Dataset(dataset_id=super().dataset_upload_parts(ask).dataset_id)
