"""The page about other people's libraries is run as it stands; the versions that it names are those."""

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from aistudio_mock import MockServer
from aistudio_mock.cli import main
from tests.wire.run_parts import environment, routed_command

__all__ = ["environment"]  # a fixture

HERE = Path(__file__).parent / "libraries"
PAGE = (Path(__file__).parents[2] / "docs/how-to/use-your-library.md").read_text(encoding="utf-8")
ANSWER = "Меня зовут Женя. Полностью - Евгений Нейроныч.\n"
TUNED = re.compile(r"tuned: gpt://\w+/yandexgpt-lite/latest@tamr\w+\n")

pytestmark = pytest.mark.all


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory):
    """Where a user works: example data and an authorized key as the cloud gives one."""
    place = tmp_path_factory.mktemp("libraries")
    assert main(["examples", str(place / "data")]) == 0
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = {"id": "ajekey", "service_account_id": "ajeaccount", "private_key": private.decode()}
    (place / "authorized_key.json").write_text(json.dumps(key), encoding="utf-8")
    return place


@pytest.fixture(name="printed")
def _printed(environment, place):
    """What a command prints there; it has to succeed."""

    def printed(*command, **variables):
        done = subprocess.run(
            command,
            cwd=place,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return printed


@pytest.fixture(name="routed")
def _routed(printed):
    """The same, led to a strict mock."""

    def routed(*command, metadata=False):
        more = ["--metadata"] if metadata else []
        return printed(*routed_command("--auth", "strict", *more, "--", *command))

    return routed


@pytest.fixture(name="own")
def _own(printed):
    """The same with the variables of a strict mock that runs already; the IAM token is an argument."""

    def own(*command):
        with MockServer(auth="strict") as mock:
            return printed(*command, mock.default_folder.iam_token(), **mock.env)

    return own


def program(language):
    return "\n".join(re.findall(rf"(?ms)^```{language}\n(.*?)^```", PAGE))


def test_its_python_runs_from_top_to_bottom(routed):
    said = routed(sys.executable, "-c", program("python"))
    valid, tuned, listed, *answers, vectors = said.splitlines(keepends=True)
    assert (valid, listed, answers) == ("valid: True\n", "True\n", [ANSWER] * 3)
    assert TUNED.fullmatch(tuned)
    assert vectors == "2 vectors of 256\n"


@pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")
def test_its_javascript_runs_from_top_to_bottom_and_takes_an_endpoint_of_its_own(routed, own, place):
    """Together: installing takes longer than both."""
    for name in ("package.json", "own_endpoint.mjs", "machine.mjs"):
        shutil.copy(HERE / name, place)
    npm = [shutil.which("npm"), "install", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(npm, cwd=place, check=True, timeout=100)
    said = routed("node", "--input-type=module", "-e", program("js"))
    tuned, answer, numbers = said.splitlines(keepends=True)
    assert TUNED.fullmatch(tuned)
    assert (answer, numbers) == (ANSWER, "256 numbers\n")
    assert own("node", "own_endpoint.mjs") == "true\n"
    assert routed("node", "machine.mjs", metadata=True) == "assistant\n"


def test_the_versions_are_those_that_run_here():
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    rows = [
        *(f"| `{name}` (Python) | {version(name)} |" for name in ("openai", "yandexcloud")),
        f"| `openai` (npm) | {wanted['openai']} |",
        f"| `@yandex-cloud/nodejs-sdk` | {wanted['@yandex-cloud/nodejs-sdk']} |",
        f"| PyJWT and `requests` | {version('pyjwt')}, {version('requests')} |",
        f"| {version('yandex-ai-studio-sdk')}, {version('yandex-cloud-ml-sdk')} |",
    ]
    assert [row for row in rows if row not in PAGE] == []


TAKEN = {
    "bytes",
    "file",
    "urllib3",
    "urllib",
    "http.client",
    "curl -T",
    "curl --data-binary",
    "wget",
    "fetch",
}


def test_uploads_are_taken_and_refused_as_it_says(printed, place):
    uploads = (sys.executable, HERE / "uploads.py", place / "data/TextToTextGeneration.jsonl")
    answers = json.loads(printed(*routed_command("--", *uploads)))
    refused = {way: status for way, status in answers.items() if status not in {200, "exit code 0"}}
    assert {way for way in answers if way.rpartition(", ")[2] in TAKEN} == answers.keys() - refused.keys()
    known = {
        "requests, generator": 411,
        "requests, form": 403,
        "requests, Authorization": 400,
        "curl -d": 403,
        "curl -T -": 411,
        "node, fetch of a stream": 411,
    }
    assert refused == {way: status for way, status in known.items() if way in answers}


OPENAI = """
import os
from openai import OpenAI

os.environ["OPENAI_BASE_URL"] = os.environ["AISTUDIO_MOCK_HTTP"] + "/v1"
print(len(OpenAI(api_key=os.environ["YC_API_KEY"]).models.list().data) > 0)
"""


def test_python_libraries_take_the_endpoint_that_they_are_given(own):
    assert own(sys.executable, HERE / "own_endpoint.py") == "assistant\n" * 3
    assert own(sys.executable, "-c", OPENAI) == "True\n"
