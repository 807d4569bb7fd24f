"""A verdict is the same by TLS and in plaintext, of a client in this process and of one in its own."""

import sys

import pytest
from msgspec.structs import replace

from aistudio_conformance.load import cases, rules
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.model import Outcome
from aistudio_conformance.runner import Runner
from tests.conformance.in_process import judged_in_process

HOST = (sys.executable, "-m", "aistudio_conformance.adapters.host")
REFERENCE = "aistudio_conformance.adapters.reference"
GREEN = [REFERENCE, f"{REFERENCE}:connect_async"]
BROKEN = [
    f"aistudio_conformance.broken.clients:{name}"
    for name in ("WaitsForEver", "IgnoresTheStorage")  # red in every case, and in several ways
]
RED = {Outcome.FAIL, Outcome.WARN, Outcome.NOT_REACHED}


class Plaintext(MockTarget):
    """A mock whose clients are not told of its TLS port."""

    def new_folder(self, server, seed):
        folder = super().new_folder(server, seed)
        both = folder.place
        folder.place = lambda kind: replace(both(kind), tls="")
        return folder


@pytest.fixture(scope="module", name="wires")
def _wires():
    with MockTarget() as by_tls, Plaintext() as in_plaintext:
        yield {"tls": by_tls, "plaintext": in_plaintext}


def by_children(told, target, chosen):
    with Runner([*HOST, told], target, rules(), seed=1) as runner:
        runner.smoke()
        yield from runner.run(chosen)


WAYS = {
    "in process": lambda told, target, chosen: judged_in_process(told, target, chosen=chosen),
    "a process of its own": by_children,
}


def outcomes(judged):
    """Case and check of every finding, and what became of it."""
    return {
        (one.case.id, finding.check): finding.outcome for one in judged for finding in one.verdict.findings
    }


def assert_one_verdict(told, wires, chosen):
    """Whichever of the four ways it is come by."""
    seen = {
        f"{way}, {wire}": outcomes(run(told, target, chosen))
        for way, run in WAYS.items()
        for wire, target in wires.items()
    }
    first, *others = seen
    for other in others:
        parted = {place for place, _ in seen[first].items() ^ seen[other].items()}
        assert not parted, f"{first} and {other} differ in {sorted(parted)}"
    assert {case for case, _ in seen[first]} == {case.id for case in chosen}
    shown = set(seen[first].values())
    assert Outcome.HARNESS_ERROR not in shown
    assert bool(RED & shown) is (told in BROKEN)


@pytest.mark.parametrize("told", [REFERENCE, BROKEN[1]])
def test_uploads_are_judged_the_same_by_any_wire_and_in_any_process(told, wires):
    assert_one_verdict(told, wires, [case for case in cases() if case.id.startswith("UP-")])


@pytest.mark.all
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("told", [*GREEN, *BROKEN])
def test_every_case_is_judged_the_same_by_any_wire_and_in_any_process(told, half, wires):
    assert_one_verdict(told, wires, cases()[half::2])
