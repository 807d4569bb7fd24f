"""An answer that is given again is the one that would be given: two servers live through the same.

One is asked the same bytes over and over. The other's questions each have one more unknown field, so that
none was asked before. What callers and journals are told is the same, whatever was written, moved or set.
"""

from datetime import UTC, datetime
from itertools import count

import grpc
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from aistudio_mock import MockServer
from aistudio_mock.backend.lasting import Repeat
from aistudio_mock.domain.instant import HOUR, SECOND, Instant
from aistudio_mock.domain.operation import Operation, OperationState
from aistudio_mock.domain.timeline import Timeline
from aistudio_protos.yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from tests.wire.stubs import Client

GET = "/yandex.cloud.operation.OperationService/Get"
BEGIN = 4_000_000_000
ELSEWHERE = "b1gelsewhere00000000"
UNKNOWN_FIELD = b"\xfa\x3f\x04"

CALLERS = st.lists(
    st.sampled_from(["key", "token", "stranger", "nobody", "elsewhere"]), min_size=1, max_size=2, unique=True
)
CHANGES = [
    "begin",
    "plant",
    "cancel",
    "token",
    "reset",
    "fault",
    "clear",
    "leave",
    "come",
    "elsewhere",
    "nothing",
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.sampled_from([1, 5, 3_600, 12 * 3_600, 3 * 86_400])),
        st.tuples(st.sampled_from(CHANGES), st.none()),
    ),
    min_size=1,
    max_size=8,
)
OF_ITS_OWN = st.fixed_dictionaries(
    {
        "time": st.sampled_from(["skip", "poll", "manual"]),
        "auth": st.sampled_from(["off", "any", "any", "strict"]),
        "settings": st.sampled_from(
            [{}, {}, {"operation-expiry": "never"}, {"quotas": "async-results-per-second:1"}]
        ),
    }
)
DEFAULT = None
"""The folder of calls that name none, which is there already; in it a header may name another one."""
SETUPS = st.one_of(OF_ITS_OWN, OF_ITS_OWN, st.just(DEFAULT))

_names = (f"b1glived{number:012}" for number in count())
_fresh = count()


