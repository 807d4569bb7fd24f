"""A stream that ends without a word is no text, and no trouble of the adapter."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import trustme

from aistudio_conformance.protocol import Credentials, Place
from aistudio_protos.pool import message_class
from tests.conformance.in_process import InProcess

ENDPOINTS = "ai-foundation-models", "ai-llm", "operation", "fomo-dataset", "fomo-tuning"
CLIENTS = ("raw_stubs", "reference", "reference:connect_async", "official_sdk")


class Silent(grpc.GenericRpcHandler):
    """Lists itself as every endpoint, and ends every other call in good order without a message."""

    address = ""

    def service(self, handler_call_details):
        is_list = handler_call_details.method.endswith("ApiEndpointService/List")
        return grpc.stream_stream_rpc_method_handler(self._listed if is_list else lambda _, __: iter(()))

    def _listed(self, _requests, _context):
        reply = message_class("yandex.cloud.endpoint.ListApiEndpointsResponse")
        yield reply(
            endpoints=[{"id": name, "address": self.address} for name in ENDPOINTS]
        ).SerializeToString()


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory):
    ca = trustme.CA()
    leaf = ca.issue_cert("localhost")
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    trusted = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(trusted))
    silent, pool = Silent(), ThreadPoolExecutor()
    server = grpc.server(pool, (silent,))
    port = server.add_secure_port(
        "localhost:0", grpc.ssl_server_credentials([(leaf.private_key_pem.bytes(), chain)])
    )
    silent.address = f"localhost:{port}"
    server.start()
    credentials = Credentials(kind="api-key", value="AQVN")
    yield Place(
        grpc="", tls=silent.address, http="", ca=str(trusted), folder_id="b1g", credentials=credentials
    )
    server.stop(None).wait()
    pool.shutdown()


@pytest.mark.parametrize("told", CLIENTS)
def test_a_stream_without_a_word_is_no_text(told, place):
    client = InProcess(f"aistudio_conformance.adapters.{told}")
    client.begin(place)
    answer = client.ask("model.stream", {"model_uri": "gpt://b1g/yandexgpt-lite/latest", "text": "?"}, 0)
    client.end()
    assert answer.trouble is None
    assert answer.error is not None or answer.ok == {"text": ""}
