"""A folder that is watched by the control API: what is told when, to whom, and until when."""

from datetime import datetime, timedelta

import pytest

from aistudio_mock import MockServer
from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig
from aistudio_mock.transport.http import control_events
from tests.wire import steps
from tests.wire.event_parts import Stream, begun, connected, until, watching
from tests.wire.stubs import Client


@pytest.fixture(name="events")
def _events(mock, folder):
    with watching(mock.http_url, folder.id) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        events = iter(stream)
        begun(events)
        yield events


def test_a_stream_begins_with_everything_as_it_is(mock, folder, client):
    steps.draft(client, folder)
    folder.faults.load("quota-exhausted")
    with watching(mock.http_url, folder.id) as stream:
        told, clock, faults, state = begun(iter(stream))
    assert told.data == {"folder_id": folder.id, "calls": 1, "dropped": 0}
    assert datetime.fromisoformat(clock.data["now"]) == folder.clock.now()
    assert (clock.data["rate"], clock.data["polling"]) == (0, "keep")
    assert [fault["id"] for fault in faults.data["faults"]] == ["fault-1", "fault-2"]
    assert state.data == {}


def test_a_call_is_told_with_its_number_after_what_it_changed(folder, client, events):
    dataset_id = steps.draft(client, folder)
    state, call = until(events, "call")
    assert (state.name, state.data) == ("state", {})
    assert (call.id, call.data["number"], call.data["method"]) == ("1", 1, "DatasetService/Create")
    assert call.data["responses"][0]["dataset_id"] == dataset_id
    client.call("DatasetService/Describe", dataset_id=dataset_id)
    assert next(events).data["method"] == "DatasetService/Describe"  # which has changed nothing


def test_uploads_and_answers_given_again_are_told_at_once(folder, client, events):
    dataset_id = steps.uploaded(client, folder)
    calls = [event.data["method"] for event in until(events, "call", 3) if event.name == "call"]
    assert calls == ["DatasetService/Create", "DatasetService/GetUploadDraftUrl", "PUT"]
    operation_id = client.call("DatasetService/Validate", dataset_id=dataset_id).id
    folder.clock.advance(hours=1)
    until(events, "call")
    for number in range(5, 12):
        client.call("OperationService/Get", operation_id=operation_id)
        assert until(events, "call")[-1].id == str(number)


def test_a_clock_that_is_moved_is_told_as_it_goes_on(folder, events):
    there = folder.clock.advance(hours=1)
    assert datetime.fromisoformat(next(events).data["now"]) == there
    folder.clock.set(there + timedelta(days=1))
    moved = next(events)
    assert (moved.name, datetime.fromisoformat(moved.data["now"])) == ("clock", there + timedelta(days=1))


def test_a_clock_that_polling_moves_is_told_before_the_poll():
    with MockServer(time="skip") as mock:
        folder = mock.folder()
        with (
            Client(mock.endpoint, f"Api-Key {folder.api_key}") as client,
            watching(mock.http_url, folder.id) as stream,
        ):
            _, operation_id = steps.validating(client, folder)
            events = iter(stream)
            before = datetime.fromisoformat(begun(events)[1].data["now"])
            until(events, "call", 4)
            assert client.call("OperationService/Get", operation_id=operation_id).done
            until_poll = until(events, "call")
    [after] = [event.data["now"] for event in until_poll if event.name == "clock"]
    assert datetime.fromisoformat(after) - before > timedelta(minutes=1)


def test_a_story_that_is_sealed_is_told_without_any_call(mock, folder, client, events):
    _, operation_id = steps.validating(client, folder)
    until(events, "call", 4)
    operations = mock._server.backend.store.operations
    while operations.get(operation_id).timeline.is_open:
        until(events, "state")


def test_faults_are_told_when_they_are_written_met_and_cleared(folder, client, events):
    folder.faults.add(method="DatasetService/Create", status="UNAVAILABLE")
    assert next(events).data["faults"][0]["hits"] == 0
    steps.refused(client.call, "DatasetService/Create", name="mine", folder_id=folder.id)
    faults, call = next(events), next(events)
    assert (faults.name, faults.data["faults"][0]["hits"]) == ("faults", 1)
    assert (call.data["status"], call.data["fault"]) == ("UNAVAILABLE", "fault-1")
    folder.faults.clear()
    assert next(events).data == {"faults": []}


def test_calls_from_before_are_told_to_whom_names_the_last_that_they_have(mock, folder, client):
    for _ in range(130):  # more than are told at once
        steps.draft(client, folder)
    for query, headers in (("?after=3", ""), ("", "Last-Event-ID: 3\r\n")):
        with watching(mock.http_url, folder.id, query, headers) as stream:
            events = iter(stream)
            begun(events)
            numbers = [int(next(events).id) for _ in range(127)]
        assert numbers == [*range(4, 131)]


