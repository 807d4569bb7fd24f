"""Whatever can be asked of Tune: every kind, every option, and GetOptions gives back exactly that."""

import math

import grpc
import pytest

from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.wire import steps
from tests.wire.stubs import unpack
from tests.wire.tuning_parts import (
    KINDS,
    SCHEDULERS,
    TUNING_TYPES,
    all_params,
    operation,
    order,
    ready,
    task,
    tune,
)

STATUS = TuningTask.Status
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def options(client, task_id):
    return client.call("TuningService/GetOptions", task_id=task_id)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tuning_makes_a_model_of_its_scheme(client, folder, kind):
    task_id = tune(client, order(folder, kind, ready(client, folder, kind)))
    folder.clock.advance(hours=1)
    done, shown = unpack(operation(client, task_id).response), task(client, task_id)
    _, scheme, name = KINDS[kind]
    assert shown.status == STATUS.COMPLETED
    assert shown.source_model_uri == f"{scheme}://{name}/latest"
    assert shown.target_model_uri == done.target_model_uri
    assert shown.target_model_uri.startswith(f"{scheme}://{folder.id}/{name}/latest@tamr")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "classification" in kind])
def test_a_classifier_of_a_text_model_is_a_classifier(client, folder, kind):
    base = f"gpt://{folder.id}/yandexgpt-lite/rc"
    task_id = tune(client, order(folder, kind, ready(client, folder, kind), base_model_uri=base))
    folder.clock.advance(hours=1)
    shown = task(client, task_id)
    assert shown.source_model_uri == "gpt://yandexgpt-lite/rc"
    assert shown.target_model_uri.startswith(f"cls://{folder.id}/yandexgpt-lite/rc@tamr")


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("tuning_type", TUNING_TYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_options_are_given_back_exactly(client, folder, kind, tuning_type, scheduler):
    params = all_params(kind, tuning_type, scheduler)
    fields = order(folder, kind, ready(client, folder, kind), params=params)
    asked, given = TuningRequest(**fields), options(client, tune(client, fields))
    assert given.WhichOneof("tuning_params") == kind
    assert getattr(given, kind) == getattr(asked, kind)
    assert given.base_model_uri == asked.base_model_uri
    assert list(given.train_datasets) == list(asked.train_datasets)
    assert not given.validation_datasets


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "embedding" in kind])
@pytest.mark.parametrize("scheduler", [{}, {"warmup_ratio": 0.0}])
def test_a_warm_up_of_zero_is_told_from_none_where_the_contract_can(client, folder, kind, scheduler):
    params = {"scheduler": {"constant": {}, **scheduler}}
    given = options(client, tune(client, order(folder, kind, ready(client, folder, kind), params=params)))
    assert getattr(given, kind).scheduler.HasField("warmup_ratio") is bool(scheduler)


def test_every_dataset_comes_back_with_its_weight_and_the_old_field_before_the_new(client, folder):
    kind = "text_to_text_completion"
    ids = [ready(client, folder, kind) for _ in range(4)]
    weights = (1.0, 0.25, 0.0, 3.5)
    first, second, third, fourth = (
        {"dataset_id": dataset_id, "weight": weight} for dataset_id, weight in zip(ids, weights, strict=True)
    )
    fields = order(folder, kind) | {
        "train_datasets": [first, second],
        "validation_datasets": [third],
        "validation_dataset": fourth,
        "test_datasets": [first],
    }
    given = options(client, tune(client, fields))
    seen = [(one.dataset_id, one.weight) for one in (*given.train_datasets, *given.validation_datasets)]
    assert seen == list(zip(ids, weights, strict=True))


def test_name_description_and_labels_are_shown_by_describe_and_list(client, folder):
    kind = "text_to_text_completion"
    words = {"name": "a name", "description": "что угодно", "labels": {"team": "nlp", "a": ""}}
    fields = order(folder, kind, ready(client, folder, kind))
    named, bare = tune(client, {**fields, **words}), tune(client, fields)
    listed = client.call("TuningService/List", folder_id=folder.id).tuning_tasks
    for shown in (task(client, named), listed[1]):
        assert {name: getattr(shown, name) for name in ("name", "description")} | {
            "labels": dict(shown.labels)
        } == words
    assert (listed[0].task_id, listed[0].name, listed[0].description, dict(listed[0].labels)) == (
        bare,
        "",
        "",
        {},
    )


