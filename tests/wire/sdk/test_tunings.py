"""Tuning with the official SDK: every kind and parameter, outcomes on demand, and where the SDK breaks."""

import json
import threading

import pytest
from google.protobuf.json_format import MessageToDict
from yandex_ai_studio_sdk.exceptions import RunError, WrongAsyncOperationStatusError
from yandex_ai_studio_sdk.tuning import optimizers, schedulers
from yandex_ai_studio_sdk.tuning import types as tuning_types

from aistudio_protos.pool import POOL
from tests.wire.sdk_parts import client
from tests.wire.stubs import Client
from tests.wire.tuning_parts import DATA, KINDS, OPTIMIZER, SCHEDULERS, TUNING_TYPES, all_params

TEXT = "text_to_text_completion"
CALLS = {
    TEXT: ("completions", {}),
    "text_classification_multilabel": ("text_classifiers", {"classification_type": "multilabel"}),
    "text_classification_multiclass": ("text_classifiers", {"classification_type": "multiclass"}),
    "text_embedding_pair_params": ("text_embeddings", {"embeddings_tune_type": "pair"}),
    "text_embedding_triplet_params": ("text_embeddings", {"embeddings_tune_type": "triplet"}),
}
"""By kind of parameters: the SDK's models, and what it is told besides."""

NO_EMBEDDINGS = [kind for kind in KINDS if "embedding" not in kind]
EMBEDDINGS = [kind for kind in KINDS if "embedding" in kind]
TYPES = {"lora": tuning_types.TuningTypeLora, "prompt_tune": tuning_types.TuningTypePromptTune}
SCHEDULES = {
    "linear": schedulers.SchedulerLinear,
    "constant": schedulers.SchedulerConstant,
    "cosine": schedulers.SchedulerCosine,
}


@pytest.fixture
def raw(mock, folder):
    """What the SDK does not show."""
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as connected:
        yield connected


@pytest.fixture
def uploaded(sdk, tmp_path):
    def upload(kind=TEXT):
        path, task_type = tmp_path / "train.jsonl", KINDS[kind][0]
        path.write_bytes(DATA[task_type])
        return sdk.datasets.draft_from_path(
            path, name="train", task_type=task_type, upload_format="jsonlines"
        ).upload()

    return upload


def model(sdk, kind):
    return getattr(sdk.models, CALLS[kind][0])(KINDS[kind][2])


@pytest.fixture
def begin(sdk, uploaded):
    """Starts a text tuning."""
    dataset = uploaded()
    return lambda **more: model(sdk, TEXT).tune_deferred(dataset, **more)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_tuned_and_its_model_has_the_uri_of_its_scheme(sdk, folder, uploaded, kind):
    tuned = model(sdk, kind).tune(uploaded(kind), **CALLS[kind][1])
    _, scheme, name = KINDS[kind]
    assert tuned.uri.startswith(f"{scheme}://{folder.id}/{name}/latest@tamr")
    assert type(tuned) is type(model(sdk, kind))


def test_a_binary_classifier_is_tuned_as_one_of_any_number_of_labels(sdk, raw, uploaded):
    kind = "text_classification_multilabel"
    task = model(sdk, kind).tune_deferred(uploaded(kind), classification_type="binary")
    assert raw.call("TuningService/GetOptions", task_id=task.id).HasField(kind)
    assert task.wait().uri.startswith("cls://")


