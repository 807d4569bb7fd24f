"""The parts of multipart uploads that are under way, on their way to be one file."""

from collections.abc import Sequence

from msgspec import Struct, field

from aistudio_mock.domain.multipart import Plan, Receipt, accepted, home, pieces
from aistudio_mock.domain.objects import FinishedUpload, PartAddress, Place
from aistudio_mock.domain.s3_errors import NoSuchUpload
from aistudio_mock.runtime.blobs import BlobStore

_NONE = "the dataset has no upload under way; StartMultipartUploadDraft begins one"
_GONE = (
    "the upload was finished or begun anew, or its dataset was validated or deleted; "
    "StartMultipartUploadDraft gives URLs of a new upload"
)


class _Upload(Struct):
    """One upload under way.

    The first PUT of a part writes where the part will stay: into `spool`, if its length is the planned one.
    Any other PUT gets a file of its own.
    """

    id: str
    plan: Plan
    spool: str | None = None
    begun: set[int] = field(default_factory=set)
    """The parts that a PUT was let into the spool for."""
    parts: dict[int, FinishedUpload] = field(default_factory=dict)
    in_place: set[int] = field(default_factory=set)
    """The parts whose PUT into the spool is over, sent again since or not."""

    @property
    def busy(self) -> str | None:
        """The spool, if somebody may still be writing to it."""
        return self.spool if self.begun != self.in_place else None


class Accepted(Struct, frozen=True):
    """The parts that an accepted list names. They belong to the caller, who makes an object of them."""

    upload: _Upload
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
    """At most one upload a dataset. The backend's lock is held by whoever calls, but for `join`."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._uploads: dict[str, _Upload] = {}

    def begin(self, dataset_id: str, upload_id: str, plan: Plan) -> None:
        """A new upload in place of the one before, whose parts are freed."""
        self.drop(dataset_id)
        self._uploads[dataset_id] = _Upload(upload_id, plan)

    def place(self, dataset_id: str, part: PartAddress, size: int) -> Place | None:
        """Where a body of `size` bytes is to be written; None for a file of its own. Raises NoSuchUpload."""
        upload = self._find(dataset_id, part)
        if part.number in upload.begun or size != upload.plan.length(part.number):
            return None
        if upload.spool is None:
            upload.spool = self._blobs.create().commit().path
        upload.begun.add(part.number)
        return Place(upload.spool, upload.plan.begin(part.number))

    def add(self, dataset_id: str, part: PartAddress, body: FinishedUpload) -> None:
        """Stores a part, instead of the one of that number. Raises NoSuchUpload."""
        upload = self._find(dataset_id, part)
        if body.offset is not None:
            upload.in_place.add(part.number)
        replaced = upload.parts.get(part.number)
        upload.parts[part.number] = body
        if replaced is not None:
            self._blobs.discard(replaced)

    def accept(self, dataset_id: str, receipts: Sequence[Receipt]) -> Accepted:
        """The parts that a list names; nothing is taken yet. Raises S3Error."""
        upload = self._uploads.get(dataset_id)
        if upload is None:
            raise NoSuchUpload(details=(("Hint", _NONE),))
        return Accepted(upload, accepted(receipts, upload.parts, upload.id))

    def under_way(self, dataset_id: str) -> bool:
        """Whether an upload was begun and not finished."""
        return dataset_id in self._uploads

    def take(self, dataset_id: str) -> None:
        """Ends an upload and leaves its parts to the caller, who accepted them."""
        del self._uploads[dataset_id]

    def join(self, taken: Accepted) -> str:
        """The path of one file of the parts, in their order. Frees everything else. Raises OSError."""
        found = tuple(pieces(taken.parts))
        joined = None
        try:
            joined = self._blobs.join(found, home(found, taken.upload.busy))
            return joined
        finally:
            self._free(taken.upload, keep=joined)

    def drop(self, dataset_id: str) -> None:
        """Ends an upload, if one is under way, and frees its parts."""
        upload = self._uploads.pop(dataset_id, None)
        if upload is not None:
            self._free(upload)

    def _free(self, upload: _Upload, keep: str | None = None) -> None:
        paths = {part.path for part in upload.parts.values()} | {upload.spool}
        for path in paths - {keep}:
            if path is not None:
                self._blobs.unlink(path)

    def _find(self, dataset_id: str, part: PartAddress) -> _Upload:
        upload = self._uploads.get(dataset_id)
        if upload is None or upload.id != part.upload_id:
            raise NoSuchUpload(details=(("UploadId", part.upload_id), ("Hint", _GONE)))
        return upload
