"""Every RPC of the contract is answered, or the page about fidelity says that it is not."""

import re

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_mock.transport.routes import declared_paths, routes
from aistudio_protos.pool import message_class, services
from tools import generate_behaviours

ROW = re.compile(
    r"^\| `(?P<service>yandex\.[\w.]+)` \| (?P<implemented>[\w, ]*) \| (?P<missing>[\w, ]*) \|$", re.MULTILINE
)


@pytest.fixture(scope="module")
def mock():
    with MockServer(auth="off") as running:
        yield running


@pytest.fixture(scope="module")
def page():
    """What the page says: RPCs as `package.Service/Method`, implemented or not."""
    text = generate_behaviours.PAGE.read_text(encoding="utf-8")
    rows = list(ROW.finditer(text.partition("## Methods")[2]))
    return {
        column: {f"{row['service']}/{name}" for row in rows for name in row[column].split(", ") if name}
        for column in ("implemented", "missing")
    }


def test_the_page_lists_every_rpc_of_the_contract_once(page):
    declared = {
        f"{service.full_name}/{method}" for service in services() for method in service.methods_by_name
    }
    assert page["implemented"] | page["missing"] == declared
    assert not page["implemented"] & page["missing"]
    assert {f"/{rpc}" for rpc in declared} == declared_paths()


def test_the_page_says_of_a_running_server_what_is_true(page, mock):
    assert page["implemented"] == {path.strip("/") for path in routes(mock._server.backend)}


def test_what_is_not_implemented_says_so_on_the_wire_and_the_rest_does_not(page, mock):
    with grpc.insecure_channel(mock.endpoint) as channel:
        codes = {rpc: code_of(channel, rpc) for rpc in page["implemented"] | page["missing"]}
    unimplemented = {rpc for rpc, code in codes.items() if code is grpc.StatusCode.UNIMPLEMENTED}
    assert unimplemented == page["missing"]


def code_of(channel, rpc):
    """How the server answers an empty request."""
    service, _, name = rpc.rpartition("/")
    method = next(one for one in services() if one.full_name == service).methods_by_name[name]
    call = channel.unary_stream(
        f"/{rpc}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_class(method.output_type.full_name).FromString,
    )
    answers = call(message_class(method.input_type.full_name)(), timeout=20)
    try:
        list(answers)
    except grpc.RpcError as refusal:
        return refusal.code()
    return answers.code()
