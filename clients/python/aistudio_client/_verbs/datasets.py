"""Verbs of datasets."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aistudio_client._errors import ConfigurationError
from aistudio_client._flows import datasets as flows
from aistudio_client._flows import files, uploads
from aistudio_client._flows.datasets import Draft
from aistudio_client._steps import Flow, Items
from aistudio_client._types import Dataset, Operation
from aistudio_client._verbs.verb import Verbs, listing, path_of, verb

if TYPE_CHECKING:
    from pathlib import Path


class DatasetVerbs(Verbs):
    """Make, look at, change and remove datasets. A dataset is given as a `Dataset` or by its id."""

    @verb
    def upload(
        self,
        data: Any,
        *,
        task_type: str,
        name: str = "",
        description: str = "",
        labels: Mapping[str, str] | None = None,
        metadata: str = "",
        allow_data_log: bool = False,
        check: bool = True,
        part_size: int = 0,
        parallel: int = 4,
        checkpoint: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> Flow[Dataset]:
        """A READY dataset of what `data` holds.

        The rows are checked here, a draft is made, the bytes are sent and compared by their MD5, and the
        validation is waited for. When that fails, or is interrupted, the draft is deleted; a dataset that the
        service finds INVALID stays, so that it can be looked at.

        Args:
            data: a path to a file of JSON Lines; its bytes; an iterable of rows (mappings); a pandas
                DataFrame; a pyarrow Table.
            task_type: what a row is, such as `TextToTextGeneration`.
            name: up to 63 characters; the file's own name if left out.
            description: for people.
            labels: what the owner wants to keep with it.
            metadata: text that the service does not read.
            allow_data_log: the platform may log the data.
            check: look at every row here before a byte is sent, as the service would.
            part_size: bytes of a part, at least 5 MiB; 0 sends up to 64 MiB in one piece and more in parts of
                that size.
            parallel: parts on their way at once.
            checkpoint: a file that remembers which parts are stored (it holds the presigned URLs: keep it to
                yourself). The same call goes on where it was cut off, up to a day later.
            timeout: seconds to wait for the validation; six hours if left out.

        Raises:
            DatasetInvalid: rows are wrong; found here, or by the service.
            StorageError: the bytes could not be sent.
            RpcError: a call was refused.
            WaitTimeout: the validation goes on; the error says how to attach to it.
            ConfigurationError: `data` is nothing that can be uploaded.
        """
        draft = Draft(
            name=name or _name_of(data),
            task_type=task_type,
            description=description,
            labels=labels or {},
            metadata=metadata,
            allow_data_log=allow_data_log,
        )
        how = uploads.How(
            part_size=_checked_part_size(part_size),
            parallel=max(1, parallel),
            check=check,
            checkpoint=path_of(checkpoint) if checkpoint is not None else None,
            wait=timeout,
        )
        return uploads.upload(self._link, data, draft, how)

    @verb
    def validate(self, dataset: Dataset | str, *, timeout: float | None = None) -> Flow[Dataset]:
        """Validates a draft whose bytes are there, and waits for the end of it.

        Raises:
            DatasetInvalid: rows are wrong.
            FailedPrecondition: it is no draft any more, or has no bytes.
            WaitTimeout: the validation goes on.
        """
        operation = yield from flows.validate(self._link, dataset)
        return (yield from flows.validated(self._link, flows.id_of(dataset), operation, timeout))

    @verb
    def wait(self, dataset: Dataset | str, *, timeout: float | None = None) -> Flow[Dataset]:
        """Attaches to the validation that was begun last, by whomever, and waits for its end.

        Raises:
            DatasetInvalid: rows are wrong.
            WaitTimeout: the validation goes on.
            ConfigurationError: nothing validates it.
        """
        return flows.wait(self._link, dataset, timeout)

    @verb
    def validation(self, dataset: Dataset | str) -> Flow[Operation | None]:
        """The operation of the validation that was begun last; None if there was none. Raises RpcError."""
        return flows.operation_of(self._link, flows.id_of(dataset))

    @verb
    def get(self, dataset: Dataset | str) -> Flow[Dataset]:
        """The dataset as it is now. Raises NotFound."""
        return flows.get(self._link, dataset)

    @listing
    def list(
        self,
        *,
        name: str = "",
        status: str | Sequence[str] = (),
        task_type: str | Sequence[str] = (),
        page_size: int = 0,
    ) -> Items[Dataset]:
        """Every dataset of the folder that fits, page after page, read as they are asked for.

        Args:
            name: a part of the name.
            status: `READY`, or several.
            task_type: one, or several.
            page_size: how many the service tells at a time; 0 is its own choice.
        """
        return flows.list_(
            self._link, name=name, status=_many(status), task_type=_many(task_type), page_size=page_size
        )

    @verb
    def update(
        self,
        dataset: Dataset | str,
        *,
        name: str | None = None,
        description: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Flow[Dataset]:
        """Changes what is given and nothing else; empty labels remove them all. Raises RpcError."""
        return flows.update(self._link, dataset, name, description, labels)

    @verb
    def delete(self, dataset: Dataset | str) -> Flow[None]:
        """Removes a dataset, whatever its status. Raises NotFound if there is none."""
        return flows.delete(self._link, dataset)

    @verb
    def preview(self, dataset: Dataset | str) -> Flow[tuple[str, ...]]:
        """The first rows as text. Raises RpcError."""
        return files.preview(self._link, dataset)

    @verb
    def download(self, dataset: Dataset | str, directory: str | os.PathLike[str]) -> Flow["tuple[Path, ...]"]:
        """Saves the files of a READY dataset, Parquet whatever was uploaded, in a directory.

        A file appears when it is whole; one of that name is replaced.

        Raises:
            StorageError: a file could not be read.
            FailedPrecondition: the dataset is not READY.
        """
        return files.download(self._link, dataset, path_of(directory))

    @verb
    def task_types(self) -> Flow[tuple[str, ...]]:
        """What a dataset of this folder may be of. Raises RpcError."""
        return files.task_types(self._link)

    @verb
    def schemas(self, task_type: str) -> Flow[Mapping[str, str]]:
        """What an uploaded file has to look like, as text, by upload format. Raises RpcError."""
        return files.schemas(self._link, task_type)


def _name_of(data: Any) -> str:
    return path_of(data).stem[:63] if isinstance(data, str | os.PathLike) else "dataset"


def _many(given: str | Sequence[str]) -> Sequence[str]:
    return (given,) if isinstance(given, str) and given else tuple(given)


def _checked_part_size(part_size: int) -> int:
    if part_size and part_size < uploads.SMALLEST_PART:
        raise ConfigurationError(
            f"part_size is {part_size}; a part has at least {uploads.SMALLEST_PART} bytes"
        )
    return part_size
