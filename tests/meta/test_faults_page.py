"""The page about faults is what the code generates, and every effect has a test that shows what it does."""

import ast
from pathlib import Path

from aistudio_mock.domain.fault_rules import EFFECTS
from tools import generate_faults_page

TESTS = Path(__file__).parents[1] / "wire"


def written(path):
    """The keywords of every `…faults.add(…)` in a test file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("faults.add"):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)


def test_the_page_is_fresh():
    assert generate_faults_page.PAGE.read_text(encoding="utf-8") == generate_faults_page.page()


def test_every_effect_is_met_by_a_client_in_a_test():
    tried = {name for path in TESTS.glob("test_fault*.py") for name in written(path)}
    assert set(EFFECTS) - tried == set()
