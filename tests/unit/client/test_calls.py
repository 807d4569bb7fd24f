"""One call: its deadline, its attempts, its credentials. No sockets: the conversations are played by hand."""

import pytest

from aistudio_client import (
    ConfigurationError,
    IamToken,
    NoCredentials,
    NotFound,
    OAuthToken,
    QuotaExceeded,
    Retry,
    Timeouts,
    Unavailable,
)
from aistudio_client._flows import datasets
from aistudio_client._flows.calls import call
from aistudio_client._methods import method
from tests.unit.client.world import World, link, lost, patient, reply

DESCRIBE = "DatasetService/Describe"
LISTED = reply("ApiEndpointService/List", endpoints=[{"id": "ai-foundation-models", "address": "found:443"}])
ISSUED = reply("IamTokenService/Create", iam_token="t1.fresh")


def described(world, **given):
    return world.play(datasets.get(link(**given), "fds1"))


def test_the_deadline_covers_every_attempt_and_is_always_sent():
    world = World(takes=3.0, DatasetService__Describe=[lost(DESCRIBE), lost(DESCRIBE), reply(DESCRIBE)])
    described(world, timeouts=patient(20.0))
    timeouts = [one.timeout for one in world.calls(DESCRIBE)]
    assert timeouts == [20.0, 20.0 - 3.0 - world.slept[0], 20.0 - 6.0 - sum(world.slept)]


def test_no_attempt_is_begun_that_would_be_after_the_deadline():
    world = World(takes=3.0, DatasetService__Describe=lost(DESCRIBE))
    with pytest.raises(Unavailable) as told:
        described(world, timeouts=patient(7.0))
    assert len(world.calls(DESCRIBE)) == 2
    assert told.value.attempts == 2


def test_pauses_grow_and_end_with_the_attempts():
    world = World(DatasetService__Describe=lost(DESCRIBE))
    with pytest.raises(Unavailable):
        described(world, retry=Retry(attempts=5, first=1.0, factor=2.0, longest=3.0))
    assert world.slept == [1.0, 2.0, 3.0, 3.0]


def test_a_half_of_a_pause_is_chance():
    retry = Retry(first=1.0)
    assert [retry.pause(1, chance) for chance in (0.0, 0.5, 1.0)] == [0.5, 0.75, 1.0]


def test_the_service_says_when_to_come_back():
    world = World(
        DatasetService__Describe=[lost(DESCRIBE, "RESOURCE_EXHAUSTED", retry_after=7.0), reply(DESCRIBE)]
    )
    described(world)
    assert world.slept == [pytest.approx(7.7)]


def test_a_quota_that_names_no_time_is_told_at_once():
    world = World(DatasetService__Describe=lost(DESCRIBE, "RESOURCE_EXHAUSTED"))
    with pytest.raises(QuotaExceeded):
        described(world)
    assert world.slept == []


@pytest.mark.parametrize("code", ["INTERNAL", "ABORTED", "UNKNOWN", "DEADLINE_EXCEEDED", "INVALID_ARGUMENT"])
def test_other_failures_are_told_at_once(code):
    world = World(DatasetService__Describe=lost(DESCRIBE, code))
    with pytest.raises(type(lost(DESCRIBE, code))):
        described(world)
    assert len(world.calls(DESCRIBE)) == 1


def test_a_call_that_makes_something_is_not_repeated():
    create = method("DatasetService/Create")
    world = World(DatasetService__Create=lost("DatasetService/Create"))
    with pytest.raises(Unavailable):
        world.play(call(link(), create, create.request()))
    assert len(world.calls("DatasetService/Create")) == 1


def test_endpoints_are_looked_up_once_and_without_credentials():
    world = World(ApiEndpointService__List=LISTED, DatasetService__Describe=reply(DESCRIBE))
    shared = link(addresses={})
    for _ in range(2):
        world.play(datasets.get(shared, "fds1"))
    assert world.names() == ["ApiEndpointService/List", DESCRIBE, DESCRIBE]
    assert world.calls(DESCRIBE)[0].address == "found:443"
    assert "authorization" not in dict(world.calls("ApiEndpointService/List")[0].metadata)


def test_a_missing_endpoint_is_named():
    world = World(ApiEndpointService__List=reply("ApiEndpointService/List"))
    with pytest.raises(ConfigurationError, match="ai-foundation-models"):
        described(world, addresses={})


def test_plaintext_endpoints_of_other_machines_are_refused():
    world = World(ApiEndpointService__List=LISTED)
    with pytest.raises(ConfigurationError, match="localhost only"):
        described(world, addresses={}, plaintext=True, endpoint="localhost:1")


def sent(world):
    return [dict(one.metadata).get("authorization") for one in world.calls(DESCRIBE)]


def test_credentials_go_by_their_scheme():
    for credentials, header in (
        (None, "Api-Key AQVNsecret"),
        (IamToken("t1.a"), "Bearer t1.a"),
        (NoCredentials(), None),
    ):
        world = World(DatasetService__Describe=reply(DESCRIBE))
        described(world, **({"credentials": credentials} if credentials else {}))
        assert sent(world) == [header]


def test_an_oauth_token_is_exchanged_once_an_hour():
    world = World(IamTokenService__Create=ISSUED, DatasetService__Describe=reply(DESCRIBE))
    shared = link(credentials=OAuthToken("y0_a"))
    for pause in (0, 3599, 2):
        world.now += pause
        world.play(datasets.get(shared, "fds1"))
    assert sent(world) == ["Bearer t1.fresh"] * 3
    assert len(world.calls("IamTokenService/Create")) == 2
    assert "authorization" not in dict(world.calls("IamTokenService/Create")[0].metadata)


def test_a_refused_token_is_renewed_once():
    given = iter(("t1.old", "t1.new", "t1.newer"))
    world = World(DatasetService__Describe=[lost(DESCRIBE, "UNAUTHENTICATED"), reply(DESCRIBE)])
    described(world, credentials=IamToken(lambda: next(given)))
    assert sent(world) == ["Bearer t1.old", "Bearer t1.new"]
    world = World(DatasetService__Describe=lost(DESCRIBE, "UNAUTHENTICATED"))
    given = iter(("t1.old", "t1.new", "t1.newer"))
    with pytest.raises(type(lost(DESCRIBE, "UNAUTHENTICATED"))):
        described(world, credentials=IamToken(lambda: next(given)))
    assert len(sent(world)) == 2


def test_a_delete_whose_first_answer_was_lost_is_done_when_nothing_is_there():
    delete = "DatasetService/Delete"
    world = World(DatasetService__Delete=[lost(delete), lost(delete, "NOT_FOUND")])
    world.play(datasets.delete(link(), "fds1"))
    world = World(DatasetService__Delete=lost(delete, "NOT_FOUND"))
    with pytest.raises(NotFound):
        world.play(datasets.delete(link(), "fds1"))


def test_deadlines_of_the_client_are_the_default():
    world = World(DatasetService__Describe=reply(DESCRIBE))
    described(world)
    assert world.calls(DESCRIBE)[0].timeout == Timeouts().call
