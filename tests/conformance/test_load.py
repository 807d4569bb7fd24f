"""Cases from YAML: what can never work is refused whole, with its place, before anything runs."""

import pytest
import yaml

from aistudio_conformance.load import CaseError, case_from, cases, ledger_from

GOOD = {
    "id": "XX-01",
    "title": "t",
    "covers": ["XX-01"],
    "steps": [{"id": "get", "do": "dataset.get", "with": {"dataset_id": "fds"}}],
    "checks": [
        {"id": "one", "rule": "delete-once", "step": "get", "calls": {"of": {"method": "A/Get"}, "count": 1}}
    ],
}


def changed(path, value):
    """The good case with one thing in it replaced."""
    case = yaml.safe_load(yaml.safe_dump(GOOD))
    place = case
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return yaml.safe_dump(case).encode()


def test_the_shipped_cases_are_good_and_in_order():
    ids = [case.id for case in cases()]
    assert ids == sorted(ids)
    assert len(ids) >= 10


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("surprise",), 1, r"unknown field `surprise`"),
        (("steps", 0, "do"), "dataset.paint", "Invalid enum value 'dataset.paint'"),
        (("steps", 0, "with"), {"id": "fds"}, "step get: dataset.get does not take id"),
        (("checks", 0, "step"), "other", "check one: there is no step other"),
        (("checks", 0, "rule"), "no-such", "check one: rule no-such is not in the ledger"),
        (("checks", 0, "calls", "count"), "some", "count 'some' is none"),
        (("checks", 0, "calls", "count"), "at most x", "count 'at most x' is none"),
        (("checks", 0, "calls", "expect"), {"a": {"like": 1}}, "is no matcher; one of exactly"),
        (("checks", 0, "calls", "expect"), {"a": {"matches": "("}}, r"'\(' is no pattern: missing"),
        (("checks", 0, "reply"), {"expect": {}}, "it needs exactly one of calls, never"),
        (("checks", 0, "calls"), None, "it needs exactly one of calls, never"),
        (("monitors_off",), {"none-such": "why"}, "there is no monitor none-such"),
        (("server",), {"time": "skip", "tme": 1}, "unknown field `tme`"),
        (("title",), "${step.id}", r"\$\{step.id\} stands for nothing here"),
        (("title",), "${files.train.path}", r"\$\{files.train.path\} stands for nothing here"),
        (("title",), "${folder.name}", r"\$\{folder.name\} stands for nothing here"),
    ],
)
def test_a_case_that_can_never_work_is_refused(path, value, problem):
    with pytest.raises(CaseError, match=problem) as refusal:
        case_from(changed(path, value), "XX-01.yaml")
    assert str(refusal.value).startswith("XX-01.yaml: ")
    assert "\n" not in str(refusal.value)


def test_a_negative_check_cannot_be_written_without_its_witness():
    never = {"never": {"of": {"method": "A/Run"}}}
    check = {"id": "one", "rule": "delete-once", "step": "get", **never}
    with pytest.raises(CaseError, match="missing required field `witness`"):
        case_from(changed(("checks", 0), check), "XX-01.yaml")


def test_a_function_that_is_none_and_a_check_that_stands_twice_are_refused():
    check = {"id": "one", "rule": "delete-once", "step": "get", "function": "no_such"}
    with pytest.raises(CaseError, match="there is no function no_such; there are url_used_as_given"):
        case_from(changed(("checks", 0), check), "XX-01.yaml")
    with pytest.raises(CaseError, match="check one stands there 2 times"):
        case_from(changed(("checks",), GOOD["checks"] * 2), "XX-01.yaml")


def test_text_that_is_no_yaml_is_refused_in_one_line():
    with pytest.raises(CaseError, match=r"^x\.yaml: ") as refusal:
        case_from(b"a: [\n", "x.yaml")
    assert "\n" not in str(refusal.value)


def test_an_id_of_the_ledger_is_used_once():
    row = b"- {id: a, statement: s., level: MAY, provenance: [inferred], cite: c}\n"
    with pytest.raises(CaseError, match="a stands there 2 times"):
        ledger_from(row * 2)
