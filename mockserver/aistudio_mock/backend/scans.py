"""The real work on dataset files: scanning and converting an upload, writing results of batch runs."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal

from msgspec import Struct

from aistudio_formats.report import Outcome
from aistudio_formats.worker_client import Scanner
from aistudio_mock.backend.validations import Scanned
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.runtime.blobs import BlobStore


class Written(Struct, frozen=True):
    """A new dataset file, and what scanning it gave."""

    draft: Blob
    scanned: Scanned


class Scans:
    """Scans drafts into files of the blob store; what is not wanted after all is removed again."""

    def __init__(self, blobs: BlobStore, scanner: Scanner) -> None:
        self._blobs = blobs
        self._scanner = scanner
        self._writers = ThreadPoolExecutor(1, "aistudio-batch")
        self._closed = False

    def close(self) -> None:
        """Ends what is being written; it fails."""
        self._closed = True
        self._writers.shutdown(cancel_futures=True)

    def write(self, lines: Iterable[bytes], task_type: str) -> "Future[Written]":
        """A file of `lines`, converted; one file after the other, each line when it is there.

        The future raises whatever `lines` does, or RuntimeError when this is closed meanwhile.
        """
        return self._writers.submit(self._write, lines, task_type)

    def _write(self, lines: Iterable[bytes], task_type: str) -> Written:
        writer = self._blobs.create()
        try:
            for line in lines:
                if self._closed:
                    raise RuntimeError("the server stopped")
                writer.write(line)
            made = writer.commit()
        finally:
            writer.abort()
        draft = Blob(made.path, made.size, made.md5, Instant(0))
        try:
            return Written(draft, self.start(draft, task_type, 1).result())
        except Exception:
            self.discard(draft)
            raise

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

        self._scanner.submit(draft.source, target, task_type, first_row).add_done_callback(finish)
        return scanned

    def discard(self, content: Blob) -> None:
        """Removes a converted file whose dataset is gone."""
        self._blobs.unlink(content.source)


def _scanned(outcome: Outcome, target: str) -> Scanned:
    made = outcome.converted
    # When it was made is known once the story is sealed.
    content = Blob(target, made.size_bytes, made.md5, Instant(0)) if made else None
    return Scanned(outcome.report, content)
