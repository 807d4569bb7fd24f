"""The kinds of checks that cases are made of: each a pure look at a step's answer and the journal."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

from aistudio_conformance.case import Calls, Check, Fails, Never, Order, Reply, Selector
from aistudio_conformance.functions import FUNCTIONS
from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.match import look, mismatch
from aistudio_conformance.model import Report, StepReport
from aistudio_conformance.protocol import Answer
from aistudio_conformance.seen import Seen, kept, not_applicable, not_reached, violated
from aistudio_conformance.variables import fill


class Evidence(Struct, frozen=True):
    """What one check may look at: its step, answered or not, and everything on the wire."""

    step: StepReport
    report: Report
    journal: Journal

    def filled(self, value: Any) -> Any:
        """A value of the case with its variables filled in, as the client was given them."""
        return fill(value, self.report.variables)

    def select(self, selector: Selector) -> list[Entry]:
        """The entries that a selector means, in the order of their answers."""
        return [entry for entry in self.journal.entries if self._fits(selector, entry)]

    def _fits(self, selector: Selector, entry: Entry) -> bool:
        return (
            (entry.leg == "storage") == (selector.leg == "storage")
            and fnmatchcase(entry.method, selector.method)
            and selector.status in (None, entry.status)
            and all(
                not mismatch(self.filled(wanted), look(path, entry.document))
                for path, wanted in selector.where.items()
            )
        )


def look_at(check: Check, evidence: Evidence) -> Seen:
    """What the check sees."""
    kind = check.look
    if isinstance(kind, str):
        return FUNCTIONS[kind](evidence.step, evidence.journal)
    looks: Mapping[type, Callable[[Any, Evidence], Seen]] = {
        Calls: _calls,
        Never: _never,
        Order: _order,
        Reply: _reply,
        Fails: _fails,
    }
    return looks[type(kind)](kind, evidence)


def _calls(check: Calls, evidence: Evidence) -> Seen:
    found = evidence.select(check.of)
    if not _counts(check.count, len(found)):
        return violated(f"{len(found)} calls of {_named(check.of)}, not {check.count}", found)
    for entry in found:
        wrong = _wrong(check.expect, entry.document, evidence)
        if wrong:
            return violated(f"{entry.method}: {wrong}", [entry])
    return kept(found)


def _never(check: Never, evidence: Evidence) -> Seen:
    found = evidence.select(check.of)
    if check.witness != "answered":
        witness = evidence.select(check.witness)
        if not witness:
            return not_reached(f"no {_named(check.witness)} was seen")
        found = [entry for entry in found if entry.received_at.real >= witness[0].answered_at.real]
    elif evidence.step.answer is None:
        return _unanswered(evidence.step)
    return violated(f"{_named(check.of)} was called", found) if found else kept()


def _order(check: Order, evidence: Evidence) -> Seen:
    calls, before = evidence.select(check.each), evidence.select(check.after)
    if not calls:
        return not_reached(f"no {_named(check.each)} was seen")
    first = min((one.answered_at.real for one in before), default=None)
    early = [call for call in calls if first is None or call.received_at.real < first]
    if early:
        return violated(f"{_named(check.each)} before any {_named(check.after)}", early)
    return kept(calls)


def _reply(check: Reply, evidence: Evidence) -> Seen:
    answer = evidence.step.answer
    if answer is None:
        return _unanswered(evidence.step)
    if answer.error is not None:
        return violated(f"the client told of a failure: {_failure(answer)}")
    wrong = _wrong(check.expect, answer.ok or {}, evidence)
    if wrong:
        return violated(f"the client told: {wrong}")
    return _witnessed(check.witness, evidence) if check.witness else kept()


def _witnessed(witness: Selector, evidence: Evidence) -> Seen:
    """Kept, if the witness was seen."""
    found = evidence.select(witness)
    if found:
        return kept(found)
    if not evidence.select(Selector(method=witness.method, leg=witness.leg)):
        return not_applicable(f"the client calls no {witness.method}")
    return not_reached(f"no {_named(witness)} was seen")


def _fails(check: Fails, evidence: Evidence) -> Seen:
    answer, witness = evidence.step.answer, evidence.select(check.witness)
    if answer is None:
        return _unanswered(evidence.step)
    if answer.error is None:
        return violated("the client told of no failure", witness)
    if not witness and not check.locally:
        return not_reached(f"no {_named(check.witness)} was seen; the client told: {_failure(answer)}")
    wrong = _wrong(check.expect, msgspec.to_builtins(answer.error), evidence)
    return violated(f"the failure that the client told: {wrong}", witness) if wrong else kept(witness)


def _unanswered(step: StepReport) -> Seen:
    return violated(f"the client {step.ended}, and told its user nothing")


def _wrong(expect: Mapping[str, Any], document: Mapping[str, Any], evidence: Evidence) -> str:
    for path, wanted in expect.items():
        wrong = mismatch(evidence.filled(wanted), look(path, document))
        if wrong:
            return f"{path}: {wrong}"
    return ""


def _counts(wanted: int | str, seen: int) -> bool:
    if isinstance(wanted, int):
        return seen == wanted
    bound, number = wanted.rsplit(" ", 1)
    return seen >= int(number) if bound == "at least" else seen <= int(number)


def _named(selector: Selector) -> str:
    where = "".join(f", {path} {wanted!r}" for path, wanted in selector.where.items())
    return f"{selector.method}{f' with status {selector.status}' if selector.status else ''}{where}"


def _failure(answer: Answer) -> str:
    failure = answer.error
    return f"{failure.code or 'no code'}, {failure.message!r}" if failure else ""
