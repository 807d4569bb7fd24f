"""A server with a directory for its state: the next one has everything that was answered for."""

import sqlite3
from datetime import timedelta

import grpc
import pytest
import requests

from aistudio_mock.backend.store import Store
from aistudio_mock.runtime.database import NAME
from tests.wire import batch_parts, multipart_steps, steps
from tests.wire.state_parts import everything, fill
from tests.wire.stubs import Client


def test_everything_is_there_again(running):
    with running() as here:
        ready = fill(here)
        before, files = everything(here), here.files
        url = here.client.call("DatasetService/GetDownloadUrls", dataset_id=ready).download_urls[0].url
        content, token = requests.get(url, timeout=20).content, here.folder.iam_token()
        task = here.folder.state().tunings[1].id
        archive = metrics(here, task)
    with running() as here:
        assert everything(here) == before
        assert here.files == files
        assert requests.get(url, timeout=20).content == content  # a URL that was handed out before
        assert metrics(here, task) == archive
        with Client(here.server.ready.grpc, f"Bearer {token}") as bearer:
            bearer.call("DatasetService/Describe", dataset_id=ready)
        assert here.server.backend.identity.caller(f"Bearer {token}").id == here.folder.id


def metrics(here, task):
    url = here.client.call("TuningService/GetMetricsUrl", task_id=task).load_url
    answer = requests.get(url, timeout=20)
    return answer.headers["ETag"], answer.headers["Last-Modified"], answer.content


def test_a_page_of_a_list_goes_on_where_it_was(running):
    with running() as here:
        ids = [steps.draft(here.client, here.folder) for _ in range(5)]
        first = here.client.call("DatasetService/List", folder_id=here.folder.id, page_size=2)
        here.client.call("DatasetService/Delete", dataset_id=ids[3])
    with running() as here:
        rest = here.client.call(
            "DatasetService/List", folder_id=here.folder.id, page_size=10, page_token=first.next_page_token
        )
        assert [one.dataset_id for one in rest.datasets] == ids[2::-1]


def test_what_was_deleted_is_gone_with_its_files(running):
    with running() as here:
        kept, gone = steps.validated(here.client, here.folder), steps.validated(here.client, here.folder)
        here.client.call("DatasetService/Delete", dataset_id=gone)
        other = named(here, "b1gother")
        steps.uploaded(here.client, other)
        other.delete()
    with running() as here:
        assert [one.id for one in here.folder.state().datasets] == [kept]
        assert len(here.files) == 2
        assert [one.id for one in here.server.control.list_folders().folders] == [here.folder.id]


def named(here, folder_id):
    here.client.call("DatasetService/List", folder_id=folder_id)  # an unknown folder is made when it is named
    return here.of(folder_id)


def test_a_reset_of_a_folder_stays(running):
    with running() as here:
        fill(here)
        here.folder.reset()
        now, key = here.folder.clock.now(), here.folder.api_key
    with running() as here:
        assert here.folder.state().datasets == here.folder.state().operations == []
        assert (here.folder.clock.now(), here.folder.api_key) == (now, key)
        assert here.files == set()


def test_an_upload_in_parts_goes_on(running):
    parts = multipart_steps.cut(multipart_steps.body(multipart_steps.PART * 2 + 9))
    with running() as here:
        dataset_id = steps.draft(here.client, here.folder)
        urls = multipart_steps.start(here.client, dataset_id, sum(map(len, parts)), 3)
        sent = [multipart_steps.send(urls[0], parts[0])]
        multipart_steps.broken_off(urls[1], len(parts[1]), parts[1][:100])
    with running() as here:
        sent += [multipart_steps.send(url, part) for url, part in zip(urls[1:], parts[1:], strict=True)]
        multipart_steps.finish(here.client, dataset_id, multipart_steps.receipts(sent))
        assert len(here.files) == 1  # every part was sent to its place
    with running() as here:
        (file,) = here.files
        assert file.read_bytes() == b"".join(parts)
        (code, _) = steps.refused(
            multipart_steps.finish, here.client, dataset_id, [{"part_num": 1, "etag": "0" * 32}]
        )
        assert code is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("seed", [None, 7])
