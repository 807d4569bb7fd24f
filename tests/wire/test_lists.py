"""Lists on the wire: order, pages, tokens and filters."""

import pytest

from tests.wire import steps


def listed(client, folder, **more):
    return [
        one.dataset_id for one in client.call("DatasetService/List", folder_id=folder.id, **more).datasets
    ]


def pages(client, rpc, field, folder, size):
    """The pages that a client gets which follows tokens until there is none."""
    token = ""
    while True:
        reply = client.call(rpc, folder_id=folder.id, page_size=size, page_token=token)
        token = reply.next_page_token
        yield getattr(reply, field), token
        if not token:
            return


def test_datasets_come_newest_first_though_the_clock_stands_still(client, folder):
    made = [steps.draft(client, folder) for _ in range(5)]
    assert listed(client, folder) == made[::-1]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7])
def test_the_last_page_of_datasets_has_no_token(client, folder, size):
    made = [steps.draft(client, folder) for _ in range(6)]
    got = list(pages(client, "DatasetService/List", "datasets", folder, size))
    assert [one.dataset_id for page, _ in got for one in page] == made[::-1]
    assert [bool(token) for _, token in got] == [True] * (len(got) - 1) + [False]
    assert got[-1][0]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_every_page_of_tunings_with_items_has_a_token(client, folder, size):
    ready = steps.validated(client, folder)
    made = [client.call("TuningService/Tune", **steps.order(folder, ready)).id for _ in range(6)]
    got = list(pages(client, "TuningService/List", "tuning_tasks", folder, size))
    assert [one.task_id for page, _ in got for one in page] == made[::-1]
    assert all(bool(page) == bool(token) for page, token in got)
    assert not got[-1][0]


def test_a_listing_goes_on_while_its_items_are_deleted_and_change_their_status(client, folder):
    made = [steps.uploaded(client, folder) for _ in range(6)]
    seen, token = [], ""
    while True:
        reply = client.call(
            "DatasetService/List", folder_id=folder.id, page_size=2, page_token=token, status=["DRAFT"]
        )
        one, two = (found.dataset_id for found in reply.datasets)
        client.call("DatasetService/Delete", dataset_id=one)
        client.call("DatasetService/Validate", dataset_id=two)
        steps.draft(client, folder)
        seen += [one, two]
        token = reply.next_page_token
        if not token:
            break
    assert seen == made[::-1]


def test_a_hundred_come_by_default(client, folder):
    for _ in range(101):
        steps.draft(client, folder)
    assert len(listed(client, folder)) == 100
    assert len(listed(client, folder, page_size=1000)) == 101


def test_datasets_are_filtered(client, folder):
    draft = steps.draft(client, folder, name="my first")
    ready = steps.validated(client, folder, name="my second")
    pair = steps.draft(client, folder, task_type="TextEmbeddingsPair", name="other")
    assert listed(client, folder, dataset_name_pattern="my ") == [ready, draft]
    assert listed(client, folder, dataset_name_pattern="MY") == []
    assert listed(client, folder, task_type_filter=["TextEmbeddingsPair", "nothing"]) == [pair]
    assert listed(client, folder, status=["READY", "INVALID"]) == [ready]
    assert listed(client, folder, dataset_ids=[pair, draft, "fds1"]) == [pair, draft]
    assert listed(client, folder, status=["DRAFT"], dataset_name_pattern="first") == [draft]


def test_a_dataset_passes_when_it_passes_every_filter(client, folder):
    names = ("a one", "a two", "b one")
    made = {name: steps.draft(client, folder, name=name) for name in names}
    pair = steps.draft(client, folder, task_type="TextEmbeddingsPair", name="a one")
    some = [made["a one"], made["b one"], pair]
    filters = {"dataset_ids": some, "dataset_name_pattern": "one", "task_type_filter": [steps.GENERATION]}
    assert listed(client, folder, **filters) == [made["b one"], made["a one"]]
    assert listed(client, folder, **filters, status=["READY"]) == []
    assert listed(client, folder, **filters, status=["READY", "DRAFT"]) == [made["b one"], made["a one"]]


