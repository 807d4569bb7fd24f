"""The pytest plugin as a test suite meets it: real pytest runs in processes of their own."""

import re

import pytest

from aistudio_mock import MockServer
from tests.plugin.suite import ROOT, Suite

HEAD = """
import os
import grpc, pytest
from tests.wire.stubs import Client

@pytest.fixture
def client(aistudio_mock, aistudio_folder):
    with Client(aistudio_mock.endpoint, f"Api-Key {aistudio_folder.api_key}") as client:
        yield client
"""


@pytest.fixture(scope="module", name="ca_directory")
def _ca_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("ca")


@pytest.fixture(name="run")
def _run(tmp_path, ca_directory):
    theirs = {"YC_FOLDER_ID": "mine", "YC_TOKEN": "real"}
    return Suite(tmp_path, {"AISTUDIO_MOCK_CA_DIR": str(ca_directory), **theirs}).run


NOTHING_HEAVY = """
import sys

def pytest_collection_finish(session):
    heavy = ("aistudio_", "grpc", "aiohttp", "google.protobuf")
    ours = {name for name in sys.modules if name.startswith(heavy)}
    assert ours == {"aistudio_mock", "aistudio_mock.pytest_plugin"}, ours
"""


def test_a_suite_without_our_fixtures_imports_nothing_of_ours(run):
    # conftest hooks run after plugin hooks only when asked to.
    conftest = NOTHING_HEAVY.replace("def", "import pytest\n@pytest.hookimpl(trylast=True)\ndef", 1)
    assert run(conftest=conftest, test_plain="def test_plain(): pass").outcomes == {"passed": 1}


BASICS = (
    HEAD
    + """
import ssl
from datetime import timedelta

SEEN = []
NAMES = ["YC_FOLDER_ID", "FOLDER_ID", "YC_API_KEY", "API_KEY",
         "YC_API_ENDPOINT", "AISTUDIO_MOCK_GRPC", "AISTUDIO_MOCK_HTTP"]

@pytest.mark.parametrize("turn", range(2))
def test_each_test_gets_an_empty_folder(client, aistudio_folder, turn):
    assert aistudio_folder.id not in SEEN
    SEEN.append(aistudio_folder.id)
    client.call("DatasetService/Create", folder_id=aistudio_folder.id, name="same",
                task_type="TextToTextGeneration", upload_format="jsonlines")
    assert len(client.call("DatasetService/List", folder_id=aistudio_folder.id).datasets) == 1
    aistudio_folder.journal.assert_called("DatasetService/*", times=2)

def test_the_environment_is_that_of_a_program_in_the_folder(aistudio_mock, aistudio_folder):
    assert [os.environ[name] for name in NAMES] == [
        aistudio_folder.id, aistudio_folder.id, aistudio_folder.api_key, aistudio_folder.api_key,
        aistudio_mock.tls_endpoint, aistudio_mock.endpoint, aistudio_mock.http_url]
    assert "YC_TOKEN" not in os.environ

def test_without_the_folder_the_environment_is_the_user_s():
    assert [os.environ.get(name) for name in NAMES] == ["mine"] + [None] * 6
    assert os.environ["YC_TOKEN"] == "real"

def test_clients_with_default_credentials_reach_the_tls_port(aistudio_folder):
    credentials = grpc.ssl_channel_credentials()
    with grpc.secure_channel(os.environ["YC_API_ENDPOINT"], credentials) as channel:
        assert channel.unary_unary("/yandex.cloud.endpoint.ApiEndpointService/List")(b"", timeout=20)
    ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])

@pytest.mark.aistudio(time="manual", auth="strict")
class TestMarked:
    def test_the_marker_of_a_class_counts(self, aistudio_mock, aistudio_folder):
        assert aistudio_folder.clock.now() == aistudio_folder.clock.now()
        with Client(aistudio_mock.endpoint, "Api-Key AQVNunknown") as stranger, pytest.raises(grpc.RpcError):
            stranger.call("DatasetService/List", folder_id=aistudio_folder.id)

    @pytest.mark.aistudio(time="real")
    def test_the_nearest_marker_wins(self, aistudio_folder):
        assert aistudio_folder.clock.now() < aistudio_folder.clock.now()

def test_the_clock_moves(aistudio_folder):
    before = aistudio_folder.clock.now()
    assert aistudio_folder.clock.advance(hours=1) - before >= timedelta(hours=1)

def test_a_fault_that_is_met_is_fine(client, aistudio_folder):
    aistudio_folder.faults.add(method="DatasetService/List", status="UNAVAILABLE")
    with pytest.raises(grpc.RpcError):
        client.call("DatasetService/List", folder_id=aistudio_folder.id)

async def test_async_tests_have_the_same_fixtures(aistudio_mock, aistudio_folder):
    async with grpc.aio.insecure_channel(aistudio_mock.endpoint) as channel:
        await channel.unary_unary("/yandex.cloud.endpoint.ApiEndpointService/List")(b"")
"""
)

IN_ORDER = ("-p", "no:randomly")


@pytest.mark.parametrize("way", ["own server", "by url", "beside other plugins"])
def test_the_fixtures_do_what_they_promise(run, way):
    suite = {"ini": "timeout = 60", "test_basics": BASICS}
    if way == "by url":
        with MockServer() as mock:
            result = run(*IN_ORDER, "--aistudio-mock-url", mock.http_url, **suite)
            assert [folder.id for folder in mock._server.backend.folders] == [mock.default_folder.id]
    elif way == "own server":
        result = run(*IN_ORDER, **suite)
    else:
        result = run("-n", "2", **suite)
    assert result.outcomes == {"passed": 10}


