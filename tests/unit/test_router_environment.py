"""Variables that lead a program to the router."""

import json

from aistudio_mock.transport.router.environment import PRELOAD, variables

PROXY, TLS = ("127.0.0.1", 1001), ("127.0.0.1", 1002)


def test_every_kind_of_client_is_told_of_the_proxy():
    given = variables(PROXY, TLS, (), {})
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        assert given[name] == "http://127.0.0.1:1001"
    assert given["grpc_proxy"] == "http://grpc@127.0.0.1:1001"


def test_this_machine_needs_no_proxy():
    given = variables(PROXY, TLS, (), {})
    assert given["no_proxy"] == given["NO_PROXY"] == "localhost,127.0.0.1,::1"


def test_the_users_own_exceptions_stay_unless_they_lead_past_the_router():
    own = {"no_proxy": "db.internal, .yandex.net,127.0.0.1,*,10.0.0.0/8"}
    assert variables(PROXY, TLS, (), own)["no_proxy"] == "localhost,127.0.0.1,::1,db.internal,10.0.0.0/8"


def test_exceptions_in_upper_case_count_where_there_are_no_others():
    assert "db.internal" in variables(PROXY, TLS, (), {"NO_PROXY": "db.internal"})["no_proxy"]


def test_the_users_own_node_options_stay():
    options = variables(PROXY, TLS, (), {"NODE_OPTIONS": "--max-old-space-size=99"})["NODE_OPTIONS"]
    assert options == f'--max-old-space-size=99 --require "{PRELOAD}"'
    assert PRELOAD.exists()


def test_node_is_told_of_both_doors_and_of_allowed_hosts():
    node = json.loads(variables(PROXY, TLS, ("OAuth.yandex.ru",), {})["AISTUDIO_MOCK_ROUTER"])
    assert (node["proxy"], node["tls"], node["allowed"]) == (1001, 1002, ["oauth.yandex.ru"])
    assert "yandex.net" in node["hosts"]
