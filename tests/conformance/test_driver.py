"""One client as a child process: answers, crashes, silence and noise are told apart."""

import json
import os
from contextlib import closing

import pytest

from aistudio_conformance.children import NotStarted
from aistudio_conformance.driver import Crashed, Driver, Garbled, Hung
from aistudio_conformance.environment import of_client
from aistudio_conformance.protocol import Hello
from tests.conformance.adapters import PLACE, fake

SOON = 0.5
LONG = 60


@pytest.fixture
def start():
    """Starts fake adapters; all of them are closed after the test."""
    drivers = []

    def start(environment=None, **behaviours):
        drivers.append(Driver(fake(**behaviours), dict(os.environ) if environment is None else environment))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.kill()
        driver.close()


def test_a_conversation_from_hello_to_the_exit_code():
    driver = Driver(fake(EOF="0"), dict(os.environ))
    assert driver.hello() == Hello(
        name="fake",
        version="1",
        language="Python",
        verbs=["dataset.upload", "dataset.list", "dataset.get", "tuning.list", "dataset.delete"],
    )
    driver.begin(PLACE)
    assert driver.ask("dataset.get", {"dataset_id": "fds1"}, LONG).ok == {
        "dataset_id": "fds1",
        "status": "READY",
    }
    driver.end()
    assert driver.close() == 0


def test_what_is_asked_arrives_as_it_is(start):
    driver = start(dataset_get="echo")
    answer = driver.ask("dataset.get", {"dataset_id": "дата\n\"'"}, LONG)
    assert json.loads(answer.error.message) == {"dataset_id": "дата\n\"'"}


def test_a_failure_an_unsupported_verb_and_trouble_are_answers(start):
    driver = start(dataset_get="error", dataset_list="unsupported", tuning_list="trouble")
    assert driver.ask("dataset.get", {}, LONG).error.code == "NOT_FOUND"
    assert driver.ask("dataset.list", {}, LONG).unsupported == "nothing for it"
    assert driver.ask("tuning.list", {}, LONG).trouble == "KeyError: 'x'"
    assert driver.is_usable


def test_an_answer_of_the_wrong_shape_is_trouble_and_the_conversation_goes_on(start):
    driver = start(dataset_get="wrong-shape")
    trouble = driver.ask("dataset.get", {}, LONG).trouble
    assert trouble == "the answer to dataset.get is no Dataset: Expected `str`, got `int` - at `$.dataset_id`"
    assert driver.ask("tuning.list", {}, LONG).ok == {"tuning_ids": []}


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("crash", "crashed (exit code 3)"),
        ("segfault", "crashed (killed by SIGSEGV)"),
        ("half-a-line", "crashed (exit code 0)"),
        ("close-stdout", "crashed (it closed its stdout)"),
    ],
)
def test_a_client_that_ends_before_its_answer_has_crashed(start, behaviour, said):
    driver = start(dataset_get=behaviour)
    with pytest.raises(Crashed) as crashed:
        driver.ask("dataset.get", {}, LONG)
    assert str(crashed.value) == said
    assert not driver.is_usable
    with pytest.raises(Crashed):
        driver.ask("dataset.get", {}, LONG)


def test_silence_is_a_hang(start):
    driver = start(dataset_get="hang")
    with pytest.raises(Hung) as hung:
        driver.ask("dataset.get", {}, SOON)
    assert str(hung.value) == "hung (no answer in 0.5 s)"
    assert not driver.is_usable


@pytest.mark.parametrize("end", [Driver.kill, Driver.close])
def test_what_a_client_started_ends_with_it(start, end):
    driver = start(dataset_get="start-a-child")
    driver.ask("dataset.get", {}, LONG)
    end(driver)
    assert driver._answers.next(LONG) == b"", "nobody holds the other end of the pipe any more"


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("garbage", "answered dataset.get with a line that is no answer, 'Loading model…'"),
        ("no-json-object", r"answered dataset.get with a line that is no answer, '\[1, 2\]'"),
        ("wrong-id", "answered dataset.get, which had id 1, with id 8"),
        ("two-kinds", "answered dataset.get with 2 of ok, error, unsupported, trouble; one is needed"),
        ("nothing", "answered dataset.get with none of ok, error, unsupported, trouble; one is needed"),
    ],
)
def test_a_line_that_is_no_answer_is_the_adapters_own_trouble(start, behaviour, said):
    driver = start(dataset_get=behaviour)
    with pytest.raises(Garbled, match=said):
        driver.ask("dataset.get", {}, LONG)
    assert not driver.is_usable


def test_a_client_that_reads_nothing_is_not_waited_for(start):
    driver = start(hello="hang")
    with pytest.raises(Hung):
        driver.ask("hello", {"much": "x" * 1_000_000}, SOON)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("error", "answered hello with an error: no"),
        ("trouble", "answered hello with trouble: KeyError: 'x'"),
        ("wrong-shape", "answered hello with what is none: Object missing required field `name`"),
        ("old-protocol", "speaks version 99 of the protocol, the suite 1"),
    ],
)
def test_a_hello_that_cannot_be_understood_ends_the_conversation(start, behaviour, said):
    with pytest.raises(Garbled, match=said):
        start(hello=behaviour).hello()


def test_stderr_is_kept_and_told_from_where_one_likes(start):
    driver = start(everything="grumble")
    driver.ask("dataset.list", {}, LONG)
    seen = driver.printed.end()
    driver.ask("tuning.list", {}, LONG)
    assert driver.printed.since(0).split() == ["grumble", "dataset.list", "grumble", "tuning.list"]
    assert driver.printed.since(seen).split() == ["grumble", "tuning.list"]


def test_an_exit_code_is_told_at_the_end():
    with closing(Driver(fake(EOF="5"), dict(os.environ))) as driver:
        assert driver.close() == 5


def test_one_that_goes_on_after_the_end_is_killed(monkeypatch):
    monkeypatch.setattr("aistudio_conformance.driver.END_SECONDS", SOON)
    driver = Driver(fake(EOF="hang"), dict(os.environ))
    driver.hello()
    assert driver.close() is None


def test_there_has_to_be_such_a_program(tmp_path):
    with pytest.raises(NotStarted, match="no program nosuch; give one that your shell would find"):
        Driver(["nosuch"], {})
    with pytest.raises(NotStarted, match=r"cannot be started \(.*\); is it a program"):
        Driver([str(tmp_path)], {})


def test_the_environment_leads_to_the_server_of_the_run_and_nowhere_else(start):
    own = {
        **os.environ,
        "https_proxy": "http://proxy:3128",
        "YC_IAM_TOKEN": "t1.real",
        "AWS_SECRET_ACCESS_KEY": "real",
        "NO_PROXY": "elsewhere",
        "GREETING": "hi",
    }
    driver = start(of_client(own, "/ca.pem"), dataset_get="environment")
    seen = json.loads(driver.ask("dataset.get", {}, LONG).error.message)
    assert not {"https_proxy", "YC_IAM_TOKEN", "AWS_SECRET_ACCESS_KEY"} & seen.keys()
    assert (seen["GREETING"], seen["NO_PROXY"]) == ("hi", "*")
    trusted = (
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
    )
    assert {seen[name] for name in trusted} == {"/ca.pem"}
