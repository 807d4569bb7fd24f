"""Verbs of batches."""

from aistudio_client._flows import batches as flows
from aistudio_client._flows.models import Asked
from aistudio_client._steps import Flow, Items
from aistudio_client._types import Batch, Dataset, Tuning
from aistudio_client._verbs.verb import Verbs, listing, verb

_THREE_DAYS = 72 * 3600.0


class BatchVerbs(Verbs):
    """Have a model answer a whole dataset. A batch is given as a `Batch` or by its id."""

    @verb
    def start(
        self,
        model: Tuning | str,
        dataset: Dataset | str,
        *,
        temperature: float | None = None,
        max_tokens: int = 0,
    ) -> Flow[Batch]:
        """Starts a batch, once, and does not wait for it.

        Args:
            model: the `Tuning` that made it, its URI, or the name of a base model.
            dataset: READY, of requests: `TextToTextGenerationRequest`.
            temperature: 0 to 1.
            max_tokens: of each answer.

        Raises:
            RpcError: refused; a lost answer is told as one, and not repeated.
        """
        return flows.start(self._link, model, dataset, Asked(temperature, max_tokens))

    @verb
    def wait(self, batch: Batch | str, *, timeout: float = _THREE_DAYS) -> Flow[Batch]:
        """The batch once it is over; `result_dataset_id` has the answers.

        Raises:
            OperationFailed: it failed.
            Canceled: somebody cancelled it.
            WaitTimeout: `timeout` seconds are over; it goes on.
        """
        return flows.wait(self._link, batch, timeout)

    @verb
    def get(self, batch: Batch | str) -> Flow[Batch]:
        """The batch as it is now. Raises NotFound."""
        return flows.get(self._link, batch)

    @listing
    def list(self, *, page_size: int = 0) -> Items[Batch]:
        """Every batch of the folder, page after page, read as they are asked for."""
        return flows.list_(self._link, page_size=page_size)

    @verb
    def cancel(self, batch: Batch | str) -> Flow[None]:
        """Asks a batch to stop; `wait` tells what came of it. Raises RpcError."""
        return flows.cancel(self._link, batch)

    @verb
    def delete(self, batch: Batch | str) -> Flow[None]:
        """Forgets a batch. Raises NotFound."""
        return flows.delete(self._link, batch)
