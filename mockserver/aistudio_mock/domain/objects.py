"""What the storage transport and the backend say to each other: grants, finished uploads, blobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class FinishedUpload:
    """A whole body on disk that belongs to no object yet: its path, size in bytes, MD5 in hex."""

    path: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of one object: a path in the blob store, or the bytes themselves if made on the spot.

    `size` is in bytes, `md5` in hex, `modified` the moment that Last-Modified shows.
    """

    source: str | bytes
    size: int
    md5: str
    modified: Instant


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do one thing to one object; `size` is what a PUT announced and signed, in bytes."""

    bucket: str
    key: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Expiration:
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
        """The upload becomes the object's content; its file is the backend's from here on.

        When this raises, the file stays the caller's, who removes it. The blob that was there before is the
        backend's to remove.
        """
        ...

    def get(self, bucket: str, key: str) -> Blob:
        """The object's content as it is now."""
        ...
