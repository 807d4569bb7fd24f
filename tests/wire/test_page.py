"""The files of the page at /_mock/: who is given them, and what they let nobody do."""

import re
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
import requests

from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig

SOURCES = {
    path.name: path.read_text(encoding="utf-8") for path in files("aistudio_mock").joinpath("page").iterdir()
}
KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def got(url, path="", **headers):
    return requests.get(f"{url}/_mock/{path}", headers=headers, timeout=20)


@pytest.mark.parametrize("name", SOURCES)
def test_every_file_is_given_as_what_it_is(mock, name):
    answer = got(mock.http_url, "" if name == "index.html" else name)
    assert (answer.status_code, answer.text) == (200, SOURCES[name])
    assert answer.headers["Content-Type"] == f"{KINDS[name.rpartition('.')[2]]}; charset=utf-8"


def test_the_page_may_ask_this_server_only_and_is_framed_by_nobody(mock):
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in got(mock.http_url).headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy)


def test_no_file_names_another_host_or_writes_html():
    text = "\n".join(SOURCES.values()).replace("xmlns='http://www.w3.org/2000/svg'", "")
    assert re.findall(r"https?://|//[a-z]+\.[a-z]", text) == []
    assert (
        re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bstyle=|\bon\w+=\"", text
        )
        == []
    )


def test_every_element_that_the_scripts_look_for_is_there():
    there = set(re.findall(r'id="([\w-]+)"', SOURCES["index.html"]))
    scripts = "".join(text for name, text in SOURCES.items() if name.endswith(".js"))
    assert set(re.findall(r'find\("([\w-]+)"\)', scripts)) <= there


def test_the_way_there_without_the_last_slash_leads_there(mock):
    answer = requests.get(f"{mock.http_url}/_mock", allow_redirects=False, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/_mock/")


@pytest.mark.parametrize("path", ["nothing", "page.py", "..%2Fconfig.py", "page/index.html"])
def test_nothing_else_is_given(mock, path):
    assert got(mock.http_url, path).status_code == 404


def test_the_page_is_not_shown_under_a_name_that_was_led_here(mock):
    assert got(mock.http_url, Host="evil.example").status_code == 403
    assert got(mock.http_url, Origin="http://evil.example").status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_has_no_use_of_the_control_api_even_where_it_names_no_origin(mock, folder, site):
    path = f"v1/folders/{folder.id}/events"
    refused = requests.get(f"{mock.http_url}/_mock/{path}", headers={"Sec-Fetch-Site": site}, timeout=20)
    assert (refused.status_code, refused.json()["code"]) == (403, 7)
    for here in ("same-origin", "none"):
        assert got(mock.http_url, f"v1/folders/{folder.id}", **{"Sec-Fetch-Site": here}).status_code == 200


def test_where_others_reach_it_the_page_is_given_and_tells_nothing():
    server = Server(ServerConfig(grpc_port=0, tls_port=0, http_port=0, host="0.0.0.0"))
    server.start()
    try:
        ready = server.ready
        port = urlsplit(ready.http).port
        for name, source in SOURCES.items():
            answer = got(f"http://127.0.0.1:{port}", "" if name == "index.html" else name)
            assert answer.text == source
            assert ready.control_token not in answer.text
    finally:
        server.stop()
