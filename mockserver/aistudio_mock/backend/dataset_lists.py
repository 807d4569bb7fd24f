"""DatasetService, the RPCs that answer about many datasets at once."""

from collections.abc import Callable, Iterable, Iterator

from aistudio_mock.backend import views
from aistudio_mock.backend.access import Access
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.store import Lock, Store
from aistudio_mock.domain.dataset import Dataset, DatasetStatus
from aistudio_mock.domain.errors import NotFound
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.paging import page
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo

Test = Callable[[Dataset], bool]


class DatasetLists:
    """What a folder has, filtered and cut into pages."""

    def __init__(self, store: Store, lock: Lock, access: Access) -> None:
        self._store = store
        self._lock = lock
        self._access = access

    def list(self, call: Call, request: wire.ListDatasetsRequest) -> wire.ListDatasetsResponse:
        """A folder's datasets, newest first (service-behaviour c.9).

        Raises InvalidArgument for a page size out of range or a forged token.
        """
        folder = self._access.folder(call, request.folder_id)
        now = folder.clock.now()
        tests = tuple(_tests(request, now))
        datasets = self._store.datasets
        with self._lock:
            found = page(
                lambda before: _passing(tests, datasets.newest_first(folder.id, before)),
                datasets.position,
                request.page_size,
                request.page_token,
            )
        return wire.ListDatasetsResponse(
            datasets=[views.dataset(dataset, now, folder.settings.behaviours) for dataset in found.items],
            next_page_token=found.next_page_token,
        )

    def list_operations_ids(
        self, call: Call, request: wire.ListOperationsIdsRequest
    ) -> wire.ListOperationsIdsResponse:
        """The validation operation of each dataset that has one (unknown ids: assumed, h.13).

        Raises PermissionDenied for a dataset in a folder of others, where credentials are checked.
        """
        found = {}
        for dataset_id in request.dataset_id:
            try:
                dataset, _ = self._access.record(call, self._store.datasets, "dataset", dataset_id)
            except NotFound:
                continue
            if dataset.operation_id:
                found[dataset.id] = dataset.operation_id
        return wire.ListOperationsIdsResponse(dataset_id_to_operation_id=found)


def _tests(request: wire.ListDatasetsRequest, now: Instant) -> Iterator[Test]:
    """One test for each filter that is given, the cheapest first; a dataset must pass them all."""
    yield lambda dataset: dataset.created_at <= now
    if ids := frozenset(request.dataset_ids):
        yield lambda dataset: dataset.id in ids
    if types := frozenset(request.task_type_filter):
        yield lambda dataset: dataset.task_type in types
    if pattern := request.dataset_name_pattern:
        yield lambda dataset: pattern in dataset.name
    # STATUS_UNSPECIFIED is what an unset field looks like, so it asks for nothing; unknown ones find nothing.
    if wanted := {*request.status} - {DatasetInfo.STATUS_UNSPECIFIED}:
        statuses = frozenset(status for status in DatasetStatus if int(status) in wanted)
        yield lambda dataset: dataset.status(now) in statuses


def _passing(tests: tuple[Test, ...], datasets: Iterable[Dataset]) -> Iterable[Dataset]:
    for test in tests:
        datasets = filter(test, datasets)
    return datasets
