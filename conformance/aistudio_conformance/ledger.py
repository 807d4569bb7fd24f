"""The ledger of requirements: what a client or the server has to keep, how firmly, and who says so."""

from typing import Literal

from msgspec import Struct

Level = Literal["MUST", "SHOULD", "MAY"]
Provenance = Literal["documented", "proto", "recorded", "sdk-source", "inferred"]

FIRM: frozenset[Provenance] = frozenset({"documented", "proto", "recorded"})
"""What a MUST may rest on."""


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A situation that a client should be seen in: in a case that covers it, or by a `monitor` in all.

    `left_out` is the reason why nothing sees it.
    """

    id: str
    level: Level
    title: str
    monitor: str = ""
    left_out: str = ""


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One requirement. `id` is never used again for another one.

    `provenance` is where it is known from and `cite` the place, in both the firmest first. `behaviours` are
    the rows of the mock's table that the rule rests on: what the server is known to do. `secrecy` marks a
    rule that holds for any client, whoever says so.
    `unobserved` is the reason why no check can see it.
    """

    id: str
    statement: str
    level: Level
    provenance: tuple[Provenance, ...]
    cite: str
    side: Literal["client", "server"] = "client"
    behaviours: tuple[str, ...] = ()
    secrecy: bool = False
    unobserved: str = ""

    def weakness(self) -> str:
        """Why the rule cannot have its level; empty when it can."""
        if self.level == "MUST" and not self.secrecy and not FIRM & set(self.provenance):
            return (
                f"rule {self.id} is a MUST that rests on {', '.join(self.provenance)} alone; grade it SHOULD"
            )
        return ""
