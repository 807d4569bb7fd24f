"""What clients meet in a run: a server that gives each case a folder of its own."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from aistudio_conformance.case import Server
from aistudio_conformance.protocol import Answer, Place
from aistudio_faults.faults import Fault

CredentialsKind = Literal["api-key", "iam-token", "none"]


class TargetError(Exception):
    """The server is in trouble, not the client. The message is one line."""


class Printed(Protocol):
    """What a client prints on its stderr."""

    def end(self) -> int:
        """How much there is by now."""
        ...

    def since(self, start: int) -> str:
        """What came after that."""
        ...


class Conversation(Protocol):
    """One client under test, as a case talks with it. Every method raises `driver.Broken`."""

    @property
    def is_usable(self) -> bool:
        """False once the conversation is broken."""
        ...

    @property
    def printed(self) -> Printed:
        """Its stderr."""
        ...

    def begin(self, place: Place) -> None:
        """A case begins there."""
        ...

    def end(self) -> None:
        """The case is over."""
        ...

    def ask(self, do: str, given: Mapping[str, Any], timeout: float) -> Answer:
        """What came of it."""
        ...


class Folder(Protocol):
    """One case's folder, and what the case may do to it. Every method raises TargetError."""

    @property
    def id(self) -> str:
        """Its id, as clients are given it."""
        ...

    @property
    def secrets(self) -> Mapping[str, str]:
        """What must never be shown, so far: what each secret is called, by its value."""
        ...

    def place(self, kind: CredentialsKind) -> Place:
        """Where it is, for a client with such credentials."""
        ...

    def advance(self, seconds: float) -> None:
        """Moves its virtual time."""
        ...

    def add_fault(self, fault: Fault) -> None:
        """From now on calls meet this."""
        ...

    def journal(self) -> bytes:
        """What was seen in it, as JSON Lines."""
        ...

    def forget(self) -> None:
        """It is not needed any more."""
        ...


class Target(Protocol):
    """A server under which cases run."""

    @property
    def description(self) -> Mapping[str, str]:
        """What reports say of it."""
        ...

    @property
    def ca(self) -> str:
        """The PEM file that its clients trust."""
        ...

    def log(self) -> str:
        """What it printed about itself so far."""
        ...

    def new_folder(self, server: Server, seed: int) -> Folder:
        """A fresh folder with a case's settings. Raises TargetError."""
        ...
