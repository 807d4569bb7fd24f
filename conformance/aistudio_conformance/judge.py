"""The judge: a verdict from a case, the client's report and the journal, and from nothing else."""

from collections.abc import Callable, Mapping

from aistudio_conformance.case import Case, Check
from aistudio_conformance.journal import Journal
from aistudio_conformance.ledger import Rule
from aistudio_conformance.looks import Evidence, look_at
from aistudio_conformance.model import Finding, Outcome, Report, Verdict
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED
from aistudio_conformance.seen import Seen, Sight, kept, not_applicable, not_reached, violated
from aistudio_conformance.server_looks import look_at_server
from aistudio_conformance.server_monitors import SERVER_MONITORS
from aistudio_conformance.variables import VariableError

Rules = Mapping[str, Rule]
"""The ledger, by id."""

Court = Callable[[Case, Report, Journal, Rules], Verdict]
"""How one side is judged."""

SECRETS_RULE = "secrets-not-printed"

_BUG = "bug in aistudio-mock"
"""How a mock begins the message of a call in which it failed itself: nothing is said of the client then."""


def judge(case: Case, report: Report, journal: Journal, rules: Rules) -> Verdict:
    """The verdict on one case: its own checks, then the monitors; nothing else makes a difference to it."""
    trouble = _trouble(report, journal)
    findings = [
        _finding(f"{case.id}/{check.id}", rules[check.rule], _checked(check, report, journal), trouble)
        for check in case.checks
    ]
    findings += [
        _finding(monitor.check, rules[monitor.rule], monitor.look(journal), trouble)
        for monitor in MONITORS.values()
        if monitor.name not in case.monitors_off
    ]
    if SECRETS_PRINTED not in case.monitors_off:
        findings.append(
            _finding(f"monitor/{SECRETS_PRINTED}", rules[SECRETS_RULE], _printed(report), trouble)
        )
    return Verdict(case=case.id, findings=tuple(findings))


def judge_server(case: Case, report: Report, journal: Journal, rules: Rules) -> Verdict:
    """The verdict on the server in one case that was run with a client that keeps the contract."""
    trouble = _trouble(report, journal)
    findings = [
        _finding(f"{case.id}/{check.id}", rules[check.rule], look_at_server(check, journal), trouble)
        for check in case.server_checks
    ]
    findings += [
        _finding(monitor.check, rules[monitor.rule], monitor.look(journal), trouble)
        for monitor in SERVER_MONITORS.values()
    ]
    return Verdict(case=case.id, findings=tuple(findings))


def observed(journal: Journal, rules: Rules) -> tuple[Finding, ...]:
    """What the monitors say of the traffic of any program."""
    return tuple(
        _finding(monitor.check, rules[monitor.rule], monitor.look(journal), _of_server(journal))
        for monitor in MONITORS.values()
    )


def _checked(check: Check, report: Report, journal: Journal) -> Seen:
    step = report.step(check.step)
    refused = next((one for one in report.steps if one.answer and one.answer.unsupported is not None), None)
    if refused is not None and (step is None or step is refused):
        return not_applicable(
            f"the client has no {refused.do}: {refused.answer and refused.answer.unsupported}"
        )
    if step is None:
        return not_reached(f"step {check.step} was never asked for, because one before it failed")
    try:
        return look_at(check, Evidence(step, report, journal))
    except VariableError as unknown:  # the run may be of an older suite, whose case did not have it
        return not_reached(str(unknown))


def _printed(report: Report) -> Seen:
    if not report.steps:
        return not_applicable("the client was asked for nothing")
    found = report.secrets_seen
    return violated(f"the client shows {', '.join(found)}") if found else kept()


def _finding(check: str, rule: Rule, seen: Seen, trouble: str) -> Finding:
    if trouble:
        return Finding(check=check, rule=rule.id, outcome=Outcome.HARNESS_ERROR, why=trouble)
    broken = Outcome.FAIL if rule.level == "MUST" else Outcome.WARN
    outcome = {
        Sight.KEPT: Outcome.PASS,
        Sight.VIOLATED: broken,
        Sight.NOT_REACHED: Outcome.NOT_REACHED,
        Sight.NOT_APPLICABLE: Outcome.NOT_APPLICABLE,
    }[seen.sight]
    return Finding(check=check, rule=rule.id, outcome=outcome, why=seen.why, entries=seen.entries)


def _trouble(report: Report, journal: Journal) -> str:
    """Why nothing can be said of the client; empty when something can."""
    broken = [one for one in report.steps if one.answer and one.answer.trouble is not None]
    if broken:
        answer = broken[0].answer
        return f"step {broken[0].step}: the adapter is in trouble: {answer and answer.trouble}"
    return report.trouble or _of_server(journal)


def _of_server(journal: Journal) -> str:
    """Why the journal shows nothing of the client; empty when it does."""
    if journal.dropped:
        return f"the server no longer has {journal.dropped} entries of the journal"
    bug = next((entry for entry in journal.entries if entry.message.startswith(_BUG)), None)
    return f"{bug.method}: {bug.message}" if bug else ""


COURTS: Mapping[str, Court] = {"client": judge, "server": judge_server}
"""By the side that is judged."""
