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
