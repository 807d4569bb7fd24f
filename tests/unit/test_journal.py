"""A folder's journal in memory: its bounds, its numbers, its two clocks, its sink."""

import pytest

from aistudio_mock.backend import journal as module
from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.heard import GrpcCall, Replies, StorageCall
from aistudio_mock.backend.journal import Journal, Tally
from aistudio_mock.backend.journal_entries import Teller, is_header, line
from aistudio_mock.domain.instant import HOUR, SECOND, Instant, rfc3339
from aistudio_mock.runtime.clocks import FolderClock
from aistudio_protos.redaction import Redactor

LIST = "DatasetService/List"
PATH = f"/yandex.cloud.ai.dataset.v1.{LIST}"


@pytest.fixture
def clock():
    return FolderClock(0, Instant(1_000 * SECOND))


@pytest.fixture
def journal(clock):
    return Journal("b1gmine", clock, Tally())


@pytest.fixture
def teller():
    return Teller(Redactor(b"key"), Instant(0))


def call(path=PATH, body=b"", metadata=(), deadline=None):
    return GrpcCall(LIST, path, body, metadata, "ipv4:127.0.0.1:1", deadline, Door.TLS)


def numbers(journal, after=0):
    return [noted.number for noted in journal.calls(after)]


def test_the_newest_calls_are_kept_and_the_rest_is_counted(journal, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 3)
    for _ in range(5):
        journal.note(call(), "OK")
    assert (numbers(journal), journal.dropped) == ([3, 4, 5], 2)


@pytest.mark.parametrize("part", ["body", "replies", "metadata", "path"])
def test_every_part_of_a_call_counts_towards_the_bytes_that_are_kept(journal, monkeypatch, part):
    monkeypatch.setattr(module, "KEPT_BYTES", 100 * len(PATH))
    big = b"x" * (40 * len(PATH))
    value = {
        "body": big,
        "replies": [big[1:], b"x"],
        "metadata": [("x", big.decode())],
        "path": big.decode(),
    }[part]
    for _ in range(4):
        heard = call()
        setattr(heard, part, value)
        journal.note(heard, "OK")
    assert (numbers(journal), journal.dropped) == ([3, 4], 2)


def test_the_newest_call_is_kept_however_big_it_is(journal, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 100)
    journal.note(call(), "OK")
    journal.note(call(body=b"x" * 1000), "OK")
    assert numbers(journal) == [2]
    journal.note(call(path="/x/y"), "OK")
    assert numbers(journal) == [3]


def test_only_calls_after_a_number_are_told(journal):
    for _ in range(4):
        journal.note(call(), "OK")
    assert [numbers(journal, after) for after in (0, 1, 3, 4, 99)] == [[1, 2, 3, 4], [2, 3, 4], [4], [], []]


def test_a_cleared_journal_counts_from_one_again(journal):
    journal.note(call(body=b"x"), "OK")
    journal.clear()
    assert (numbers(journal), journal.dropped) == ([], 0)
    journal.note(call(), "OK")
    assert numbers(journal) == [1]


def test_a_clear_forgets_how_much_was_held(journal, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 100 + 2 * len(PATH))
    journal.note(call(body=b"x" * 90), "OK")
    journal.clear()
    for _ in range(2):
        journal.note(call(body=b"x" * 40), "OK")
    assert numbers(journal) == [1, 2]


def test_every_call_goes_to_the_sink_in_order(clock):
    seen = []
    tally = Tally(seen.append)
    one, other = Journal("b1gone", clock, tally), Journal("b1gother", clock, tally)
    for journal in (one, other, one):
        journal.note(call(), "OK")
    assert [(noted.folder_id, noted.number) for noted in seen] == [
        ("b1gone", 1),
        ("b1gother", 1),
        ("b1gone", 2),
    ]


def test_a_poll_that_moves_the_clock_arrives_before_and_is_answered_after(journal, clock, teller):
    heard = call()
    heard.before = clock.reading
    clock.skip_to(Instant(1_000 * SECOND + HOUR))
    journal.note(heard, "OK")
    clock.advance(HOUR)
    entry = teller.entry(journal.calls()[0])
    assert entry["received_at"]["virtual"] == "1970-01-01T00:16:40.000000Z"
    assert entry["answered_at"]["virtual"] == "1970-01-01T01:16:40.000000Z"
    assert entry["received_at"]["real"] <= entry["answered_at"]["real"]