def test_every_watcher_is_told_the_same_and_of_this_folder_only(mock, folder, client):
    other = mock.folder()
    with (
        watching(mock.http_url, folder.id) as one,
        watching(mock.http_url, folder.id) as two,
        watching(mock.http_url, other.id) as elsewhere,
    ):
        first, second, foreign = iter(one), iter(two), iter(elsewhere)
        for events in (first, second, foreign):
            begun(events)
        steps.draft(client, folder)
        assert until(first, "call")[-1] == until(second, "call")[-1]
        other.clock.advance(seconds=1)
        assert next(foreign).name == "clock"


def test_a_reader_who_never_reads_stalls_nobody_and_misses_nothing(mock, folder, client):
    with connected(mock.http_url, folder.id, "?after=0") as idle:
        for _ in range(200):  # more than sockets hold
            steps.refused(client.call, "DatasetService/Create", name="x" * 40_000, folder_id=folder.id)
        with watching(mock.http_url, folder.id) as stream:
            assert begun(iter(stream))[0].data["calls"] == 200
        with idle.makefile("rb") as lines:  # at last it reads: every call is there
            calls = [event for event in until(iter(Stream(lines)), "call", 200) if event.name == "call"]
    numbers = [int(event.id) for event in calls]
    assert numbers == [*range(1, 201)]


def test_a_reader_who_is_gone_is_forgotten_with_the_next_change(mock, folder, client):
    bells = mock._server.backend.journal.bells
    with watching(mock.http_url, folder.id) as stream:
        begun(iter(stream))
        assert folder.id in bells
    with watching(mock.http_url, folder.id) as stream:
        events = iter(stream)
        begun(events)
        while len(bells[folder.id]) > 1:  # a write to whom is gone fails at once or with the one after
            steps.draft(client, folder)
            until(events, "call")


def test_where_nothing_happens_a_beat_finds_out_who_is_gone(mock, folder, monkeypatch):
    monkeypatch.setattr(control_events, "_BEAT_SECONDS", 0.01)
    bells = mock._server.backend.journal.bells
    with watching(mock.http_url, folder.id) as stream:
        begun(iter(stream))
    with connected(mock.http_url, folder.id) as connection, connection.makefile("rb") as lines:
        Stream(lines)
        while len(bells[folder.id]) > 1:
            assert lines.readline()
        while lines.readline() != b": still watching\n":
            pass


def test_a_folder_that_is_emptied_begins_anew(folder, client, events):
    steps.draft(client, folder)
    until(events, "call")
    folder.reset()
    assert until(events, "watching")[-1].data["calls"] == 0
    assert [next(events).name for _ in range(3)] == ["clock", "faults", "state"]
    steps.draft(client, folder)
    assert until(events, "call")[-1].id == "1"


def test_a_folder_that_is_deleted_ends_its_streams(folder, events):
    folder.delete()
    assert [event.name for event in events] == ["gone"]


def test_a_server_that_stops_ends_its_streams_well():
    with MockServer() as mock:
        folder = mock.folder()
        with watching(mock.http_url, folder.id) as stream, connected(mock.http_url, folder.id):
            events = iter(stream)
            begun(events)
            mock._server.stop()
            assert list(events) == []  # the last chunk is there: not cut off, but over


def test_nothing_is_rung_for_a_folder_that_nobody_watches(mock, folder, client):
    assert folder.id not in mock._server.backend.journal.bells
    with watching(mock.http_url, mock.folder().id):
        steps.draft(client, folder)
        assert folder.id not in mock._server.backend.journal.bells


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?after=x", "after=x: use the number"),
        ("?since=1", "no parameter 'since'"),
        ("?after=-1", "after=-1"),
    ],
)
def test_a_wrong_request_is_refused_before_any_stream(mock, folder, query, says):
    with watching(mock.http_url, folder.id, query) as stream:
        assert (stream.status, stream.refusal()["code"]) == (400, 3)
    with watching(mock.http_url, folder.id, query) as stream:
        assert says in stream.refusal()["message"]


def test_nobody_is_told_of_a_folder_that_is_not_there_or_of_one_by_a_page_elsewhere(mock, folder):
    with watching(mock.http_url, "b1gnobody") as stream:
        assert (stream.status, stream.refusal()["code"]) == (404, 5)
    with watching(mock.http_url, folder.id, headers="Origin: http://evil.example\r\n") as stream:
        assert stream.status == 403


def test_where_others_reach_it_a_watcher_has_the_token():
    config = ServerConfig(grpc_port=0, tls_port=0, http_port=0, host="0.0.0.0")
    server = Server(config)
    server.start()
    try:
        url, folder_id = server.ready.http, server.ready.folder_id
        with watching(url, folder_id) as stream:
            assert (stream.status, stream.refusal()["code"]) == (401, 16)
        with watching(
            url, folder_id, headers=f"Authorization: Bearer {server.ready.control_token}\r\n"
        ) as stream:
            begun(iter(stream))
    finally:
        server.stop()
