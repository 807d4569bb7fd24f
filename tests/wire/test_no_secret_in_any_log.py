"""A server that says all it can says no secret: past its ready line, on stderr, or in the journal's file."""

import json
import re
import signal
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import grpc
import pytest
import requests

from aistudio_mock import RemoteServer
from tests.wire import http2, steps
from tests.wire.run_parts import environment, run, serve_command
from tests.wire.stubs import Client

__all__ = ["environment", "run"]  # fixtures

PIECE = 12
"""So many characters of a secret in a row are too many: error messages show four at each end."""
WRONG = "AQVN-wrong-but-who-knows-where-else-it-opens-a-door"


def flow(ready):
    """Every kind of credential, rightly and wrongly used; the secrets that went over the wire."""
    folder = RemoteServer(ready["http"]).folder(auth="strict")
    with Client(ready["grpc"], None) as anyone:
        token = anyone.call("IamTokenService/Create", yandex_passport_oauth_token=folder.api_key).iam_token
    bearer = {"Authorization": f"Bearer {token}"}
    rest = {"modelUri": f"gpt://{folder.id}/yandexgpt-lite", "messages": [{"role": "user", "text": "?"}]}
    for headers in (bearer, {"Authorization": f"Api-Key {WRONG}"}, {"Cookie": WRONG}):
        requests.post(
            f"{ready['http']}/foundationModels/v1/completion", json=rest, headers=headers, timeout=20
        )
    for wrong in (f"Api-Key {WRONG}", f"Bearer {WRONG}", f"Basic {WRONG}"):
        with Client(ready["grpc"], wrong) as stranger, pytest.raises(grpc.RpcError):
            stranger.call("DatasetService/List", folder_id=folder.id)
    for odd in (f"Api-Key {WRONG}", f"Bearer {token}"):  # pasted with a letter that is no UTF-8
        headers = [(b"authorization", odd.encode() + b"\xff")]
        http2.call(ready["grpc"], "/yandex.cloud.ai.dataset.v1.DatasetService/List", headers, b"")
    with Client(ready["grpc"], f"Bearer {token}") as client:
        dataset_id = steps.draft(client, folder)
        url = steps.upload_url(client, dataset_id, len(steps.GOOD))
        assert steps.put(url, steps.GOOD).status_code == 200
        assert steps.put(url.replace("X-Amz-Expires=", "X-Amz-Expires=1"), steps.GOOD).status_code == 403
        operation = client.call("DatasetService/Validate", dataset_id=dataset_id)
        assert client.call("OperationService/Get", operation_id=operation.id).done
        download = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls[0].url
        assert requests.get(download, timeout=20).ok
        assert requests.get(download, headers=bearer, timeout=20).status_code == 400
        draft = {"folder_id": folder.id, "task_type": steps.GENERATION, "upload_format": "jsonlines"}
        client.call("DatasetService/Create", name="told", metadata=f"made with {token}", **draft)
        with pytest.raises(HTTPError):  # requests would spell it as usual
            urlopen(download.replace("X-Amz-Signature", "X-Amz-%53ignature") + "0", timeout=20)
    signatures = [re.search("X-Amz-Signature=([0-9a-f]{64})", one)[1] for one in (url, download)]
    return [ready["api_key"], folder.api_key, token, WRONG, *signatures]


def pieces_in(secret, text):
    starts = range(len(secret) - PIECE + 1)
    return [secret[start : start + PIECE] for start in starts if secret[start : start + PIECE] in text]


def test_no_piece_of_a_secret_is_in_any_output_at_the_most_talkative_level(environment, tmp_path):
    journal = tmp_path / "journal.jsonl"
    command = serve_command("--json", "--auth", "strict", "--log-level", "debug", "--journal", journal)
    with (
        (tmp_path / "stderr").open("w+") as stderr,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8"
        ) as server,
    ):
        try:
            ready = json.loads(server.stdout.readline())
            secrets = flow(ready)
            server.send_signal(signal.SIGTERM)
            said, _ = server.communicate(timeout=30)
        finally:
            server.kill()
    key = next(Path(ready["ca"]).parent.glob("*.key")).read_text().splitlines()[1]
    outputs = {"stdout": said, "stderr": (tmp_path / "stderr").read_text(), "journal": journal.read_text()}
    assert len(outputs["journal"].splitlines()) > len(secrets)
    found = {
        (output, secret[:4]): pieces_in(secret, text)
        for output, text in outputs.items()
        for secret in (*secrets, key)
    }
    assert {where: pieces for where, pieces in found.items() if pieces} == {}