def test_a_time_beyond_the_calendar_is_its_last_moment():
    assert rfc3339(Instant(10**18)) == "9999-12-31T23:59:59.999999Z"


def test_what_is_no_message_of_the_contract_is_told_by_its_length(journal, teller):
    for heard in (call(body=b"\xff\xff\xff"), call(path="/a.B/C", body=b"abc")):
        journal.note(heard, "INTERNAL", "why")
    known, unknown = map(teller.entry, journal.calls())
    assert (known["request"], known["request_bytes"], known["responses"]) == (None, 3, [])
    assert known["request_type"] == "yandex.cloud.ai.dataset.v1.ListDatasetsRequest"
    assert (unknown["request"], unknown["request_bytes"], unknown["request_type"]) == (None, 3, "")


def test_a_request_with_nothing_set_is_an_empty_object(journal, teller):
    journal.note(call(), "OK")
    entry = teller.entry(journal.calls()[0])
    assert entry["request"] == {}
    assert "request_bytes" not in entry


def test_binary_metadata_is_base64_and_headers_are_text(journal, teller):
    journal.note(call(metadata=[("trace-bin", b"\x00\xff"), ("X-Y", "z")]), "OK")
    journal.note(StorageCall("GET", "/b/k", [(b"X-Y", "я".encode()), (b"Z", b"\xff")], ""), "200")
    grpc, storage = map(teller.entry, journal.calls())
    assert grpc["metadata"] == [["trace-bin", "AP8="], ["x-y", "z"]]
    assert storage["metadata"] == [["x-y", "я"], ["z", "\\xff"]]


def test_binary_metadata_with_a_token_in_it_is_redacted(journal, teller):
    secret = "AQVN" + "x" * 36
    journal.note(call(metadata=[("trace-bin", f"key {secret}".encode())]), "OK")
    ((_, shown),) = teller.entry(journal.calls()[0])["metadata"]
    assert shown.startswith("key AQVN[redacted ")


def test_a_target_that_is_no_text_is_told_all_the_same(journal, teller):
    journal.note(StorageCall("GET", "/b/\udcff?\udcfe=1&&b", (), ""), "404")
    entry = teller.entry(journal.calls()[0])
    assert (entry["path"], entry["query"]) == ("/b/\\xff", [["\\xfe", "1"], ["b", ""]])
    assert line(entry).decode()


@pytest.mark.parametrize(
    ("peer", "shown"),
    [("ipv4:127.0.0.1:4", "127.0.0.1:4"), ("ipv6:%5B::1%5D:4", "[::1]:4"), ("unix:", "unix:"), ("", "")],
)
def test_a_peer_is_host_and_port(journal, teller, peer, shown):
    heard = call()
    heard.peer = peer
    journal.note(heard, "OK")
    assert teller.entry(journal.calls()[0])["peer"] == shown


@pytest.mark.parametrize(
    "first",
    [b"", b"\n", b"{}", b"[1]", b'{"journal": 1}\n', b'{"journal": 1, "server": "x"}', b"\xff", b"[" * 4096],
)
def test_what_others_wrote_is_no_header_of_ours(first):
    assert not is_header(first)


def test_our_header_is_known_again(teller):
    assert is_header(line(teller.header()))


def test_of_a_long_stream_the_beginning_and_the_end_are_kept(journal, teller, monkeypatch):
    monkeypatch.setattr("aistudio_mock.backend.heard.STREAM_BYTES", 4)
    heard = call()
    replies = Replies(heard)
    for reply in (b"\x12\x001", b"", b"", b"\x12\x002"):
        assert replies.add(reply) is reply
    journal.note(heard, "OK")
    assert list(heard.replies) == [b"\x12\x001", b"", b"", b"\x12\x002"]
    replies.add(b"last")
    assert (list(heard.replies), heard.omitted) == ([b"\x12\x001", b"", b"", b"last"], 1)
    assert teller.entry(journal.calls()[0])["responses_omitted"] == 1
