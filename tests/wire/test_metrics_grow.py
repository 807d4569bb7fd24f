"""Metrics while a tuning runs: none before its first evaluation, then what exists, which is kept."""

from io import BytesIO
from zipfile import ZipFile

import grpc
import pytest
import requests
from google.protobuf.json_format import MessageToDict
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata

from tests.wire import steps, tuning_parts

NOT_FOUND = grpc.StatusCode.NOT_FOUND
START, RUN = 10, 100
TEXT = "text_to_text_completion"


@pytest.fixture
def tune(client, folder):
    """A tuning of 200 steps that runs from second 10 to 110; its id."""

    def begin(kind=TEXT, *, params=None, body=None, plan=None, **more):
        task_type = tuning_parts.KINDS[kind][0]
        body = body or tuning_parts.DATA[task_type]
        dataset_id = steps.validated(client, folder, body=body, task_type=task_type)
        folder.plan.add(seconds={"start": START, "run": RUN}, **(plan or {}))
        params = {"n_samples": 1600, **(params or {})}
        more = {
            name: [{"dataset_id": dataset_id}] if value == "itself" else value for name, value in more.items()
        }
        order = tuning_parts.order(folder, kind, dataset_id, params=params, **more)
        return client.call("TuningService/Tune", **order).id

    return begin


def url_of(client, task_id):
    return client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url


def none_yet(client, task_id):
    code, message = steps.refused(client.call, "TuningService/GetMetricsUrl", task_id=task_id)
    assert code is NOT_FOUND
    return message


def read(url):
    answer = requests.get(url, timeout=20)
    assert answer.status_code == 200
    packed = ZipFile(BytesIO(answer.content))
    return {name: packed.read(name) for name in packed.namelist()}


def losses(url, tmp_path, run="train"):
    ZipFile(BytesIO(requests.get(url, timeout=20).content)).extractall(tmp_path)
    accumulator = EventAccumulator(str(tmp_path / run), size_guidance={"scalars": 0}).Reload()
    return [event.step for event in accumulator.Scalars("loss")]


def hparams(url, tmp_path):
    ZipFile(BytesIO(requests.get(url, timeout=20).content)).extractall(tmp_path)
    content = EventAccumulator(str(tmp_path)).Reload().PluginTagToContent(metadata.PLUGIN_NAME)
    session = metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG])
    end = content.get(metadata.SESSION_END_INFO_TAG)
    status = metadata.parse_session_end_info_plugin_data(end).status if end else api_pb2.STATUS_UNKNOWN
    return {name: MessageToDict(value) for name, value in session.hparams.items()}, status


def test_the_first_evaluation_brings_the_first_metrics(client, folder, tune, tmp_path):
    task_id = tune()
    assert none_yet(client, task_id) == f"tuning task {task_id} is CREATED and has no metrics yet"
    folder.clock.advance(seconds=START)
    assert none_yet(client, task_id) == f"tuning task {task_id} is IN_PROGRESS and has no metrics yet"
    folder.clock.advance(seconds=RUN / 20 - 0.001)
    none_yet(client, task_id)
    folder.clock.advance(seconds=0.001)
    assert losses(url_of(client, task_id), tmp_path) == list(range(1, 11))


def test_one_url_gives_more_with_every_evaluation(client, folder, tune):
    task_id = tune(validation_datasets="itself")
    folder.clock.advance(seconds=START + RUN / 20)
    url = url_of(client, task_id)
    seen = read(url)
    for _ in range(19):
        folder.clock.advance(seconds=RUN / 40)
        assert read(url) == seen
        folder.clock.advance(seconds=RUN / 40)
        now = read(url)
        assert all(len(now[name]) > len(seen[name]) for name in seen if "/" in name)
        assert [name for name in seen if "tfevents" in name and not now[name].startswith(seen[name])] == []
        seen = now
    folder.clock.advance(days=0.5)
    assert read(url) == read(url_of(client, task_id)) == seen


@pytest.mark.parametrize("outcome", ["fail", "cancel"])
def test_a_task_that_ends_early_keeps_its_metrics_up_to_there(client, folder, tune, tmp_path, outcome):
    task_id = tune(plan={"outcome": outcome, "after": 0.4})
    folder.clock.advance(hours=1)
    url = url_of(client, task_id)
    assert losses(url, tmp_path)[-1] == 80
    assert hparams(url, tmp_path)[1] == api_pb2.STATUS_FAILURE


def test_a_cancelled_task_keeps_what_it_had_when_it_was_cancelled(client, folder, tune, tmp_path):
    task_id = tune()
    folder.clock.advance(seconds=START + RUN / 2)
    url = url_of(client, task_id)
    assert hparams(url, tmp_path)[1] == api_pb2.STATUS_UNKNOWN
    client.call("TuningService/Cancel", tuning_task_id=task_id)
    folder.clock.advance(hours=1)
    assert losses(url, tmp_path)[-1] == 100
    assert hparams(url, tmp_path)[1] == api_pb2.STATUS_FAILURE


