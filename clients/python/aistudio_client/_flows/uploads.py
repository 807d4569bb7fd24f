"""A file becomes a dataset: checked here, sent whole or in parts, validated; a failure leaves nothing."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aistudio_client import _checkpoint, _local_check
from aistudio_client._checkpoint import Checkpoint
from aistudio_client._errors import ConfigurationError, RpcError, StorageError
from aistudio_client._flows import datasets, showing, storage
from aistudio_client._flows.calls import call
from aistudio_client._flows.datasets import Draft
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._parts import Part, cut
from aistudio_client._sources import Source, open_source
from aistudio_client._steps import Flow, Now, Progress, Put, Show, Together, Work
from aistudio_client._types import Dataset
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger("aistudio_client")

GET_URL, START, FINISH = (
    method(f"DatasetService/{name}")
    for name in ("GetUploadDraftUrl", "StartMultipartUploadDraft", "FinishMultipartUploadDraft")
)
MULTIPART_FROM = 64 << 20
"""Bytes from which on a file is sent in parts if nobody says otherwise."""

SMALLEST_PART = 5 << 20
"""Of S3; the last part may be smaller."""

_FINISHED_ALREADY = frozenset({"FAILED_PRECONDITION", "NOT_FOUND", "INVALID_ARGUMENT"})


class How(Struct, frozen=True, kw_only=True):
    """How to upload.

    Attributes:
        part_size: bytes of a part; 0 for one piece up to 64 MiB and parts of that size above it.
        parallel: parts on their way at once.
        check: whether the rows are checked here, as the service would, before a byte is sent.
        checkpoint: a file that remembers the parts that are stored, so that the same call goes on after it
            was cut off. The draft is then kept when the upload fails.
        wait: seconds for the validation; None for the client's own.
    """

    part_size: int = 0
    parallel: int = 4
    check: bool = True
    checkpoint: "Path | None" = None
    wait: float | None = None


def upload(link: Link, data: Any, draft: Draft, how: How) -> Flow[Dataset]:
    """A READY dataset of what `data` holds. Raises what the steps of it raise; see `Datasets.upload`."""
    source = yield Work(partial(open_source, data))
    try:
        if not source.size:
            raise ConfigurationError("there is nothing to upload: a dataset needs at least one row")
        if how.check:
            yield Work(partial(_local_check.require_valid, source, draft.task_type))
        return (yield from _uploaded(link, source, draft, how))
    finally:
        source.close()


def _uploaded(link: Link, source: Source, draft: Draft, how: How) -> Flow[Dataset]:
    kept = None if how.checkpoint is None else (yield Work(partial(_checkpoint.load, how.checkpoint, source)))
    dataset_id = kept.dataset_id if kept else (yield from datasets.create(link, draft)).id
    try:
        filled = _filled(link, dataset_id, source, how, kept)
        yield from showing.shown(filled, Progress("upload", dataset_id))
        operation = yield from datasets.validate(link, dataset_id)
    except GeneratorExit:
        raise
    except BaseException as failure:
        yield from _given_up(link, dataset_id, how, failure)
        raise
    if how.checkpoint is not None:
        yield Work(partial(_checkpoint.drop, how.checkpoint))
    try:
        return (yield from datasets.validated(link, dataset_id, operation, how.wait, is_left=False))
    except (Exception, GeneratorExit):
        raise  # it says what it is about, or nobody is there to hear it
    except BaseException as interrupt:  # Ctrl-C, or a cancelled task: nobody has been told of the dataset
        yield from datasets.removed(link, dataset_id, interrupt)
        raise


def _filled(link: Link, dataset_id: str, source: Source, how: How, kept: Checkpoint | None) -> Flow[None]:
    began = yield Now()
    watch = _Watch(dataset_id, source.size)
    yield Show(watch.progress())
    if kept is None and how.checkpoint is None and source.size <= (how.part_size or MULTIPART_FROM):
        yield from _in_one(link, dataset_id, source, watch.wrote)
    else:
        yield from _in_parts(link, dataset_id, source, how, kept, watch.wrote)
    now = yield Now()
    yield Show(watch.progress(now - began, is_over=True))
    _log.info("dataset %s: %d bytes sent in %.1f s", dataset_id, source.size, now - began)


def _in_one(link: Link, dataset_id: str, source: Source, wrote: Callable[[int], Progress]) -> Flow[None]:
    """One PUT; a URL that has grown too old is replaced once."""
    for is_last in (False, True):
        request = wire.GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=source.size)
        url = (yield from call(link, GET_URL, request)).upload_url
        try:
            yield from storage.put(link, Put(url, source, 0, source.size, link.timeouts.storage, wrote))
        except StorageError as failure:
            if is_last or not storage.is_expired(failure):
                raise
        else:
            return


def _in_parts(
    link: Link,
    dataset_id: str,
    source: Source,
    how: How,
    kept: Checkpoint | None,
    wrote: Callable[[int], Progress],
) -> Flow[None]:
    state = kept or (yield from _started(link, dataset_id, source, how))
    parts = cut(source.size, state.part_size, state.urls)
    flows = [_sent(link, source, part, state, how, wrote) for part in parts]
    etags = yield Together(flows, how.parallel)
    numbered = [
        wire.UploadedPartInfo(part_num=part.number, etag=etag)
        for part, etag in zip(parts, etags, strict=True)
    ]
    request = wire.FinishMultipartUploadDraftRequest(dataset_id=dataset_id, uploaded_parts=numbered)
    try:
        yield from call(link, FINISH, request)
    except RpcError as failure:
        # After a lost answer the second Finish is refused; if the first failed too, the validation tells.
        if failure.attempts == 1 or failure.code not in _FINISHED_ALREADY:
            raise


def _started(link: Link, dataset_id: str, source: Source, how: How) -> Flow[Checkpoint]:
    part_size = how.part_size or MULTIPART_FROM
    request = wire.StartMultipartUploadDraftRequest(
        dataset_id=dataset_id, size_bytes=source.size, parts=-(-source.size // part_size)
    )
    urls = list((yield from call(link, START, request)).multipart_upload_urls)
    if not urls:
        raise ConfigurationError("the service gave no URL for any part")
    if len(urls) != request.parts:  # how many there are is the service's word
        part_size = -(-source.size // len(urls))
    state = Checkpoint(dataset_id, source.mark, part_size, urls, {})
    if how.checkpoint is not None:
        yield Work(partial(_checkpoint.save, how.checkpoint, state))
    return state


def _sent(
    link: Link, source: Source, part: Part, state: Checkpoint, how: How, wrote: Callable[[int], Progress]
) -> Flow[str]:
    """The ETag of a stored part. A part that the checkpoint has is sent again only if its MD5 differs."""
    if part.number in state.etags:
        md5 = yield Work(partial(_checkpoint.md5_of, source, part.offset, part.length))
        if md5 == state.etags[part.number].strip('"'):
            wrote(part.length)
            return state.etags[part.number]
    stored = yield from storage.put(
        link, Put(part.url, source, part.offset, part.length, link.timeouts.storage, wrote)
    )
    state.etags[part.number] = stored.etag
    if how.checkpoint is not None:
        yield Work(partial(_checkpoint.save, how.checkpoint, state))
    return stored.etag


def _given_up(link: Link, dataset_id: str, how: How, failure: BaseException) -> Flow[None]:
    """Removes the draft, or says how to go on with it."""
    path = how.checkpoint
    if path is None or not (yield Work(path.exists)):
        yield from datasets.removed(link, dataset_id, failure)
    elif isinstance(failure, StorageError) and (
        storage.is_expired(failure) or failure.code == "NoSuchUpload"
    ):
        yield Work(partial(_checkpoint.drop, path))
        yield from datasets.removed(link, dataset_id, failure)
        failure.add_note(f"the upload of {path} is too old to go on with; the same call begins anew")
    else:
        failure.add_note(
            f"the draft {dataset_id} is kept: the same upload(…, checkpoint={str(path)!r}) goes on where it "
            f"was cut off; datasets.delete({dataset_id!r}) gives it up"
        )


class _Watch:
    """Counts the bytes that are on their way, for people: several threads may tell it at once."""

    def __init__(self, dataset_id: str, total: int) -> None:
        self._dataset_id = dataset_id
        self._total = total
        self._done = 0

    def wrote(self, count: int) -> Progress:
        self._done += count
        return self.progress()

    def progress(self, elapsed: float = 0.0, *, is_over: bool = False) -> Progress:
        return Progress("upload", self._dataset_id, "", self._done, self._total, elapsed, is_over)
