"""Builders of what the judge looks at: a report and a journal, as small as a test needs them."""

from datetime import UTC, datetime, timedelta

import msgspec

from aistudio_conformance.case import Case
from aistudio_conformance.journal import Body, Entry, Journal, Times
from aistudio_conformance.ledger import Rule
from aistudio_conformance.model import Report, StepReport
from aistudio_conformance.monitors import MONITORS
from aistudio_conformance.protocol import Answer, Failure, Hello

START = datetime(2026, 1, 1, tzinfo=UTC)


def entry(number, method, *, status="OK", **more):
    """One gRPC call, answered `number` seconds after the start, half a second after it came."""
    answered = START + timedelta(seconds=number)
    received = answered - timedelta(seconds=0.5)
    return Entry(
        number=number,
        folder="b1g",
        leg=more.pop("leg", "grpc"),
        method=method,
        status=status,
        received_at=Times(received, received),
        answered_at=Times(answered, answered),
        **more,
    )


def put(number, url, size=3, *, status="200", headers=(), **body):
    """One PUT to the storage."""
    return entry(
        number,
        "PUT",
        status=status,
        leg="storage",
        url=url,
        metadata=headers,
        body=Body(**{"bytes": size, "md5": "00", "announced": size, **body}),
    )


def journal(*entries, dropped=0):
    return Journal(entries, dropped)


def answered(step="it", do="dataset.get", **ok):
    return StepReport(step=step, do=do, asked={}, answer=Answer(id=1, ok=ok))


def failed(step="it", message="no", code=None, errors=None):
    failure = Failure(message=message, code=code, errors=errors)
    return StepReport(step=step, do="dataset.get", asked={}, answer=Answer(id=1, error=failure))


def unsupported(step="it", why="nothing for it"):
    return StepReport(step=step, do="dataset.get", asked={}, answer=Answer(id=1, unsupported=why))


def troubled(step="it", what="KeyError: 'x'"):
    return StepReport(step=step, do="dataset.get", asked={}, answer=Answer(id=1, trouble=what))


def silent(step="it", ended="hung"):
    return StepReport(step=step, do="dataset.get", asked={}, ended=ended)


def report(*steps, variables=None, **more):
    return Report(
        case="XX-01", client=Hello(name="tested"), seed=1, variables=variables or {}, steps=steps, **more
    )


def case(*checks, steps=("it",), **more):
    """A case of these checks; each is what stands in YAML, its id, rule and step filled in."""
    numbered = [{"id": f"c{i}", "rule": "must", "step": "it", **check} for i, check in enumerate(checks)]
    written = {
        "id": "XX-01",
        "title": "t",
        "covers": ["XX-01"],
        "steps": [{"id": step, "do": "dataset.get"} for step in steps],
        "checks": numbered,
        "monitors_off": dict.fromkeys((*MONITORS, "secrets-printed"), "not asked here"),
        **more,
    }
    return msgspec.convert(written, Case)


RULES = {
    "must": Rule(id="must", statement="s", level="MUST", provenance=("recorded",), cite="c"),
    "should": Rule(id="should", statement="s", level="SHOULD", provenance=("inferred",), cite="c"),
}
