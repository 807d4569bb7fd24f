"""Heads of requests to the proxy: what is understood, and what goes on to the server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistudio_mock.transport.router.request import BadRequest, parse


def head(*lines):
    return "\r\n".join((*lines, "", "")).encode("latin-1")


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("llm.api.cloud.yandex.net:443", "llm.api.cloud.yandex.net", 443),
        ("Example.ORG.:8443", "example.org", 8443),
        ("[::1]:50051", "::1", 50051),
        ("example.org", "example.org", 443),
    ],
)
def test_connect_asks_for_a_tunnel_to_host_and_port(target, host, port):
    request = parse(head(f"CONNECT {target} HTTP/1.1", "proxy-authorization: Basic Z3JwYw=="))
    assert (request.host, request.port, request.is_tunnel) == (host, port, True)
    assert request.is_grpc


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("http://example.org/a?b=c%20d", "GET /a?b=c%20d HTTP/1.1"),
        ("http://example.org", "GET / HTTP/1.1"),
        ("http://example.org?b=c", "GET /?b=c HTTP/1.1"),
        ("http://example.org//a//b", "GET //a//b HTTP/1.1"),
        ("HTTP://example.org/http://x/", "GET /http://x/ HTTP/1.1"),
    ],
)
def test_a_server_gets_the_path_of_the_url_and_nothing_else_of_it(target, line):
    request = parse(head(f"GET {target} HTTP/1.1", "Host: example.org"))
    assert (request.host, request.port, request.is_tls) == ("example.org", 80, False)
    assert request.head.decode().split("\r\n")[0] == line


def test_a_server_is_told_of_one_request_for_the_connection_and_not_of_the_proxy():
    request = parse(
        head(
            "GET http://example.org:8080/ HTTP/1.1",
            "Host: example.org:8080",
            "Connection: keep-alive, Upgrade",
            "Proxy-Connection: keep-alive",
            "proxy-authorization: Basic eDp5",
            "Authorization: Bearer t1",
        )
    )
    assert request.head == head(
        "GET / HTTP/1.1", "Host: example.org:8080", "Authorization: Bearer t1", "Connection: close"
    )


def test_a_request_for_https_without_a_tunnel_is_understood():
    request = parse(head("POST https://iam.api.cloud.yandex.net/iam/v1/tokens HTTP/1.1"))
    assert (request.host, request.port, request.is_tls) == ("iam.api.cloud.yandex.net", 443, True)


def test_a_request_that_came_straight_here_goes_by_its_host_field():
    request = parse(head("GET /computeMetadata/v1/ HTTP/1.1", "host: 169.254.169.254"))
    assert (request.host, request.port, request.is_tunnel) == ("169.254.169.254", 80, False)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["\x16\x03\x01 hello"], "not an HTTP/1.1 request"),
        (["PRI * HTTP/2.0"], "not an HTTP/1.1 request"),
        (["GET / HTTP/1.1"], "say which host"),
        (["GET ftp://example.org/ HTTP/1.1"], "no way to a ftp URL"),
        (["CONNECT example.org:http HTTP/1.1"], "no host and port"),
        (["CONNECT example.org:99999 HTTP/1.1"], "no host and port"),
        (["CONNECT :443 HTTP/1.1"], "say which host"),
        (["CONNECT .:443 HTTP/1.1"], "say which host"),
        (["GET .example.org/ HTTP/1.1", "Host: imitated"], "neither a URL nor a path"),
        (["CONNECT [::1:443 HTTP/1.1"], "no host and port"),
    ],
)
def test_what_no_proxy_can_serve_is_a_bad_request(lines, message):
    with pytest.raises(BadRequest, match=message):
        parse(head(*lines))


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda text: f"GET {text} HTTP/1.1".encode()))
def test_no_bytes_break_the_reading(noise):
    try:
        request = parse(noise + b"\r\n\r\n")
    except BadRequest:
        return
    assert request.host
    assert 0 <= request.port <= 65535
