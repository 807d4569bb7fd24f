"""The page of a running mock in a real Chromium: what it shows as it happens, and what its buttons do.

The picture in docs/images is what a test saw: `make screenshots` takes it anew.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aistudio_mock import MockServer
from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig
from aistudio_mock.domain.errors import NotFound
from tests.wire import page_scene, steps
from tests.wire.browser import browser

pytestmark = pytest.mark.all

BEGIN = datetime(2025, 12, 11, 2, 18, 54, tzinfo=UTC)
EMPTY = "Nothing is in this folder yet. What a client creates here appears as it happens."


@pytest.fixture(name="pictures")
def _pictures(tmp_path):
    return Path(os.environ.get("AISTUDIO_SCREENSHOTS", tmp_path))


@pytest.fixture(name="folder")
def _folder(mock):
    folder = mock.folder(seed=7, now=BEGIN, id="b1gwatched")
    yield folder
    with suppress(NotFound):
        folder.delete()


@pytest.fixture(name="window")
def _window(mock, folder, tmp_path):
    """A browser at the page; afterwards nothing of it went wrong, and it has asked this server only."""
    with browser(tmp_path / "profile") as window:
        window.open(f"{mock.http_url}/_mock/#{folder.id}")
        window.waits_for("live")
        yield window
        assert window.console == []
        asked = {
            urlsplit(url).netloc for url in window.urls if urlsplit(url).scheme in {"http", "https", "ws"}
        }
        assert asked == {urlsplit(mock.http_url).netloc}


def story_of(record_id):
    """Where a card says how its timelines stand."""
    return f"[data-id={record_id}] .when"


def test_what_happens_is_seen_and_a_button_moves_the_clock(client, folder, window, pictures):
    window.waits_for(EMPTY)
    story = story_of(page_scene.played(client, folder))
    window.waits_for("first tuning", "one row is wrong", "RESOURCE_EXHAUSTED", "14 calls")
    window.waits_to_see(story, "tuning IN_PROGRESS, operation PENDING; the next mark in")
    window.keeps(pictures / "watch-a-running-mock.png")
    window.clicks("#next")
    window.waits_to_see(story, "tuning COMPLETED, operation PENDING; the next mark in")
    assert not folder.state().operations[0].done  # both stories of one command
    window.clicks("#next")
    window.waits_to_see(story, "tuning COMPLETED, operation DONE, since 0 ms")
    window.waits_for("Nothing is to come")
    assert [one.status for one in folder.state().tunings] == ["COMPLETED"]


def test_a_name_is_text_whatever_it_says(client, folder, window):
    dataset_id = steps.draft(client, folder, name=page_scene.HOSTILE)
    window.waits_for(page_scene.HOSTILE)
    window.clicks(f"[data-id={dataset_id}] summary")
    window.clicks("#calls summary")
    window.waits_for("response")
    assert (window.title, window.runs("return document.images.length")) == ("aistudio-mock", 0)


def test_another_moment_is_looked_at_without_moving_anything(client, folder, window):
    task_id = page_scene.played(client, folder)
    story, before = story_of(task_id), folder.clock.now()
    window.waits_to_see(story, "tuning IN_PROGRESS")
    window.types("#moment", "2030-01-01 00:00:00")
    window.waits_to_see(story, "tuning COMPLETED, operation DONE")
    window.waits_to_see(
        f"[data-id={task_id}] .facts", folder.state(datetime(2030, 1, 1, tzinfo=UTC)).models[0]
    )
    window.clicks("#back")
    window.waits_to_see(story, "tuning IN_PROGRESS")
    assert folder.clock.now() == before
    window.types("#moment", "2030-01-01 00:00:00")
    window.clicks("#here")
    window.waits_for("2030-01-01 00:00:00 UTC", "Nothing is to come")
    assert folder.clock.now() == datetime(2030, 1, 1, tzinfo=UTC)


def test_a_clock_that_runs_brings_what_is_due_without_being_asked(client, folder, window):
    dataset_id = steps.uploaded(client, folder)
    client.call("DatasetService/Validate", dataset_id=dataset_id)
    window.waits_to_see(story_of(dataset_id), "dataset VALIDATING")
    window.chooses("#mode", "60x")
    window.waits_to_see(story_of(dataset_id), "dataset READY, operation DONE")
    window.waits_to_see(f"[data-id={dataset_id}] .facts", "14 rows")  # which only the server knows
    window.waits_for("a minute a second", "Nothing is to come")


def test_faults_are_added_and_removed_and_the_folder_is_emptied(mock, client, folder, window):
    steps.draft(client, folder)
    window.waits_for("mine")
    window.clicks("#preset button")
    window.waits_for("fault-1", "Remove all")
    assert len(mock._server.backend.folders.find(folder.id).faults.standings) == 5
    window.clicks("#clear")
    window.waits_until_gone("fault-1")
    window.clicks("#reset")
    window.waits_for("Reset the folder?")
    window.clicks("#sure [value=no]")
    assert len(folder.state().datasets) == 1
    window.clicks("#reset")
    window.clicks("#sure [value=yes]")
    window.waits_for(EMPTY, "0 calls")
    assert folder.state().datasets == []


def test_the_journal_is_filtered_and_tells_no_secret(client, folder, window):
    steps.uploaded(client, folder)
    window.waits_for("3 calls")
    window.types("#words", "put")
    window.waits_for("1 of 3 calls")
    window.clicks("#calls li:not([hidden]) summary")
    shown = window.runs("return document.body.textContent")
    assert "X-Amz-Signature" in shown
    assert "[redacted" in shown
    assert folder.api_key not in window.runs("return document.documentElement.outerHTML")


def test_a_folder_that_is_gone_leads_to_the_one_that_is_there(mock, folder, window):
    window.waits_for(EMPTY)
    folder.delete()
    window.waits_for(f"Folder {folder.id} is not there any more.", "live")
    assert window.runs("return document.getElementById('folder').value") == mock.default_folder.id
    assert all("404" in line for line in window.console)  # it may have asked for what was just about to go


def test_where_others_reach_it_the_token_is_asked_for_and_in_no_url(tmp_path):
    server = Server(ServerConfig(grpc_port=0, tls_port=0, http_port=0, host="0.0.0.0"))
    server.start()
    try:
        token = server.ready.control_token
        with browser(tmp_path / "profile") as window:
            window.open(f"http://127.0.0.1:{urlsplit(server.ready.http).port}/_mock/")
            window.waits_for("This mock asks for its token")
            window.types("#token", "wrong")
            window.waits_for("This mock asks for its token")
            window.types("#token", token)
            window.waits_for("live", EMPTY)
            urls = window.urls
            assert any(url.endswith("/events") for url in urls)
            assert not any(token in url for url in urls)
            assert all("401" in line for line in window.console)
    finally:
        server.stop()


def test_a_page_of_another_origin_moves_nothing(tmp_path):
    with MockServer() as other, MockServer(time="manual") as mock, browser(tmp_path / "profile") as window:
        target = mock.folder()
        start = target.clock.now()
        window.open(f"{other.http_url}/_mock/v1/openapi.json")  # a page that has no policy of its own
        script = """
            const url = `${arguments[0]}/_mock/v1/folders/${arguments[1]}`;
            const body = JSON.stringify({seconds: 60});
            const tell = (answer) => answer.type, refuse = () => "refused";
            return Promise.all([
                fetch(`${url}/clock/advance`, {method: "POST", body}).then(tell, refuse),
                fetch(`${url}/clock/advance`, {method: "POST", body, mode: "no-cors"}).then(tell, refuse),
                fetch(`${url}/faults`, {method: "DELETE"}).then(tell, refuse),
            ]);
        """
        assert window.runs(script, mock.http_url, target.id) == ["refused", "opaque", "refused"]
        assert target.clock.now() == start
