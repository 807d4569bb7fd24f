"""Verbs of tunings."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aistudio_client._errors import ConfigurationError
from aistudio_client._flows import metrics
from aistudio_client._flows import tunings as flows
from aistudio_client._metrics import Metrics
from aistudio_client._params import Parameters
from aistudio_client._steps import Flow, Items
from aistudio_client._types import Dataset, Operation, Tuning, TuningOptions, TuningReason
from aistudio_client._verbs.verb import Verbs, listing, path_of, verb

if TYPE_CHECKING:
    from pathlib import Path

Data = Dataset | str | Sequence[Dataset | str] | Mapping[str, float]
"""One dataset, several with equal weights, or weights by id."""


class TuningVerbs(Verbs):
    """Start, watch and stop tunings. A tuning is given as a `Tuning` or by its id."""

    @verb
    def start(
        self,
        data: Data,
        *,
        base_model: str = "",
        parameters: Parameters | None = None,
        validation: Data = (),
        test: Data = (),
        name: str = "",
        description: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Flow[Tuning]:
        """Starts a tuning, once, and does not wait for it.

        When the answer is lost, the tuning is looked for; a second one is never started for it.

        Args:
            data: what to train on: READY datasets.
            base_model: a name (`yandexgpt-lite`), a name with its version (`yandexgpt-lite/rc`), or a whole
                URI; left out, the usual one of the kind.
            parameters: one of the five kinds, such as `TextGeneration(lr=1e-4)`; left out, the kind that the
                data are of, with the service's defaults.
            validation: READY datasets to measure on while it trains.
            test: READY datasets to measure on in the end.
            name: 3 to 100 letters, digits, spaces, hyphens and underscores.
            description: for people.
            labels: what the owner wants to keep with it.

        Raises:
            QuotaExceeded: ten tunings a day and three an hour are the documented quotas.
            FailedPrecondition: a dataset is not READY.
            OutcomeUnknown: the answer was lost, and whether a tuning was started could not be found out.
        """
        order = flows.Order(
            train=flows.weights(data),
            validation=flows.weights(validation),
            test=flows.weights(test),
            base_model=base_model,
            parameters=parameters,
            name=name,
            description=description,
            labels=labels or {},
        )
        if not order.train:
            raise ConfigurationError("nothing to train on; give a READY dataset")
        return flows.start(self._link, order)

    @verb
    def wait(self, tuning: Tuning | str, *, timeout: float | None = None) -> Flow[Tuning]:
        """Attaches to a tuning, whoever started it, and waits for its model.

        Args:
            tuning: or its id.
            timeout: seconds; three days if left out.

        Raises:
            TuningFailed: with the service's reasons.
            Canceled: somebody cancelled it.
            WaitTimeout: the tuning goes on.
        """
        return flows.wait(self._link, tuning, timeout)

    @verb
    def get(self, tuning: Tuning | str) -> Flow[Tuning]:
        """The tuning as it is now. Raises NotFound."""
        return flows.get(self._link, tuning)

    @listing
    def list(self, *, status: str = "", page_size: int = 0) -> Items[Tuning]:
        """Every tuning of the folder, newest first, page after page, read as they are asked for."""
        return flows.list_(self._link, status=status, page_size=page_size)

    @verb
    def cancel(self, tuning: Tuning | str) -> Flow[None]:
        """Asks a tuning to stop; `wait` tells what came of it. Raises RpcError."""
        return flows.cancel(self._link, tuning)

    @verb
    def errors(self, tuning: Tuning | str) -> Flow[tuple[TuningReason, ...]]:
        """Why a tuning failed, as far as the service tells. Raises RpcError."""
        return flows.reasons(self._link, tuning)

    @verb
    def metrics(self, tuning: Tuning | str) -> Flow[Metrics | None]:
        """The curves that are recorded so far; None while there are none.

        Raises:
            MetricsError: the archive cannot be read.
            StorageError: it could not be fetched.
        """
        return metrics.read(self._link, tuning)

    @verb
    def unpack_metrics(
        self, tuning: Tuning | str, directory: str | os.PathLike[str]
    ) -> Flow["tuple[Path, ...] | None"]:
        """The files for TensorBoard in a directory, and nowhere else; None while there are none.

        Raises:
            MetricsError: it is no archive, or a name in it leads out of the directory.
            StorageError: it could not be fetched.
        """
        return metrics.unpack(self._link, tuning, path_of(directory))

    @verb
    def save_metrics(self, tuning: Tuning | str, path: str | os.PathLike[str]) -> Flow["Path | None"]:
        """The archive of the files for TensorBoard, as it is, in a file; None while there is none.

        Raises:
            StorageError: it could not be fetched.
        """
        return metrics.save(self._link, tuning, path_of(path))

    @verb
    def options(self, tuning: Tuning | str) -> Flow[TuningOptions]:
        """What a tuning was started with. Raises RpcError."""
        return flows.options(self._link, tuning)

    @verb
    def archive(self, tuning: Tuning | str) -> Flow[Operation]:
        """Puts a finished tuning away. Raises RpcError."""
        return flows.archive(self._link, tuning)

    @verb
    def enable_billing(self, tuning: Tuning | str) -> Flow[Operation]:
        """Begins to pay for the tuned model. Raises RpcError."""
        return flows.enable_billing(self._link, tuning)
