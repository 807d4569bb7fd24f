"""What must not be made twice: an answer is lost, and what it was about is looked for first."""

import pytest

from aistudio_client import OutcomeUnknown, TextGeneration
from aistudio_client._codec import NONCE_LABEL
from aistudio_client._flows import datasets, models, tunings
from aistudio_client._flows.datasets import Draft
from aistudio_client._flows.tunings import Order
from aistudio_client._methods import method
from aistudio_client._steps import Unary
from tests.unit.client.world import World, link, lost, reply

CREATE, TUNE, VALIDATE = "DatasetService/Create", "TuningService/Tune", "DatasetService/Validate"
DRAFT = Draft(name="mine", task_type="TextToTextGeneration", labels={"own": "1"})
ORDER = Order(train={"fds1": 1.0}, parameters=TextGeneration(), labels={"own": "1"})
NO_DATASETS, NO_TUNINGS = reply("DatasetService/List"), reply("TuningService/List")
CREATED = reply(CREATE, dataset_id="fds2", dataset={"dataset_id": "fds2", "labels": {"own": "1"}})
STARTED = reply(TUNE, id="ftn2")


def labelled_dataset(step_labels):
    return reply("DatasetService/List", datasets=[{"dataset_id": "fds9", "labels": step_labels}])


def test_a_dataset_carries_a_label_to_find_it_by_and_does_not_show_it():
    world = World(DatasetService__Create=reply(CREATE, dataset={"labels": {"own": "1", NONCE_LABEL: "n"}}))
    made = world.play(datasets.create(link(), DRAFT))
    assert dict(world.calls(CREATE)[0].request.labels) == {"own": "1", NONCE_LABEL: "nonce1-1"}
    assert made.labels == {"own": "1"}
    assert made.raw.labels[NONCE_LABEL] == "n"


def test_a_draft_whose_answer_was_lost_is_found_and_not_made_again():
    found = labelled_dataset({NONCE_LABEL: "nonce1-1"})
    world = World(DatasetService__Create=lost(CREATE), DatasetService__List=[NO_DATASETS, found])
    assert world.play(datasets.create(link(), DRAFT)).id == "fds9"
    assert len(world.calls(CREATE)) == 1
    assert world.calls("DatasetService/List")[0].request.dataset_name_pattern == "mine"


def test_a_draft_of_somebody_else_is_not_taken_for_ones_own():
    other = labelled_dataset({NONCE_LABEL: "nonce7-1"})
    world = World(DatasetService__Create=[lost(CREATE), CREATED], DatasetService__List=other)
    assert world.play(datasets.create(link(), DRAFT)).id == "fds2"


def test_a_draft_that_is_nowhere_is_made_once_more_under_another_label():
    world = World(DatasetService__Create=[lost(CREATE), CREATED], DatasetService__List=NO_DATASETS)
    assert world.play(datasets.create(link(), DRAFT)).id == "fds2"
    labels = [one.request.labels[NONCE_LABEL] for one in world.calls(CREATE)]
    assert labels == ["nonce1-1", "nonce1-2"]


def test_two_lost_answers_are_told_with_the_label():
    world = World(DatasetService__Create=lost(CREATE), DatasetService__List=NO_DATASETS)
    with pytest.raises(OutcomeUnknown, match="nonce1-2"):
        world.play(datasets.create(link(), DRAFT))
    assert len(world.calls(CREATE)) == 2


def test_a_tuning_whose_answer_was_lost_is_found():
    found = reply("TuningService/List", tuning_tasks=[{"task_id": "ftn9", "labels": {NONCE_LABEL: "nonce1"}}])
    world = World(
        TuningService__Tune=lost(TUNE, "DEADLINE_EXCEEDED"), TuningService__List=[NO_TUNINGS, found]
    )
    assert world.play(tunings.start(link(), ORDER)).id == "ftn9"
    assert len(world.calls(TUNE)) == 1


