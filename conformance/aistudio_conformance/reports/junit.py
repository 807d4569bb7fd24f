"""JUnit's XML, as CI systems read it: one testcase for each check, its class the case."""

import re
from xml.etree import ElementTree as ET

from aistudio_conformance.judge import Rules
from aistudio_conformance.reports import conversation
from aistudio_conformance.results import Line, Results, Shade

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(results: Results, rules: Rules) -> bytes:
    """The report. What is known to fail, or not applicable, is skipped there; nothing else is."""
    run = results.run
    suite = ET.Element("testsuite", name=_text(f"{run.client.name} {run.client.version}".strip()))
    for line in results.lines:
        _add(suite, line, rules)
    for problem in results.compared.problems:
        _child(_testcase(suite, "known failing", problem), "failure", problem)
    for case in (*results.missing, *results.unknown):
        _child(_testcase(suite, case, "ran"), "error", "the case did not run, or this suite does not have it")
    suite.set("timestamp", run.started_at)
    suite.set("tests", str(len(suite)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add(suite: ET.Element, line: Line, rules: Rules) -> None:
    finding, case = line.finding, line.judged.case.id
    testcase = _testcase(suite, case, finding.check.removeprefix(f"{case}/"))
    if line.known:
        rule = rules[finding.rule]
        breaks = f"{rule.level} {rule.id}: {rule.statement}"
        _child(testcase, "skipped", f"known failing: {line.known.reason}").text = _text(breaks)
    elif line.shade is Shade.NOT_COUNTED:
        _child(testcase, "skipped", f"not applicable: {finding.why}")
    elif line.shade is not Shade.GREEN:
        rule = rules[finding.rule]
        entries = conversation.told(line.judged.journal, finding.entries)
        told = _child(
            testcase,
            "error" if line.shade is Shade.TROUBLE else "failure",
            f"{finding.outcome}: {finding.why}",
        )
        told.text = _text("\n".join((f"{rule.level} {rule.statement}", rule.cite, *entries)))


def _testcase(suite: ET.Element, case: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_text(case), name=_text(name))


def _child(testcase: ET.Element, tag: str, message: str) -> ET.Element:
    return ET.SubElement(testcase, tag, message=_text(message))


def _text(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
