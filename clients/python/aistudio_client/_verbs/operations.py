"""Verbs of long-running operations."""

from aistudio_client._flows import operations as flows
from aistudio_client._steps import Flow
from aistudio_client._types import Operation
from aistudio_client._verbs.verb import Verbs, verb

_WEEK = 7 * 24 * 3600.0


class OperationVerbs(Verbs):
    """Look at, wait for and stop operations. An operation is given as an `Operation` or by its id.

    `endpoint` is the id, in the endpoint list, of the service that keeps it: `ai-foundation-models` keeps
    those of datasets, tunings and batches, `operation` those of completions that are answered later.
    """

    @verb
    def get(self, operation: Operation | str, *, endpoint: str | None = None) -> Flow[Operation]:
        """The operation as it is now. Raises NotFound for one that is unknown, or older than two weeks."""
        return flows.get(self._link, _id_of(operation), endpoint=endpoint)

    @verb
    def wait(
        self, operation: Operation | str, *, timeout: float = _WEEK, endpoint: str | None = None
    ) -> Flow[Operation]:
        """The operation once it has ended well; `done` alone says that it has ended.

        Raises:
            OperationFailed: it ended with an error.
            Canceled: it was cancelled.
            WaitTimeout: `timeout` seconds are over; it goes on.
        """
        return flows.wait(self._link, operation, timeout=timeout, endpoint=endpoint)

    @verb
    def cancel(self, operation: Operation | str, *, endpoint: str | None = None) -> Flow[Operation]:
        """Asks it to stop, best effort: the operation as it is then. Raises RpcError."""
        return flows.cancel(self._link, _id_of(operation), endpoint=endpoint)


def _id_of(operation: Operation | str) -> str:
    return operation if isinstance(operation, str) else operation.id