def test_the_status_filter_lets_that_status_through_and_no_other(client, folder):
    kind = "text_to_text_completion"
    fields = order(folder, kind, ready(client, folder, kind))
    folder.plan.add("fail")
    made = {"FAILED": tune(client, fields)}
    for status in ("COMPLETED", "CANCELED", "PAID", "ARCHIVED"):
        made[status] = tune(client, fields)
    client.call("TuningService/Cancel", tuning_task_id=made["CANCELED"])
    folder.clock.advance(hours=1)
    client.call("TuningService/EnableBilling", tuning_task_id=made["PAID"])
    client.call("TuningService/Archive", tuning_task_id=made["ARCHIVED"])
    folder.clock.advance(minutes=1)
    folder.plan.add(seconds={"start": 10, "run": 1000}, times=3)
    for status, seconds in (("IN_PROGRESS", 11), ("PENDING", 7), ("CREATED", 0)):
        made[status] = tune(client, fields)
        folder.clock.advance(seconds=seconds)
    for status in STATUS.keys()[1:]:
        listed = client.call("TuningService/List", folder_id=folder.id, status=status).tuning_tasks
        assert [(one.task_id, STATUS.Name(one.status)) for one in listed] == (
            [(made[status], status)] if status in made else []
        )
    listed = client.call("TuningService/List", folder_id=folder.id).tuning_tasks
    assert [one.task_id for one in listed] == list(made.values())[::-1]


def bad_numbers():
    for kind in KINDS:
        for number in (math.nan, math.inf, -math.inf, -0.5):
            for part, path in (
                ({"lr": number}, "lr"),
                ({"lora": {"alpha": number}}, "lora.alpha"),
                ({"scheduler": {"linear": {"min_lr": number}}}, "scheduler.linear.min_lr"),
                ({"scheduler": {"warmup_ratio": number}}, "scheduler.warmup_ratio"),
                *(
                    ({"optimizer": {"adamw": {name: number}}}, f"optimizer.adamw.{name}")
                    for name in ("beta1", "beta2", "eps", "weight_decay")
                ),
            ):
                yield kind, part, f"{kind}.{path}: Value must be a finite number of 0 or more, not {number}"
        yield kind, {"n_samples": -1}, f"{kind}.n_samples: Value must be a finite number of 0 or more, not -1"
        yield kind, {"prompt_tune": {"virtual_tokens": -5}}, f"{kind}.prompt_tune.virtual_tokens: Value must"
        if "embedding" in kind:
            dims = {"embedding_dims": [256, 0]}
            yield kind, dims, f"{kind}.embedding_dims[1]: Value must be a finite number of 1 or more, not 0"


@pytest.fixture(scope="module")
def prepared(mock):
    """A folder with a READY dataset of each kind."""
    from tests.wire.stubs import Client

    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as connected:
        yield connected, folder, {kind: ready(connected, folder, kind) for kind in KINDS}


@pytest.mark.parametrize(("kind", "params", "says"), list(bad_numbers()))
def test_a_number_that_trains_nothing_is_refused_by_its_path_and_starts_nothing(prepared, kind, params, says):
    client, folder, datasets = prepared
    fields = order(folder, kind, datasets[kind], params=params)
    code, message = steps.refused(client.call, "TuningService/Tune", **fields)
    assert code is INVALID
    assert message.startswith(f"Validation error:\n{says}")
    assert not client.call("TuningService/List", folder_id=folder.id).tuning_tasks


def test_several_bad_numbers_are_told_together(prepared):
    client, folder, datasets = prepared
    kind = "text_to_text_completion"
    fields = order(folder, kind, datasets[kind], params={"lr": -1, "lora": {"rank": -2}})
    fields["train_datasets"][0]["weight"] = -3
    _, message = steps.refused(client.call, "TuningService/Tune", **fields)
    assert [line.partition(":")[0] for line in message.splitlines()[1:]] == [
        f"{kind}.lr",
        f"{kind}.lora.rank",
        "train_datasets[0].weight",
    ]


@pytest.mark.parametrize("seed", [-1, -(2**63), 2**63 - 1])
def test_a_seed_may_be_any_number(client, folder, seed):
    kind = "text_to_text_completion"
    fields = order(folder, kind, ready(client, folder, kind), params={"seed": seed})
    assert options(client, tune(client, fields)).text_to_text_completion.seed == seed