class World:
    """One server, a folder of it, and the operation that was begun there last."""

    def __init__(self, mock, client, name, setup, *, asks_anew):
        self.mock, self.client, self.setup, self.asks_anew = mock, client, setup, asks_anew
        self.folder = mock.default_folder
        self.name = self.folder.id if setup is DEFAULT else name
        self.come(None)
        self.key, self.operation_id, self.planted = self.folder.api_key, "d7qnothing", 0
        self.issued = self.folder.iam_token()

    @property
    def inside(self):
        return self.mock._server.backend.folders.find(self.name)

    def do(self, step, value):
        """One step; what the caller is told."""
        # A token of a folder that is gone would make it anew, with other settings.
        if self.inside is not None or (step in ("poll", "come", "elsewhere") and value != "token"):
            return getattr(self, step)(value)
        return None

    def poll(self, who):
        body = GetOperationRequest(operation_id=self.operation_id).SerializeToString()
        if self.asks_anew:
            body += UNKNOWN_FIELD + next(_fresh).to_bytes(4, "big")
        stranger = ("authorization", "Api-Key nobody-knows")
        metadata = {
            "key": [("authorization", f"Api-Key {self.key}")],
            "token": [("authorization", f"Bearer {self.issued}")],
            "stranger": [stranger],
            "nobody": [],
            "elsewhere": [stranger, ("x-folder-id", ELSEWHERE)],
        }[who]
        return told(lambda: self.client.channel.unary_unary(GET)(body, metadata=metadata, timeout=20))

    def begin(self, _):
        uri, messages = f"gpt://{self.name}/yandexgpt-lite/latest", [{"role": "user", "text": "Кто ты?"}]
        begun = self.called("TextGenerationAsyncService/Completion", model_uri=uri, messages=messages)
        self.operation_id = getattr(begun, "id", self.operation_id)
        return begun

    def plant(self, _):
        """An operation of many phases, which is what a tuning has."""
        now = self.inside.clock.now()
        moments = [Instant(now + seconds * SECOND) for seconds in (10, 20, 30)]
        story = Timeline.starting(now, OperationState())
        for moment in moments:
            story = story.then(moment, OperationState(done=moment == moments[-1]))
        self.planted += 1
        self.operation_id = f"ftn{self.name}{self.planted}"
        planted = Operation(self.operation_id, self.name, now, story, phases=tuple(moments))
        with self.mock._server.backend.lock:
            self.mock._server.backend.store.operations.put(planted)

    def cancel(self, _):
        return self.called("OperationService/Cancel", operation_id=self.operation_id)

    def called(self, method, **fields):
        self.client.metadata = (("authorization", f"Api-Key {self.key}"),)
        return told(lambda: self.client.call(method, **fields))

    def advance(self, seconds):
        self.inside.clock.advance(seconds * SECOND)

    def token(self, _):
        self.issued = self.folder.iam_token()

    def reset(self, _):
        self.folder.reset()

    def fault(self, _):
        self.folder.faults.add(method="OperationService/Get", after=1, times=2, status="UNAVAILABLE")

    def clear(self, _):
        self.folder.faults.clear()

    def nothing(self, _):
        pass

    def leave(self, _):
        self.folder.delete()

    def come(self, _):
        if self.inside is None:
            now = datetime.fromtimestamp(BEGIN, UTC)
            self.folder = self.mock.folder(id=self.name, seed=7, now=now, **self.setup)
            stop(self.inside.clock)

    def elsewhere(self, _):
        if self.mock._server.backend.folders.find(ELSEWHERE) is None:
            self.mock.folder(id=ELSEWHERE)
        else:
            self.mock._server.control.delete_folder(ELSEWHERE)

    def heard(self):
        """What the journal says, apart from real time and from which questions were new."""
        if self.inside is None:
            return []
        names = ("number", "method", "status", "message", "responses", "request", "door")
        entries = self.mock._server.control.journal(self.name)["entries"]
        return [
            [entry[name] for name in names]
            + [entry["received_at"]["virtual"], entry["answered_at"]["virtual"]]
            for entry in entries
        ]

    def repeats(self):
        journal = self.inside.journal if self.inside else None
        return sum(isinstance(call, Repeat) for call in journal._calls) if journal else 0


def stop(clock):
    """At the same moment in both worlds: from here on only steps move it."""
    clock.run_at(0)
    clock.advance_to(Instant(BEGIN * SECOND + HOUR))


def told(call):
    """The answer, or how it was refused."""
    try:
        return call()
    except grpc.RpcError as refusal:
        return refusal.code(), refusal.details()


@pytest.fixture(scope="module")
def mocks():
    with MockServer(seed=1, time="manual") as one, MockServer(seed=1, time="manual") as other:
        for mock in (one, other):
            stop(mock._server.backend.folders.default.clock)
        with Client(one.endpoint) as of_one, Client(other.endpoint) as of_other:
            yield (one, of_one), (other, of_other)


@settings(max_examples=60)
@given(SETUPS, CALLERS, STEPS)
@example(
    {"time": "manual", "auth": "any", "settings": {}}, ["key"], [("cancel", None), ("advance", 3 * 86_400)]
)
@example({"time": "poll", "auth": "any", "settings": {}}, ["key"], [("plant", None), ("nothing", None)])
@example(DEFAULT, ["stranger", "elsewhere"], [("elsewhere", None), ("nothing", None), ("elsewhere", None)])
@example({"time": "manual", "auth": "any", "settings": {}}, ["token"], [("advance", 12 * 3_600 + 1)])
def test_it_is_what_would_be_given(mocks, setup, callers, steps):
    name = next(_names)
    again = World(*mocks[0], name, setup, asks_anew=False)
    anew = World(*mocks[1], name, setup, asks_anew=True)
    for step, value in [("begin", None), *steps]:
        assert again.do(step, value) == anew.do(step, value), (step, value)
        for caller in 3 * callers:
            assert again.do("poll", caller) == anew.do("poll", caller), (step, value, caller)
    assert again.heard() == anew.heard()
    assert anew.repeats() == 0
    event(f"{min(again.repeats(), 5)} answers given again")
    for world in (again, anew):
        world.do("leave", None)
