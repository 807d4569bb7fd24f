"""Which host the router leads where, and what it tells of one that it refuses."""

import pytest

from aistudio_mock.transport.router.hosts import Way, canonical, refusal, steers, way


@pytest.mark.parametrize(
    "host",
    [
        "api.cloud.yandex.net",
        "llm.api.cloud.yandex.net",
        "iam.api.cloud.yandex.net",
        "storage.yandexcloud.net",
    ],
)
def test_the_imitated_names_lead_to_the_mock(host):
    assert way(host) is Way.MOCK


@pytest.mark.parametrize(
    "host",
    [
        "yandex.net",
        "oauth.yandex.ru",
        "auth.yandex.cloud",
        "console.yandex.cloud",
        "a.b.api.cloud.yandex.net",
        "bucket.storage.yandexcloud.net",
        "storage.yandexcloud.kz",
        "cloud.yandex.com.tr",
        "169.254.169.254",
        "metadata.google.internal",
    ],
)
def test_other_yandex_hosts_and_the_metadata_address_are_refused(host):
    assert way(host) is Way.REFUSED


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "localhost",
        "127.0.0.1",
        "::1",
        "notyandex.ru",
        "yandex.ru.example.org",
        "169.254.169.25",
        "api.cloud.yandex.net.example.org",
    ],
)
def test_every_other_host_passes(host):
    assert way(host) is Way.THROUGH


@pytest.mark.parametrize("host", ["oauth.yandex.ru", "storage.yandexcloud.net", "169.254.169.254"])
def test_an_allowed_host_passes_whatever_it_is(host):
    assert way(host, {host}) is Way.THROUGH


def test_an_allowed_host_allows_no_host_below_it():
    assert way("a.oauth.yandex.ru", {"oauth.yandex.ru"}) is Way.REFUSED


def test_case_and_a_final_dot_make_no_other_host():
    assert canonical("LLM.Api.Cloud.Yandex.Net.") == "llm.api.cloud.yandex.net"


def test_a_refusal_names_the_host_and_the_option_in_one_line_of_ascii():
    said = refusal("пример.yandex.ru")
    assert "--allow " in said
    assert said.isascii()
    assert said.isprintable()
    assert refusal("oauth.yandex.ru").count("oauth.yandex.ru") == 2


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "yandex.net",
        ".yandex.net",
        "*.yandex.ru",
        "llm.api.cloud.yandex.net",
        "api.cloud.yandex.net:443",
        "net",
        "169.254.169.254",
        "169.254.0.0/16",
        "0.0.0.0/0",
    ],
)
def test_a_proxy_exception_that_leads_past_the_router_is_seen(entry):
    assert steers(entry)


@pytest.mark.parametrize(
    "entry",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "[::1]",
        "10.0.0.0/8",
        "db.internal",
        ".example.org",
        "index.ru",
        "fe80::/10",
    ],
)
def test_other_proxy_exceptions_are_harmless(entry):
    assert not steers(entry)
