"""Sends a file to presigned URLs by every means at hand, under `run`; prints what each was answered."""

import asyncio
import http.client
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import grpc
import httpx
import requests
import urllib3
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import CreateDatasetRequest, GetUploadDraftUrlRequest
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub

FILE = Path(sys.argv[1])
BODY = FILE.read_bytes()
WRITE_OUT = ("-sS", "-o", os.devnull, "-w", "%{http_code}")
NODE = "const [url, file] = process.argv.slice(1), body = require('fs').readFileSync(file);"
STREAM = "require('stream').Readable.toWeb(require('fs').createReadStream(file))"
SHOW = ".then((reply) => console.log(reply.status))"


def said(*command):
    done = subprocess.run(command, stdin=FILE.open(), capture_output=True, text=True, check=False)
    return int(done.stdout) if done.stdout.strip() else f"exit code {done.returncode}"


async def by_aiohttp(url, body):
    async with aiohttp.ClientSession() as session, session.put(url, data=body) as reply:
        return reply.status


def by_http_client(url):
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc)
    connection.request("PUT", f"{parts.path}?{parts.query}", body=BODY)
    return connection.getresponse().status


def by_urllib(url):
    return urllib.request.urlopen(urllib.request.Request(url, BODY, method="PUT")).status


WAYS = {
    "requests, bytes": lambda url: requests.put(url, data=BODY).status_code,
    "requests, file": lambda url: requests.put(url, data=FILE.open("rb")).status_code,
    "requests, generator": lambda url: requests.put(url, data=iter([BODY])).status_code,
    "requests, form": lambda url: requests.put(url, files={"file": BODY}).status_code,
    "requests, Authorization": lambda url: (
        requests.put(url, data=BODY, headers={"Authorization": "Bearer t1.x"}).status_code
    ),
    "httpx, bytes": lambda url: httpx.put(url, content=BODY).status_code,
    "httpx, file": lambda url: httpx.put(url, content=FILE.open("rb")).status_code,
    "aiohttp, bytes": lambda url: asyncio.run(by_aiohttp(url, BODY)),
    "aiohttp, file": lambda url: asyncio.run(by_aiohttp(url, FILE.open("rb"))),
    "urllib3": lambda url: urllib3.request("PUT", url, body=BODY).status,
    "urllib": by_urllib,
    "http.client": by_http_client,
    "curl -T": lambda url: said("curl", *WRITE_OUT, "-T", FILE, url),
    "curl --data-binary": lambda url: said("curl", *WRITE_OUT, "-X", "PUT", "--data-binary", f"@{FILE}", url),
    "curl -d": lambda url: said("curl", *WRITE_OUT, "-X", "PUT", "-d", f"@{FILE}", url),
    "curl -T -": lambda url: said("curl", *WRITE_OUT, "-T", "-", url),
    "wget": lambda url: said("wget", "-qO-", "--method=PUT", f"--body-file={FILE}", url),
    "node, fetch": lambda url: said(
        "node", "-e", f"{NODE} fetch(url, {{method: 'PUT', body}}){SHOW}", url, FILE
    ),
    "node, fetch of a stream": lambda url: said(
        "node", "-e", f"{NODE} fetch(url, {{method: 'PUT', duplex: 'half', body: {STREAM}}}){SHOW}", url, FILE
    ),
}


def main():
    """Prints the status by way; of programs that are not here nothing."""
    token = grpc.access_token_call_credentials("t1.any")
    credentials = grpc.composite_channel_credentials(grpc.ssl_channel_credentials(), token)
    service = DatasetServiceStub(grpc.secure_channel("llm.api.cloud.yandex.net:443", credentials))
    answers = {}
    for way, send in WAYS.items():
        program = way.partition(" ")[0].rstrip(",")
        if program in {"curl", "wget", "node"} and not shutil.which(program):
            continue
        draft = CreateDatasetRequest(
            folder_id=os.environ["YC_FOLDER_ID"],
            name=way.translate({ord(sign): "-" for sign in ",.()"}),
            task_type="TextToTextGeneration",
            upload_format="jsonlines",
        )
        dataset_id = service.Create(draft).dataset_id
        asked = GetUploadDraftUrlRequest(dataset_id=dataset_id, size_bytes=len(BODY))
        answers[way] = send(service.GetUploadDraftUrl(asked).upload_url)
    json.dump(answers, sys.stdout)


main()
