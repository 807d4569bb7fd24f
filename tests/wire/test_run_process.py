"""`run` as a process: its command's exit code, signals, leftovers, terminal; and one line about it all."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.wire.run_parts import ROOT, environment, python, routed_command, run

__all__ = ["environment", "python", "run"]  # fixtures

posix = pytest.mark.skipif(os.name == "nt", reason="signals and terminals are POSIX here")
QUIET = "aistudio-mock: 0 datasets, 0 tunings, 0 calls, 0 refused\n"


@contextmanager
def started(environment, program, **options):
    """`run` with a Python program that has said "ready"."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    command = routed_command("--", sys.executable, "-u", "-c", program)
    with subprocess.Popen(command, cwd=ROOT, env=environment, encoding="utf-8", **pipes) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_the_exit_code_is_the_commands(code, python):
    done = python(f"raise SystemExit({code})")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", QUIET)


@posix
def test_a_command_that_a_signal_kills_is_told_as_shells_do(run):
    done = run("--", "sh", "-c", "kill -KILL $$")
    assert (done.returncode, done.stderr) == (128 + signal.SIGKILL, QUIET)


def test_the_command_keeps_its_own_options_and_dashes(run):
    program = "import sys; print(sys.argv[1:])"
    done = run("--time", "manual", "--", sys.executable, "-c", program, "--time", "--", "-x", "--verbose")
    assert done.stdout == "['--time', '--', '-x', '--verbose']\n"


def test_the_command_has_our_standard_input(environment):
    program = "import sys; print('ready'); print(sys.stdin.read())"
    with started(environment, program) as process:
        assert process.communicate("from the user", timeout=30)[0] == "from the user\n"


def test_two_dashes_are_no_must(run):
    assert run(sys.executable, "--version").stdout.startswith("Python ")


def test_no_command_is_usage(run):
    done = run("--time", "skip")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"aistudio-mock: no command; [^\n]*run -- python train\.py\n", done.stderr)


def test_a_wrong_option_is_usage(run):
    done = run("--time", "never", "--", "true")
    assert done.returncode == 2
    assert "--time 'never'" in done.stderr


@pytest.mark.parametrize(
    ("command", "why"), [("no-such-command", "no command no-such-command"), (ROOT, "cannot be")]
)
def test_a_command_that_cannot_be_started_is_one_line_and_code_3(command, why, run):
    done = run("--", command)
    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(rf"aistudio-mock: [^\n]*{why}[^\n]*\n", done.stderr)


def test_credentials_and_endpoints_of_the_real_cloud_stay_outside(run):
    names = ["YC_IAM_TOKEN", "YC_TOKEN", "YC_OAUTH_TOKEN", "YC_PROFILE", "no_grpc_proxy", "YC_API_ENDPOINT"]
    program = f"import os; print([name for name in {names} if name in os.environ])"
    done = run("--", sys.executable, "-c", program, **dict.fromkeys(names, "real"))
    assert done.stdout == "[]\n"


def test_what_a_program_needs_is_set_and_the_rest_is_left(run):
    names = [
        "YC_FOLDER_ID",
        "FOLDER_ID",
        "YC_API_KEY",
        "API_KEY",
        "AISTUDIO_MOCK_GRPC",
        "AISTUDIO_MOCK_HTTP",
        "MINE",
    ]
    program = f"import os; print([bool(os.environ.get(name)) for name in {names}], os.environ['MINE'])"
    done = run("--", sys.executable, "-c", program, MINE="as it was")
    assert done.stdout == f"{[True] * len(names)} as it was\n"


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command_which_decides(number, environment):
    program = f"""if True:
        import signal
        signal.signal({number:d}, lambda *_: exit(7))
        print("ready")
        while True: signal.pause()
    """
    with started(environment, program) as process:
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (7, "", QUIET)


@posix
def test_a_signal_that_kills_the_command_is_its_exit_code(environment):
    with started(environment, "import signal; print('ready'); signal.pause()") as process:
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (128 + signal.SIGTERM, QUIET)


@posix
def test_nothing_of_the_command_stays_behind(environment):
    program = """if True:
        import subprocess, sys
        wait = "import signal; print('ready', flush=True); signal.pause()"
        left = subprocess.Popen([sys.executable, "-c", wait], stdout=subprocess.PIPE)
        left.stdout.readline()
        held = subprocess.Popen([sys.executable, "-c", wait])  # holds our standard output open
        input()
    """
    with started(environment, program) as process:
        process.stdin.write("\n")
        process.stdin.close()
        assert process.stdout.read() == ""  # ends when nobody holds it any more
        assert process.wait(30) == 0


# Signals are waited for, not handled: one that comes just before a blocking read would lie there unseen.
WAITS_FOR_KEYS_AND_SIGNALS = """
import os, signal, sys, threading
awaited = {signal.SIGINT, signal.SIGUSR1, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, awaited)

def read():
    for line in sys.stdin:
        print("read", line.strip())

threading.Thread(target=read, daemon=True).start()
print("ready")
times = 0
while (number := signal.sigwait(awaited)) != signal.SIGTERM:
    if number == signal.SIGINT:
        times += 1
        print("caught by", os.getppid())
    else:
        print("told")
print("times", times)
sys.stdout.flush()
os._exit(7)
"""


@posix
def test_a_terminal_is_the_commands_and_its_ctrl_c_comes_once(environment, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(WAITS_FOR_KEYS_AND_SIGNALS)
    inner = routed_command("--", sys.executable, "-u", program)
    shim = f"import os, pty; raise SystemExit(os.waitstatus_to_exitcode(pty.spawn({inner})))"
    with (
        subprocess.Popen(
            [sys.executable, "-c", shim],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process,
        killed_at_last(process),
    ):
        said(process, b"ready")
        typed(process, b"one\n")
        said(process, b"read one")
        typed(process, b"\x03")
        runner = said(process, rb"(?:\^C)?caught by (\d+)")  # ^C is the terminal's echo
        os.kill(int(runner[1]), signal.SIGINT)  # as Ctrl-C does as well, but here to the runner alone
        os.kill(int(runner[1]), signal.SIGUSR1)
        said(process, b"told")  # by now the runner knows of both,
        os.kill(int(runner[1]), signal.SIGTERM)  # and this comes after whatever it makes of them
        said(process, b"times 1")
        rest = process.stdout.read().decode()
        assert (process.wait(30), rest.splitlines()) == (7, [QUIET.strip()])


@contextmanager
def killed_at_last(process):
    """Leaving `Popen` waits for the program, for ever if a line before failed."""
    try:
        yield
    finally:
        process.kill()


def typed(process, text):
    process.stdin.write(text)
    process.stdin.flush()


def said(process, pattern):
    """The next line of the kind; nothing that looks like it and is not."""
    while line := process.stdout.readline().rstrip():
        if match := re.fullmatch(pattern, line):
            return match
        assert not line.startswith(b"times"), line
    raise AssertionError(f"ended before {pattern}")
