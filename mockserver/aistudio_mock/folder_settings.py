"""From what a server was started with, and what a new folder asks for, to the folder's settings."""

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from aistudio_mock.backend.folders import Auth, FolderDefaults, Pace
from aistudio_mock.config import ConfigError, ServerConfig, parse_time
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import LAST, instant_of, moment
from aistudio_mock.domain.settings import choose
from aistudio_mock.runtime.chance import new_seed

if TYPE_CHECKING:
    from aistudio_mock.control_types import NewFolder

_PACES = {"skip": Pace.SKIP, "poll": Pace.POLL}


def defaults(config: ServerConfig) -> FolderDefaults:
    """What the configuration says of every new folder."""
    return FolderDefaults(
        pace=_PACES.get(config.time.kind, Pace.KEEP),
        rate=config.time.rate,
        durations=Durations(config.durations),
        seed=config.seed if config.seed is not None else new_seed(),
        behaviours=choose(config.edition, config.settings),
        auth=Auth(config.auth),
        faults=config.faults,
    )


def folder_settings(config: ServerConfig, new: "NewFolder") -> FolderDefaults:
    """A folder's settings: the server's, with what the new folder's own are.

    Its `settings` are single behaviours, on top of those that the server was started with.

    Raises:
        ConfigError: a value that does not exist.
    """
    changes: dict[str, Any] = {
        name: value for name in ("durations", "auth", "seed") if (value := getattr(new, name)) is not None
    }
    if new.time is not None:
        changes["time"] = parse_time(new.time)
    if new.settings is not None:
        changes["settings"] = {**config.settings, **new.settings}
    start = None if new.now is None else instant_of(new.now)
    if start is not None and not 0 <= start <= LAST:
        raise ConfigError(f"now: virtual time goes from 1970 to {moment(LAST):%Y-%m-%d}, not to {new.now}")
    ids_seed = None if new.seed is None else str(new.seed)
    return replace(defaults(replace(config, **changes)), start=start, ids_seed=ids_seed)
