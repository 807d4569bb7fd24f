"""Ledger, cases and broken clients hold together: what is judged is written, cited and proven."""

import pytest

from aistudio_conformance.broken.clients import EVERY
from aistudio_conformance.broken.servers import broken_servers
from aistudio_conformance.load import CaseError, cases, ledger_from, rules
from tools import generate_requirements as requirements

CHECKS = requirements.checks()
OF_SERVERS = requirements.server_checks()
CAUGHT_ALONE = {next(iter(one.red)) for one in broken_servers().values() if len(one.red) == 1}
EXCUSED_OF_SERVERS = {f"{case.id}/{one.id}": one.not_sole for case in cases() for one in case.server_checks}
SOLE = {next(iter(red)) for _, red in EVERY.values() if len(red) == 1}
EXCUSED = {f"{case.id}/{check.id}": check.not_sole for case in cases() for check in case.checks}


def test_the_page_is_fresh():
    assert requirements.PAGE.read_text(encoding="utf-8") == requirements.page(), "run `make generate`"


@pytest.mark.parametrize("rule", rules().values(), ids=list(rules()))
def test_a_rule_is_checked_or_says_why_it_cannot_be(rule):
    checks = CHECKS if rule.side == "client" else OF_SERVERS
    assert (rule.id in checks.values()) is not bool(rule.unobserved)
    assert rule.statement.endswith(".")
    assert set(rule.behaviours) <= requirements.behaviours().keys()


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_alone_catches_a_broken_client_or_says_why_not(check):
    assert (check in SOLE) is not bool(EXCUSED.get(check))


@pytest.mark.parametrize("check", OF_SERVERS)
def test_a_check_of_servers_alone_catches_a_broken_one_or_says_why_not(check):
    assert (check in CAUGHT_ALONE) is not bool(EXCUSED_OF_SERVERS.get(check))


@pytest.mark.parametrize("server", broken_servers().values(), ids=list(broken_servers()))
def test_a_broken_server_says_its_defect_and_names_what_exists(server):
    assert server.red, "a server that nothing catches proves nothing"
    assert server.red <= OF_SERVERS.keys()
    assert server.cases <= {case.id for case in cases() if case.server_checks}
    assert server.defect.startswith("It ")
    assert bool(server.faults) is not bool(server.auth), "one defect"


@pytest.mark.parametrize("name", EVERY)
def test_a_broken_client_says_its_defect_and_names_checks_that_exist(name):
    client, red = EVERY[name]
    assert red, "a client that nothing catches proves nothing"
    assert red <= CHECKS.keys()
    assert client.__doc__ is not None
    assert client.__doc__.startswith("It ")
    assert len(client.__mro__) == len(client.__bases__[0].__mro__) + 1, "one defect, not one on another"


def test_what_rests_on_inference_alone_cannot_be_a_must():
    row = b"- {id: a, statement: s., level: %s, provenance: [sdk-source, inferred], cite: c, secrecy: %s}"
    for level, secrecy in ((b"SHOULD", b"false"), (b"MUST", b"true")):
        assert len(ledger_from(row % (level, secrecy))) == 1
    with pytest.raises(CaseError, match="rule a is a MUST that rests on sdk-source, inferred alone"):
        ledger_from(row % (b"MUST", b"false"))
