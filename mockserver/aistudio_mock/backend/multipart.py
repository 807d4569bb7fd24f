"""DatasetService's multipart uploads: the RPC that gives URLs for the parts, and the one that joins them."""

from collections.abc import Mapping, Sequence

from aistudio_mock.backend import quotas
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.objects import StoredObjects
from aistudio_mock.backend.parts import Accepted
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain import multipart
from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.dataset import Dataset, DatasetCommand
from aistudio_mock.domain.errors import (
    ApiError,
    FailedPrecondition,
    FieldViolation,
    Internal,
    InvalidArgument,
)
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.multipart import CHOSEN_PART, Receipt
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.s3_errors import NoSuchUpload, S3Error
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire

_UPLOAD_ID_DIGITS = 32
_REFUSES: Mapping[type[S3Error], type[ApiError]] = {NoSuchUpload: FailedPrecondition}
"""What the storage's refusal of a list becomes; INVALID_ARGUMENT for those that are not here."""


class MultipartUploads:
    """Uploads in parts, one under way for each draft."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        access: Access,
        objects: StoredObjects,
    ) -> None:
        self._store = store
        self._lock = lock
        self._access = access
        self._objects = objects

    def start(
        self, call: Call, request: wire.StartMultipartUploadDraftRequest
    ) -> wire.StartMultipartUploadDraftResponse:
        """A presigned URL for each part (c.5). An upload that was under way ends, and its parts are gone.

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is no draft any more.
            InvalidArgument: the parts would be too many, too small or too big.
            ResourceExhausted: more bytes than the folder's quotas allow.
        """
        with self._lock:
            dataset, folder, now = self._draft(call, request.dataset_id)
            behaviours = folder.settings.behaviours
            chosen = CHOSEN_PART[behaviours.multipart_part_size]
            plan = multipart.plan(request.size_bytes, request.parts, chosen)
            quotas.require_upload(self._store, folder, dataset, request.size_bytes)
            upload_id = folder.ids.hexadecimal(_UPLOAD_ID_DIGITS)
            self._objects.parts.begin(dataset.id, folder.id, upload_id, plan)
        signed = behaviours.multipart_length_signed == "yes"
        return wire.StartMultipartUploadDraftResponse(
            dataset_id=dataset.id,
            multipart_upload_urls=self._objects.part_urls(
                call.door, dataset, upload_id, plan, now, signed_length=signed
            ),
        )

    def finish(
        self, call: Call, request: wire.FinishMultipartUploadDraftRequest
    ) -> wire.FinishMultipartUploadDraftResponse:
        """The listed parts become the dataset's draft (c.5). A refusal leaves the upload as it was.

        Raises:
            NotFound: no such dataset.
            FailedPrecondition: the dataset is no draft any more, or no upload is under way.
            InvalidArgument: the list is not what was uploaded, or its parts are not what was announced.
        """
        receipts = [Receipt(part.part_num, part.etag) for part in request.uploaded_parts]
        if not receipts:
            raise InvalidArgument.of(FieldViolation("uploaded_parts", "Field is required"))
        with self._lock:
            dataset, folder, now = self._draft(call, request.dataset_id)
            taken = self._taken(dataset, receipts, folder.settings.behaviours)
        if taken is not None:
            # Off the lock: other calls go on while parts are copied.
            etag = multipart.etag([part.md5 for part in taken.parts])
            blob = Blob(self._joined(dataset, taken), taken.size, etag, now)
            self._objects.adopt(taken, blob, folder.clock.now())
        return wire.FinishMultipartUploadDraftResponse(dataset_id=dataset.id)

    def _taken(
        self, dataset: Dataset, receipts: Sequence[Receipt], behaviours: Behaviours
    ) -> Accepted | None:
        """The parts of the upload, now ours to end; None when it was over before, and that is accepted."""
        parts, draft = self._objects.parts, dataset.draft
        try:
            accepted = parts.accept(dataset.id, receipts)
        except NoSuchUpload as gone:
            again = behaviours.multipart_finish_again == "accept"
            if again and draft is not None and multipart.is_made_of(draft.etag, receipts):
                return None
            raise _refusal(gone, behaviours) from None
        except S3Error as error:
            raise _refusal(error, behaviours) from None
        if accepted.size != accepted.announced and behaviours.multipart_total_size == "checked":
            raise InvalidArgument(
                f"the listed parts have {accepted.size} bytes, and {accepted.announced} were announced "
                f"for dataset {dataset.id}; list every part, or begin anew with the right size_bytes"
            )
        parts.take(accepted)
        return accepted

    def _joined(self, dataset: Dataset, taken: Accepted) -> str:
        parts = self._objects.parts
        try:
            return parts.join(taken)
        except OSError as problem:
            with self._lock:
                parts.leave(taken, None)
            raise Internal(
                f"the parts of dataset {dataset.id} cannot be joined: {problem.strerror or problem}; "
                "they are removed, so make room and upload them again"
            ) from problem

    def _draft(self, call: Call, dataset_id: str) -> tuple[Dataset, Folder, Instant]:
        dataset, folder = self._access.record(call, self._store.datasets, "dataset", dataset_id)
        now = folder.clock.now()
        dataset.require(DatasetCommand.UPLOAD, now)
        return dataset, folder, now


def _refusal(error: S3Error, behaviours: Behaviours) -> ApiError:
    """What the caller of Finish hears: the storage's own code and message, then what would help."""
    kind = _REFUSES.get(type(error), InvalidArgument)
    if behaviours.multipart_finish_refusal == "internal":
        kind = Internal
    hint = dict(error.details)["Hint"]
    return kind(f"{error.code}: {error.message} ({hint})")
