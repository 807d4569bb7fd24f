"""The pack `forward`: all that may be new has its case; a good client survives it, a broken one does not."""

import pytest
from msgspec.structs import replace

from aistudio_conformance.broken.clients import FORWARD
from aistudio_conformance.broken.forward import refuser
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.model import Outcome
from aistudio_conformance.packs import forward
from aistudio_conformance.reports.story import conversation, conversations
from tests.conformance.in_process import judged_in_process
from tests.conformance.reach import PLAINTEXT

BROKEN = "aistudio_conformance.broken.clients"
CASES = {case.id: case for case in forward.cases()}
ONE_OF_EACH = (
    "NEW-tuning-get-value-tuning_task.status",
    "NEW-dataset-list-fields-datasets",
    "NEW-validation-type-response",
)
SCENES = {forward.case_id(scene, one): scene for scene in forward.scenes() for one in forward.of_scene(scene)}


@pytest.fixture(scope="module", name="target")
def _target():
    with MockTarget() as target:
        yield target


def survived(judged):
    """What each check of the pack itself came to."""
    return {
        finding.check: finding.outcome
        for one in judged
        for finding in one.verdict.findings
        if not finding.check.startswith("monitor/")
    }


def red(judged):
    good = {Outcome.PASS, Outcome.NOT_APPLICABLE}
    return {f.check: f.why for one in judged for f in one.verdict.findings if f.outcome not in good}


def alike(name):
    """The cases in which a broken client could be red: those of answers of the same method."""
    _, declared = FORWARD[name]
    answers = {SCENES[check.partition("/")[0]].answer for check in declared}
    return [CASES[one] for one, scene in SCENES.items() if scene.answer in answers]


@pytest.mark.parametrize(
    "name",
    [*ONE_OF_EACH, *(pytest.param(one, marks=pytest.mark.all) for one in CASES if one not in ONE_OF_EACH)],
)
def test_a_client_survives_what_is_new_and_one_that_refuses_it_is_red(name, target):
    good = judged_in_process(PLAINTEXT, target, chosen=[CASES[name]])
    assert red(good) == {}
    assert survived(good) == {f"{name}/{forward.CHECK}": Outcome.PASS}
    assert conversation(good[0].journal) == conversations()[name], (
        "run `python tools/record_conversations.py`"
    )
    broken = judged_in_process(f"{BROKEN}:{refuser(name)}", target, chosen=[CASES[name]])
    assert red(broken).keys() == {f"{name}/{forward.CHECK}"}


@pytest.mark.all
@pytest.mark.parametrize("name", FORWARD)
def test_a_broken_client_is_red_where_it_is_broken_and_nowhere_else(name, target):
    found = red(judged_in_process(f"{BROKEN}:{name}", target, chosen=alike(name)))
    assert found.keys() == FORWARD[name][1], found


def test_every_answer_that_a_client_gets_is_in_a_scene():
    said = {line.partition(" ")[0] for told in conversations().values() for line in told}
    asked = {
        scene.answer.rpartition("/")[2] if scene.answer.startswith("*") else scene.answer
        for scene in forward.scenes()
    }
    missing = {one for one in said if "/" in one and not {one, one.rpartition("/")[2]} & asked}
    assert missing == set()


def test_everything_that_is_left_out_says_why_and_is_there():
    for scene in forward.scenes():
        everything = {f"{one.kind} {one.path}" for one in forward.of_scene(replace(scene, without={}))}
        for part, reason in scene.without.items():
            assert reason
            assert any(one == part or one.endswith(f" {part}") for one in everything), (scene.id, part)
