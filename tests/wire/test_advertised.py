"""A server behind a mapped port: clients know it by other names and at another address than it listens on."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from zipfile import ZipFile

import grpc
import pytest
import requests

from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig
from tests.wire import steps
from tests.wire.stubs import Client

INSIDE, OUTSIDE = "127.0.0.2", "127.0.0.1"
SERVICE = "aistudio"
"""What other containers call it."""


@contextmanager
def serving(advertise):
    config = ServerConfig(grpc_port=0, tls_port=0, http_port=0, host=INSIDE, advertise=advertise)
    server = Server(config)
    server.start()
    try:
        yield server.ready
    finally:
        server.stop()


@asynccontextmanager
async def mapped(*ports):
    """The same port numbers at the outer address lead inside, as a container engine maps them."""

    async def pump(reader, writer):
        try:
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def leading_to(port):
        async def relay(reader, writer):
            inner_reader, inner_writer = await asyncio.open_connection(INSIDE, port)
            await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

        return relay

    relays = [await asyncio.start_server(leading_to(port), OUTSIDE, port) for port in ports]
    try:
        yield
    finally:
        for relay in relays:
            relay.close()


def port_of(address):
    return int(address.rpartition(":")[2])


class Secure(Client):
    """A client that trusts the CA which the server gives away, and nothing else."""

    def __init__(self, target, api_key, ca):
        super().__init__(target, f"Api-Key {api_key}")
        self.channel.close()
        self.channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(ca))


def whole_flow(client, folder_id, host):
    """From a dataset to its metrics; every URL names that host."""

    def checked(url):
        assert url.startswith(f"http://{host}:")
        return url

    fields = {
        "name": "n",
        "folder_id": folder_id,
        "task_type": steps.GENERATION,
        "upload_format": "jsonlines",
    }
    dataset_id = client.call("DatasetService/Create", **fields).dataset_id
    url = checked(steps.upload_url(client, dataset_id, len(steps.GOOD)))
    assert steps.put(url, steps.GOOD).status_code == 200
    validation = client.call("DatasetService/Validate", dataset_id=dataset_id)
    assert client.call("OperationService/Get", operation_id=validation.id).done
    order = {
        "base_model_uri": f"gpt://{folder_id}/yandexgpt-lite/latest",
        "train_datasets": [{"dataset_id": dataset_id, "weight": 1}],
        "text_to_text_completion": {},
    }
    task_id = client.call("TuningService/Tune", **order).id
    assert client.call("OperationService/Get", operation_id=task_id).done
    metrics = requests.get(
        checked(client.call("TuningService/GetMetricsUrl", task_id=task_id).load_url), timeout=20
    )
    assert "curves.svg" in ZipFile(BytesIO(metrics.content)).namelist()


@pytest.mark.parametrize("called", ["localhost", OUTSIDE])
async def test_the_whole_flow_through_mapped_ports_under_two_names(called):
    with serving("localhost") as ready:
        async with mapped(*map(port_of, (ready.tls, ready.http))):

            def flow():
                ca = requests.get(f"http://{called}:{port_of(ready.http)}/_mock/ca.pem", timeout=20).content
                with Secure(f"{called}:{port_of(ready.tls)}", ready.api_key, ca) as client:
                    whole_flow(client, ready.folder_id, "localhost")

            await asyncio.to_thread(flow)


def test_the_certificate_is_good_for_the_name_of_a_service_and_the_endpoints_bear_it():
    with serving(SERVICE) as ready:
        ca = requests.get(f"http://{INSIDE}:{port_of(ready.http)}/_mock/ca.pem", timeout=20).text
        trusting = ssl.create_default_context(cadata=ca)
        for name in (SERVICE, "localhost"):
            with (
                socket.create_connection((INSIDE, port_of(ready.tls)), timeout=20) as plain,
                trusting.wrap_socket(plain, server_hostname=name) as secure,
            ):
                assert secure.version() == "TLSv1.3"
        with Client(f"{INSIDE}:{port_of(ready.grpc)}") as client:
            listed = client.call("ApiEndpointService/List").endpoints
        assert {one.address.partition(":")[0] for one in listed} == {SERVICE}