@pytest.mark.parametrize("scheduler", SCHEDULES)
@pytest.mark.parametrize("tuning_type", TYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_arrives(sdk, raw, uploaded, kind, tuning_type, scheduler):
    said = {
        "seed": 7,
        "lr": 1e-4,
        "n_samples": 640,
        "additional_arguments": '{"any": "text"}',
        "tuning_type": TYPES[tuning_type](**TUNING_TYPES[tuning_type]),
        "scheduler": SCHEDULES[scheduler](warmup_ratio=0.25, **SCHEDULERS[scheduler]),
        "optimizer": optimizers.OptimizerAdamw(**OPTIMIZER["adamw"]),
        **CALLS[kind][1],
        **({"dimensions": [35, 128]} if "embedding" in kind else {}),
    }
    task = model(sdk, kind).tune_deferred(uploaded(kind), **said)
    given = raw.call("TuningService/GetOptions", task_id=task.id)
    shown = MessageToDict(getattr(given, kind), preserving_proto_field_name=True, descriptor_pool=POOL)
    expected = all_params(kind, tuning_type, scheduler)
    assert json.loads(json.dumps(shown), parse_float=str) == json.loads(
        json.dumps(as_json(expected)), parse_float=str
    )


def as_json(value, key=""):
    """64-bit integers as the JSON form of messages has them: text."""
    if isinstance(value, dict):
        return {name: as_json(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner, key) for inner in value]
    return str(value) if isinstance(value, int) and key != "alpha" else value


def test_weights_validation_name_description_and_labels_arrive(sdk, raw, uploaded):
    train, other = uploaded(), uploaded()
    words = {"name": "a name", "description": "что угодно", "labels": {"team": "nlp"}}
    task = model(sdk, TEXT).tune_deferred({train: 0.5, other.id: 2.0}, validation_datasets=other, **words)
    given = raw.call("TuningService/GetOptions", task_id=task.id)
    assert [(one.dataset_id, one.weight) for one in given.train_datasets] == [
        (train.id, 0.5),
        (other.id, 2.0),
    ]
    assert [(one.dataset_id, one.weight) for one in given.validation_datasets] == [(other.id, 1.0)]
    shown = raw.call("TuningService/Describe", tuning_task_id=task.id).tuning_task
    assert (shown.name, shown.description, dict(shown.labels)) == tuple(words.values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_is_attached_to_and_waited_for(sdk, uploaded, kind):
    base = model(sdk, kind)
    task = base.tune_deferred(uploaded(kind), **CALLS[kind][1])
    again = base.attach_tune_deferred(task.id)
    assert again.wait().uri == task.get_result().uri
    assert again.get_task_info().status.name == "COMPLETED"


@pytest.mark.parametrize("kind", NO_EMBEDDINGS)
def test_a_task_is_found_by_its_id_and_in_the_list(sdk, uploaded, kind):
    task = model(sdk, kind).tune_deferred(uploaded(kind), **CALLS[kind][1])
    tuned = task.wait()
    assert sdk.tuning.get(task.id).get_result().uri == tuned.uri
    (listed,) = sdk.tuning.list()
    assert (listed.id, listed.get_result().uri) == (task.id, tuned.uri)


@pytest.mark.parametrize("kind", EMBEDDINGS)
def test_the_sdk_itself_cannot_find_a_task_of_embeddings(sdk, raw, folder, uploaded, kind):
    """0.22.1 knows no such parameters; the service does tell them."""
    task = model(sdk, kind).tune_deferred(uploaded(kind), **CALLS[kind][1])
    with pytest.raises(RuntimeError, match="task have a unknown task params"):
        sdk.tuning.get(task.id)
    with pytest.raises(RuntimeError, match="task have a unknown task params"):
        list(sdk.tuning.list())
    assert raw.call("TuningService/GetOptions", task_id=task.id).HasField(kind)
    assert [one.task_id for one in raw.call("TuningService/List", folder_id=folder.id).tuning_tasks] == [
        task.id
    ]


@pytest.mark.parametrize(("rpc", "number"), [("Cancel", 6), ("Archive", 8), ("EnableBilling", 9)])
def test_the_sdk_itself_knows_no_status_after_failed(sdk, raw, begin, rpc, number):
    """The service does say it, as `get_task_info` of 0.22.1 shows by what it raises."""
    task = begin()
    if rpc != "Cancel":
        task.wait()
    reply = raw.call(f"TuningService/{rpc}", tuning_task_id=task.id)
    if rpc != "Cancel":
        assert raw.call("OperationService/Get", operation_id=reply.id).done
    assert raw.call("TuningService/Describe", tuning_task_id=task.id).tuning_task.status == number
    with pytest.raises(ValueError, match=f"{number} is not a valid TuningTaskStatusEnum"):
        task.get_task_info()


def test_a_failure_is_told_with_code_and_message(folder, begin):
    folder.plan.add("fail", status="RESOURCE_EXHAUSTED", message="no hardware left")
    task = begin()
    with pytest.raises(RunError) as caught:
        task.wait()
    assert (caught.value.code, caught.value.message) == (8, "no hardware left")
    assert task.get_status().is_failed
    assert task.get_task_info().status.name == "FAILED"
    assert task.get_metrics_url() is not None


def test_the_sdk_itself_takes_an_error_without_a_code_for_success(folder, begin):
    folder.plan.add("fail", status="OK", message="java.lang.IllegalStateException")
    with pytest.raises(WrongAsyncOperationStatusError, match="COMPLETED status but empty target_model_uri"):
        begin().wait()


def test_the_sdk_itself_takes_an_operation_with_no_result_for_success(folder, begin):
    folder.plan.add(closing="bare")
    assert "@tamr" in begin().wait().uri


def test_an_empty_target_is_an_error_to_the_sdk(folder, begin):
    folder.plan.add(model=False)
    with pytest.raises(WrongAsyncOperationStatusError, match="COMPLETED status but empty target_model_uri"):
        begin().wait()


def test_an_error_that_comes_before_the_end_is_still_running_to_the_sdk(mock, tmp_path):
    folder = mock.folder(time="poll")
    sdk = client(mock, folder.id, folder.api_key)
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA["TextToTextGeneration"])
    draft = sdk.datasets.draft_from_path(
        path, name="train", task_type="TextToTextGeneration", upload_format="jsonlines"
    )
    dataset = draft.upload(poll_interval=0.01)
    folder.plan.add("fail", closing="error-first", seconds={"close": 5})
    task = model(sdk, TEXT).tune_deferred(dataset)
    seen = []
    while not seen or not seen[-1].done:
        seen.append(task.get_status())
    assert [(status.is_running, status.is_failed, status.error is not None) for status in seen] == [
        (True, False, False),
        (True, False, False),
        (True, False, True),
        (False, True, True),
    ]


def test_cancel_that_loses_the_race_ends_in_a_model(folder, begin):
    folder.plan.add(heeds_cancel=False)
    task = begin()
    task.cancel()
    assert "@tamr" in task.wait().uri


def test_a_task_that_somebody_else_cancels_ends_the_wait(folder, begin):
    folder.plan.add("cancel", after=0.5)
    with pytest.raises(RunError) as caught:
        begin().wait()
    assert caught.value.code == 1


def test_refusals_that_come_later_reach_the_waiting_caller(mock, tmp_path):
    folder = mock.folder(settings={"tune-refusals": "async"})
    sdk = client(mock, folder.id, folder.api_key)
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA["TextEmbeddingsPair"])
    pairs = sdk.datasets.draft_from_path(
        path, name="train", task_type="TextEmbeddingsPair", upload_format="jsonlines"
    ).upload()
    with pytest.raises(RunError, match="is of type TextEmbeddingsPair"):
        model(sdk, TEXT).tune(pairs)


def test_progress_is_reported_in_a_thread_while_another_waits(mock, tmp_path):
    """The pattern of a notebook: one thread waits, another tells what the task is doing, until it is over."""
    folder = mock.folder(time="manual")
    sdk = client(mock, folder.id, folder.api_key)
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA["TextToTextGeneration"])
    upload = sdk.datasets.draft_from_path(
        path, name="train", task_type="TextToTextGeneration", upload_format="jsonlines"
    ).upload_deferred()
    folder.clock.advance(minutes=5)
    task = model(sdk, TEXT).tune_deferred(upload.wait())
    told, first, over = [], threading.Event(), threading.Event()

    def report():
        while not over.is_set():
            told.append((task.get_task_info().status.name, task.get_metrics_url() is not None))
            first.set()
            over.wait(0.01)
        told.append((task.get_task_info().status.name, task.get_metrics_url() is not None))

    reporting = threading.Thread(target=report)
    reporting.start()
    try:
        assert first.wait(20)
        folder.clock.advance(hours=1)
        tuned = task.wait(poll_interval=0.01)
    finally:
        over.set()
        reporting.join(20)
    assert "@tamr" in tuned.uri
    assert told[0] == ("CREATED", False)
    assert told[-1] == ("COMPLETED", True)
