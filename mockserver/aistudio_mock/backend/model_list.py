"""Which models there are, as GET /v1/models tells."""

from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.store import Store
from aistudio_mock.backend.tuned_models import GONE
from aistudio_mock.domain.catalogue import ANSWERING, CLASSIFYING, EMBEDDING
from aistudio_mock.domain.errors import NotFound

_BASES = (("gpt", ANSWERING), ("cls", CLASSIFYING), ("emb", EMBEDDING))


class ModelList:
    """Base models, and what a folder has tuned."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, folder: Folder) -> list[str]:
        """Their URIs: base models by name, then tuned ones, the newest first."""
        now = folder.clock.now()
        bases = [
            f"{scheme}://{folder.id}/{name}/latest" for scheme, names in _BASES for name in sorted(names)
        ]
        tasks = self._store.tunings.newest_first(folder.id)
        return bases + [task.target_model_uri for task in tasks if task.model_exists(now)]

    def require(self, folder: Folder, uri: str) -> None:
        """Raises NotFound unless the folder has that model."""
        if uri not in self.of(folder):
            raise NotFound(f"{GONE} {uri}")
