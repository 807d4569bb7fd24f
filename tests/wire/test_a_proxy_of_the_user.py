"""Somebody who has a proxy for the rest of the world still reaches the mock."""

import os
import subprocess
import sys

from aistudio_mock import MockServer

PROGRAM = """
import os, requests
print(requests.get(os.environ["AISTUDIO_MOCK_HTTP"] + "/_mock/ca.pem", timeout=10).status_code)
print(os.environ["no_proxy"])
"""
NOBODY = "http://127.0.0.1:9"


def test_requests_does_not_ask_the_users_proxy_for_the_mock(monkeypatch):
    monkeypatch.setenv("no_proxy", "intranet.example, 10.0.0.0/8")
    with MockServer() as mock:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "http_proxy": NOBODY, "https_proxy": NOBODY, **mock.env},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.stdout.splitlines() == ["200", "127.0.0.1,intranet.example,10.0.0.0/8"], done.stderr
