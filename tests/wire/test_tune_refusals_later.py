"""With `tune-refusals` async a task that cannot be trained is made, and fails."""

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import Client, unpack
from tests.wire.tuning_parts import KINDS, errors, operation, order, ready, task, tune

STATUS = TuningTask.Status
CODE = grpc.StatusCode
TEXT = "text_to_text_completion"
PUBLIC = 1


@pytest.fixture(scope="module")
def mock():
    with MockServer(time="manual", settings={"tune-refusals": "async"}) as running:
        yield running


def draft(client, folder):
    return order(folder, TEXT, steps.draft(client, folder))


def invalid(client, folder):
    return order(folder, TEXT, steps.validated(client, folder, body=steps.BAD))


def other_type(client, folder):
    return order(folder, TEXT, ready(client, folder, "text_embedding_pair_params"))


def other_type_to_test_on(client, folder):
    pairs = ready(client, folder, "text_embedding_pair_params")
    return order(folder, TEXT, ready(client, folder, TEXT), test_datasets=[{"dataset_id": pairs}])


def unknown_model(client, folder):
    base = f"gpt://{folder.id}/gpt-5/latest"
    return order(folder, TEXT, ready(client, folder, TEXT), base_model_uri=base)


def other_scheme(client, folder):
    base = f"emb://{folder.id}/text-embeddings/latest"
    return order(folder, TEXT, ready(client, folder, TEXT), base_model_uri=base)


LATER = [
    (draft, CODE.FAILED_PRECONDITION, "is DRAFT and cannot be tuned on; validate it first"),
    (invalid, CODE.FAILED_PRECONDITION, "is INVALID and cannot be tuned on"),
    (other_type, CODE.INVALID_ARGUMENT, f"is of type TextEmbeddingsPair; {TEXT} trains on"),
    (other_type_to_test_on, CODE.INVALID_ARGUMENT, "is of type TextEmbeddingsPair"),
    (unknown_model, CODE.INVALID_ARGUMENT, "no tunable model gpt://gpt-5/latest; known: "),
    (other_scheme, CODE.INVALID_ARGUMENT, f"{TEXT} does not tune a emb:// model"),
]


@pytest.mark.parametrize(("fields", "code", "says"), LATER)
def test_a_task_that_cannot_be_trained_fails_with_the_refusal_in_its_errors(
    client, folder, fields, code, says
):
    operation_id = tune(client, fields(client, folder))
    assert task(client, operation_id).status == STATUS.CREATED
    assert errors(client, operation_id) == []
    folder.clock.advance(seconds=1.9)
    assert task(client, operation_id).status in {STATUS.CREATED, STATUS.PENDING}
    folder.clock.advance(seconds=7)
    done, failed = operation(client, operation_id), task(client, operation_id)
    assert (done.done, done.error.code, done.HasField("response")) == (True, code.value[0], False)
    assert unpack(done.metadata).status == failed.status == STATUS.FAILED
    assert says in done.error.message
    assert errors(client, operation_id) == [(done.error.message, PUBLIC)]
    took = failed.finished_at.ToMicroseconds() - failed.created_at.ToMicroseconds()
    assert 2_000_000 <= took <= 5_300_000
    assert not failed.HasField("started_at")
    assert failed.target_model_uri == ""


@pytest.mark.parametrize(("fields", "code", "says"), LATER)
def test_the_same_is_refused_at_once_by_default(mock, fields, code, says):
    folder = mock.folder(settings={"tune-refusals": "sync"})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        refused, message = steps.refused(client.call, "TuningService/Tune", **fields(client, folder))
        assert refused is code
        assert says in message
        assert not client.call("TuningService/List", folder_id=folder.id).tuning_tasks


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (
            {"train_datasets": [{"dataset_id": "fds00000000000000000"}]},
            CODE.NOT_FOUND,
            "fds00000000000000000",
        ),
        ({"validation_dataset": {"dataset_id": "fdsx"}}, CODE.NOT_FOUND, "dataset fdsx not found"),
        ({"test_datasets": [{"dataset_id": "fdsx"}]}, CODE.NOT_FOUND, "dataset fdsx not found"),
        ({"train_datasets": []}, CODE.INVALID_ARGUMENT, "train_datasets: "),
        ({"base_model_uri": "yandexgpt-lite"}, CODE.INVALID_ARGUMENT, "invalid model_uri"),
        ({"base_model_uri": ""}, CODE.INVALID_ARGUMENT, "base_model_uri: Field is required"),
        ({TEXT: None}, CODE.INVALID_ARGUMENT, "tuning_params: Field is required"),
        ({TEXT: {"lr": -1.0}}, CODE.INVALID_ARGUMENT, "lr: Value must be"),
    ],
)
@pytest.mark.parametrize("refusals", ["async", "sync"])
def test_what_names_nothing_or_makes_no_sense_is_refused_at_once(mock, refusals, change, code, says):
    folder = mock.folder(settings={"tune-refusals": refusals})
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        fields = order(folder, TEXT, ready(client, folder, TEXT)) | change
        refused, message = steps.refused(client.call, "TuningService/Tune", **fields)
        assert refused is code
        assert says in message
        assert not client.call("TuningService/List", folder_id=folder.id).tuning_tasks


@pytest.mark.parametrize("refusals", ["async", "sync"])
def test_a_dataset_of_another_folder_is_refused_at_once(refusals):
    with MockServer(time="manual", auth="strict", settings={"tune-refusals": refusals}) as strict:
        mine, theirs = strict.folder(), strict.folder()
        with Client(strict.endpoint, f"Api-Key {theirs.api_key}") as other:
            foreign = ready(other, theirs, TEXT)
        with Client(strict.endpoint, f"Api-Key {mine.api_key}") as client:
            code, message = steps.refused(client.call, "TuningService/Tune", **order(mine, TEXT, foreign))
            assert code is CODE.PERMISSION_DENIED
            assert theirs.id in message
            code, message = steps.refused(client.call, "TuningService/Tune", **order(theirs, TEXT, foreign))
            assert code is CODE.INVALID_ARGUMENT
            assert "does not match with service account folder ID" in message


def test_a_task_that_fails_of_itself_leaves_the_plan_to_the_next(client, folder):
    folder.plan.add("never")
    tune(client, draft(client, folder))
    assert [one.used for one in folder.plan.list()] == [0]


def test_its_options_are_known_and_it_can_be_cancelled_before_it_fails(client, folder):
    for kind in KINDS:
        task_id = tune(client, order(folder, kind, steps.draft(client, folder)))
        given = client.call("TuningService/GetOptions", task_id=task_id)
        assert given.WhichOneof("tuning_params") == kind
        client.call("TuningService/Cancel", tuning_task_id=task_id)
        folder.clock.advance(minutes=1)
        assert task(client, task_id).status == STATUS.CANCELED
        assert errors(client, task_id) == []


def test_with_instant_durations_it_has_failed_when_tune_answers(mock):
    folder = mock.folder(durations="instant")
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        answer = client.call("TuningService/Tune", **draft(client, folder))
        assert (answer.done, answer.error.code) == (True, 9)
