"""The metrics archives of tunings: written when they are asked for, and again when there is more."""

from hashlib import md5
from threading import Lock

from msgspec import Struct

from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.tuning import Tuning, TuningStatus
from aistudio_mock.runtime.blobs import BlobStore


class _Kept(Struct, frozen=True):
    """An archive and what it tells: up to which step, of a run that is over or not."""

    logged: int
    is_final: bool
    blob: Blob


class Archives:
    """One archive a tuning, that of the latest evaluation which was asked about."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._kept: dict[str, _Kept] = {}
        self._writing = Lock()

    def of(self, task: Tuning, now: Instant) -> Blob | None:
        """The archive as it is at `now`; None before the first evaluation."""
        logged = _logged(task, now)
        if not logged:
            return None
        finished = task.finished_at(now)
        with self._writing:
            kept = self._kept.get(task.id)
            if kept is None or (kept.logged, kept.is_final) != (logged, finished is not None):
                content = self._written(task, logged, now)
                kept = _Kept(logged, finished is not None, self._stored(content, finished, now))
                self._kept[task.id] = kept
        return kept.blob

    def forget(self, task_id: str) -> None:
        """Frees the archive of a tuning that is gone."""
        kept = self._kept.pop(task_id, None)
        if kept is not None and kept.blob.source:
            self._blobs.unlink(kept.blob.source)

    def _written(self, task: Tuning, logged: int, now: Instant) -> bytes:
        from aistudio_mock.backend import recipes  # noqa: PLC0415 - not needed to start
        from aistudio_mock.domain import metrics  # noqa: PLC0415

        sample = recipes.sample(task, self._blobs)
        return metrics.archive(recipes.spec(task, sample, logged, now))

    def _stored(self, content: bytes, finished: Instant | None, now: Instant) -> Blob:
        """On disk for good, or in memory until there is more: a reader never loses what it reads."""
        if finished is None:
            return Blob("", len(content), md5(content, usedforsecurity=False).hexdigest(), now, content)
        writer = self._blobs.create()
        writer.write(content)
        made = writer.commit()
        return Blob(made.path, made.size, made.md5, finished)


def _logged(task: Tuning, now: Instant) -> int:
    """The step up to which the archive goes at `now`, 0 if there is none."""
    started = task.began(TuningStatus.IN_PROGRESS, now)
    if started is None:
        return 0
    from aistudio_mock.domain.metrics import logged_until  # noqa: PLC0415 - not needed to start

    until, total = task.finished_at(now) or now, task.schedule.total_steps
    return logged_until(total, task.training.steps_done(total, started, until))
