"""All services without a wire: called as the transport does, on a clock that begins at a fixed moment."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from aistudio_formats.report import Report, RowError
from aistudio_mock.backend import views
from aistudio_mock.backend.addresses import REAL, Door
from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Auth, FolderDefaults, Folders, Pace
from aistudio_mock.backend.identity import Credential, Identity
from aistudio_mock.backend.validations import Scanned
from aistudio_mock.domain import plan
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.errors import ApiError
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.objects import DRAFTS, Blob, FinishedUpload, Grant
from aistudio_mock.domain.presign import Signer
from aistudio_mock.domain.s3_errors import S3Error
from aistudio_mock.domain.settings import choose
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import Ids
from aistudio_mock.transport.contract import require_valid
from aistudio_mock.transport.routes import routes

BEGIN = Instant(1_765_419_534 * SECOND + 123_456)
FOLDER = "b1gproperty000000000"
_FILE = Blob("nothing", 1, "0" * 32, BEGIN)


class _Scans:
    """Says of a file what its size says: an even one is valid."""

    def start(self, draft: Blob, _task_type: str, first_row: int) -> "Future[Scanned]":
        outcome: Future[Scanned] = Future()
        odd = draft.size % 2
        errors = (RowError("mock.row.odd", "it is odd", (first_row,)),) if odd else ()
        outcome.set_result(Scanned(Report(2, 2, 2 - odd, errors, 0), None if odd else _FILE))
        return outcome

    def discard(self, blob: Blob) -> None:
        """There is nothing to remove."""


@dataclass(frozen=True)
class Setup:
    """What the services are started with."""

    pace: Pace = Pace.KEEP
    durations: Durations = Durations.RECORDED
    edition: str = "2025-12"
    settings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0


class Services:
    """Every service over one folder. `close` when done."""

    def __init__(self, setup: Setup) -> None:
        ids = Ids(setup.seed)
        defaults = FolderDefaults(
            pace=setup.pace,
            rate=0,
            durations=setup.durations,
            seed=setup.seed,
            behaviours=choose(setup.edition, setup.settings),
            auth=Auth.OFF,
            start=BEGIN,
        )
        folders = Folders(ids, defaults, FOLDER)
        self.folder = folders.default
        self._blobs = BlobStore()
        self._backend = Backend(
            folders=folders,
            identity=Identity(folders, Auth.OFF, bytes(32)),
            directories=dict.fromkeys(Door, REAL),
            blobs=self._blobs,
            signer=lambda: Signer("YCAJEproperty", "secret"),
            scans=_Scans,  # type: ignore[arg-type]
        )
        self._routes = {route.name: route for route in routes(self._backend).values()}

    def close(self) -> None:
        self._blobs.close()

    @property
    def now(self) -> Instant:
        return self.folder.clock.now()

    def call(self, name: str, /, **fields: Any) -> Any:
        """The reply of an RPC by its short name. Raises ApiError."""
        route = self._routes[name]
        request = route.request_class(**fields)
        require_valid(request)
        return route.answer(Call(Credential(None)), request)

    def operation(self, operation_id: str) -> Any:
        """An operation as it is now; unlike a poll, a look moves no clock and minds no expiry."""
        record = self._backend.store.operations.get(operation_id)
        assert record is not None
        return views.operation(record, self.now)

    def task(self, task_id: str) -> Any:
        """A task as it is now; unlike Describe a look is no poll. Raises NotFound."""
        task, _, now = self._backend.tunings.find(Call(Credential(None)), task_id)
        return views.tuning(task, now)

    def dataset(self, dataset_id: str) -> Any:
        """A dataset as it is now; unlike Describe a look is no poll."""
        dataset = self._backend.store.datasets.get(dataset_id)
        assert dataset is not None
        return views.dataset(dataset, self.now, self.folder.settings.behaviours)

    def task_of(self, operation_id: str) -> str:
        """The task that an operation of Tune is about."""
        return self._backend.store.task_of_operation[operation_id]

    def do(self, name: str, fields: Mapping[str, Any]) -> tuple[str, Any]:
        """What came of a command, as text that can be compared, and the reply, None for a refusal."""
        if name == "advance":
            return f"now {self.folder.clock.advance(fields['by'])}", None
        if name == "plan":
            return self.folder.plans.add(plan.read(fields)).id, None
        try:
            if name == "upload":
                grant = Grant(DRAFTS, f"{FOLDER}/{fields['dataset_id']}", fields["size"])
                self._backend.objects.put(grant, FinishedUpload(_FILE.source, fields["size"], _FILE.etag))
                return "uploaded", None
            reply = self.call(name, **fields)
        except ApiError as refusal:
            return f"{refusal.name}: {refusal.message}", None
        except S3Error as refusal:
            return f"{type(refusal).__name__}: {refusal}", None
        return reply.SerializeToString(deterministic=True).hex(), reply
