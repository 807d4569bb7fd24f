"""Broken clients: tunings, lists and credentials."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import grpc
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import CancelTuningRequest, TuningRequest, TuningResponse
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.adapters.raw_stubs.calls import READS
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import (
    Done,
    Metrics,
    Refused,
    Tuning,
    TuningId,
    TuningList,
    TuningMetrics,
    Tunings,
    TuningStart,
)


@turns_red("DS-08/missing-is-asked-once")
class AsksAgainForWhatIsGone(RawStubs):
    """It repeats a read that was answered NOT_FOUND."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        is_gone = method in READS and code is grpc.StatusCode.NOT_FOUND
        return is_gone or super()._is_worth_repeating(method, code)


@turns_red("TU-01/one-kind-and-nothing-invented")
class InventsAParameter(RawStubs):
    """It sets a learning rate that nobody asked for."""

    def _add_params(self, request: TuningRequest, ask: TuningStart) -> None:
        super()._add_params(request, ask)
        if ask.kind == "completion":
            request.text_to_text_completion.lr = 0.0001


@turns_red("TU-01/completed", "TU-01/model-as-the-service-told")
class GivesUpOnPending(RawStubs):
    """It takes a tuning that is PENDING at two polls for stuck."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        progress = []
        with suppress(Refused):
            for _ in range(2):
                poll = self._operation(self._operation_id(ask.tuning_id))
                progress.append(None if poll.done else self._progress(poll).status)
        if progress == [TuningTask.PENDING, TuningTask.PENDING]:
            raise Refused("the tuning makes no progress")
        return super().tuning_wait(ask)


@turns_red("TU-01/completed")
class HasItsOwnStatus(RawStubs):
    """It tells a status of its own in place of the service's."""

    def _with_model(self, tuning_id: str, response: TuningResponse) -> Tuning:
        told = super()._with_model(tuning_id, response)
        return Tuning(tuning_id=told.tuning_id, status="SUCCESS", model_uri=told.model_uri)


@turns_red("TU-01/model-as-the-service-told")
class CutsTheModelUri(RawStubs):
    """It tells a text model without its suffix."""

    def _with_model(self, tuning_id: str, response: TuningResponse) -> Tuning:
        told = super()._with_model(tuning_id, response)
        uri = told.model_uri or ""
        cut = uri.partition("@")[0] if uri.startswith("gpt:") else uri
        return Tuning(tuning_id=told.tuning_id, status=told.status, model_uri=cut)


@turns_red("OP-04/one-cancel")
class CancelsTwice(RawStubs):
    """It cancels again, to be sure."""

    def tuning_cancel(self, ask: TuningId) -> Done:
        self._call(self._tunings, "Cancel", CancelTuningRequest(tuning_task_id=ask.tuning_id))
        return super().tuning_cancel(ask)


@turns_red("OP-04/one-cancel", "OP-04/cancelled-is-told", "OP-04/cancelled-is-shown", "OP-06/refusal-told")
class ForgetsToCancel(RawStubs):
    """It says that it cancelled, and does nothing."""

    def tuning_cancel(self, ask: TuningId) -> Done:  # noqa: ARG002 - forgotten
        return Done()


@turns_red("OP-04/cancelled-is-told")
class TakesCancelledForFailed(RawStubs):
    """It tells a cancelled tuning as one that failed."""

    def _outcome(self, tuning_id: str, operation: Operation) -> Tuning:
        if self._is_failed(operation) and self._means_canceled(self._failure(operation)):
            raise Refused("the tuning failed", code="UNKNOWN")
        return super()._outcome(tuning_id, operation)


@turns_red("monitor/no-repeat-of-what-creates")
class RepeatsATune(RawStubs):
    """It sends a Tune again when the answer was lost."""

    def _is_worth_repeating(self, method: str, code: grpc.StatusCode) -> bool:
        return code is grpc.StatusCode.UNAVAILABLE or super()._is_worth_repeating(method, code)


@turns_red("RE-02/told-as-made")
class InventsATuning(RawStubs):
    """It tells of a tuning when the answer to Tune was lost."""

    def tuning_start(self, ask: TuningStart) -> Tuning:
        try:
            return super().tuning_start(ask)
        except Refused as failure:
            if failure.failure.code != "UNAVAILABLE":
                raise
            return Tuning(tuning_id="ftn00000000000000000")


