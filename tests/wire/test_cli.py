"""The command line as people meet it: exit codes, one-line errors, the ready line, clean stops."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.wire.run_parts import BOUND

posix = pytest.mark.skipif(os.name == "nt", reason="signals and terminals are POSIX here")

COMMANDS = ["demo", "run", "serve", "ctl", "validate", "examples", "token", "health", "ca"]
ANY_PORTS = ["--grpc-port", "0", "--tls-port", "0", "--http-port", "0"]
GOOD_ROW = '{"request": [{"role": "user", "text": "Кто ты?"}], "response": "Зина"}\n'


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    ours = {"AISTUDIO_MOCK_CA_DIR": str(tmp_path_factory.mktemp("ca")), "PYTHONUTF8": "1", "COLUMNS": "80"}
    ours["LC_ALL"] = "C.UTF-8"  # `validate` speaks the user's language
    foreign = {"AISTUDIO_MOCK_HTTP", "NO_COLOR", "FORCE_COLOR", "http_proxy", "HTTP_PROXY"}
    return {name: value for name, value in os.environ.items() if name not in foreign} | ours


@pytest.fixture
def run(environment, tmp_path):
    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "aistudio_mock", *map(str, arguments)],
            cwd=tmp_path,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def started(environment, tmp_path):
    """Start a command that goes on; it is killed if the test did not end it."""

    @contextmanager
    def started(*arguments, **options):
        with subprocess.Popen(
            [*BOUND, sys.executable, "-m", "aistudio_mock", *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    return started


def assert_one_line(done, code, pattern):
    assert done.returncode == code, done.stderr
    assert re.fullmatch(rf"aistudio-mock: [^\n]*{pattern}[^\n]*\n", done.stderr), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_describes_the_command_with_an_example(command, run):
    done = run(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"\nexample:\n  {'curl' if command == ['token'] else 'aistudio-mock'} " in done.stdout


def test_the_top_help_lists_every_command(run):
    listed = re.findall(r"^    ([a-z]+) ", run("--help").stdout, re.MULTILINE)
    assert listed == COMMANDS


def test_version_is_one_line(run):
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"aistudio-mock \d+\.\d+\.\d+\S*\n", done.stdout)


def test_help_loads_nothing_heavy(environment):
    program = """if True:
        import sys
        from aistudio_mock.cli import main
        try:
            main(["serve", "--help"])
        except SystemExit:
            pass
        heavy = {"grpc", "google.protobuf", "aiohttp", "pyarrow", "asyncio", "cryptography", "ssl"}
        sys.exit(f"loaded {heavy & set(sys.modules)}" if heavy & set(sys.modules) else 0)
    """
    subprocess.run([sys.executable, "-c", program], env=environment, stdout=subprocess.DEVNULL, check=True)


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ([], "COMMAND"),
        (["server"], "invalid choice: 'server'"),
        (
            ["serve", "--grpc-port", "http"],
            "--grpc-port: invalid int value: 'http'; see aistudio-mock serve --help",
        ),
        (["serve", "--grpc-port", "70000"], "--grpc-port '70000': use 0 for any free port"),
        (["serve", "--grpc-port", "9000", "--http-port", "9000"], "port 9000 is given twice"),
        (["serve", "--time", "0x"], "--time '0x': use skip, poll, real, manual, or a rate such as 10x"),
        (["serve", "--edition", "2030"], "--edition: no '2030'; known: 2024-12"),
        (["serve", "--auth", "maybe"], "--auth 'maybe': use off, any or strict"),
        (["serve", "--set", "no-such-thing=1"], "no settable behaviour 'no-such-thing'"),
        (["serve", "--set", "nothing"], "use ID=VALUE"),
        (["serve", "--advertise", "http://mock"], "use a host name or an IP address"),
        (["serve", "--ti", "skip"], "unrecognized arguments: --ti skip"),
        (
            ["validate", "a.jsonl", "--task-type", "Poetry"],
            "no task type 'Poetry'; use one of TextToTextGeneration",
        ),
        (["token", "--http", "localhost:8444"], "use an address such as http://127.0.0.1:8444"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(arguments, pattern, run):
    assert_one_line(run(*arguments), 2, re.escape(pattern))


def test_a_right_file_validates_with_code_0(run, tmp_path):
    (tmp_path / "good.jsonl").write_text(GOOD_ROW * 3, encoding="utf-8")
    done = run("validate", "good.jsonl", "--task-type", "TextToTextGeneration")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("good.jsonl: READY, 3 rows\n")


def test_a_wrong_file_validates_with_code_1_and_names_the_rows(run, tmp_path):
    (tmp_path / "bad.jsonl").write_text(GOOD_ROW + '{"request": []}\n' + GOOD_ROW, encoding="utf-8")
    done = run("validate", "bad.jsonl", "--task-type", "TextToTextGeneration")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("bad.jsonl: INVALID, 2 of 3 rows are right\n")
    assert re.search(r"^ +2 +13  `\$\.request` is empty", done.stdout, re.MULTILINE)


def test_an_unchecked_task_type_says_that_its_rows_are_only_counted(run, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "joy": 1}\n', encoding="utf-8")
    done = run("validate", "rows.jsonl", "--task-type", "SpeechToTextGeneration")
    assert done.returncode == 0
    assert "1 row; rows of this task type are counted, not checked" in done.stdout


def test_a_name_that_the_output_cannot_spell_is_no_error(run, tmp_path):
    (tmp_path / "датасет.jsonl").write_text(GOOD_ROW, encoding="utf-8")
    done = run("validate", "датасет.jsonl", "--task-type", "TextToTextGeneration", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("???????.jsonl: READY, 1 row\n")


def test_a_missing_file_is_one_line_and_code_3(run):
    done = run("validate", "missing.jsonl", "--task-type", "TextToTextGeneration")
    assert_one_line(done, 3, r"cannot read missing\.jsonl .*; name a JSON Lines file")


def test_every_example_is_valid_and_its_printed_command_says_so(run):
    done = run("examples", "data")
    assert (done.returncode, done.stderr) == (0, "")
    commands = [line.split() for line in done.stdout.splitlines()]
    assert len(commands) >= 3
    for program, *arguments in commands:
        assert program == "aistudio-mock"
        assert run(*arguments).returncode == 0


def test_examples_are_not_written_over_something_unless_forced(run, tmp_path):
    run("examples", "data")
    own = tmp_path / "data" / "TextToTextGeneration.jsonl"
    own.write_text("mine")
    assert_one_line(run("examples", "data"), 1, r"TextToTextGeneration\.jsonl is there already; .*--force")
    assert own.read_text() == "mine"
    assert run("examples", "data", "--force").returncode == 0
    assert own.read_text(encoding="utf-8") != "mine"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_token_without_a_server_is_one_line_and_code_3(run):
    url = f"http://127.0.0.1:{free_port()}"
    assert_one_line(
        run("token", "--http", url), 3, rf"no server at {url} .*`aistudio-mock serve`.*--http URL"
    )


def test_the_token_commands_server_may_come_from_the_environment(run):
    url = f"http://127.0.0.1:{free_port()}"
    assert_one_line(run("token", AISTUDIO_MOCK_HTTP=url), 3, f"no server at {url} ")


def test_a_server_that_is_not_ours_is_one_line_and_code_3(run):
    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_error(405)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        done = run("token", "--http", f"http://127.0.0.1:{server.server_port}")
        thread.join()
    assert_one_line(done, 3, r"answered 405 .*is that an aistudio-mock\?")


@pytest.fixture
def served(started):
    """A running server: its process and its ready line."""

    @contextmanager
    def served(*options):
        with started("serve", "--json", "--log-level", "error", *ANY_PORTS, *options) as process:
            yield process, json.loads(process.stdout.readline())

    return served


def test_the_ready_line_names_everything_a_client_needs(served):
    with served() as (process, ready):
        assert list(ready) == ["grpc", "tls", "http", "ca", "folder_id", "api_key", "pid"]
        assert re.fullmatch(r"127\.0\.0\.1:\d+", ready["grpc"])
        assert re.fullmatch(r"127\.0\.0\.1:\d+", ready["tls"])
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ready["http"])
        assert Path(ready["ca"]).exists()
        assert ready["pid"] == process.pid


def test_the_token_command_prints_a_running_servers_token_only(run, served):
    with served() as (_, ready):
        done = run("token", "--http", ready["http"])
    assert (done.returncode, done.stderr) == (0, "")
    # service-behaviour a.3
    assert re.fullmatch(r"t1\.[A-Z0-9a-z_-]+[=]{0,2}\.[A-Z0-9a-z_-]{86}[=]{0,2}\n", done.stdout)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_with_code_0_on(number, served):
    with served() as (process, _):
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "", "")


@posix
def test_a_ready_file_is_there_while_serving_and_gone_after(served, tmp_path):
    file = tmp_path / "ready.json"
    with served("--ready-file", file) as (process, ready):
        assert json.loads(file.read_text()) == ready
        process.terminate()
        process.wait(timeout=30)
    assert list(tmp_path.iterdir()) == []


def test_a_ready_file_that_cannot_be_written_is_one_line_and_code_3(run):
    done = run("serve", *ANY_PORTS, "--ready-file", "missing/ready.json")
    assert_one_line(done, 3, r"--ready-file missing.ready\.json cannot be written")


@pytest.mark.parametrize("option", ["--grpc-port", "--tls-port", "--http-port"])
def test_a_port_in_use_is_one_line_and_code_3(option, run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", *ANY_PORTS, option, port)
    assert_one_line(done, 3, f"port {port} is in use.*{option} 0 for a free one")


def test_a_host_that_is_not_this_machines_is_one_line_and_code_3(run):
    done = run("serve", *ANY_PORTS, "--host", "192.0.2.1")  # TEST-NET-1: nobody's
    assert_one_line(done, 3, r"--host 192\.0\.2\.1 is no address of this machine")


def test_certificates_that_cannot_be_kept_are_one_line_and_code_3(run, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("serve", *ANY_PORTS, AISTUDIO_MOCK_CA_DIR=str(tmp_path / "file"))
    assert_one_line(done, 3, "set AISTUDIO_MOCK_CA_DIR to a directory that you can write to")


def read_banner(process):
    lines = []
    while "Ctrl-C stops" not in (line := process.stdout.readline()):
        assert line, process.stderr.read()
        lines.append(line.rstrip("\n"))
    return lines


@posix
def test_the_banner_tells_a_shell_how_to_redirect_a_program(started):
    with started("serve", *ANY_PORTS) as process:
        lines = read_banner(process)
        exports = [line for line in lines if line.startswith(("export ", "unset "))]
        shell = f"YC_TOKEN=real; {'; '.join(exports)}; echo $YC_API_ENDPOINT $YC_FOLDER_ID ${{YC_TOKEN-gone}}"
        said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"127\.0\.0\.1:\d+ b1g\w{17} gone\n", said)
    assert "\x1b" not in "".join(lines)


@posix
@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_gets_colours_unless_it_says_no(variables, coloured, environment, tmp_path):
    import pty

    (tmp_path / "good.jsonl").write_text(GOOD_ROW, encoding="utf-8")
    terminal, line = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "aistudio_mock",
        "validate",
        "good.jsonl",
        "--task-type",
        "TextToTextGeneration",
    ]
    colourful = environment | {"TERM": "xterm"} | variables
    subprocess.run(command, cwd=tmp_path, env=colourful, stdin=line, stdout=line, check=True)
    said = os.read(terminal, 10_000)
    os.close(line)
    os.close(terminal)
    assert b"READY" in said
    assert (b"\x1b[" in said) is coloured


@posix
def test_ctrl_c_ends_another_command_with_code_130_and_no_traceback(started):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with started("token", "--http", f"http://127.0.0.1:{port}") as process:
            connection, _ = silent.accept()
            connection.recv(1)  # it has asked, and waits
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
            connection.close()
    assert (process.returncode, errors) == (130, "")


@posix
def test_a_reader_that_leaves_early_is_no_error(started, tmp_path):
    (tmp_path / "good.jsonl").write_text(GOOD_ROW, encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    with started("validate", "good.jsonl", "--task-type", "TextToTextGeneration", stdout=writer) as process:
        os.close(writer)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (141, "")


def test_the_demo_tells_the_whole_flow(run):
    done = run("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^(\d)\. ", done.stdout, re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]
    assert re.search(r"fds\w{17} is READY: 14 rows", done.stdout)
    assert re.search(r"made gpt://b1g\w{17}/yandexgpt-lite/latest@tamr\w{17}", done.stdout)
    assert "— Как тебя зовут?\n   — Меня зовут Женя. " in done.stdout
    assert "tfevents" in done.stdout
    assert re.search(r"^All of it, .* \d+\.\d s of yours$", done.stdout, re.MULTILINE)
