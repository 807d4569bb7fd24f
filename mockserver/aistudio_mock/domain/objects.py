"""What the storage transport and the backend say to each other: grants, finished uploads, blobs."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from aistudio_mock.domain.instant import DAY, Duration, Instant

DRAFTS = "ai-fomo-drafts-prod"
"""The bucket that uploads go to (service-behaviour c.4)."""

DATASETS = "ai-fomo-datasets-prod"
"""The bucket that validated datasets are downloaded from (service-behaviour c.10)."""

METRICS = "ai-fomo-tuning-metrics-prod"
"""The bucket that metrics archives are downloaded from (name assumed, service-behaviour e.6)."""

BUCKETS = (DRAFTS, DATASETS, METRICS)


def object_key(folder: str, dataset: str) -> str:
    """The key of a dataset's object, `<folder>/<dataset>`, not escaped (service-behaviour c.4)."""
    return f"{folder}/{dataset}"


class FinishedUpload(Struct, frozen=True):
    """A whole body on disk that belongs to no object yet: its path, size in bytes, MD5 in hex.

    It has the file to itself, or else begins at `offset` of a file that others are in as well.
    """

    path: str
    size: int
    md5: str
    offset: int | None = None


class Blob(Struct, frozen=True):
    """The content of one object: a path in the blob store, or the bytes themselves where there is no path.

    `size` is in bytes, `etag` without its quotes, `modified` the moment that Last-Modified shows.
    """

    source: str
    size: int
    etag: str
    modified: Instant
    content: bytes | None = None


class PartAddress(Struct, frozen=True):
    """One part of a multipart upload, as the query of its URL names it."""

    upload_id: str
    number: int


class Place(Struct, frozen=True):
    """Where in a file that is there already a body goes, in bytes from its beginning."""

    path: str
    offset: int


class Piece(Struct, frozen=True):
    """Bytes of a file and where they belong: `size` bytes at `offset` go to `target` of the object."""

    path: str
    offset: int
    size: int
    target: int


class Grant(Struct, frozen=True):
    """Leave to do one thing to one object; `size` is what a PUT announced, in bytes.

    A PUT of one part names the part, and the place of its bytes where they do not get a file of their own.
    """

    bucket: str
    key: str
    size: int | None = None
    part: PartAddress | None = None
    place: Place | None = None


class Expiration(Struct, frozen=True):
    """When a bucket's lifecycle rule will remove an object: a midnight, UTC, and the rule's id."""

    at: Instant
    rule_id: str


_LIFECYCLE: dict[str, tuple[str, Duration]] = {DRAFTS: ("DatasetDraftLifecycleRule", 30 * DAY)}


def expiration(bucket: str, stored: Instant) -> Expiration | None:
    """What X-Amz-Expiration says of an object stored at `stored`: 30 days on, rounded up to midnight (c.4).

    None for a bucket without a lifecycle rule.
    """
    rule = _LIFECYCLE.get(bucket)
    if rule is None:
        return None
    rule_id, lifetime = rule
    return Expiration(Instant(-(-(stored + lifetime) // DAY) * DAY), rule_id)


class Objects(Protocol):
    """The backend, as the storage transport sees it. Plain atomic calls; refusals are S3Errors."""

    def authorize(
        self, *, method: str, bucket: str, key: str, path: str, query_string: str, headers: Mapping[str, str]
    ) -> Grant:
        """Leave for one request, given before any byte of its body is read.

        `bucket` and `key` are unescaped; `path` and `query_string` are as on the request line.
        """
        ...

    def put(self, grant: Grant, upload: FinishedUpload) -> Blob:
        """The upload becomes the object's content, or a part of it; its file is the backend's from now on.

        When this raises, the upload stays the caller's, who discards it. The blob that was there before is
        the backend's to remove.
        """
        ...

    def get(self, bucket: str, key: str) -> Blob:
        """The object's content as it is now."""
        ...
