"""The metadata address of a virtual machine: programs that are given no credentials ask it for a token."""

import re
import shutil
import sys

import pytest
import requests

from aistudio_mock import MockServer
from aistudio_mock.transport.http.metadata import TOKEN_PATH
from tests.wire.run_parts import environment, run

__all__ = ["environment", "run"]  # fixtures

FLAVOR = {"Metadata-Flavor": "Google"}
SENT = f"http://169.254.169.254{TOKEN_PATH}"
SDK = """
import os
import yandexcloud
from yandex.cloud.ai.foundation_models.v1.text_generation import text_generation_service_pb2 as texts
from yandex.cloud.ai.foundation_models.v1.text_generation import text_generation_service_pb2_grpc as stubs

model = f"gpt://{os.environ['YC_FOLDER_ID']}/yandexgpt-lite/latest"
asked = texts.CompletionRequest(model_uri=model, messages=[{"role": "user", "text": "?"}])
[answer] = yandexcloud.SDK().client(stubs.TextGenerationServiceStub).Completion(asked)
print(answer.alternatives[0].message.role)
"""


@pytest.fixture(name="mock", scope="module")
def _mock():
    with MockServer(auth="strict") as running:
        yield running


def test_it_gives_a_token_that_is_taken(mock):
    answer = requests.get(mock.http_url + TOKEN_PATH, headers=FLAVOR, timeout=20)
    assert answer.headers["Metadata-Flavor"] == "Google"
    told = answer.json()
    assert (list(told), told["token_type"]) == (["access_token", "expires_in", "token_type"], "Bearer")
    assert told["expires_in"] == 12 * 60 * 60
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    assert requests.get(mock.http_url + "/v1/models", headers=bearer, timeout=20).status_code == 200


def test_it_is_in_the_journal_without_the_token(mock):
    requests.get(mock.http_url + TOKEN_PATH, headers=FLAVOR, timeout=20)
    assert mock.default_folder.journal.calls("Metadata/Token")[-1].status == "OK"
    assert "t1." not in str(mock.default_folder.journal.calls("Metadata/Token"))


@pytest.mark.parametrize(
    ("path", "headers", "status", "said"),
    [
        (TOKEN_PATH, {}, 403, "Metadata-Flavor: Google"),
        ("/computeMetadata/v1/instance/id", FLAVOR, 404, f"there is GET {TOKEN_PATH}"),
    ],
)
def test_it_tells_what_is_missing(mock, path, headers, status, said):
    answer = requests.get(mock.http_url + path, headers=headers, timeout=20)
    assert answer.status_code == status
    assert said in answer.text


def test_a_program_without_credentials_runs_as_on_a_machine_of_the_cloud(run):
    done = run("--auth", "strict", "--metadata", "--", sys.executable, "-c", SDK)
    assert (done.returncode, done.stdout) == (0, "assistant\n"), done.stderr


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_the_other_name_of_the_address_stays_refused(run):
    program = f"curl -s -H 'Metadata-Flavor: Google' {SENT} http://metadata.google.internal{TOKEN_PATH}"
    said = run("--metadata", "--", "sh", "-c", program).stdout
    assert re.match(r'{"access_token": "t1\.\S+", "expires_in": 43200', said)
    assert "refuses metadata.google.internal" in said


def test_without_the_option_a_refusal_names_it(run):
    done = run("--", sys.executable, "-c", f"import requests; print(requests.get('{SENT}').text)")
    assert "--metadata imitates it" in done.stdout
