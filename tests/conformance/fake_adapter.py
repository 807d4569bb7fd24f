"""An adapter without a client: each ask is met as the arguments (ASK=BEHAVIOUR) tell, else well."""

import json
import os
import signal
import subprocess
import sys
import time

ANSWERS = {
    "dataset.upload": {"dataset_id": "fds1", "status": "READY", "rows": 1},
    "dataset.list": {"dataset_ids": []},
    "dataset.get": {"dataset_id": "fds1", "status": "READY"},
    "tuning.list": {"tuning_ids": []},
    "dataset.delete": {},
}
HELLO = {"name": "fake", "version": "1", "language": "Python", "verbs": list(ANSWERS)}


def say(**answer):
    say_line(json.dumps(answer))


def say_line(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def mutter(line):
    sys.stderr.write(line + "\n")


def well(ask):
    """The right answer."""
    given = HELLO if ask["do"] == "hello" else ANSWERS.get(ask["do"], {})
    say(id=ask["id"], ok=given)


def crash(_):
    os._exit(3)


def segfault(_):
    os.kill(os.getpid(), signal.SIGSEGV)


def interrupt(ask):
    """Ends the run, as Ctrl-C does."""
    os.kill(os.getppid(), signal.SIGINT)
    hang(ask)


def terminate(ask):
    os.kill(os.getppid(), signal.SIGTERM)
    hang(ask)


def hang(_):
    time.sleep(1000)


def start_a_child(ask):
    """It answers once its child runs, which has our stdout and goes on for long."""
    program = "import sys, time; sys.stderr.write('.'); sys.stderr.close(); time.sleep(1000)"
    child = subprocess.Popen([sys.executable, "-S", "-I", "-c", program], stderr=subprocess.PIPE)
    child.stderr.read(1)
    well(ask)


def close_stdout(_):
    os.close(1)
    time.sleep(1000)


def half_a_line(ask):
    sys.stdout.write(json.dumps({"id": ask["id"], "ok": {}})[:-3])
    sys.stdout.flush()
    os._exit(0)


def leak(ask):
    """Shows its credentials, on stderr and in the answer."""
    mutter(f"my key is {PLACE['credentials']['value']}")
    say(id=ask["id"], error={"message": f"no: {PLACE['credentials']['value']}"})


def echo(ask):
    """Tells what it was asked with, as a failure."""
    say(id=ask["id"], error={"message": json.dumps(ask.get("with", {}), sort_keys=True)})


def environment(ask):
    say(id=ask["id"], error={"message": json.dumps(dict(os.environ))})


def grumble(ask):
    mutter(f"grumble {ask['do']}")
    well(ask)


BEHAVIOURS = {
    "well": well,
    "crash": crash,
    "segfault": segfault,
    "hang": hang,
    "interrupt": interrupt,
    "terminate": terminate,
    "start-a-child": start_a_child,
    "close-stdout": close_stdout,
    "half-a-line": half_a_line,
    "leak": leak,
    "echo": echo,
    "environment": environment,
    "grumble": grumble,
    "garbage": lambda _: say_line("Loading model…"),
    "no-json-object": lambda _: say_line("[1, 2]"),
    "wrong-id": lambda ask: say(id=ask["id"] + 7, ok={}),
    "two-kinds": lambda ask: say(id=ask["id"], ok={}, trouble="both"),
    "nothing": lambda ask: say(id=ask["id"]),
    "error": lambda ask: say(id=ask["id"], error={"message": "no", "code": "NOT_FOUND"}),
    "unsupported": lambda ask: say(id=ask["id"], unsupported="nothing for it"),
    "trouble": lambda ask: say(id=ask["id"], trouble="KeyError: 'x'"),
    "wrong-shape": lambda ask: say(id=ask["id"], ok={"dataset_id": 17}),
    "old-protocol": lambda ask: say(id=ask["id"], ok={**HELLO, "protocol": 99}),
    "no-verbs": lambda ask: say(id=ask["id"], ok={**HELLO, "verbs": []}),
    "more": lambda ask: say(id=ask["id"], ok={"dataset_ids": [], "colour": "red"}),
}
PLACE = {}
told = dict(argument.split("=", 1) for argument in sys.argv[1:])
for line in sys.stdin:
    received = json.loads(line)
    if received["do"] == "begin":
        PLACE = received["with"]
    BEHAVIOURS[told.get(received["do"], told.get("*", "well"))](received)
if told.get("EOF") == "hang":
    time.sleep(1000)
sys.exit(int(told.get("EOF", 0)))