MISTAKES = (
    HEAD
    + """
def test_unmatched(aistudio_folder):
    aistudio_folder.faults.add(method="TuningService/Tune", status="UNAVAILABLE")

def test_failed_for_another_reason(aistudio_folder):
    aistudio_folder.faults.add(method="TuningService/Tune", status="UNAVAILABLE")
    assert False

@pytest.mark.aistudio(tim="skip")
def test_no_such_setting(aistudio_folder): pass

@pytest.mark.aistudio(time="fast")
def test_no_such_value(aistudio_folder): pass
"""
)


def test_mistakes_are_told_in_plain_words(run):
    result = run(test_mistakes=MISTAKES)
    assert result.outcomes == {"passed": 1, "failed": 1, "error": 3}
    text = result.out
    for words in (
        "@pytest.mark.aistudio takes time=…, durations=…, auth=…, seed=…, settings=…; not tim",
        "@pytest.mark.aistudio: time 'fast': use skip, poll, real, manual, or a rate",
        "ERROR at teardown of test_unmatched",
        "fault-1 (method='TuningService/Tune', status='UNAVAILABLE'): held against 0",
    ):
        assert words in text


def test_faults_that_no_call_met_can_be_ignored_or_warned_of(run):
    suite = MISTAKES.partition("def test_failed")[0]
    assert run(ini="aistudio_unmatched_faults = ignore", test_quiet=suite).outcomes == {"passed": 1}
    told = run("-W", "default", ini="aistudio_unmatched_faults = warn", test_quiet=suite)
    assert told.outcomes == {"passed": 1, "warning": 1}
    assert "no call has met" in told.out


def test_a_url_where_no_mock_runs_ends_the_run_in_one_line(run):
    result = run("--aistudio-mock-url", "http://127.0.0.1:1", test_any="def test_any(aistudio_mock): pass")
    assert result.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --aistudio-mock-url: no mock answers at http://127.0.0.1:1" in result.err


TOO_LATE = """
import grpc

channel = grpc.secure_channel("localhost:1", grpc.ssl_channel_credentials())
try:
    channel.unary_unary("/a/b")(b"", timeout=20)
except grpc.RpcError:
    pass
channel.close()
"""


def test_what_opened_tls_before_us_is_said_plainly(run):
    result = run(
        "-W",
        "default",
        conftest=TOO_LATE,
        test_late="def test_late(aistudio_folder): aistudio_folder.clock.now()",
    )
    assert result.outcomes == {"passed": 1, "warning": 1}
    assert "AistudioMockWarning: gRPC has already read its root certificates" in result.out


FORKED = """
import os

def test_forked(aistudio_folder):
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            aistudio_folder.clock.now()
        except RuntimeError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    with os.fdopen(reader) as told:
        assert "this process was forked from the one that runs aistudio-mock" in told.read()
"""


@pytest.mark.skipif("sys.platform == 'win32'", reason="no fork")
def test_a_forked_child_is_told_that_its_mock_is_a_dead_copy(run):
    assert run("-W", "ignore", test_fork=FORKED).outcomes == {"passed": 1}


def test_the_environment_is_given_back_at_the_end(run):
    conftest = """
import os, pytest
BEFORE = dict(os.environ)

@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    changed = {name for name in {*BEFORE, *os.environ} if BEFORE.get(name) != os.environ.get(name)}
    assert not changed - {"PYTEST_VERSION", "PYTEST_CURRENT_TEST"}, changed
    print("given back")
"""
    result = run("-s", conftest=conftest, test_any="def test_any(aistudio_folder): pass")
    assert result.outcomes == {"passed": 1}
    assert "given back" in result.out


def test_the_options_and_the_marker_explain_themselves(run):
    told = run("--help").out + run("--markers").out
    assert "--aistudio-mock-url=URL" in told
    assert "aistudio_unmatched_faults" in told
    assert "@pytest.mark.aistudio(time, durations, auth, seed, settings)" in told


def test_the_examples_of_the_how_to_run(run):
    page = (ROOT / "docs/how-to/test-with-pytest.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    # Not strict about warnings: those of the official SDK are not ours to judge.
    result = run("-W", "default", **{f"test_{number}": code for number, code in enumerate(examples)})
    assert (result.code, result.outcomes["passed"]) == (0, 3)


TOLD = (
    HEAD
    + """
def test_verified(client, aistudio_folder):
    client.call("DatasetService/List", folder_id=aistudio_folder.id)
    aistudio_folder.journal.assert_called("DatasetService/Lists", request={"page_size": 7})

def test_loaded(aistudio_folder):
    aistudio_folder.faults.load("lost-tune-reply")
"""
)


def test_the_conversation_and_the_nearest_call_are_told_and_loaded_faults_are_accounted_for(run):
    result = run(test_told=TOLD)
    assert result.outcomes == {"passed": 1, "failed": 1, "error": 1}
    for words in (
        "expected DatasetService/Lists with request {'page_size': 7} at least once, was 0 times",
        "method is DatasetService/List, not DatasetService/Lists",
        "request.page_size is unset, not 7",
        "fault-1 (method='TuningService/Tune', lost=True): held against 0",
    ):
        assert words in result.out
    assert "journal_handle.py" not in result.out, "the test's own line is shown, not ours"
