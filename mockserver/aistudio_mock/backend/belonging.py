"""Which folder a call is about, where its credential does not tell."""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor

from aistudio_mock.backend.folders import Folder, Folders
from aistudio_mock.backend.store import Store, Table

FolderOf = Callable[[Any], Folder]
"""The folder of one kind of request."""


class Belonging:
    """Reads a request's own fields: the folder it names, or the owner of the object that it names."""

    def __init__(self, store: Store, folders: Folders) -> None:
        self._folders = folders
        self._finders: dict[str, Callable[[str], Folder | None]] = {
            "folder_id": folders.find,
            "dataset_id": self._owner(store.datasets),
            "operation_id": self._owner(store.operations),
            "tuning_task_id": self._owner(store.tunings),
            "task_id": self._owner(store.tunings, store.batches),
            "base_model_uri": self._in_uri,
            "model_uri": self._in_uri,
            "instruction_uri": lambda alias: self._owner(store.tunings)(alias.partition("://")[2]),
            "yandex_passport_oauth_token": folders.with_api_key,
        }

    def of(self, request: Descriptor) -> FolderOf:
        """Finds the folder of such requests; the default one where they name nothing that is known."""
        default = self._folders.default
        name = next((name for name in self._finders if name in request.fields_by_name), None)
        if name is None:
            return lambda _: default
        find = self._finders[name]
        if request.fields_by_name[name].is_repeated:
            return lambda message: find(next(iter(getattr(message, name)), "")) or default
        return lambda message: find(getattr(message, name)) or default

    def _owner(self, *tables: Table[Any]) -> Callable[[str], Folder | None]:
        def find(record_id: str) -> Folder | None:
            found = (record for table in tables if (record := table.get(record_id)) is not None)
            record = next(found, None)
            return None if record is None else self._folders.find(record.folder_id)

        return find

    def _in_uri(self, uri: str) -> Folder | None:
        return self._folders.find(uri.partition("://")[2].partition("/")[0])
