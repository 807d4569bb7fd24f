"""Folders do not know each other: the same names, other objects, other clocks, other models."""

import pytest

from aistudio_formats.examples import generation, json_lines
from tests.wire import steps
from tests.wire.stubs import Client

QUESTION = "Как тебя зовут?"


@pytest.fixture
def folders(mock):
    return mock.folder(), mock.folder()


@pytest.fixture
def client(mock):
    with Client(mock.endpoint) as connected:
        yield connected


def names(client, folder, **more):
    return [one.name for one in client.call("DatasetService/List", folder_id=folder.id, **more).datasets]


def status(client, dataset_id):
    return client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.status


def done(client, operation_id):
    return client.call("OperationService/Get", operation_id=operation_id).done


def tasks(client, folder):
    return [one.task_id for one in client.call("TuningService/List", folder_id=folder.id).tuning_tasks]


def test_a_fresh_folder_is_empty_and_has_its_own_key(client, folders):
    one, two = folders
    assert one.id != two.id
    assert one.api_key != two.api_key
    assert names(client, one) == names(client, two) == []


def test_objects_of_one_name_are_two_objects(client, folders):
    mine, theirs = (steps.draft(client, folder, name="same") for folder in folders)
    assert mine != theirs
    client.call("DatasetService/Update", dataset_id=mine, name="new", update_mask={"paths": ["name"]})
    assert [names(client, folder) for folder in folders] == [["new"], ["same"]]
    client.call("DatasetService/Delete", dataset_id=mine)
    assert [names(client, folder) for folder in folders] == [[], ["same"]]


def test_lists_and_their_pages_do_not_mix(client, folders):
    for number in range(5):
        for folder in folders:
            steps.draft(client, folder, name=f"{folder.id}-{number}")
    one, two = folders
    first = client.call("DatasetService/List", folder_id=one.id, page_size=2)
    assert [found.name for found in first.datasets] == [f"{one.id}-4", f"{one.id}-3"]
    rest = names(client, one, page_token=first.next_page_token)
    assert rest == [f"{one.id}-{number}" for number in (2, 1, 0)]
    assert all(name.startswith(two.id) for name in names(client, two, page_token=first.next_page_token))


def test_a_filter_by_id_does_not_reach_into_another_folder(client, folders):
    mine, theirs = (steps.draft(client, folder) for folder in folders)
    found = client.call("DatasetService/List", folder_id=folders[0].id, dataset_ids=[mine, theirs]).datasets
    assert [one.dataset_id for one in found] == [mine]


def test_advancing_one_clock_does_not_move_the_other(client, folders):
    one, two = folders
    mine, my_operation = steps.validating(client, one)
    theirs, their_operation = steps.validating(client, two)
    before = two.clock.now()
    one.clock.advance(days=1)
    assert two.clock.now() == before
    assert (status(client, mine), status(client, theirs)) == (3, 2)
    assert (done(client, my_operation), done(client, their_operation)) == (True, False)


def test_a_tuning_runs_by_its_own_folder_s_clock(client, folders):
    operations = []
    for folder in folders:
        ready = steps.validated(client, folder)
        operations.append(client.call("TuningService/Tune", **steps.order(folder, ready)).id)
    folders[0].clock.advance(hours=1)
    assert [done(client, operation) for operation in operations] == [True, False]
    assert [tasks(client, folder) for folder in folders] == [[operations[0]], [operations[1]]]


def test_polling_in_one_folder_does_not_skip_time_in_another(mock, client):
    skipping, standing = mock.folder(time="skip"), mock.folder(time="manual")
    before = standing.clock.now()
    _, operation_id = steps.validating(client, skipping)
    start = skipping.clock.now()
    assert done(client, operation_id)
    assert (skipping.clock.now() - start).total_seconds() > 50
    assert standing.clock.now() == before


def test_every_folder_keeps_its_own_pace(mock, client):
    paces = {pace: mock.folder(time=pace) for pace in ("skip", "poll", "manual", "real")}
    operations = {pace: steps.validating(client, folder)[1] for pace, folder in paces.items()}
    assert {pace: done(client, operation) for pace, operation in operations.items()} == {
        "skip": True,
        "poll": False,
        "manual": False,
        "real": False,
    }


def test_urls_expire_by_their_own_folder_s_clock(client, folders):
    one, two = folders
    drafts = [steps.draft(client, folder) for folder in folders]
    urls = [steps.upload_url(client, draft, 5) for draft in drafts]
    one.clock.advance(days=2)
    assert [steps.put(url, b"abcde").status_code for url in urls] == [403, 200]
    two.clock.advance(days=2)
    assert steps.put(urls[1], b"abcde").status_code == 403


def tuned(client, folder, answer):
    body = json_lines([generation(QUESTION, answer)]).encode()
    ready = steps.validated(client, folder, body=body)
    task_id = client.call("TuningService/Tune", **steps.order(folder, ready)).id
    folder.clock.advance(hours=1)
    return client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri, ready


def asked(client, uri):
    messages = [{"role": "user", "text": QUESTION}]
    (reply,) = client.stream("TextGenerationService/Completion", model_uri=uri, messages=messages)
    return reply.alternatives[0].message.text


def test_each_tuned_model_answers_from_its_own_folder_s_data(client, folders):
    uris = [
        tuned(client, folder, answer)[0] for folder, answer in zip(folders, ("Женя.", "Петя."), strict=True)
    ]
    assert [asked(client, uri) for uri in uris] == ["Женя.", "Петя."]


def test_a_model_remembers_what_it_learned_when_its_dataset_is_deleted(client, folders):
    uri, dataset_id = tuned(client, folders[0], "Женя.")
    client.call("DatasetService/Delete", dataset_id=dataset_id)
    assert asked(client, uri) == "Женя."


def test_a_model_tuned_on_a_dataset_of_another_folder_remembers_too(client, folders):
    one, two = folders
    body = json_lines([generation(QUESTION, "Женя.")]).encode()
    ready = steps.validated(client, two, body=body)
    task_id = client.call("TuningService/Tune", **steps.order(one, ready)).id
    one.clock.advance(hours=1)
    client.call("DatasetService/Delete", dataset_id=ready)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    assert asked(client, uri) == "Женя."


def test_a_reset_empties_one_folder_and_takes_nothing_from_the_other(client, folders):
    one, two = folders
    body = json_lines([generation(QUESTION, "Женя.")]).encode()
    ready = steps.validated(client, two, body=body)
    task_id = client.call("TuningService/Tune", **steps.order(one, ready)).id
    one.clock.advance(hours=1)
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    one.reset()
    assert tasks(client, one) == []
    # The other folder's dataset, on which the model of the first was tuned, can be tuned on again.
    task_id = client.call("TuningService/Tune", **steps.order(two, ready)).id
    two.clock.advance(hours=1)
    again = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    assert again != uri
    assert asked(client, again) == "Женя."


def test_a_model_outlives_the_reset_of_the_folder_whose_data_it_learned(client, folders):
    one, two = folders
    body = json_lines([generation(QUESTION, "Женя.")]).encode()
    ready = steps.validated(client, two, body=body)
    task_id = client.call("TuningService/Tune", **steps.order(one, ready)).id
    one.clock.advance(hours=1)
    two.reset()
    uri = client.call("TuningService/Describe", tuning_task_id=task_id).tuning_task.target_model_uri
    assert asked(client, uri) == "Женя."
