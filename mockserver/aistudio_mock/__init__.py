"""A fake of Yandex Cloud AI Studio's fine-tuning API, in process or standalone.

with MockServer(time="manual") as mock:
    folder = mock.folder()
    folder.clock.advance(hours=1)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aistudio_mock.control_client import RemoteServer
    from aistudio_mock.faults_handle import MockFault, MockFaults
    from aistudio_mock.handles import MockClock, MockFolder
    from aistudio_mock.journal_handle import JournalEntry, MockJournal
    from aistudio_mock.mock import MockServer
    from aistudio_mock.plan_handle import MockPlan, PlannedTuning

__all__ = [
    "JournalEntry",
    "MockClock",
    "MockFault",
    "MockFaults",
    "MockFolder",
    "MockJournal",
    "MockPlan",
    "MockServer",
    "PlannedTuning",
    "RemoteServer",
]

_OUTSIDE_HANDLES = {
    "JournalEntry": "journal_handle",
    "MockFault": "faults_handle",
    "MockFaults": "faults_handle",
    "MockJournal": "journal_handle",
    "MockPlan": "plan_handle",
    "MockServer": "mock",
    "PlannedTuning": "plan_handle",
    "RemoteServer": "control_client",
}


def __getattr__(name: str) -> Any:
    # Lazy, so that the pytest plugin and the command line pay for the server only when they use it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"{__name__}.{_OUTSIDE_HANDLES.get(name, 'handles')}"), name)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext aistudio_mock`: starts a mock in the notebook's kernel and redirects the kernel to it."""
    from aistudio_mock import notebook  # noqa: PLC0415

    notebook.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext aistudio_mock`: stops the mock and takes the redirection back."""
    from aistudio_mock import notebook  # noqa: PLC0415

    notebook.unload(shell)
