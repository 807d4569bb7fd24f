"""The suite's own lists of known failures: every line names the line of contract that it breaks."""

import pytest

from aistudio_conformance.known import every_shipped
from aistudio_conformance.load import rules
from tools.generate_requirements import checks

CHECKS = checks()
LINES = {
    f"{client}: {entry.check} {', '.join(entry.versions)}".strip(): entry
    for client, entries in every_shipped().items()
    for entry in entries
}


def test_there_are_lists():
    assert every_shipped().keys() == {"yandex-ai-studio-sdk", "yandex-cloud-ml-sdk"}


@pytest.mark.parametrize("entry", LINES.values(), ids=list(LINES))
def test_a_line_names_the_rule_that_it_breaks(entry):
    assert entry.breaks == CHECKS[entry.check], "that of its check"
    broken = {"MUST": "fail"}.get(rules()[entry.breaks].level, "warn")
    assert entry.outcome in {broken, "not reached"}
