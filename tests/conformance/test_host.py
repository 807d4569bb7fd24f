"""The host of Python clients: every line gets an answer, whatever it holds and whatever the client does."""

import json
import re
import signal
import sys

import pytest

from tests.conformance.talking import environment, hosted, talking

PLACE = {
    "grpc": "127.0.0.1:1",
    "tls": "",
    "http": "",
    "ca": "",
    "folder_id": "b1g",
    "credentials": {"kind": "api-key", "value": "AQVNsecret"},
}

CLIENT = """
import json, os, sys
from aistudio_conformance.protocol import *

NAME, VERSION = "a client", "7"

class Mine:
    def __init__(self, place): self.place = place
    def dataset_get(self, ask):
        print("printed by Python")
        os.write(1, b"written by native code\\n")
        return Dataset(dataset_id=ask.dataset_id, status=self.place.folder_id)
    def dataset_delete(self, ask):
        raise Refused("it is in use", "FAILED_PRECONDITION", [ValidationError(error="x", rows=[1])])
    def dataset_update(self, ask): raise Unsupported("labels only") if ask.name else ValueError("two\\nlines")
    def dataset_list(self, ask): return {"dataset_ids": ["a", "b"]}
    def tuning_get(self, ask): return Tuning(tuning_id=7)
    def tuning_list(self, ask): return object()
    def tuning_cancel(self, ask): raise Refused(ValueError("no text"))
    def tuning_wait(self, ask): return Tuning(tuning_id=str(sys.stdin.read()))
    def model_complete(self, ask): os._exit(7)
    def model_embed(self, ask): return json.loads("{")
    def close(self): sys.stderr.write("closed\\n")

def connect(place: Place) -> Mine:
    return Mine(place)

def unannotated(place): return Mine(place)
def by_protocol(place) -> Client: return Mine(place)
def refusing(place) -> Mine: raise Refused("no such folder", "NOT_FOUND")
class Inherits(Client):
    NAME = "by its class"
    def __init__(self, place): pass
    def tuning_cancel(self, ask): return Done()
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "my_client.py"
    file.write_text(CLIENT)
    return file


@pytest.fixture
def host(file):
    with talking(hosted(file)) as host:
        yield host


@pytest.fixture
def case(host):
    assert host.ask("begin", **PLACE) == {"ok": {}}
    return host


def test_hello_tells_name_version_language_and_the_verbs_that_the_client_has(host):
    hello = host.ok("hello")
    assert (hello["name"], hello["version"]) == ("a client", "7")
    assert hello["language"].startswith("Python 3")
    assert hello["verbs"] == [
        "dataset.get",
        "dataset.list",
        "dataset.update",
        "dataset.delete",
        "tuning.wait",
        "tuning.get",
        "tuning.list",
        "tuning.cancel",
        "model.complete",
        "model.embed",
    ]


@pytest.mark.parametrize("factory", ["unannotated", "by_protocol"])
def test_of_a_factory_that_does_not_say_what_it_gives_every_verb_is_told(file, factory):
    with talking(hosted(f"{file}:{factory}")) as host:
        hello = host.ok("hello")
        assert (hello["name"], len(hello["verbs"])) == ("a client", 21)
        host.ok("begin", **PLACE)
        assert host.ask("dataset.upload", name="n", task_type="t", file="f") == {
            "unsupported": "the client has no dataset_upload"
        }


def test_a_class_is_a_factory_and_what_it_inherits_of_the_protocol_is_nothing(file):
    with talking(hosted(f"{file}:Inherits")) as host:
        hello = host.ok("hello")
        assert (hello["name"], hello["version"]) == ("by its class", "7")
        assert hello["verbs"] == ["tuning.cancel"]
        host.ok("begin", **PLACE)
        assert host.ask("dataset.get", dataset_id="fds") == {"unsupported": "the client has no dataset_get"}
        assert host.ask("tuning.cancel", tuning_id="ftn") == {"ok": {}}


def test_a_verb_gets_its_record_and_its_answer_is_what_the_client_showed(case):
    assert case.ok("dataset.get", dataset_id="fds1") == {"dataset_id": "fds1", "status": "b1g"}


def test_what_the_client_prints_goes_to_stderr(case):
    case.ok("dataset.get", dataset_id="fds1")
    assert case.ok("dataset.list") == {"dataset_ids": ["a", "b"]}
    assert "printed by Python\n" in case.stderr()
    assert "written by native code\n" in case.stderr()


def test_the_client_cannot_read_the_asks(case):
    assert case.ok("tuning.wait", tuning_id="ftn") == {"tuning_id": ""}


def test_what_is_refused_is_an_error_with_code_and_errors(case):
    assert case.error("dataset.delete", dataset_id="fds") == {
        "message": "it is in use",
        "code": "FAILED_PRECONDITION",
        "errors": [{"error": "x", "rows": [1]}],
    }


def test_what_the_client_has_nothing_for_is_unsupported(case):
    assert case.ask("dataset.update", dataset_id="fds", name="n") == {"unsupported": "labels only"}
    assert case.ask("tuning.metrics", tuning_id="f", file="m") == {
        "unsupported": "the client has no tuning_metrics"
    }


def test_any_other_exception_is_trouble_on_one_line_with_its_place(case):
    trouble = case.ask("dataset.update", dataset_id="fds")["trouble"]
    assert trouble.startswith("ValueError: two lines (my_client.py, line ")
    assert "Traceback" in case.stderr()
    assert case.ok("dataset.list")  # and the conversation goes on


def test_of_an_exception_from_a_library_the_place_in_the_adapter_is_told(case):
    trouble = case.ask("model.embed", model_uri="emb://x", text="x")["trouble"]
    assert re.fullmatch(r"JSONDecodeError: .* \(my_client\.py, line \d+\)", trouble)


def test_arguments_that_the_verb_does_not_take_are_trouble_that_names_them(case):
    assert case.ask("dataset.get") == {
        "trouble": "dataset.get: not a DatasetId: Object missing required field `dataset_id`"
    }
    assert "Expected `str`, got `int`" in case.ask("dataset.get", dataset_id=1)["trouble"]


def test_fields_that_are_newer_than_the_adapter_are_ignored(case):
    assert case.ok("dataset.get", dataset_id="fds1", newer=True)


@pytest.mark.parametrize("verb", ["tuning.get", "tuning.list"])
def test_what_the_client_gives_back_in_a_wrong_shape_is_trouble(case, verb):
    trouble = case.ask(verb, tuning_id="ftn")["trouble"]
    assert trouble.startswith(f"what {verb.replace('.', '_')} gave back: not a Tuning")


def test_a_refusal_that_is_no_text_is_trouble(case):
    assert "no JSON" in case.ask("tuning.cancel", tuning_id="ftn")["trouble"]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"nonsense", 0),
        (b'{"do": "hello"}', 0),
        (b'{"id": 5}', 5),
        (b'{"id": 5, "do": 7}', 5),
        (b'{"id": 5, "do": "begin", "with": []}', 5),
        (b'{"id": "x", "do": "hello"}', 0),
        (b"[1]", 0),
        (b"\xff\xfe", 0),
        (b'{"id": 5, "do": "\xff"}', 5),
        (b'{"id": 5, "do": "hello", "with": {"a": ' + b"[" * 100_000, 0),
    ],
)
def test_a_bad_line_gets_an_answer_that_says_so(host, line, number):
    answer = host.say(line)
    assert (answer["id"], answer.keys()) == (number, {"id", "trouble"})
    assert answer["trouble"].startswith("this line is no ask of the protocol: ")
    assert host.ok("hello")


def test_empty_lines_are_nothing(host):
    assert host.say(b'\n   \n{"id": 5, "do": "end"}') == {"id": 5, "ok": {}}


def test_a_verb_that_nobody_knows_is_unsupported(case):
    assert case.ask("dataset.paint") == {"unsupported": "dataset.paint is no verb of protocol version 1"}


def test_a_verb_outside_a_case_is_trouble(host):
    before = {"trouble": "dataset.list was asked for before begin"}
    assert host.ask("dataset.list") == before
    host.ok("begin", **PLACE)
    host.ok("dataset.list")
    host.ok("end")
    assert host.ask("dataset.list") == before


def test_the_client_is_closed_at_the_end_of_its_case_and_before_the_next(host):
    host.ok("begin", **PLACE)
    host.ok("begin", **PLACE)
    assert host.stderr() == "closed\n"
    host.ok("end")
    host.ok("end")
    assert host.stderr() == "closed\n" * 2


def test_a_factory_may_refuse(file):
    with talking(hosted(f"{file}:refusing")) as host:
        assert host.error("begin", **PLACE) == {"message": "no such folder", "code": "NOT_FOUND"}


def test_at_the_end_of_stdin_the_client_is_closed_and_the_code_is_0(case):
    assert case.end() == (0, "closed\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_closes_the_client_without_a_traceback(case):
    case.process.send_signal(signal.SIGINT)
    case.process.wait()
    assert (case.process.returncode, case.stderr()) == (130, "closed\n")


def test_nobody_listening_any_more_is_no_error(case):
    case.process.stdout.close()
    case.process.stdin.write(b'{"id": 1, "do": "hello"}\n')
    case.process.stdin.close()
    case.process.wait()
    assert (case.process.returncode, case.stderr()) == (0, "closed\n")


def test_a_client_that_ends_the_process_ends_it(case):
    case.process.stdin.write(
        json.dumps({"id": 9, "do": "model.complete", "with": {"model_uri": "", "text": ""}}).encode()
    )
    case.process.stdin.close()
    assert case.process.stdout.read() == b""
    assert case.process.wait() == 7


def test_a_module_is_found_by_name_and_a_factory_in_it(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "client.py").write_text(CLIENT)
    with talking(hosted("package.client:Inherits"), env=environment(PYTHONPATH=str(tmp_path))) as host:
        assert host.ok("hello")["verbs"] == ["tuning.cancel"]


def test_a_file_has_its_neighbours_and_is_no_other_module_s_namesake(tmp_path):
    (tmp_path / "neighbour.py").write_text("NAME = 'from next door'")
    (tmp_path / "msgspec.py").write_text("from neighbour import NAME\ndef connect(place): return 1")
    with talking(hosted(tmp_path / "msgspec.py")) as host:
        assert host.ok("hello")["name"] == "from next door"


def test_a_module_may_say_its_own_hello(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from aistudio_conformance.protocol import Hello\n"
        "def hello(): return Hello(name='Go SDK', version='2', language='Go', verbs=['dataset.get'])\n"
        "def connect(place): ...\n"
    )
    with talking(hosted(tmp_path / "mine.py")) as host:
        assert host.ok("hello") == {
            "name": "Go SDK",
            "version": "2",
            "language": "Go",
            "verbs": ["dataset.get"],
        }


@pytest.mark.parametrize(
    ("text", "told", "problem"),
    [
        ("def other(place): ...", "mine.py", "has no connect(place) that gives a client"),
        ("connect = 7", "mine.py", "has no connect(place) that gives a client"),
        ("def connect(place): ...", "mine.py:other", "has no other(place) that gives a client"),
        ("import nowhere", "mine.py", "cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("1 +", "mine.py", "cannot be imported: SyntaxError: invalid syntax"),
        ("", "missing.py", "cannot be imported: FileNotFoundError"),
        ("", "no_such_module", "cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_client_that_is_not_there_is_trouble_in_every_answer(tmp_path, text, told, problem):
    (tmp_path / "mine.py").write_text(text)
    with talking(hosted(told), cwd=tmp_path) as host:
        for do in ("hello", "begin", "dataset.get"):
            assert problem in host.ask(do)["trouble"]
        code, stderr = host.end()
        assert code == 0
        assert problem in stderr


def test_help_has_an_example_and_no_client_is_a_usage_error(file):
    with talking([*hosted(file)[:-1], "--help"]) as host:
        shown = host.process.stdout.read().decode()
        assert "example: python -m aistudio_conformance.adapters.host ./my_client.py:connect" in shown
        assert host.process.wait() == 0
    with talking(hosted(file)[:-1]) as host:
        assert (host.process.wait(), "MODULE[:FACTORY]" in host.stderr()) == (2, True)
