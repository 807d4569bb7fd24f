"""Quotas: what can be written, and what each number allows."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistudio_mock.domain.errors import ResourceExhausted
from aistudio_mock.domain.quotas import LIMITS, Quota, read

PATTERN = re.compile(r"ai\.\w+\.(count gauge|rate rate) quota limit exceed: allowed (\d+) (requests|bytes)")
"""The platform's wording (service-behaviour a.6)."""

SOME = st.dictionaries(st.sampled_from(Quota), st.integers(0, 10**18 - 1), min_size=1)


def written(limits):
    return ",".join(f"{quota.value}:{number}" for quota, number in limits.items())


def test_nothing_is_limited_where_quotas_are_off():
    for quota in Quota:
        read("off").require(quota, lambda: 10**18, 10**18)


def test_nothing_is_counted_where_nothing_is_limited():
    read("datasets:1").require(Quota.TUNINGS_PER_DAY, lambda: pytest.fail("counted"))


def test_every_quota_has_a_documented_limit():
    assert read("documented").limits == LIMITS
    assert LIMITS.keys() == set(Quota)


@given(SOME)
def test_what_is_written_is_what_is_limited(limits):
    assert read(written(limits)).limits == limits


@given(SOME)
def test_single_documented_limits_can_be_changed(limits):
    assert read(f"documented,{written(limits)}").limits == {**LIMITS, **limits}


@pytest.mark.parametrize("quota", Quota)
@given(limit=st.integers(0, 10**12), used=st.integers(0, 10**12), more=st.integers(0, 10**12))
def test_a_limit_is_what_may_be_reached_and_not_passed(quota, limit, used, more):
    quotas = read(f"{quota.value}:{limit}")
    if used + more <= limit:
        quotas.require(quota, lambda: used, more)
        return
    with pytest.raises(ResourceExhausted) as refusal:
        quotas.require(quota, lambda: used, more)
    said = PATTERN.fullmatch(refusal.value.message)
    assert said
    assert said[2] == str(limit)


def test_every_refusal_names_another_quota():
    messages = set()
    for quota in Quota:
        with pytest.raises(ResourceExhausted) as refusal:
            read(f"{quota.value}:0").require(quota, lambda: 0)
        messages.add(refusal.value.message)
    assert len(messages) == len(Quota)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on",
        "Documented",
        "documented,",
        "documented,documented",
        "off,datasets:3",
        "datasets",
        "datasets:",
        "datasets:-1",
        "datasets:+1",
        "datasets:1.5",
        "datasets:1e3",
        "datasets: 3",
        "datasets:٣",
        "datasets:3,",
        "datasets:3,datasets:3",
        "datasets=3",
        "rows:3",
        "datasets:" + "9" * 5000,
    ],
)
def test_anything_else_is_refused_with_what_could_be_written(text):
    with pytest.raises(
        ValueError, match=r"is no limit; write off, documented, or once each NAME:NUMBER,… "
    ) as no:
        read(text)
    assert all(quota.value in str(no.value) for quota in Quota)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with suppress(ValueError):
        assert read(text).limits.keys() <= set(Quota)