def test_no_id_comes_twice(running, seed):
    drawn = []
    for _ in range(3):
        with running(seed=seed) as here:
            drawn += [steps.draft(here.client, here.folder), here.folder.iam_token()]
    assert len(set(drawn)) == 6


def test_the_first_run_with_a_seed_draws_what_a_server_in_memory_draws(running):
    drawn = []
    for state in ({}, {"state": None}):
        with running(seed=7, **state) as here:
            drawn.append((here.folder.api_key, steps.draft(here.client, here.folder)))
    assert drawn[0] == drawn[1]


def test_a_clock_that_stands_still_stands_and_one_that_runs_goes_on(running, directory):
    with running() as here:
        here.folder.clock.advance(days=3)
        stood = here.folder.clock.now()
    with running("3600x") as here:  # what the command line made follows the command line
        assert here.folder.clock.now() >= stood
        dataset_id = steps.draft(here.client, here.folder)
    wound_back(directory, timedelta(hours=1))
    with running("3600x") as here:
        created = here.client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.created_at
        assert here.folder.clock.now() - created.ToDatetime(here.folder.clock.now().tzinfo) > timedelta(
            days=149
        )


def wound_back(directory, by):
    """As if the server had been down for so long."""
    import msgspec

    with sqlite3.connect(directory / NAME) as database:
        for folder_id, data in [*database.execute("SELECT id, data FROM records WHERE kind = 'clocks'")]:
            clock = msgspec.json.decode(data)
            clock["system"] -= by // timedelta(microseconds=1)
            database.execute(
                "UPDATE records SET data = ? WHERE kind = 'clocks' AND id = ?",
                (msgspec.json.encode(clock), folder_id),
            )
    database.close()


def test_a_folder_keeps_the_settings_that_were_chosen_for_it(running):
    from aistudio_mock.control_types import NewFolder

    with running() as here:
        chosen = NewFolder(time="poll", seed=9, durations="documented", settings={"quotas": "datasets:1"})
        own = here.of(here.server.control.create_folder(chosen).id)
        steps.draft(here.client, own)
        before, state = here.server.control.folder(own.id), own.state()
    with running("60x", durations="instant") as here:
        after = here.server.control.folder(own.id)
        assert (after.polling, after.seed, after.durations) == ("poll", 9, "documented")
        assert (after.api_key, after.rate) == (before.api_key, 1)
        assert here.of(own.id).state().datasets == state.datasets
        code, _ = steps.refused(steps.draft, here.client, own)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert here.server.control.folder(here.folder.id).durations == "instant"


def test_skipped_time_is_no_age_after_a_restart_either(running):
    with running("skip") as here:
        dataset_id = steps.uploaded(here.client, here.folder)
        url = steps.upload_url(here.client, dataset_id, 3)
        ready = steps.uploaded(here.client, here.folder)
        operation = here.client.call("DatasetService/Validate", dataset_id=ready)
        assert here.client.call("OperationService/Get", operation_id=operation.id).done
        task = here.client.call("TuningService/Tune", **steps.order(here.folder, ready))
        assert here.client.call("OperationService/Get", operation_id=task.id).done
        skips = here.server.backend.folders.default.clock.reading.skips
    for _ in range(2):
        with running("skip") as here:
            assert here.server.backend.folders.default.clock.reading.skips == skips
            assert len(skips) == 2
            assert steps.put(url, b"abc").status_code == 200


def test_a_saved_folder_is_loaded_once(running, tmp_path):
    path = tmp_path / "folder.json"
    with running(state=None) as here:
        steps.draft(here.client, here.folder)
        here.folder.save(path)
    for count in (1, 2, 3):
        with running(load=(path,)) as here:
            assert len(here.folder.state().datasets) == count
            steps.draft(here.client, here.folder)


def test_a_batch_and_its_operation_are_in_the_state(running):
    with running() as here:
        operation = batch_parts.begun(here.client, here.folder)
        here.folder.clock.advance(hours=2)
        (batch,) = here.folder.state().batches
        assert (batch.status, batch.operation_id) == ("COMPLETED", operation.id)


def test_a_server_without_a_directory_pays_nothing(running):
    with running(state=None) as here:
        store = here.server.backend.store
        assert {type(getattr(store, name)) for name in Store.__struct_fields__[:5]} == {
            type(Store().datasets)
        }