def test_filters_are_plain_text_and_ids_of_other_folders_find_nothing(mock, client, folder):
    dataset_id = steps.draft(client, folder, name="a.b%c")
    assert listed(client, folder, dataset_name_pattern="a.b%c") == [dataset_id]
    for pattern in ("a.*", "a%", "A.b", "a_b"):
        assert listed(client, folder, dataset_name_pattern=pattern) == []
    other = steps.draft(client, mock.folder())
    assert listed(client, folder, dataset_ids=[other]) == []


def test_a_status_that_is_unspecified_asks_for_nothing_and_an_unknown_one_finds_nothing(client, folder):
    dataset_id = steps.draft(client, folder)
    assert listed(client, folder, status=[0]) == [dataset_id]
    assert listed(client, folder, status=[0, 3]) == []
    assert listed(client, folder, status=[99]) == []


def test_pages_of_a_filtered_list_have_what_passes_and_end_without_a_token(client, folder):
    made = [steps.draft(client, folder, name=f"{number % 3}") for number in range(20)]
    seen, token = [], ""
    while True:
        reply = client.call(
            "DatasetService/List",
            folder_id=folder.id,
            page_size=3,
            page_token=token,
            dataset_name_pattern="1",
        )
        seen.append([one.dataset_id for one in reply.datasets])
        token = reply.next_page_token
        if not token:
            break
    assert [len(page) for page in seen] == [3, 3, 1]
    assert [one for page in seen for one in page] == made[1::3][::-1]


def test_the_status_that_a_filter_sees_is_that_of_now(client, folder):
    dataset_id, _ = steps.validating(client, folder)
    assert listed(client, folder, status=["VALIDATING"]) == [dataset_id]
    folder.clock.advance(hours=1)
    assert listed(client, folder, status=["VALIDATING"]) == []
    assert listed(client, folder, status=["READY"]) == [dataset_id]


def test_tunings_are_filtered_by_their_status_of_now(client, folder):
    ready = steps.validated(client, folder)
    task_id = client.call("TuningService/Tune", **steps.order(folder, ready)).id

    def found(status):
        return [
            one.task_id
            for one in client.call("TuningService/List", folder_id=folder.id, status=status).tuning_tasks
        ]

    assert (found("CREATED"), found("COMPLETED")) == ([task_id], [])
    folder.clock.advance(hours=1)
    assert (found("CREATED"), found("COMPLETED")) == ([], [task_id])


def test_an_update_changes_what_its_mask_names(client, folder):
    dataset_id = steps.draft(client, folder, name="old")
    new = {"name": "new", "description": "text", "labels": {"a": "b"}}
    for path in ("description", "labels", "name"):
        folder.clock.advance(seconds=5)
        reply = client.call(
            "DatasetService/Update", dataset_id=dataset_id, update_mask={"paths": [path]}, **new
        )
    assert (reply.dataset.name, reply.dataset.description, dict(reply.dataset.labels)) == (
        "new",
        "text",
        {"a": "b"},
    )
    assert reply.dataset.updated_at.seconds - reply.dataset.created_at.seconds == 15
    cleared = client.call("DatasetService/Update", dataset_id=dataset_id, update_mask={"paths": ["labels"]})
    assert not cleared.dataset.labels
    assert cleared.dataset.name == "new"


def test_the_options_of_a_tuning_are_those_it_was_started_with(client, folder):
    ready = steps.validated(client, folder)
    order = steps.order(
        folder,
        ready,
        validation_dataset={"dataset_id": ready, "weight": 0.5},
        text_to_text_completion={"seed": 7, "lr": 0.001, "n_samples": 1000, "lora": {"rank": 4}},
    )
    task_id = client.call("TuningService/Tune", **order).id
    options = client.call("TuningService/GetOptions", task_id=task_id)
    assert options.task_id == task_id
    assert options.base_model_uri == order["base_model_uri"]
    assert [one.dataset_id for one in options.train_datasets] == [ready]
    assert [one.weight for one in options.validation_datasets] == [0.5]
    assert options.text_to_text_completion.seed == 7
    assert options.text_to_text_completion.lora.rank == 4
