"""One call as the backend sees it: who, by which door, with how much patience."""

from dataclasses import dataclass
from enum import Enum

from aistudio_mock.backend.identity import Credential


class Door(Enum):
    """Which port a call came in by; addresses that an answer names lead to the same one."""

    PLAINTEXT = "plaintext"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Call:
    """The caller of one RPC."""

    credential: Credential
    door: Door = Door.PLAINTEXT
    patience: float = 30.0
    """Seconds that a read may be held while an outcome is being computed: half the caller's deadline."""
