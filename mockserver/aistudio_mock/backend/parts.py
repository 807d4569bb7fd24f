"""The parts of multipart uploads that are under way, on their way to be one file."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.backend.store import Table
from aistudio_mock.domain.multipart import Plan, Receipt, Upload, accepted, home, pieces
from aistudio_mock.domain.objects import FinishedUpload, PartAddress, Place
from aistudio_mock.domain.s3_errors import NoSuchUpload
from aistudio_mock.runtime.blobs import BlobStore

_NONE = "the dataset has no upload under way; StartMultipartUploadDraft begins one"
_GONE = (
    "the upload was finished or begun anew, or its dataset was validated or deleted; "
    "StartMultipartUploadDraft gives URLs of a new upload"
)


class Accepted(Struct, frozen=True):
    """The parts that an accepted list names, of an upload that is being finished."""

    upload: Upload
    parts: tuple[FinishedUpload, ...]

    @property
    def size(self) -> int:
        """Bytes of all parts together."""
        return sum(part.size for part in self.parts)

    @property
    def announced(self) -> int:
        """Bytes of the whole file, as the upload was begun for."""
        return self.upload.plan.size


class Parts:
    """At most one upload a dataset. The backend's lock is held by whoever calls, but for `join`.

    An upload that is being finished is gone for everybody else; its record stays until the file is an object,
    so that a server that dies meanwhile has the parts when it comes back.
    """

    def __init__(self, uploads: Table[Upload], blobs: BlobStore) -> None:
        self._blobs = blobs
        self._uploads = uploads
        self._finishing: set[str] = set()
        """Ids of uploads."""

    def begin(self, dataset_id: str, folder_id: str, upload_id: str, plan: Plan) -> None:
        """A new upload in place of the one before, whose parts are freed."""
        self.drop(dataset_id)
        self._uploads.put(Upload(dataset_id, folder_id, upload_id, plan))

    def place(self, dataset_id: str, part: PartAddress, size: int) -> Place | None:
        """Where a body of `size` bytes is to be written; None for a file of its own. Raises NoSuchUpload."""
        upload = self._find(dataset_id, part)
        if part.number in upload.begun or size != upload.plan.length(part.number):
            return None
        spool = upload.spool or self._blobs.create().commit().path
        self._uploads.put(replace(upload, spool=spool, begun=upload.begun | {part.number}))
        return Place(spool, upload.plan.begin(part.number))

    def add(self, dataset_id: str, part: PartAddress, body: FinishedUpload) -> None:
        """Stores a part, instead of the one of that number. Raises NoSuchUpload."""
        upload = self._find(dataset_id, part)
        in_place = upload.in_place if body.offset is None else upload.in_place | {part.number}
        parts = {**upload.parts, part.number: body}
        self._uploads.put(replace(upload, in_place=in_place, parts=parts))
        replaced = upload.parts.get(part.number)
        if replaced is not None:
            self._blobs.discard(replaced)

    def accept(self, dataset_id: str, receipts: Sequence[Receipt]) -> Accepted:
        """The parts that a list names; nothing is taken yet. Raises S3Error."""
        upload = self._under_way(dataset_id)
        if upload is None:
            raise NoSuchUpload(details=(("Hint", _NONE),))
        return Accepted(upload, accepted(receipts, upload.parts, upload.upload_id))

    def under_way(self, dataset_id: str) -> bool:
        """Whether an upload was begun and not finished."""
        return self._under_way(dataset_id) is not None

    def take(self, taken: Accepted) -> None:
        """From here on the upload is the caller's alone, who ends it by `leave`."""
        self._finishing.add(taken.upload.upload_id)

    def join(self, taken: Accepted) -> str:
        """The path of one file of the parts, in their order; the parts stay as they are. Raises OSError."""
        found = tuple(pieces(taken.parts))
        return self._blobs.join(found, home(found, taken.upload.reserved(taken.parts)))

    def leave(self, taken: Accepted, joined: str | None) -> None:
        """The upload is over; of its files only `joined`, if any, is an object's."""
        self._finishing.discard(taken.upload.upload_id)
        known = self._uploads.get(taken.upload.id)
        if known is not None and known.upload_id == taken.upload.upload_id:
            self._uploads.remove(known)
        self._free(taken.upload, joined)

    def drop(self, dataset_id: str) -> None:
        """Ends an upload, if one is under way, and frees its parts, unless somebody is finishing it."""
        upload = self._uploads.get(dataset_id)
        if upload is None:
            return
        self._uploads.remove(upload)
        if upload.upload_id not in self._finishing:
            self._free(upload)

    def _free(self, upload: Upload, keep: str | None = None) -> None:
        for path in upload.paths - {keep}:
            self._blobs.unlink(path)

    def _under_way(self, dataset_id: str) -> Upload | None:
        upload = self._uploads.get(dataset_id)
        return None if upload is None or upload.upload_id in self._finishing else upload

    def _find(self, dataset_id: str, part: PartAddress) -> Upload:
        upload = self._under_way(dataset_id)
        if upload is None or upload.upload_id != part.upload_id:
            raise NoSuchUpload(details=(("UploadId", part.upload_id), ("Hint", _GONE)))
        return upload
