"""The page about faults is what the code generates, and every effect has a test that shows what it does."""

import ast
from pathlib import Path

import pytest

from aistudio_mock.domain.fault_presets import PRESETS
from aistudio_mock.domain.fault_rules import EFFECTS, GRPC_ONLY, STORAGE_ONLY
from tests.wire.test_fault_presets import MET
from tools import generate_faults_page

TESTS = Path(__file__).parents[1] / "wire"


def written(path):
    """The leg and the keywords of every `…faults.add(…)` in a test file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("faults.add"):
            names = {keyword.arg for keyword in node.keywords if keyword.arg}
            yield from (("storage" if "object" in names else "grpc", name) for name in names)


def test_the_page_is_fresh():
    assert generate_faults_page.PAGE.read_text(encoding="utf-8") == generate_faults_page.page()


@pytest.mark.parametrize(("leg", "foreign"), [("grpc", STORAGE_ONLY), ("storage", GRPC_ONLY)])
def test_every_effect_is_met_by_a_client_in_a_test_on_every_leg_that_has_it(leg, foreign):
    tried = {pair for path in TESTS.glob("test_fault*.py") for pair in written(path)}
    assert {(leg, name) for name in EFFECTS if name not in foreign} - tried == set()


def test_every_preset_is_met_by_a_client_in_a_test():
    assert MET.keys() == PRESETS.keys()