@pytest.mark.parametrize(
    "plan",
    [
        {"outcome": "fail", "after": 0},
        {"outcome": "fail", "starts": False},
        {"outcome": "cancel", "after": 0.04},
    ],
)
def test_a_task_that_ends_before_its_first_evaluation_never_has_metrics(client, folder, tune, plan):
    task_id = tune(plan=plan)
    folder.clock.advance(hours=1)
    assert "has no metrics" in none_yet(client, task_id)


def test_a_task_that_never_finishes_trains_to_its_last_step(client, folder, tune, tmp_path):
    task_id = tune(plan={"outcome": "never"})
    folder.clock.advance(hours=1)
    url = url_of(client, task_id)
    assert losses(url, tmp_path)[-1] == 200
    assert hparams(url, tmp_path)[1] == api_pb2.STATUS_UNKNOWN


@pytest.mark.parametrize("kind", tuning_parts.KINDS)
@pytest.mark.parametrize("tuning_type", tuning_parts.TUNING_TYPES)
def test_every_parameter_of_the_request_is_a_hyper_parameter(
    client, folder, tune, tmp_path, kind, tuning_type
):
    asked = tuning_parts.all_params(kind, tuning_type, "cosine")
    task_id = tune(kind, params=asked)
    folder.clock.advance(hours=1)
    told, status = hparams(url_of(client, task_id), tmp_path)
    assert status == api_pb2.STATUS_SUCCESS
    nested = {tuning_type: asked[tuning_type], "optimizer.adamw": asked["optimizer"]["adamw"]}
    expected = {f"{path}.{name}": value for path, said in nested.items() for name, value in said.items()}
    expected |= {"seed": 7, "lr": 1e-4, "n_samples": 640, "steps": 80, "batch_size": 8}
    expected |= {"scheduler": "cosine", "min_lr": 2e-6, "warmup_ratio": 0.25, "kind": kind}
    assert expected.items() <= told.items()
    assert told["base_model"].split("://")[0] == tuning_parts.KINDS[kind][1]


@pytest.mark.parametrize(
    ("kind", "measured"),
    [
        (TEXT, set()),
        (
            "text_classification_multiclass",
            {"accuracy", "f1_macro", "f1/joy", "recall/anger", "precision/joy"},
        ),
        ("text_classification_multilabel", {"f1_macro", "f1/joy", "recall/anger", "precision/joy"}),
        ("text_embedding_pair_params", {"recall_at_1", "recall_at_5", "recall_at_10"}),
        ("text_embedding_triplet_params", {"recall_at_1", "recall_at_5", "recall_at_10"}),
    ],
)
def test_each_kind_is_measured_in_its_own_way(client, folder, tune, tmp_path, kind, measured):
    task_id = tune(kind, validation_dataset=None, validation_datasets="itself")
    folder.clock.advance(hours=1)
    losses(url_of(client, task_id), tmp_path)
    tags = set(EventAccumulator(str(tmp_path / "validation")).Reload().Tags()["scalars"])
    others = {tag for tag in tags if tag == "accuracy" or tag.startswith(("f1", "recall"))}
    assert measured <= tags
    assert ("accuracy" in others) == ("accuracy" in measured)
    assert bool(others) == bool(measured)


def last_loss(url, tmp_path, run):
    ZipFile(BytesIO(requests.get(url, timeout=20).content)).extractall(tmp_path)
    return EventAccumulator(str(tmp_path / run)).Reload().Scalars("loss")[-1].value


def test_rows_that_repeat_are_noticed_in_the_uploaded_file(client, folder, tune, tmp_path):
    rows = [f'{{"request": [{{"role": "user", "text": "{n}"}}], "response": "{n}"}}\n' for n in range(40)]
    bodies = {"many": rows, "few": rows[:4] * 10}
    last = {}
    for name, lines in bodies.items():
        task_id = tune(params={"seed": 7}, body="".join(lines).encode())
        folder.clock.advance(hours=1)
        last[name] = last_loss(url_of(client, task_id), tmp_path / name, "train")
    assert last["few"] < last["many"]


def test_other_rows_than_the_trained_ones_are_harder(client, folder, tune, tmp_path):
    other = steps.validated(client, folder, name="other")
    named = {"seen": "itself", "unseen": [{"dataset_id": other}]}
    last = {}
    for name, datasets in named.items():
        task_id = tune(params={"seed": 7}, validation_datasets=datasets)
        folder.clock.advance(hours=1)
        last[name] = last_loss(url_of(client, task_id), tmp_path / name, "validation")
    assert last["seen"] < last["unseen"]


def test_a_deleted_dataset_leaves_the_metrics_of_its_tuning(client, folder, tune, tmp_path):
    task_id = tune("text_classification_multiclass")
    folder.clock.advance(hours=1)
    dataset_id = client.call("TuningService/GetOptions", task_id=task_id).train_datasets[0].dataset_id
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    folder.clock.advance(hours=1)
    assert losses(url_of(client, task_id), tmp_path)[-1] == 200


def test_the_picture_is_an_svg_of_both_curves(client, folder, tune):
    task_id = tune(validation_datasets="itself")
    folder.clock.advance(hours=1)
    picture = read(url_of(client, task_id))["curves.svg"].decode()
    assert picture.startswith("<svg ")
    assert picture.count("<polyline ") == 3
    assert task_id in picture
