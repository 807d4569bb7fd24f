"""What a folder has used of its quotas. Every function is called with the store's lock held."""

from itertools import takewhile

from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.store import Store
from aistudio_mock.domain.dataset import Dataset
from aistudio_mock.domain.instant import DAY, HOUR, Duration, Instant
from aistudio_mock.domain.quotas import Quota, Quotas, read


def require_dataset(store: Store, folder: Folder) -> None:
    """Raises ResourceExhausted when the folder may not have one dataset more."""
    _of(folder).require(Quota.DATASETS, lambda: store.datasets.count(folder.id))


def require_upload(store: Store, folder: Folder, dataset: Dataset, size: int) -> None:
    """Raises ResourceExhausted when `size` bytes, in place of the dataset's own, are too many."""

    def others() -> int:
        return sum(
            other.draft.size
            for other in store.datasets.newest_first(folder.id)
            if other.draft is not None and other.id != dataset.id
        )

    quotas = _of(folder)
    quotas.require(Quota.DATASET_BYTES, lambda: 0, size)
    quotas.require(Quota.TOTAL_BYTES, others, size)


def require_tuning(store: Store, folder: Folder, now: Instant) -> None:
    """Raises ResourceExhausted when too many tunings began in the last hour or day."""

    def begun(span: Duration) -> int:
        recent = takewhile(lambda task: task.created_at > now - span, store.tunings.newest_first(folder.id))
        return sum(1 for _ in recent)

    quotas = _of(folder)
    quotas.require(Quota.TUNINGS_PER_HOUR, lambda: begun(HOUR))
    quotas.require(Quota.TUNINGS_PER_DAY, lambda: begun(DAY))


def _of(folder: Folder) -> Quotas:
    return read(folder.settings.behaviours.quotas)
