"""A mock as the server of a run: a child process, told what to do by its control API."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec import Struct

from aistudio_conformance import children
from aistudio_conformance.case import Server
from aistudio_conformance.control import Control
from aistudio_conformance.lines import LineReader
from aistudio_conformance.protocol import Credentials, Place
from aistudio_conformance.target import CredentialsKind, TargetError
from aistudio_faults.faults import Fault

_PROGRAM = "aistudio-mock"
_SERVE = (
    *("serve", "--json", "--log-level", "warning"),
    *("--grpc-port", "0", "--tls-port", "0", "--http-port", "0"),
)
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.01
"""Time at the mock is virtual: there is nothing to wait for between two polls."""


def mock_program() -> str:
    """The installed mock: beside this Python, else on the PATH. Raises TargetError."""
    beside = shutil.which(_PROGRAM, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(_PROGRAM)
    if found is None:
        raise TargetError(f"no {_PROGRAM} beside {sys.executable} or on the PATH; install it there")
    return found


class Ready(Struct, frozen=True):
    """The line by which a mock says where it is."""

    grpc: str
    tls: str
    http: str
    ca: str
    pid: int


class MockTarget:
    """A mock for `with`, on free ports. Raises TargetError when it cannot be started."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._program = command
        self._command = (*(command or (mock_program(),)), *_SERVE)
        self._own = ExitStack()
        self._spare: SimpleQueue[MockTarget] = SimpleQueue()

    def __enter__(self) -> Self:
        try:
            self._child, self._printed = children.start(self._command, None)
        except children.NotStarted as problem:
            raise TargetError(str(problem)) from None
        try:
            self._ready = self._wait()
        except BaseException:
            self._stop()
            raise
        self._control = Control(self._ready.http)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops it by SIGTERM, and kills it if it does not stop; so those of folders that are alone."""
        with self._own:
            self._stop()

    @property
    def description(self) -> Mapping[str, str]:
        """What reports say of it."""
        return {"kind": "mock"}

    @property
    def ca(self) -> str:
        """The PEM file of its CA."""
        return self._ready.ca

    @property
    def pid(self) -> int:
        """The process that answers."""
        return self._ready.pid

    def log(self) -> str:
        """What it printed about itself so far."""
        return self._printed.since(0)

    def new_folder(self, server: Server, seed: int) -> "MockFolder":
        """A fresh folder with a case's settings. Raises TargetError."""
        if server.alone:
            return self._alone()
        name = f"{server.folder}.{seed:x}" if server.folder else None
        given = {"id": name, "time": server.time, "durations": server.durations, "auth": server.auth}
        settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        made = self._control.create_folder({**settings, "settings": dict(server.set), "seed": seed})
        folder = MockFolder(self._control, self._ready, str(made["id"]), str(made["api_key"]))
        for script in server.plan:
            self._control.add_plan(folder.id, script)
        return folder

    def default_folder(self) -> "MockFolder":
        """The folder of calls that name none; it stays when it is forgotten, and is empty."""
        shown = self._control.default_folder()
        return MockFolder(self._control, self._ready, str(shown["id"]), str(shown["api_key"]))

    def _alone(self) -> "MockFolder":
        """The default folder of a mock that serves nobody else; once it is forgotten, the next one's."""
        try:
            spare = self._spare.get_nowait()
        except Empty:
            spare = self._own.enter_context(MockTarget(self._program))
        folder = spare.default_folder()
        folder.on_forget = lambda: self._spare.put(spare)
        return folder

    def _wait(self) -> Ready:
        assert self._child.stdout is not None
        try:
            line = LineReader(self._child.stdout).next(_START_SECONDS)
            return msgspec.json.decode(line, type=Ready)
        except TimeoutError:
            raise TargetError(f"the mock is not ready after {_START_SECONDS:g} s") from None
        except msgspec.MsgspecError:
            children.stop(self._child, _STOP_SECONDS)
            raise TargetError(f"the mock does not start: {self._last_words()}") from None

    def _stop(self) -> None:
        if self._child.stdin:
            self._child.stdin.close()
        self._child.terminate()
        children.stop(self._child, _STOP_SECONDS)
        self._printed.remove()

    def _last_words(self) -> str:
        lines = self.log().strip().splitlines()
        return lines[-1] if lines else "it says nothing"


class MockFolder:
    """A folder of a mock. Every method raises TargetError."""

    def __init__(self, control: Control, ready: Ready, folder_id: str, api_key: str) -> None:
        self._control = control
        self._ready = ready
        self.id = folder_id
        self._api_key = api_key
        self.secrets: dict[str, str] = {api_key: "the API key"}
        self.on_forget: Callable[[], None] = lambda: None

    def place(self, kind: CredentialsKind) -> Place:
        """Where it is, for a client with such credentials."""
        ready = self._ready
        return Place(
            grpc=ready.grpc,
            tls=ready.tls,
            http=ready.http,
            ca=ready.ca,
            folder_id=self.id,
            credentials=Credentials(kind=kind, value=self._secret(kind)),
            poll_interval=_POLL_SECONDS,
        )

    def advance(self, seconds: float) -> None:
        """Moves its virtual time."""
        self._control.advance(self.id, seconds)

    def add_fault(self, fault: Fault) -> None:
        """From now on calls meet this."""
        self._control.add_fault(self.id, msgspec.to_builtins(fault))

    def journal(self) -> bytes:
        """What was seen in it, as JSON Lines."""
        return self._control.journal(self.id)

    def forget(self) -> None:
        """It is not needed any more."""
        self._control.delete_folder(self.id)
        self.on_forget()

    def _secret(self, kind: CredentialsKind) -> str:
        if kind == "api-key":
            return self._api_key
        if kind == "none":
            return ""
        token = self._control.issue_token(self.id)
        self.secrets[token] = "the IAM token"
        return token
