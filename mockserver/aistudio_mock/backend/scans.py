"""The real work behind a validation: scanning an upload and converting it, by `aistudio_formats`."""

from concurrent.futures import Future
from typing import Literal

from aistudio_formats.report import Outcome
from aistudio_formats.worker_client import Scanner
from aistudio_mock.backend.validations import Scanned
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.runtime.blobs import BlobStore


class Scans:
    """Scans drafts into files of the blob store; what is not wanted after all is removed again."""

    def __init__(self, blobs: BlobStore, scanner: Scanner) -> None:
        self._blobs = blobs
        self._scanner = scanner

    def start(self, draft: Blob, task_type: str, first_row: Literal[0, 1]) -> "Future[Scanned]":
        """The outcome of scanning and converting `draft`; off every lock and loop."""
        target = self._blobs.create().commit().path
        scanned: Future[Scanned] = Future()

        def finish(done: "Future[Outcome]") -> None:
            if done.cancelled():
                scanned.cancel()
                scanned.set_running_or_notify_cancel()
            elif (problem := done.exception()) is not None:
                scanned.set_exception(problem)
            else:
                scanned.set_result(_scanned(done.result(), target))
            if done.cancelled() or done.exception() is not None or done.result().converted is None:
                self._blobs.unlink(target)

        self._scanner.submit(str(draft.source), target, task_type, first_row).add_done_callback(finish)
        return scanned

    def discard(self, content: Blob) -> None:
        """Removes a converted file whose dataset is gone."""
        self._blobs.unlink(str(content.source))


def _scanned(outcome: Outcome, target: str) -> Scanned:
    made = outcome.converted
    # When it was made is known once the story is sealed.
    content = Blob(target, made.size_bytes, made.md5, Instant(0)) if made else None
    return Scanned(outcome.report, content)
