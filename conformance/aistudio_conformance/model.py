"""What is judged, as values: the client's report on one case, findings, verdicts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from aistudio_conformance.protocol import Answer, Hello


class Outcome(StrEnum):
    """What became of a check. Only PASS is green."""

    PASS = "pass"  # noqa: S105 - an outcome
    WARN = "warn"
    """What SHOULD or MAY be kept was not."""
    FAIL = "fail"
    """What MUST be kept was not."""
    NOT_REACHED = "not reached"
    """The situation that the check is about never came about, so nothing was shown."""
    NOT_APPLICABLE = "not applicable"
    """The client has nothing for it. Not counted, for or against."""
    HARNESS_ERROR = "harness error"
    """The adapter, the suite or the server is in trouble; nothing is said of the client."""


class StepReport(Struct, frozen=True, kw_only=True):
    """One step as it went: what was asked, with every variable filled in, and the answer.

    `answer` is None when the client crashed or hung; `ended` then says which.
    """

    step: str
    do: str
    asked: Mapping[str, Any]
    answer: Answer | None = None
    ended: str = "answered"
    seconds: float = 0.0


class Report(Struct, frozen=True, kw_only=True):
    """All that one client reported on one case. Secrets are replaced before it is written.

    `variables` are the values that the case's `${…}` stood for. `trouble` tells why the case could not be run
    at all. `secrets_seen` names the secrets found in what the client printed or reported, and where.
    """

    case: str
    client: Hello
    seed: int
    variables: Mapping[str, Any] = {}
    steps: tuple[StepReport, ...] = ()
    trouble: str = ""
    secrets_seen: tuple[str, ...] = ()

    def step(self, step_id: str) -> StepReport | None:
        """The report on one step, None if it never began."""
        return next((one for one in self.steps if one.step == step_id), None)


class Finding(Struct, frozen=True, kw_only=True):
    """What one check says of one case: the outcome, why, and the journal entries that show it."""

    check: str
    rule: str
    outcome: Outcome
    why: str = ""
    entries: tuple[int, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """All findings on one case, in the order of its checks, the monitors' last."""

    case: str
    findings: tuple[Finding, ...]
