"""`serve --load`: the folders that a server starts with."""

from pathlib import Path

from aistudio_mock.backend import saved
from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Folder
from aistudio_mock.backend.saved import SavedFolder
from aistudio_mock.config import ConfigError
from aistudio_mock.domain.errors import ApiError


def load(backend: Backend, paths: tuple[Path, ...]) -> None:
    """Makes folders of saved ones; the first is that of calls that name none. Raises ConfigError.

    What was loaded into a state directory once is there, and stays as it has become.
    """
    known = {folder.id: folder for folder in backend.folders if folder.own}
    for number, path in enumerate(paths):
        document = _read(path)
        try:
            _enter(backend, document, known.get(document.id), is_default=not number)
        except ApiError as refusal:
            raise ConfigError(f"--load {path}: {refusal.message}") from None


def _read(path: Path) -> SavedFolder:
    try:
        return saved.read(path.read_bytes())
    except OSError as problem:
        raise ConfigError(f"--load {path}: {problem.strerror}; name a file of `ctl save`") from None
    except ApiError as refusal:
        raise ConfigError(f"--load {path}: {refusal.message}") from None


def _enter(backend: Backend, document: SavedFolder, there: Folder | None, *, is_default: bool) -> None:
    def folder() -> Folder:
        return there or saved.load(backend, backend.blobs, document)

    if not is_default:
        folder()
    elif there is not backend.folders.default:
        backend.folders.replace_default(folder)
