"""The server's configuration: what it accepts, and what its errors say."""

from fractions import Fraction

import pytest

from aistudio_mock.config import ConfigError, ServerConfig, TimeMode, parse_settings, parse_time


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("skip", TimeMode("skip", Fraction(1))),
        ("poll", TimeMode("poll", Fraction(1))),
        ("real", TimeMode("real", Fraction(1))),
        ("manual", TimeMode("manual", Fraction(0))),
        ("10x", TimeMode("real", Fraction(10))),
        ("0.5x", TimeMode("real", Fraction(1, 2))),
        ("1000000x", TimeMode("real", Fraction(1_000_000))),
    ],
)
def test_a_time_mode_is_read_and_written_the_same_way(text, mode):
    assert parse_time(text) == mode
    assert str(mode) == text


@pytest.mark.parametrize(
    "text",
    ["", "0x", "0.0x", "-1x", "nanx", "nan", "infx", "10", "x", "1e3x", "1000001x", "٣x", "Skip", "2x "],
)
def test_a_time_mode_that_cannot_work_is_refused_in_one_line_that_says_what_would(text):
    with pytest.raises(ConfigError, match=r"use skip, poll, real, manual, or a rate such as 10x") as refused:
        parse_time(text)
    assert "\n" not in str(refused.value)
    assert repr(text) in str(refused.value)


def test_the_defaults_are_the_documented_ones():
    config = ServerConfig()
    assert (config.grpc_port, config.tls_port, config.http_port) == (8442, 8443, 8444)
    assert (config.host, str(config.time), config.auth) == ("127.0.0.1", "skip", "any")
    assert (config.durations, config.edition) == ("recorded", "2025-12")


def test_the_default_folder_id_has_the_platforms_shape():
    folder = ServerConfig().folder_id
    assert len(folder) == 20
    assert folder.startswith("b1g")
    assert set(folder) <= set("0123456789abcdefghijklmnopqrstuv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grpc_port": -1}, "--grpc-port '-1': use 0 for any free port, or 1 to 65535"),
        ({"http_port": 65536}, "--http-port '65536': use 0 for any free port, or 1 to 65535"),
        ({"grpc_port": 9000, "tls_port": 9000}, "port 9000 is given twice; "),
        ({"durations": "short"}, "--durations 'short': use recorded, documented or instant"),
        ({"edition": "2026"}, "--edition: no '2026'; known: 2024-12, 2025-01, 2025-12"),
        ({"settings": {"no-such": "1"}}, "--set: no settable behaviour 'no-such'; known: "),
        ({"auth": "on"}, "--auth 'on': use off, any or strict"),
        ({"log_level": "loud"}, "--log-level 'loud': use debug, info, warning or error"),
        ({"host": "http://localhost"}, "--host 'http://localhost': use a host name or an IP address"),
        ({"advertise": "mock:8443"}, "--advertise 'mock:8443': use a host name or an IP address"),
        ({"advertise": ""}, "--advertise '': use a host name or an IP address"),
        ({"folder_id": ""}, "folder id '': use 1 to 50 characters"),
    ],
)
def test_an_option_out_of_range_is_refused_in_one_line_that_says_what_would_work(options, message):
    with pytest.raises(ConfigError) as refused:
        ServerConfig(**options)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_two_ports_may_both_be_any_free_one():
    assert ServerConfig(grpc_port=0, tls_port=0, http_port=0).tls_port == 0


@pytest.mark.parametrize(
    "host", ["localhost", "mock", "my-host.example.org", "10.0.0.7", "::1", "fe80::1", "a_b"]
)
def test_a_host_name_or_an_address_can_be_advertised(host):
    assert ServerConfig(advertise=host).advertise == host


def test_settings_keep_everything_after_the_first_equals_sign():
    assert parse_settings(["foreign-folder=a=b", "dataset-rows="]) == {
        "foreign-folder": "a=b",
        "dataset-rows": "",
    }


@pytest.mark.parametrize(
    "items", [["row-numbers"], ["=1"], ["Row=1"], ["a b=1"], ["row-numbers=0", "row-numbers=1"]]
)
def test_a_setting_that_cannot_be_read_is_refused(items):
    with pytest.raises(ConfigError, match=r"ID=VALUE|given twice"):
        parse_settings(items)


def test_a_configuration_cannot_be_changed():
    with pytest.raises(AttributeError):
        ServerConfig().host = "0.0.0.0"


def test_the_settings_of_a_configuration_cannot_be_changed_either():
    with pytest.raises(TypeError):
        ServerConfig().settings["row-numbers"] = "1"