@pytest.mark.parametrize("code", ["UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "CANCELLED"])
def test_a_tuning_that_is_nowhere_is_never_started_again(code):
    world = World(TuningService__Tune=lost(TUNE, code), TuningService__List=NO_TUNINGS)
    with pytest.raises(OutcomeUnknown, match="Look before you repeat") as told:
        world.play(tunings.start(link(), ORDER))
    assert len(world.calls(TUNE)) == 1
    assert told.value.label == (NONCE_LABEL, "nonce1")
    assert told.value.code == code


def test_a_refused_tuning_is_not_looked_for():
    world = World(TuningService__Tune=lost(TUNE, "FAILED_PRECONDITION"))
    with pytest.raises(type(lost(TUNE, "FAILED_PRECONDITION"))):
        world.play(tunings.start(link(), ORDER))
    assert world.names() == [TUNE]


def test_ctrl_c_during_tune_says_how_to_find_what_may_have_begun():
    world = World(TuningService__Tune=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt) as told:
        world.play(tunings.start(link(), ORDER))
    assert f"{NONCE_LABEL}=nonce1" in told.value.__notes__[0]


def test_a_validation_whose_answer_was_lost_is_attached_to():
    ids = reply("DatasetService/ListOperationsIds", dataset_id_to_operation_id={"fds1": "fds7"})
    world = World(
        DatasetService__Validate=lost(VALIDATE),
        DatasetService__ListOperationsIds=ids,
        OperationService__Get=reply("OperationService/Get", id="fds7"),
    )
    assert world.play(datasets.validate(link(), "fds1")).id == "fds7"
    assert len(world.calls(VALIDATE)) == 1


def test_a_validation_that_never_began_is_begun():
    world = World(
        DatasetService__Validate=[lost(VALIDATE), reply(VALIDATE, id="fds8")],
        DatasetService__ListOperationsIds=reply("DatasetService/ListOperationsIds"),
    )
    assert world.play(datasets.validate(link(), "fds1")).id == "fds8"


@pytest.mark.parametrize("make", [datasets.create, tunings.start])
def test_when_the_look_fails_too_nothing_is_made_again(make):
    given, name = (DRAFT, CREATE) if make is datasets.create else (ORDER, TUNE)
    blind = lost("any/List", "PERMISSION_DENIED")
    world = World(
        DatasetService__Create=lost(CREATE),
        TuningService__Tune=lost(TUNE),
        DatasetService__List=blind,
        TuningService__List=blind,
    )
    with pytest.raises(OutcomeUnknown, match=f"{name}: UNAVAILABLE") as told:
        world.play(make(link(), given))
    assert told.value.__cause__ is blind
    assert len(world.calls(name)) == 1


def test_ctrl_c_during_create_removes_what_may_have_been_made():
    world = World(
        DatasetService__Create=KeyboardInterrupt(),
        DatasetService__List=labelled_dataset({NONCE_LABEL: "nonce1-1"}),
        DatasetService__Delete=reply("DatasetService/Delete"),
    )
    with pytest.raises(KeyboardInterrupt):
        world.play(datasets.create(link(), DRAFT))
    assert [one.request.dataset_id for one in world.calls("DatasetService/Delete")] == ["fds9"]
    first, *cleaning = [one for one in world.asked if isinstance(one, Unary)]
    assert all(one.timeout <= 10.0 < first.timeout for one in cleaning)


@pytest.mark.parametrize("seen", [NO_DATASETS, lost("DatasetService/List")], ids=["none", "nothing"])
def test_ctrl_c_during_create_says_how_to_find_what_it_did_not_see(seen):
    world = World(DatasetService__Create=KeyboardInterrupt(), DatasetService__List=seen)
    with pytest.raises(KeyboardInterrupt) as told:
        world.play(datasets.create(link(), DRAFT))
    assert f"{NONCE_LABEL}=nonce1-1" in told.value.__notes__[0]


@pytest.mark.parametrize(
    "name", ["TextGenerationBatchService/Completion", "TextGenerationAsyncService/Completion"]
)
@pytest.mark.parametrize("ending", [lost("x"), KeyboardInterrupt()], ids=["lost", "ctrl-c"])
def test_what_costs_and_leaves_no_label_is_not_repeated_and_told(name, ending):
    world = World(**{name.replace("/", "__"): ending})
    asked = method(name).request()
    with pytest.raises(type(ending)) as told:
        world.play(models.once(link(), method(name), asked))
    assert "to ask again may cost again" in told.value.__notes__[0]
    assert len(world.calls(name)) == 1
