"""`aistudio-mock validate`: what it prints, in which language, and how it ends."""

import json
import os
import re
import subprocess
import sys

import msgspec
import pytest
from jsonschema import Draft202012Validator

from aistudio_formats import blocks
from aistudio_formats.examples import EXAMPLES
from aistudio_mock.cli import main
from aistudio_mock.commands import progress, validate_tokens
from tools import generate_validate_schema

TYPE = "TextToTextGeneration"
GOOD = '{"request": [{"role": "user", "text": "Кто ты?"}], "response": "Зина"}\n'
NO_ANSWER = '{"request": [{"role": "user", "text": "Кто ты?"}]}\n'
OLD = '[\n {"request": "a?", "response": "b"},\n {"request": "c", "response": "d"}\n]\n'
posix = pytest.mark.skipif(os.name == "nt", reason="terminals and named pipes are POSIX here")


@pytest.fixture
def validate(tmp_path, monkeypatch, capsys):
    """Run the command on a file of this text: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def validate(text, *arguments, name="a.jsonl"):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        code = main(["validate", name, *arguments])
        return code, *capsys.readouterr()

    return validate


def test_a_wrong_row_is_shown_with_its_column_its_text_and_the_shape_of_a_right_one(validate):
    code, said, _ = validate(GOOD + GOOD.replace("user", "bot"), "--task-type", TYPE)
    assert code == 1
    assert said.startswith(
        "a.jsonl: INVALID, 1 of 2 rows are right\n\n"
        "  row  column  what is wrong\n"
        "    2      23  `$.request[0].role` is 'bot', which is not allowed there\n"
        '               {"request": [{"role": "bot", "text": "Кто ты?"}], "response": …\n'
    )
    assert '\n  a row is {"request": [{"role": "user", "text": "…"}], "response": "…"}; roles are' in said


def test_rows_of_all_kinds_of_errors_are_in_their_order_and_of_each_kind_a_few(validate):
    code, said, _ = validate(GOOD + NO_ANSWER * 8 + "\n" + NO_ANSWER * 200, "--task-type", TYPE)
    assert code == 1
    shown = [int(number) for number in re.findall(r"^ +(\d+) +[\d-]+  ", said, re.MULTILINE)]
    assert shown == [2, 3, 4, 5, 6, 10]
    more = "and 203 rows more with mock.row.missing_field: 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, …"
    assert more in said


def test_warnings_are_apart_from_errors_and_change_no_exit_code(validate):
    code, said, _ = validate(GOOD, "--task-type", TYPE)
    assert code == 0
    assert said.startswith(
        "a.jsonl: READY, 1 row\n\ndocumented, but not enforced by the service:\n"
        "  The file has 1 row; the documentation asks for 10.\n"
    )


def test_texts_that_are_too_long_are_warned_of_with_their_rows(validate):
    long = GOOD.replace("Зина", "да " * 2001)
    code, said, _ = validate(GOOD * 10 + long, "--task-type", TYPE)
    assert code == 0
    assert "  The response of 1 row is over the documented 2000 tokens, by an estimate: 11.\n" in said
    assert re.search(r"^  response +2 011 +183 +2 001 +2 000$", said, re.MULTILINE)


def test_totals_of_the_first_rows_are_said_to_be_that(validate, monkeypatch):
    monkeypatch.setattr(validate_tokens, "SAMPLE", 1)
    assert "; totals from the first 1 row\n" in validate(GOOD * 12, "--task-type", TYPE)[1]


@pytest.mark.parametrize(
    ("setting", "arguments", "russian"),
    [("ru_RU.UTF-8", [], True), ("ru_RU.UTF-8", ["--lang", "en"], False), ("C", ["--lang", "ru"], True)],
)
def test_the_language_is_the_locales_unless_it_is_named(setting, arguments, russian, validate, monkeypatch):
    monkeypatch.setenv("LC_ALL", setting)
    code, said, _ = validate(GOOD + NO_ANSWER, "--task-type", TYPE, *arguments)
    assert code == 1
    assert ("a.jsonl: INVALID, без ошибок 1, всего 2 строки" in said) is russian
    assert ("нет `$.response`" in said) is russian
    assert ("`$.response` is missing" in said) is not russian
    assert ("не больше" in said or "не меньше 10" in said) is russian


def test_a_complaint_speaks_the_language_too(validate):
    code, said, complaint = validate(None, "--lang", "ru", name="missing.jsonl")
    assert (code, said) == (3, "")
    assert complaint.startswith("aistudio-mock: не читается missing.jsonl (")


def test_a_clear_task_type_need_not_be_named(validate):
    code, said, _ = validate(EXAMPLES["TextEmbeddingsPair"])
    assert code == 0
    assert "  task type TextEmbeddingsPair, by the first 4 rows; --task-type says otherwise\n" in said


def test_an_unclear_task_type_has_to_be_named(validate):
    code, said, complaint = validate('{"text": "a", "joy": 1}\n')
    assert (code, said) == (2, "")
    assert complaint == (
        "aistudio-mock: a.jsonl may be TextClassificationMultilabel, TextClassificationMulticlass; "
        "say which with --task-type\n"
    )
    code, _, complaint = validate('{"question": "a"}\n')
    assert code == 2
    assert "cannot tell the task type of a.jsonl by its rows; name it with --task-type" in complaint


def test_an_old_array_is_explained_with_the_command_that_converts_it(validate):
    code, said, _ = validate(OLD, name="my old.json")
    assert code == 1
    assert said.startswith(
        "my old.json: INVALID\n\n  The file is one JSON array, the format of the old DataSphere"
    )
    assert "`aistudio-mock validate 'my old.json' --convert 'my old.converted.jsonl'`" in said


def test_an_old_array_is_converted_and_what_was_written_is_judged(validate, tmp_path):
    code, said, _ = validate(OLD, "--convert", "new.jsonl", name="old.json")
    assert code == 0
    assert said.startswith("new.jsonl: READY, 2 rows\n")
    assert (tmp_path / "new.jsonl").read_text().splitlines()[1] == (
        '{"request": [{"role": "user", "text": "c"}], "response": "d"}'
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.jsonl", "old.json"]


def test_nothing_is_written_over_unless_forced(validate, tmp_path):
    (tmp_path / "new.jsonl").write_text("mine")
    code, said, complaint = validate(OLD, "--convert", "new.jsonl")
    assert (code, said) == (1, "")
    assert complaint == (
        "aistudio-mock: new.jsonl is there already; name another file, or write over it with --force\n"
    )
    assert (tmp_path / "new.jsonl").read_text() == "mine"
    assert validate(OLD, "--convert", "new.jsonl", "--force")[0] == 0
    assert (tmp_path / "new.jsonl").read_text().startswith('{"request"')


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_file_that_cannot_be_converted_is_refused_with_every_place_and_nothing_is_left(
    force, validate, tmp_path
):
    text = OLD.replace('"response": "b"', '"answer": "b"').replace('"d"', '""')
    if force:
        (tmp_path / "new.jsonl").write_text("mine")
    code, said, _ = validate(text, "--convert", "new.jsonl", *force)
    assert code == 1
    assert said == (
        "a.jsonl is not converted:\n"
        "  line 2, column 2 (element 1): `$.answer` is not a field of such a row\n"
        "  line 3, column 2 (element 2): `$.response` is empty; write something there or leave the row out\n"
    )
    left = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != "a.jsonl"}
    assert left == ({"new.jsonl": "mine"} if force else {})


def test_a_file_may_be_converted_in_its_place(validate, tmp_path):
    assert validate(OLD, "--convert", "a.jsonl", "--force")[0] == 0
    assert (tmp_path / "a.jsonl").read_text().startswith('{"request"')


def test_json_lines_need_no_conversion(validate):
    code, said, _ = validate(GOOD, "--convert", "new.jsonl")
    assert code == 1
    assert "line 1, column 1: the file is not one JSON array" in said


def test_there_is_nothing_to_convert_to_without_known_rows(validate):
    code, _, complaint = validate(OLD, "--convert", "new.jsonl", "--task-type", "TextToSpeechGeneration")
    assert code == 2
    assert "rows of TextToSpeechGeneration are not known here" in complaint


def test_a_place_that_cannot_be_written_is_one_line_and_code_3(validate):
    code, _, complaint = validate(OLD, "--convert", "missing/new.jsonl")
    assert code == 3
    assert re.fullmatch(
        r"aistudio-mock: cannot write missing.new\.jsonl \(.*\); name another file\n", complaint
    )


def test_the_schema_is_fresh():
    written = generate_validate_schema.SCHEMA.read_text(encoding="utf-8")
    assert written == generate_validate_schema.schema(), "run `make generate`"


DOCUMENTS = {
    "right": (GOOD * 10, []),
    "wrong": (GOOD + NO_ANSWER + "\n", ["--task-type", TYPE]),
    "empty": ("", []),
    "array": (OLD, []),
    "converted": (OLD, ["--convert", "new.jsonl"]),
    "refused": (OLD.replace('"d"', '""') + "x", ["--convert", "new.jsonl"]),
    "long": (GOOD.replace("Зина", "да " * 2001), []),
    "counted": ("a\nb\n", ["--task-type", "TextToSpeechGeneration"]),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_json_document_fits_its_schema(name, validate):
    text, arguments = DOCUMENTS[name]
    code, said, complaint = validate(text, "--json", *arguments)
    assert said.count("\n") == 1
    assert complaint == ""
    document = json.loads(said)
    Draft202012Validator(json.loads(generate_validate_schema.schema())).validate(document)
    assert code == (0 if document.get("is_valid") else 1)


def test_the_json_document_has_the_places_in_the_language_and_the_servers_words(validate):
    _, said, _ = validate(GOOD + NO_ANSWER, "--json", "--lang", "ru", "--task-type", TYPE)
    document = msgspec.json.decode(said)
    (error,) = document["errors"]
    assert (error["error"], error["rows"]) == ("mock.row.missing_field", 1)
    assert error["description"].startswith("Row 2: `$.response` is missing. A row is ")
    assert error["spots"] == [
        {"row": 2, "column": 1, "message": "нет `$.response`", "excerpt": NO_ANSWER[:40] + "…"}
    ]
    assert document["guessed"] is None
    assert [each["warning"] for each in document["warnings"]] == ["mock.warning.few_rows"]


def test_all_rows_with_an_error_are_counted_though_a_hundred_are_listed(validate):
    _, said, _ = validate(GOOD + NO_ANSWER * 250, "--json", "--task-type", TYPE)
    (error,) = json.loads(said)["errors"]
    assert (error["rows"], len(error["spots"])) == (250, 100)


def test_classes_are_those_of_the_first_right_row_in_the_second_look_too(validate):
    rows = '{"text": "", "x": 1}\n{"text": "a", "joy": 1}\n{"text": "a", "joy": 0}\n{"text": "a", "x": 1}\n'
    _, said, _ = validate(rows, "--json", "--task-type", "TextClassificationMultilabel")
    spots = [(spot["row"], spot["column"]) for error in json.loads(said)["errors"] for spot in error["spots"]]
    assert spots == [(1, 10), (4, 20)]


@pytest.mark.parametrize("block", [1, 100, 1 << 17])
def test_places_are_found_wherever_a_block_ends(block, validate, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", block)
    monkeypatch.setattr(validate_tokens, "SAMPLE", 1)
    _, said, _ = validate((GOOD * 7 + NO_ANSWER * 2) * 3, "--json", "--task-type", TYPE)
    assert [spot["row"] for spot in json.loads(said)["errors"][0]["spots"]] == [8, 9, 17, 18, 26, 27]


@posix
def test_a_pipe_is_read_as_a_file(validate, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; open('pipe', 'w', encoding='utf-8').write(sys.argv[1])",
            GOOD + NO_ANSWER,
        ],
        cwd=tmp_path,
    ):
        code, said, _ = validate(None, "--task-type", TYPE, name="pipe")
    assert code == 1
    assert "    2       1  `$.response` is missing" in said


class Terminal:
    """What a terminal was told."""

    encoding = "utf-8"

    def __init__(self, *, isatty=True):
        self.told = ""
        self._isatty = isatty

    def isatty(self):
        return self._isatty

    def write(self, text):
        self.told += text

    def flush(self):
        pass


def drawn(size, *, isatty=True):
    terminal = Terminal(isatty=isatty)
    with progress.Progress(size, terminal) as bar:
        bar.begin("checking")
        for _ in range(1000):
            bar.add(size // 1000)
    return terminal.told


def test_a_big_file_has_a_bar_that_is_wiped_off(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    told = drawn(progress.BIG)
    assert re.findall(r"(\d+) %", told) == [str(percent) for percent in range(101)]
    assert f"\r\x1b[Kchecking {'█' * 15}{'░' * 15} 50 %" in told
    assert told.endswith("\r\x1b[K")


def test_small_files_pipes_and_plain_terminals_have_no_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert drawn(progress.BIG - 1) == ""
    assert drawn(progress.BIG, isatty=False) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert drawn(progress.BIG) == ""


def _told(terminal):
    """What a terminal is told next; nothing once nobody can tell it anything, which Linux calls an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


@posix
def test_the_bar_is_on_the_terminal_and_the_verdict_on_stdout(tmp_path):
    import pty

    (tmp_path / "big.jsonl").write_text(GOOD * (progress.BIG // len(GOOD.encode()) + 1), encoding="utf-8")
    terminal, line = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "aistudio_mock", "validate", "big.jsonl"],
        cwd=tmp_path,
        env=os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=line,
    ) as process:
        os.close(line)
        told = b"".join(iter(lambda: _told(terminal), b""))
        said = process.stdout.read()
    os.close(terminal)
    assert process.returncode == 0
    assert b"READY" in said
    assert "█".encode() not in said
    assert "checking ░".encode() in told
    assert b"\x1b[K" in told