@turns_red("ER-02/quota-is-told")
class HidesTheQuota(RawStubs):
    """It tells of a failure, and not that a quota is exceeded."""

    def _refusal(self, method: str, error: grpc.RpcError) -> Refused:
        refusal = super()._refusal(method, error)
        exhausted = refusal.failure.code == "RESOURCE_EXHAUSTED"
        return Refused("something went wrong") if exhausted else refusal


@turns_red("monitor/tunes-on-ready-datasets")
class TunesTooEarly(RawStubs):
    """It starts a tuning as soon as the file is sent, to be the first in the queue."""

    def _filled(self, dataset_id: str, file: BinaryIO, size: int) -> Operation:
        operation = super()._filled(dataset_id, file, size)
        with suppress(Refused):
            self.tuning_start(TuningStart(dataset_id=dataset_id, name="early"))
        return operation


@turns_red("PG-02/all-once-in-order", "PG-02/token-unchanged")
class ShowsTheFirstPage(RawStubs):
    """It takes the first page for the whole list."""

    def _next_token(self, page: Any) -> str:  # noqa: ARG002 - not looked at
        return ""


@turns_red("PG-02/all-once-in-order")
class TurnsTheList(RawStubs):
    """It shows the oldest first."""

    def tuning_list(self, ask: TuningList) -> Tunings:
        return Tunings(tuning_ids=super().tuning_list(ask).tuning_ids[::-1])


@turns_red("PG-02/ends")
class DoesNotStop(RawStubs):
    """It asks twice more after the last page, and throws the answers away."""

    def _pages(self, fetch: Callable[[str], Any]) -> Iterator[Any]:
        yield from super()._pages(fetch)
        fetch("")
        fetch("")


@turns_red("AU-01/bearer")
class TakesATokenForAKey(RawStubs):
    """It sends every credential as an API key."""

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, value.replace("Bearer", "Api-Key")) for name, value in super()._authorization())


@turns_red("AU-02/api-key")
class TakesAKeyForAToken(RawStubs):
    """It sends every credential as a token."""

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, value.replace("Api-Key", "Bearer")) for name, value in super()._authorization())


@turns_red("AU-03/missing-credentials-told")
class MakesUpCredentials(RawStubs):
    """It sends something where it has no credentials."""

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return super()._authorization() or (("authorization", "Bearer t1.anonymous"),)


@turns_red("monitor/secrets-printed")
class PrintsItsKey(RawStubs):
    """It logs the credentials of every call."""

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        for _, value in super()._authorization():
            sys.stderr.write(f"calling with {value}\n")
        return super()._authorization()


@turns_red("PG-02/token-unchanged")
class ChangesTheToken(RawStubs):
    """It sends a page token with padding of its own, and as it was given only when that is refused."""

    def _pages(self, fetch: Callable[[str], Any]) -> Iterator[Any]:
        def padded(token: str) -> Any:
            try:
                return fetch(token and f"{token}=")
            except Refused:
                return fetch(token)

        return super()._pages(padded)


@turns_red("OP-04/cancelled-is-shown")
class KnowsFewStatuses(RawStubs):
    """It does not know that a task can be cancelled."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if task.status == TuningTask.CANCELED:
            raise Refused(f"{task.status} is not a valid status")
        return super()._shown_task(tuning_id, task)


@turns_red("ME-01/none-yet")
class TakesNoMetricsForAFailure(RawStubs):
    """It fails where there are no metrics yet."""

    def _means_no_metrics(self, code: str | None) -> bool:  # noqa: ARG002 - not looked at
        return False


@turns_red("ME-01/asked-for")
class GuessesThatThereAreNoMetrics(RawStubs):
    """It says without asking that a tuning which is not done has no metrics."""

    def tuning_metrics(self, ask: TuningMetrics) -> Metrics:
        if not self._operation(self._operation_id(ask.tuning_id)).done:
            return Metrics(found=False)
        return super().tuning_metrics(ask)
