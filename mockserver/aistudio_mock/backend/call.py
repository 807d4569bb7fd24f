"""One call as the backend sees it: who, by which door, with how much patience."""

from msgspec import Struct

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.identity import Credential


class Call(Struct, frozen=True):
    """The caller of one RPC."""

    credential: Credential
    door: Door = Door.PLAINTEXT
    patience: float = 30.0
    """Seconds that a read may be held while an outcome is being computed: half the caller's deadline."""
