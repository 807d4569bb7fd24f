"""What is in a dataset: its files, its first rows, and what the service takes."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from aistudio_client._errors import ConfigurationError
from aistudio_client._flows import storage
from aistudio_client._flows.calls import call
from aistudio_client._flows.datasets import id_of
from aistudio_client._link import Link
from aistudio_client._methods import method
from aistudio_client._steps import Flow, Work
from aistudio_client._types import Dataset
from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire

if TYPE_CHECKING:
    from pathlib import Path

URLS, PREVIEW = method("DatasetService/GetDownloadUrls"), method("DatasetService/GetPreview")
TYPES, SCHEMAS = method("DatasetService/ListTypes"), method("DatasetService/ListUploadSchemas")


def download(link: Link, dataset: Dataset | str, directory: "Path") -> Flow["tuple[Path, ...]"]:
    """Saves every file of a dataset. A key of the service is a file's name here, and never a path."""
    reply = yield from call(link, URLS, wire.GetDownloadUrlsRequest(dataset_id=id_of(dataset)))
    names = [f"{_file_name(one.key)}.parquet" for one in reply.download_urls]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"two files of dataset {id_of(dataset)} have one name")
    yield Work(partial(directory.mkdir, parents=True, exist_ok=True))
    for name, one in zip(names, reply.download_urls, strict=True):
        yield from saved(link, one.url, directory / name)
    return tuple(directory / name for name in names)


def saved(link: Link, url: str, path: "Path") -> Flow[None]:
    """A presigned URL's content in a file, which appears when it is whole. Raises StorageError."""
    part = path.with_name(path.name + ".part")
    file: BinaryIO = yield Work(partial(part.open, "wb"))
    try:
        yield from storage.get(link, url, file)
    except BaseException:
        file.close()
        part.unlink(missing_ok=True)
        raise
    file.close()
    yield Work(partial(part.replace, path))


def preview(link: Link, dataset: Dataset | str) -> Flow[tuple[str, ...]]:
    """The first rows as text. Raises RpcError."""
    reply = yield from call(link, PREVIEW, wire.GetDatasetPreviewRequest(dataset_id=id_of(dataset)))
    return tuple(reply.preview_lines)


def task_types(link: Link) -> Flow[tuple[str, ...]]:
    """What a dataset may be of. Raises RpcError."""
    reply = yield from call(link, TYPES, wire.ListTypesRequest(folder_id=link.folder_id))
    return tuple(reply.types)


def schemas(link: Link, task_type: str) -> Flow[Mapping[str, str]]:
    """Schemas of a row, as text, by upload format. Raises RpcError."""
    request = wire.ListUploadSchemasRequest(task_type=task_type, folder_id=link.folder_id)
    reply: Any = yield from call(link, SCHEMAS, request)
    return {one.upload_format: one.schema for one in reply.schemas}


def _file_name(key: str) -> str:
    """A key as the stem of a file: what leads elsewhere is refused."""
    if not key or key in {".", ".."} or any(one in key for one in "/\\\0"):
        raise ConfigurationError(f"the service named a file {key!r}, which is no name for one")
    return key.removesuffix(".parquet")
