"""Calls under way and calls in a span, counted by folder."""

import pytest

from aistudio_mock.backend.folders import FolderDefaults, Folders
from aistudio_mock.backend.rates import RATES, SESSIONS, Rates
from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.errors import ResourceExhausted
from aistudio_mock.domain.instant import SECOND
from aistudio_mock.domain.quotas import Quota
from aistudio_mock.runtime.chance import Ids
from aistudio_protos.pool import services

COMPLETION = "TextGenerationService/Completion"


def folder(quotas):
    return Folders(Ids(1), FolderDefaults(behaviours=Behaviours(quotas=quotas), rate=0)).default


def test_a_place_is_free_again_when_a_call_is_over():
    rates, busy = Rates(), folder("completion-sessions:1")
    assert rates.enter(busy, COMPLETION, None)
    with pytest.raises(ResourceExhausted, match="SessionsCount"):
        rates.enter(busy, COMPLETION, None)
    rates.leave(busy, COMPLETION)
    assert rates.enter(busy, COMPLETION, None)


def test_a_call_that_the_rate_refuses_holds_no_place():
    rates, busy = Rates(), folder("completion-sessions:1,completions-per-hour:0")
    for _ in range(2):
        with pytest.raises(ResourceExhausted, match="PerHour"):
            rates.enter(busy, COMPLETION, None)


def test_a_span_slides():
    rates, busy = Rates(), folder("tokenizations-per-second:2")

    def enter():
        return rates.enter(busy, "TokenizerService/Tokenize", None)

    enter()
    busy.clock.advance(SECOND // 2)
    enter()
    with pytest.raises(ResourceExhausted):
        enter()
    busy.clock.advance(SECOND // 2)
    enter()
    with pytest.raises(ResourceExhausted):
        enter()


def test_where_nothing_is_limited_nothing_is_counted():
    rates = Rates()
    assert not rates.enter(folder("off"), COMPLETION, None)


def test_every_limited_call_exists():
    known = {f"{service.name}/{name}" for service in services() for name in service.methods_by_name}
    assert {*RATES, *SESSIONS} <= known


def test_every_quota_of_calls_limits_one():
    limited = {quota for quota, _ in RATES.values()} | {*SESSIONS.values()}
    assert limited == {quota for quota in Quota if "per-second" in quota.value or "completion" in quota.value}
