"""Unmodified programs with the service's host names in them reach the mock under `run`, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from aistudio_formats.examples import EXAMPLES
from tests.wire.run_parts import environment, python, run, serve_command

__all__ = ["environment", "python", "run"]  # fixtures

TOKENS = "https://iam.api.cloud.yandex.net/iam/v1/tokens"
TOKEN = re.compile(r"t1\.[\w-]+={0,2}\.[\w-]{86}")
CURL = pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
NEEDS_NODE = pytest.mark.skipif(not shutil.which("node"), reason="no node here")


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_a_rest_library_of_python_reaches_the_iam_host(library, python):
    done = python(
        f"import {library} as http\n"
        f"reply = http.post('{TOKENS}', json={{'yandexPassportOauthToken': 'y0_x'}})\n"
        "print(reply.json()['iamToken'])"
    )
    assert (done.returncode, TOKEN.fullmatch(done.stdout.strip()) is not None) == (0, True), done.stderr


def test_urllib_reaches_the_iam_host(python):
    done = python(
        "from urllib.request import urlopen\n"
        f"print(urlopen('{TOKENS}', b'{{\"yandexPassportOauthToken\": \"y0_x\"}}').read().decode())"
    )
    assert TOKEN.search(done.stdout), done.stderr


@CURL
def test_curl_reaches_the_iam_host_by_http_1(run):
    done = run(
        "--", "curl", "-sS", "-w", "%{http_version}", TOKENS, "-d", '{"yandexPassportOauthToken": "y0_x"}'
    )
    assert TOKEN.search(done.stdout), done.stderr
    assert done.stdout.endswith("1.1")


@pytest.mark.skipif(not shutil.which("wget"), reason="no wget here")
def test_wget_reaches_the_iam_host(run):
    done = run("--", "wget", "-qO-", TOKENS, "--post-data", '{"yandexPassportOauthToken": "y0_x"}')
    assert TOKEN.search(done.stdout), done.stderr


@pytest.mark.parametrize("client", ["yandex_ai_studio_sdk.AIStudio", "yandex_ai_studio_sdk.AsyncAIStudio"])
def test_the_official_sdk_tunes_with_its_default_endpoint(client, run, tmp_path):
    (tmp_path / "train.jsonl").write_text(EXAMPLES["TextToTextGeneration"], encoding="utf-8")
    done = run("--", sys.executable, "-W", "error", "-m", "tests.wire.sdk_program", client, tmp_path)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["answers"][0].startswith("Меня зовут Женя.")
    assert re.fullmatch(r"aistudio-mock: 1 dataset, 1 tuning, \d+ calls, 0 refused\n", done.stderr)


@pytest.mark.parametrize("uploader", ["requests", pytest.param("curl", marks=CURL)])
def test_bare_grpcio_streams_and_its_presigned_url_takes_a_big_upload_by(uploader, run, tmp_path):
    file = tmp_path / "big"
    with file.open("wb") as content:
        content.truncate(64 << 20)
    done = run("--", sys.executable, "-m", "tests.wire.routed_program", uploader, file)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["url"].startswith("https://storage.yandexcloud.net/")
    assert seen["put"] == 200
    assert len(seen["answers"]) > 1


FETCH = f"""
const sent = {{method: "POST", body: JSON.stringify({{yandexPassportOauthToken: "y0_x"}})}};
console.log(await (await fetch("{TOKENS}", sent)).text());
"""


@NEEDS_NODE
def test_fetch_of_node_reaches_the_iam_host(run):
    done = run("--", "node", "--input-type=module", "-e", FETCH)
    assert TOKEN.search(done.stdout), done.stderr


@NEEDS_NODE
def test_fetch_of_node_is_refused_by_name_and_reaches_this_machine(run):
    program = """
    import http from "node:http";
    for (const host of ["s://oauth.yandex.ru", "://169.254.169.254", "://metadata.google.internal"]) {
      const reply = await fetch(`http${host}/`);
      console.log(reply.status, await reply.text());
    }
    const server = http.createServer((_, reply) => reply.end("local\\n")).listen(0, "127.0.0.1", async () => {
      console.log(await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text());
      server.close();
    });
    """
    done = run("--", "node", "--input-type=module", "-e", program)
    assert re.findall(r"403 aistudio-mock refuses ([^:]+):", done.stdout) == [
        "oauth.yandex.ru",
        "169.254.169.254",
        "metadata.google.internal",
    ], done.stderr
    assert "\nlocal\n" in done.stdout


@NEEDS_NODE
@pytest.mark.parametrize(
    "call",
    [
        'tls.connect(443, "llm.api.cloud.yandex.net", {ALPNProtocols: ["h2"]}, said)',
        'tls.connect(443, "oauth.yandex.ru", said)',  # to be refused, by its own name
        'tls.connect({host: "llm.api.cloud.yandex.net", port: 443, ALPNProtocols: ["h2"]}, said)',
        'http2.connect("https://llm.api.cloud.yandex.net").on("connect", (_, socket) => said.call(socket))',
        'https.get("https://llm.api.cloud.yandex.net/x/y", (reply) => said.call(reply.socket))',
    ],
)
def test_every_way_of_node_to_open_tls_is_led_to_the_mock(call, run):
    program = f"""
    const [tls, https, http2] = ["tls", "https", "http2"].map(require);
    function said() {{ console.log(this.authorized, this.remoteAddress); process.exit(0); }}
    {call};
    """
    done = run("--", "node", "-e", program)
    assert done.stdout == "true 127.0.0.1\n", done.stderr


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_another_yandex_host_is_refused_with_an_error_that_names_it(library, python):
    done = python(f"import {library} as http; http.get('https://oauth.yandex.ru/token')")
    assert done.returncode == 1
    assert re.search(
        r"ProxyError.* 403 aistudio-mock refuses oauth\.yandex\.ru: .*--allow oauth\.yandex\.ru", done.stderr
    )
    assert re.search(r"^aistudio-mock: refuses oauth\.yandex\.ru", done.stderr, re.MULTILINE)
    assert re.search(
        r"^aistudio-mock: 0 datasets, .*; kept from oauth\.yandex\.ru \(1x\)$", done.stderr, re.MULTILINE
    )


def test_grpc_to_another_yandex_host_is_refused_by_name_at_once(python):
    done = python(
        "import grpc\n"
        "with grpc.secure_channel('grpc.yandex.cloud:443', grpc.ssl_channel_credentials()) as channel:\n"
        "    try: channel.unary_unary('/a.B/C')(b'', timeout=20)\n"
        "    except grpc.RpcError as error: print(error.code().name, error.details())"
    )
    assert done.stdout.startswith("PERMISSION_DENIED aistudio-mock refuses grpc.yandex.cloud: "), done.stderr


def test_grpc_keeps_a_refused_connection_for_its_next_calls(python):
    done = python(
        "import grpc\n"
        "with grpc.secure_channel('grpc.yandex.cloud:443', grpc.ssl_channel_credentials()) as channel:\n"
        "    for size in range(0, 300_000, 100_000):\n"
        "        print(channel.unary_unary('/a.B/C').future(bytes(size), timeout=20).code().name)"
    )
    assert done.stdout == "PERMISSION_DENIED\n" * 3, done.stderr
    assert "kept from grpc.yandex.cloud (1x)" in done.stderr


def test_the_metadata_address_is_refused(python):
    done = python(
        "import requests\n"
        "reply = requests.get('http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token')\n"
        "print(reply.status_code, reply.text)"
    )
    assert done.stdout.startswith("403 aistudio-mock refuses 169.254.169.254: "), done.stderr


@pytest.fixture(name="local")
def _local():
    """A service of the user's on this machine: the URL."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"from {self.headers.get('Via', 'you')}".encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_services_on_this_machine_are_reached_without_the_router(local, run):
    program = "import requests, sys; print(requests.get(sys.argv[1]).text)"
    done = run("--verbose", "--", sys.executable, "-c", program, local)
    assert done.stdout == "from you\n", done.stderr
    assert "127.0.0.1" not in done.stderr


@CURL
def test_other_hosts_pass_and_verbose_says_so(local, run):
    done = run("--verbose", "--", "curl", "-sS", "--noproxy", "", local)
    assert done.stdout == "from you", done.stderr
    assert re.match(r"aistudio-mock: 127\.0\.0\.1:\d+: through\n", done.stderr)


def test_a_run_within_a_run_works(run):
    inner = [sys.executable, "-m", "aistudio_mock", "run", "--"]
    program = (
        f"import requests; print(requests.post('{TOKENS}', json={{'yandexPassportOauthToken': 'x'}}).text)"
    )
    done = run("--", *inner, sys.executable, "-c", program)
    assert TOKEN.search(done.stdout), done.stderr


def test_serve_with_a_router_says_the_variables_that_lead_there(environment):
    command = serve_command("--router", "--json")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        ready = json.loads(process.stdout.readline())
        process.terminate()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ready["router"])
