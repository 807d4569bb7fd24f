"""A folder's faults for people and tests: what goes wrong, on purpose, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from aistudio_faults.faults import FaultError
from aistudio_mock.domain.errors import InvalidArgument

if TYPE_CHECKING:
    from aistudio_faults.faults import Standing
    from aistudio_mock.handles import Control


class FaultFields(TypedDict, total=False):
    """What a fault is written with, as `aistudio_faults` describes it (docs/reference/faults.md)."""

    method: str
    object: str
    where: Mapping[str, str | bool | float | None]
    after: int
    times: int | None
    chance: float
    latency: float
    status: str
    message: str
    retry_after: float
    details: Sequence[Mapping[str, Any]]
    trailers: Mapping[str, str]
    headers: Mapping[str, str]
    lost: bool
    expired: bool
    cut: Literal["before", "middle", "after"]
    goaway: Literal["before", "after"]
    truncate: int
    drip: float
    redirect: str
    set: Mapping[str, Any]
    clear: Sequence[str]
    unknown_fields: Mapping[str, Mapping[int, Any]]
    page_token: Literal["repeated", "empty-at-end"]


@dataclass(frozen=True, slots=True)
class MockFault:
    """A fault as it stands: what was written, the calls that it was for, and those of them that met it."""

    id: str
    fields: Mapping[str, Any] = field(hash=False)
    seen: int
    hits: int

    def __str__(self) -> str:
        """As it was written, with how often it was close."""
        words = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.id} ({words}): held against {self.seen} calls, met {self.hits}"


_Faults = list[MockFault]  # beside a method called `list`


class MockFaults:
    """What goes wrong in a folder, on purpose."""

    def __init__(self, control: "Control", folder_id: str) -> None:
        self._control = control
        self._folder_id = folder_id
        self.is_touched = False
        """Whether a fault was written by this handle."""

    def add(self, **fields: Unpack[FaultFields]) -> MockFault:
        """One more fault, tried after those that are there: which calls it is for, and what they meet.

        Which calls:
            method: gRPC calls: `TuningService/Tune`, or a glob such as `DatasetService/*`. Calls belong to
                the folder of their credential, else to the folder that they name.
            object: instead of `method`: requests to the storage, by verb (`PUT`, `GET`, `HEAD`, `*`), or by
                verb and a glob on BUCKET/KEY (`GET */metrics.zip`).
            where: values that the request has, by path, such as {"name": "train-*"}; None for what is unset.
                Of the storage: query.NAME and header.NAME, such as {"query.partNumber": "2"}.
            after: how many matching calls pass before (0).
            times: how many calls meet it (1); None for all from then on.
            chance: the share of the matching calls that meet it (1), drawn from the folder's seed.

        What they meet:
            latency: seconds of real time that the call waits first, whatever the folder's clock does.
            status: the status code (`UNAVAILABLE`), for the storage the S3 error code (`SlowDown`); left out,
                the call is answered after all. `message`, `details` (JSON with `@type`) and `retry_after` (a
                RetryInfo, in seconds) come with it.
            trailers: further trailing metadata.
            lost: True for an answer that is lost after the work was done; UNAVAILABLE, of the storage
                InternalError, unless `status` says otherwise.
            expired: True to make the credential, of the storage the URL, expire with this call.
            cut: the connection is cut `before` the work, in the `middle` of the body (of a stream, after its
                first answer), or `after` the work, before its answer.
            headers, truncate, redirect: of the storage: headers of the answer, such as a wrong ETag; bytes
                after which a download ends; the URL that a request is sent to.
            drip: bytes a second, and no more.
            goaway: the connection is told to GOAWAY, `before` the work or `after` it. This, `drip` and a cut
                in the `middle` of one gRPC answer are for clients of `mock.fault_endpoint` only.
            set: fields of the answer and their values, by path: {"metadata.status": "FAILED",
                "datasets[0].status": 42, "response.@type": "type.googleapis.com/Unknown"}.
            clear: paths of fields that are missing in the answer.
            unknown_fields: fields that no version of the contract has, by path of a message and number:
                {"": {50: "text"}, "dataset": {51: {1: 7}}}.
            page_token: `repeated` answers with the token that was asked with; `empty-at-end` leaves it out on
                the last page that has something.

        Raises:
            FaultError: a fault that can never work; the message says what would.
        """
        try:
            added = self._control.add_fault(self._folder_id, fields)
        except InvalidArgument as refusal:
            raise FaultError(refusal.message) from None
        self.is_touched = True
        return _fault(added)

    def load(self, what: str | Path | Sequence[Mapping[str, Any]]) -> _Faults:
        """Every fault of a preset (`flaky-network`), of a YAML file, or of a list: all of them, or none.

        An item of a file or a list is a fault's fields, or {"preset": NAME}. Raises FaultError.
        """
        from aistudio_mock.fault_files import written  # noqa: PLC0415 - imports what reads files

        listed, source = written(str(what)) if isinstance(what, str | Path) else (what, "")
        if not isinstance(listed, list | tuple):
            raise FaultError(f"{source}: write a list of faults, each beginning with a dash: - method: …")
        try:
            added = self._control.load_faults(self._folder_id, listed)
        except InvalidArgument as refusal:
            raise FaultError(f"{source}, {refusal.message}" if source else refusal.message) from None
        self.is_touched = True
        return [_fault(one) for one in added.faults]

    def list(self) -> _Faults:
        """Every fault of the folder, in order."""
        return [_fault(one) for one in self._control.list_faults(self._folder_id).faults]

    def unmatched(self) -> _Faults:
        """Those that no call has met."""
        return [fault for fault in self.list() if not fault.hits]

    def clear(self) -> None:
        """Nothing goes wrong any more, and nothing is left to account for."""
        self._control.clear_faults(self._folder_id)


def _fault(one: "Standing") -> MockFault:
    return MockFault(one.id, one.fields(), one.seen, one.hits)
