"""A fake of Yandex Cloud AI Studio's fine-tuning API, in process or standalone.

with MockServer(time="manual") as mock:
    folder = mock.folder()
    folder.clock.advance(hours=1)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aistudio_mock.mock import MockClock, MockFolder, MockServer

__all__ = ["MockClock", "MockFolder", "MockServer"]


def __getattr__(name: str) -> Any:
    # Lazy, so that the pytest plugin and the command line pay for the server only when they use it.
    if name in __all__:
        from aistudio_mock import mock  # noqa: PLC0415

        return getattr(mock, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
