"""Python libraries that read no proxy variables are led to the mock as well."""

import json
import sys

from tests.wire.run_parts import environment, python, run  # noqa: F401 - fixtures

ASK = """
import aiohttp, asyncio, sys
async def main():
    async with aiohttp.ClientSession() as session:  # no trust_env
        body = {"yandexPassportOauthToken": "y0_x"}
        async with session.request(sys.argv[1], sys.argv[2], json=body) as answer:
            print(await answer.text())
asyncio.run(main())
"""


def test_aiohttp_reaches_the_mock_by_the_real_name(python):  # noqa: F811
    done = python(ASK, "POST", "https://iam.api.cloud.yandex.net/iam/v1/tokens")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["iamToken"].startswith("t1.")


def test_aiohttp_is_refused_another_host_by_name(python):  # noqa: F811
    done = python(ASK, "GET", "https://console.yandex.cloud/")
    assert "refuses console.yandex.cloud" in done.stdout + done.stderr
    assert "kept from console.yandex.cloud" in done.stderr


def test_the_users_own_sitecustomize_still_runs(run, tmp_path):  # noqa: F811
    mine = "import os, sys; 'AISTUDIO_MOCK_ROUTER' in os.environ and sys.stdout.write('mine first; ')"
    (tmp_path / "sitecustomize.py").write_text(mine)
    program = "import sys; print([entry for entry in sys.path if 'preload' in entry])"
    done = run("--", sys.executable, "-c", program, PYTHONPATH=str(tmp_path))
    assert done.stdout == "mine first; []\n", done.stderr


def test_other_names_are_looked_up_as_ever(python):  # noqa: F811
    done = python("import socket; print(socket.getaddrinfo('127.0.0.1', 80)[0][4])")
    assert done.stdout == "('127.0.0.1', 80)\n", done.stderr


CERTIFI = """
import ssl, sys
from urllib.request import urlopen
from certifi import where
import certifi
context = ssl.create_default_context(cafile=where())
print(urlopen("https://api.cloud.yandex.net/endpoints", context=context).status)
print(certifi.core.where() == where())
"""


def test_what_trusts_certifi_alone_trusts_the_mock(python):  # noqa: F811
    done = python(CERTIFI)
    assert done.stdout == "200\nTrue\n", done.stderr


BOTO = """
from botocore.session import get_session
from botocore.exceptions import ClientError
keys = {"aws_access_key_id": "YCAJE", "aws_secret_access_key": "any", "region_name": "ru-central1"}
storage = get_session().create_client("s3", endpoint_url="https://storage.yandexcloud.net", **keys)
try:
    storage.get_object(Bucket="mine", Key="rows.jsonl")
except ClientError as refusal:
    print(refusal.response["Error"]["Code"])
"""


def test_boto_is_told_that_other_buckets_are_not_here(python):  # noqa: F811
    done = python(BOTO)
    assert done.stdout == "NoSuchBucket\n", done.stderr
